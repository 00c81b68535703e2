package wire

import "bytes"

// hasHTMLDoctype reports whether b declares itself a page.
func hasHTMLDoctype(b []byte) bool {
	const doctype = "<!doctype"
	for {
		i := bytes.Index(b, []byte("<!"))
		if i < 0 {
			return false
		}
		b = b[i:]
		if len(b) > len(doctype) && bytes.EqualFold(b[:len(doctype)], []byte(doctype)) {
			name := trim(b[len(doctype):])
			return len(name) >= 4 && bytes.EqualFold(name[:4], []byte("html"))
		}
		b = b[2:]
	}
}

// isHTML reports whether an element belongs to a page rather than to data.
func isHTML(name []byte) bool {
	if len(name) > 6 {
		return false
	}
	switch string(bytes.ToLower(name)) {
	case "html", "head", "body", "title", "meta", "h1", "h2", "p", "br", "div", "script", "table", "center", "font":
		return true
	}
	return false
}

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
	if isPage(name) {
		return true
	}
	if len(name) > 6 {
		return false
	}
	switch string(bytes.ToLower(name)) {
	case "h1", "h2", "p", "br", "b", "div", "pre", "table", "center", "font":
		return true
	}
	return false
}

// isPage reports whether an element opens a page, in which there is no document of ours, whatever looks like one.
func isPage(name []byte) bool {
	if len(name) > 6 {
		return false
	}
	switch string(bytes.ToLower(name)) {
	case "html", "head", "body", "title", "meta", "script":
		return true
	}
	return false
}

package wire

import (
	"strings"
	"unicode/utf8"
)

// Value is one value of a record to be written, with its name. Unlike the nodes that the scanners
// make, a Value is easy to build and to change: a test server alters Values to speak a dialect.
type Value struct {
	Name string  // the field's name; for an item of a List, the name of its XML element
	Kind Kind    // says how Text and Kids are read
	Text string  // Bool: "true" or "false"; Number: its digits; Text: the text
	Kids []Value // List: the items; Object: the fields, in order
}

// Field returns the first kid with the given name, or nil.
func (v *Value) Field(name string) *Value {
	for i := range v.Kids {
		if v.Kids[i].Name == name {
			return &v.Kids[i]
		}
	}
	return nil
}

// AppendJSON appends v as JSON after the Spark convention: the name of v itself is dropped.
func AppendJSON(dst []byte, v Value) []byte {
	switch v.Kind {
	case Null:
		return append(dst, "null"...)
	case Bool, Number:
		return append(dst, v.Text...)
	case Text:
		return AppendQuoted(dst, v.Text)
	case List:
		dst = append(dst, '[')
		for i, k := range v.Kids {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = AppendJSON(dst, k)
		}
		return append(dst, ']')
	}
	dst = append(dst, '{')
	for i, k := range v.Kids {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = AppendQuoted(dst, k.Name)
		dst = append(dst, ':')
		dst = AppendJSON(dst, k)
	}
	return append(dst, '}')
}

const hex = "0123456789abcdef"

// AppendQuoted appends s as a JSON string. Invalid UTF-8 becomes U+FFFD.
func AppendQuoted[S string | []byte](dst []byte, s S) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(string(s[i:min(i+utf8.UTFMax, len(s))]))
			if r == utf8.RuneError && n == 1 || r == '\u2028' || r == '\u2029' {
				dst = append(dst, s[start:i]...)
				switch r {
				case '\u2028':
					dst = append(dst, `\u2028`...)
				case '\u2029':
					dst = append(dst, `\u2029`...)
				default:
					dst = append(dst, "\uFFFD"...)
				}
				start = i + n
			}
			i += n
			continue
		}
		if c >= 0x20 && c != '"' && c != '\\' {
			i++
			continue
		}
		dst = append(dst, s[start:i]...)
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
		i++
		start = i
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}

// Header is the XML declaration that the specification asks for at the start of every XML answer.
const Header = `<?xml version="1.0" encoding="utf-8"?>` + "\n"

// AppendXML appends v as an XML element called v.Name. Null is an empty element; the items of a
// List are elements with the items' names, or the singular of the list's name where they have none.
func AppendXML(dst []byte, v Value) []byte {
	if v.Kind == Null || v.Kind == Text && v.Text == "" || v.Kind >= List && len(v.Kids) == 0 {
		dst = append(dst, '<')
		dst = appendName(dst, v.Name)
		return append(dst, '/', '>')
	}
	dst = append(dst, '<')
	dst = appendName(dst, v.Name)
	dst = append(dst, '>')
	switch v.Kind {
	case Bool, Number, Text:
		dst = appendXMLText(dst, v.Text)
	default:
		for _, k := range v.Kids {
			if k.Name == "" {
				k.Name = singular(v.Name)
			}
			dst = AppendXML(dst, k)
		}
	}
	dst = append(dst, '<', '/')
	dst = appendName(dst, v.Name)
	return append(dst, '>')
}

// appendName appends s as an element name. What XML does not allow in a name becomes an underscore:
// an extension field may be called anything in JSON.
func appendName(dst []byte, s string) []byte {
	if s == "" {
		return append(dst, '_')
	}
	for i, r := range s {
		switch {
		case r == '_' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || r > 0xBF && r != 0xD7 && r != 0xF7 && r < 0x2000,
			i > 0 && (r == '-' || r == '.' || '0' <= r && r <= '9'):
			dst = utf8.AppendRune(dst, r)
		default:
			dst = append(dst, '_')
		}
	}
	return dst
}

func appendXMLText(dst []byte, s string) []byte {
	for _, r := range s {
		switch {
		case r == '&':
			dst = append(dst, "&amp;"...)
		case r == '<':
			dst = append(dst, "&lt;"...)
		case r == '>':
			dst = append(dst, "&gt;"...)
		case r == '\r':
			dst = append(dst, "&#13;"...)
		case r < 0x20 && r != '\n' && r != '\t', r == 0xFFFE, r == 0xFFFF:
			// XML 1.0 has no way to write these.
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return dst
}

// singular guesses the item name of a list from the list's name: endpoints, endpoint.
func singular(name string) string {
	switch {
	case strings.HasSuffix(name, "ies") && len(name) > 4:
		return name[:len(name)-3] + "y"
	case strings.HasSuffix(name, "s") && !strings.HasSuffix(name, "ss") && len(name) > 2:
		return name[:len(name)-1]
	}
	return "item"
}

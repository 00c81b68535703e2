package wire

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// xmlTag is a start tag or an end tag.
type xmlTag struct {
	name  span   // the local name: what stands behind the prefix
	end   int    // index behind the tag; 0 if there is no tag and the '<' is but a character
	empty bool   // <name/>
	flags uint16 // listed, isNil
	note  string // what had to be tolerated in it
}

// xmlName reads the name at i and returns its local part and the index behind it. As in encoding/xml
// a colon at either end is part of the local name.
func (s *scan) xmlName(i int) (local span, end int) {
	lo := i
	var seen uint8
	for i < len(s.src) && xmlClass[s.src[i]]&xmlNameChar != 0 {
		c := s.src[i]
		seen |= c
		if i++; c == ':' && i-1 > lo && i < len(s.src) && xmlClass[s.src[i]]&xmlNameChar != 0 {
			lo = i
		}
	}
	if seen >= utf8.RuneSelf {
		s.check(span{uint32(lo), uint32(i)})
	}
	return span{uint32(lo), uint32(i)}, i
}

// xmlStartTag reads the start tag at i. There is none where no name follows the '<', or where
// another '<' comes before the '>'.
func (s *scan) xmlStartTag(i int) (t xmlTag, err error) {
	src := s.src
	if i++; i >= len(src) {
		return t, s.cut()
	}
	if xmlClass[src[i]]&xmlNameStart == 0 {
		return t, nil
	}
	s.attrs = s.attrs[:0]
	t.name, i = s.xmlName(i)
	for {
		if i = xmlSkipSpace(src, i); i == len(src) {
			return t, s.cut()
		}
		switch src[i] {
		case '>':
			t.end = i + 1
			return t, nil
		case '<':
			return xmlTag{}, nil
		case '/':
			if i++; i < len(src) && src[i] == '>' {
				t.empty = true
				t.end = i + 1
				return t, nil
			}
			t.note = "/ inside a tag"
		default:
			i = s.xmlAttribute(i, &t)
		}
	}
}

// xmlAttribute reads the attribute at i and returns the index behind it.
func (s *scan) xmlAttribute(i int, t *xmlTag) int {
	src := s.src
	lo := i
	name := i // where the local name starts
	for i < len(src) && xmlClass[src[i]]&xmlAttrEnd == 0 {
		if i++; src[i-1] == ':' && i-1 > lo {
			name = i
		}
	}
	if i == lo {
		t.note = "quote or = without an attribute"
		return i + 1
	}
	hi := i
	if name == hi { // as in xmlName a colon at the end is part of it
		name = lo
	}
	if i = xmlSkipSpace(src, i); i == len(src) || src[i] != '=' {
		t.note = "attribute without a value"
		return i
	}
	i = xmlSkipSpace(src, i+1)
	var value []byte
	if i < len(src) && (src[i] == '"' || src[i] == '\'') {
		value, i = s.xmlQuoted(i, t)
	} else {
		from := i
		for i < len(src) && src[i] != '>' && src[i] != '<' && xmlClass[src[i]]&xmlSpace == 0 &&
			!(src[i] == '/' && i+1 < len(src) && src[i+1] == '>') {
			i++
		}
		value = src[from:i]
		t.note = "attribute value without quotes"
	}
	local := string(src[name:hi])
	if isValueName(string(src[lo:hi]), local) && !xmlIdle(value) {
		s.attrs = append(s.attrs, attr{span{uint32(name), uint32(hi)}, value})
	}
	switch local {
	case "nil":
		if string(value) == "true" || string(value) == "1" {
			t.flags |= isNil
		}
	case "is_array":
		if string(value) == "true" || string(value) == "1" {
			t.flags |= listed
		}
	case "type":
		if string(value) == "array" {
			t.flags |= listed
		}
	}
	return i
}

// attr is an attribute that holds a value.
type attr struct {
	name  span
	value []byte // as it stands in the source
}

// isValueName reports whether an attribute may hold a value of the record. The others are about the notation.
func isValueName(name, local string) bool {
	switch local {
	case "nil", "type", "is_array", "xmlns", "schemaLocation", "noNamespaceSchemaLocation", "space", "lang", "version", "encoding":
		return false
	}
	return !strings.HasPrefix(name, "xmlns:") && !strings.HasPrefix(name, "xml:") && !strings.HasPrefix(name, "xsi:")
}

// xmlQuoted reads the attribute value that starts with the quote at i and returns the index behind
// it. When the other quote is missing the rest of the document must not vanish in the value, so no
// value reaches beyond a '<', which XML does not allow in values anyway: the tag ended at the first
// '>' before it, or if there is none this is no tag, which the '<' tells the caller.
func (s *scan) xmlQuoted(i int, t *xmlTag) (value []byte, end int) {
	src := s.src
	quote := src[i]
	greater := 0
	for j := i + 1; j < len(src); j++ {
		switch src[j] {
		case quote:
			return src[i+1 : j], j + 1
		case '>':
			if greater == 0 {
				greater = j
			}
		case '<':
			if greater == 0 {
				return nil, j
			}
			t.note = "attribute value without its closing quote"
			return src[i+1 : greater], greater
		}
	}
	return nil, len(src)
}

// xmlEndTag reads the end tag at i: src[i:] starts with "</". There is none where no name follows.
// It may lack its '>' if another tag follows.
func (s *scan) xmlEndTag(i int) (t xmlTag, err error) {
	src := s.src
	if i = xmlSkipSpace(src, i+2); i < len(src) && xmlClass[src[i-1]]&xmlSpace != 0 {
		t.note = "blank before the name in an end tag"
	}
	if i == len(src) {
		return t, s.cut()
	}
	if xmlClass[src[i]]&xmlNameStart == 0 {
		return xmlTag{}, nil
	}
	t.name, i = s.xmlName(i)
	for ; i < len(src); i++ {
		switch c := src[i]; {
		case c == '>':
			t.end = i + 1
			return t, nil
		case c == '<':
			t.note = "end tag without >"
			t.end = i
			return t, nil
		case xmlClass[c]&xmlSpace == 0:
			t.note = "more than a name in an end tag"
		}
	}
	return t, s.cut()
}

// xmlSkipMarkup skips the comment, the processing instruction or the declaration that starts at i
// with "<!" or "<?". end is 0 if there is none.
func (s *scan) xmlSkipMarkup(i int) (end int, note string, err error) {
	rest := s.src[i:]
	n := -1
	switch {
	case bytes.HasPrefix(rest, xmlComment):
		if n = xmlSkipData(rest, 0); n == 0 {
			n = -1
		}
	case len(rest) < 3:
	case xmlClass[rest[2]]&xmlNameStart == 0:
		return 0, "", nil
	case rest[1] == '!':
		n = xmlDeclaration(rest)
		note = "declaration, ignored"
	default:
		n, note = xmlInstruction(rest)
	}
	if n < 0 {
		return 0, "", s.cut()
	}
	return i + n, note, nil
}

// What comes next between the records.
const (
	xmlDone  uint8 = iota // the end of the document
	xmlStart              // a start tag
	xmlEnd                // an end tag
)

// xmlToken is a tag outside the records, or the end of the document.
type xmlToken struct {
	xmlTag       // note is also about what was skipped in front of it
	kind   uint8 // xmlDone, xmlStart or xmlEnd
	at     int   // index of the '<'; len(src) at the end of the document
}

const xmlStray = "text outside of elements, skipped"

// xmlNext skips white space, comments, processing instructions, a DOCTYPE with all that is in it and
// stray text from i on, and returns the tag that comes then. If it starts a record then xmlRecord
// reads that from t.at on; to step into a container go on at t.end, but if t.empty the container is
// over already. Attributes are skipped, except that t.flags may be listed or isNil.
//
// No record is being read, so xmlNext notes no repairs: t.note says what the caller should report as
// a WarnSyntax, stray text above all. The error is nil or errMore. With errMore everything before
// t.at is done with, t.note is about that, and t.at is where to go on in the larger window. A
// document that ends inside a comment or a tag ends with xmlDone and a note.
func (s *scan) xmlNext(i int) (t xmlToken, err error) {
	note := ""
	for {
		i = xmlSkipSpace(s.src, i)
		if i == len(s.src) {
			if !s.eof {
				err = errMore
			}
			return xmlToken{xmlTag: xmlTag{note: note}, at: i}, err
		}
		t, err = s.xmlOutside(i)
		switch {
		case err == errCut:
			t = xmlToken{xmlTag: xmlTag{note: "document ends inside a tag or a comment"}, at: len(s.src)}
			return t, nil
		case err != nil:
			return xmlToken{xmlTag: xmlTag{note: note}, at: i}, err
		}
		if note != "" {
			t.note = note
		}
		if t.kind != xmlDone {
			return t, nil
		}
		i, note = t.end, t.note
	}
}

// xmlOutside reads the one thing at i that is not white space. If it is no tag then the kind of t is
// xmlDone, and t.end the index behind it.
func (s *scan) xmlOutside(i int) (t xmlToken, err error) {
	rest := s.src[i:]
	t.at = i
	switch {
	case rest[0] != '<':
		t.end = len(s.src)
		if n := bytes.IndexByte(rest, '<'); n > 0 {
			t.end = i + n
		}
		t.note = xmlStray
		return t, nil
	case len(rest) < len(xmlCDATA):
		// This may be too little to tell a comment from a CDATA section.
		if !s.eof || len(rest) < len("<a>") {
			return t, s.cut()
		}
	case bytes.HasPrefix(rest, xmlCDATA):
		n := bytes.Index(rest, xmlEndData)
		if n < 0 {
			return t, s.cut()
		}
		t.end = i + n + len(xmlEndData)
		t.note = xmlStray
		return t, nil
	}
	switch rest[1] {
	case '/':
		t.kind = xmlEnd
		t.xmlTag, err = s.xmlEndTag(i)
	case '!', '?':
		t.end, t.note, err = s.xmlSkipMarkup(i)
		if rest[1] == '!' {
			t.note = "" // here is where a DOCTYPE belongs
		}
	default:
		t.kind = xmlStart
		t.xmlTag, err = s.xmlStartTag(i)
	}
	if t.end == 0 {
		t = xmlToken{xmlTag: xmlTag{end: i + 1, note: xmlStray}, at: i}
	}
	return t, err
}

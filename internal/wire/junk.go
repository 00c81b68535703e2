package wire

import (
	"bytes"
	"errors"
)

// maxJunk is how far into an answer its document may begin: a notice with a stack trace is some kilobytes long.
const maxJunk = 64 << 10

// errJunk says that what looked like the start of the document was something in front of it, which has
// been skipped.
var errJunk = errors.New("something in front of the document")

// skipJunk skips what a server has printed in front of the document, such as a warning of PHP, and returns
// errJunk. It does so once. If no document comes behind it, it returns an error with the cause none.
func (d *document) skipJunk(none error) error {
	for !d.junk && !bytes.HasPrefix(d.s.src[d.pos:], []byte("HTTP/")) {
		b := d.s.src[d.pos:min(len(d.s.src), d.pos+maxJunk)]
		if at := d.startIn(b); at > 0 {
			d.junk = true
			d.pos += at
			d.report(WarnSyntax, errJunk.Error())
			return errJunk
		}
		if d.s.eof || len(b) >= maxJunk {
			break
		}
		if err := d.again(); err != nil {
			return err
		}
	}
	return d.fail(d.pos, none)
}

// startIn returns the index of the first thing in b that can only be the start of a document, or 0: an XML
// declaration, an element with a name that roots have, or a bracket at the start of a line, or behind a tag,
// with what records or lists of them begin with.
func (d *document) startIn(b []byte) int {
	for i := 1; i < len(b); i++ {
		switch b[i] {
		case '<':
			rest := b[i+1:]
			name := rest[:min(len(rest), 65)]
			if n := bytes.IndexFunc(name, func(r rune) bool { return r == '>' || r == '/' || r <= ' ' }); n >= 0 {
				name = name[:n]
			}
			name = name[bytes.IndexByte(name, ':')+1:]
			if bytes.HasPrefix(rest, []byte("?xml")) || len(name) < len(rest) && (d.s.dict.table.isRoot(name) || string(name) == "errors") {
				return i
			}
		case '[', '{':
			if opensLine(b[:i]) && opensRecords(b[i:]) {
				return i
			}
		}
	}
	return 0
}

// opensLine reports whether a line, a tag or a byte order mark ends where b does.
func opensLine(b []byte) bool {
	b = bytes.TrimRight(b, " \t")
	return len(b) == 0 || bytes.IndexByte([]byte("\r\n>\xbf"), b[len(b)-1]) >= 0
}

// opensRecords reports whether a list or an object begins at b as those of records do. [12] and {main} are of a stack
// trace, ["a"]=> is of var_dump.
func opensRecords(b []byte) bool {
	i := skipSpace(b, 1)
	switch {
	case i >= len(b):
		return false
	case b[0] == '[':
		return b[i] == '{' || b[i] == '[' || b[i] == ']'
	}
	return b[i] == '"' || b[i] == '\'' || b[i] == '}'
}

// isLogLine reports whether a list at b is none but the time of a line of a log: [28-Nov-2026 10:21:01 UTC].
func isLogLine(b []byte) bool {
	end := digits(b, 1)
	return end > 1 && end < len(b) && bytes.IndexByte([]byte("-/:"), b[end]) >= 0
}

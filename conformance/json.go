package conformance

import (
	"encoding/json"
	"fmt"
	"strings"
)

// parseJSON reads a document that is JSON by RFC 8259 to the last byte. It says in words of its own what is
// wrong: those of encoding/json change from one release of Go to the next, and a report should not. Reading
// the tokens of encoding/json would also cost most of a check of a city with long lists.
func parseJSON(body []byte) (*node, error) {
	b := builder{text: string(body)}
	n := b.value(0)
	if b.space(); b.err == nil && b.at < len(b.text) {
		b.fail("something follows the value")
	}
	if b.err != nil {
		return nil, b.err
	}
	return n, nil
}

// builder makes the tree of a document. After the first error it stands at the end.
type builder struct {
	text string
	at   int
	err  error
}

func (b *builder) fail(format string, args ...any) {
	if b.err == nil {
		b.err = fmt.Errorf("at byte %d: "+format, append([]any{b.at}, args...)...)
	}
	b.at = len(b.text)
}

// next is the byte at which the builder stands, 0 at the end.
func (b *builder) next() byte {
	if b.at < len(b.text) {
		return b.text[b.at]
	}
	return 0
}

// expect goes over one byte, which is one of those in want.
func (b *builder) expect(want string) byte {
	c := b.next()
	switch {
	case b.at >= len(b.text):
		b.fail("the document ends in the middle")
	case strings.IndexByte(want, c) < 0:
		b.fail("found %q, want %s", c, strings.Join(strings.Split(want, ""), " or "))
	}
	b.at = min(b.at+1, len(b.text))
	return c
}

// value reads the value at which the builder stands, or behind white space before it.
func (b *builder) value(depth int) *node {
	if depth > maxDepth && b.err == nil {
		b.err, b.at = errDepth, len(b.text)
	}
	b.space()
	switch b.next() {
	case '{':
		return b.object(depth)
	case '[':
		return b.list(depth)
	case '"':
		return &node{kind: kindText, text: b.quoted()}
	}
	return b.word()
}

// list reads the items of an array and its brackets.
func (b *builder) list(depth int) *node {
	n := &node{kind: kindList}
	b.at++
	if b.space(); b.next() == ']' {
		b.at++
		return n
	}
	for b.err == nil {
		k := b.value(depth + 1)
		n.twice, n.kids = append(n.twice, k.twice...), append(n.kids, k)
		if b.space(); b.expect(",]") == ']' {
			break
		}
	}
	return n
}

// object reads the members of an object and its braces.
func (b *builder) object(depth int) *node {
	n := &node{kind: kindObject}
	b.at++
	if b.space(); b.next() == '}' {
		b.at++
		return n
	}
	names := make(map[string]bool)
	for b.err == nil {
		b.space()
		name := b.quoted()
		if names[name] {
			n.twice = append(n.twice, name)
		}
		b.space()
		b.expect(":")
		k := b.value(depth + 1)
		k.name = name
		n.twice = append(n.twice, k.twice...)
		if names[name] {
			*n.child(name) = *k // the last one counts, as in most readers
		} else {
			n.kids = append(n.kids, k)
		}
		names[name] = true
		if b.space(); b.expect(",}") == '}' {
			break
		}
	}
	return n
}

func (b *builder) space() {
	for b.at < len(b.text) && strings.IndexByte(" \t\r\n", b.text[b.at]) >= 0 {
		b.at++
	}
}

// word reads a number, true, false or null.
func (b *builder) word() *node {
	word := b.text[b.at:]
	if i := strings.IndexAny(word, ",:[]{}\" \t\r\n"); i >= 0 {
		word = word[:i]
	}
	n := &node{kind: kindNumber, text: word}
	switch {
	case word == "null":
		n = &node{kind: kindNull}
	case word == "true" || word == "false":
		n.kind = kindBool
	case b.at >= len(b.text):
		b.fail("the document ends in the middle")
	case word == "":
		b.fail("found %q, want a value", b.next())
	case !json.Valid([]byte(word)):
		b.fail("invalid value %q", clip(word, 20))
	}
	b.at = min(b.at+len(word), len(b.text))
	return n
}

// quoted reads a string.
func (b *builder) quoted() string {
	start, plain := b.at, true
	for b.expect(`"`); b.err == nil && b.next() != '"'; b.at++ {
		switch c := b.next(); {
		case c == '\\':
			plain = false
			b.escape()
		case c < ' ' && b.at < len(b.text):
			b.fail("unescaped control character %U in a string", c)
		case b.at == len(b.text):
			b.fail("the document ends in a string")
		}
	}
	if b.err != nil {
		return ""
	}
	b.at++
	if plain {
		return b.text[start+1 : b.at-1]
	}
	var s string
	if json.Unmarshal([]byte(b.text[start:b.at]), &s) != nil {
		b.fail("a string that cannot be read")
	}
	return s
}

// escape goes to the last byte of an escape sequence.
func (b *builder) escape() {
	length := 2
	if strings.HasPrefix(b.text[b.at:], `\u`) {
		length = len(`\u0000`)
	}
	if b.at+length > len(b.text) {
		b.fail("the document ends in a string")
		return
	}
	sequence := b.text[b.at : b.at+length]
	if length == 2 && strings.IndexByte(`"\/bfnrt`, sequence[1]) < 0 || strings.Trim(sequence[2:], "0123456789abcdefABCDEF") != "" {
		b.fail("invalid escape %s in a string", strings.ToValidUTF8(sequence, "…"))
		return
	}
	b.at += length - 1
}

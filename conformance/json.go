package conformance

import (
	"encoding/json"
	"strings"
)

// builder makes the tree of a document that json.Valid has passed, so that it needs to look out for nothing.
// The tokens of encoding/json cost most of a check of a city with long lists.
type builder struct {
	text string
	at   int
}

// value reads the value at which the builder stands, or behind white space before it. It is nil if
// the document is nested deeper than maxDepth.
func (b *builder) value(depth int) *node {
	if depth > maxDepth {
		return nil
	}
	b.space()
	switch c := b.text[b.at]; c {
	case '{', '[':
		b.at++
		return b.kids(c == '{', depth)
	case '"':
		return &node{kind: kindText, text: b.quoted()}
	case 'n':
		b.at += len("null")
		return &node{kind: kindNull}
	case 't', 'f':
		return &node{kind: kindBool, text: b.word()}
	}
	return &node{kind: kindNumber, text: b.word()}
}

// kids reads what follows the bracket of an object or an array, and the other bracket.
func (b *builder) kids(object bool, depth int) *node {
	n := &node{kind: kindList}
	var names map[string]bool
	if object {
		n.kind, names = kindObject, make(map[string]bool)
	}
	for b.space(); b.text[b.at] != '}' && b.text[b.at] != ']'; b.space() {
		name := ""
		if object {
			name = b.quoted()
			if names[name] {
				n.twice = append(n.twice, name)
			}
			names[name] = true
			b.space()
			b.at++ // the colon
		}
		k := b.value(depth + 1)
		if k == nil {
			return nil
		}
		k.name = name
		n.twice, n.kids = append(n.twice, k.twice...), append(n.kids, k)
		if b.space(); b.text[b.at] == ',' {
			b.at++
		}
	}
	b.at++
	return n
}

func (b *builder) space() {
	for b.at < len(b.text) && strings.IndexByte(" \t\r\n", b.text[b.at]) >= 0 {
		b.at++
	}
}

// word reads a number, true or false.
func (b *builder) word() string {
	rest := b.text[b.at:]
	if i := strings.IndexAny(rest, ",]} \t\r\n"); i >= 0 {
		rest = rest[:i]
	}
	b.at += len(rest)
	return rest
}

// quoted reads a string.
func (b *builder) quoted() string {
	start, plain := b.at, true
	for b.at++; b.text[b.at] != '"'; b.at++ {
		if b.text[b.at] == '\\' {
			plain = false
			b.at++
		}
	}
	b.at++
	if plain {
		return b.text[start+1 : b.at-1]
	}
	var s string
	_ = json.Unmarshal([]byte(b.text[start:b.at]), &s) // it is valid
	return s
}

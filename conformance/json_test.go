package conformance

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// A report says what is wrong with JSON, and where, in words that no release of Go changes.
func TestJSONErrors(t *testing.T) {
	for _, test := range []struct{ doc, want string }{
		{``, "at byte 0: the document ends in the middle"},
		{`[1`, "at byte 2: the document ends in the middle"},
		{`{"a"`, "at byte 4: the document ends in the middle"},
		{`["a`, "at byte 3: the document ends in a string"},
		{`["\u12`, "at byte 2: the document ends in a string"},
		{`[1] 2`, "at byte 4: something follows the value"},
		{`[1,]`, "at byte 3: found ']', want a value"},
		{`[1 2]`, "at byte 3: found '2', want , or ]"},
		{`{"a":1]`, "at byte 6: found ']', want , or }"},
		{`{"a",1}`, "at byte 4: found ',', want :"},
		{`{a:1}`, "at byte 1: found 'a', want \""},
		{`[NaN]`, `at byte 1: invalid value "NaN"`},
		{`[01]`, `at byte 1: invalid value "01"`},
		{`["\U0001f64f"]`, `at byte 2: invalid escape \U in a string`},
		{`["\u00g0"]`, `at byte 2: invalid escape \u00g0 in a string`},
		{"[\"a\nb\"]", "at byte 3: unescaped control character U+000A in a string"},
		{strings.Repeat("[", 70) + strings.Repeat("]", 70), "nested more than 64 deep"},
	} {
		_, err := parse([]byte(test.doc), FormatJSON)
		if d := cmp.Diff(test.want, fmt.Sprint(err)); d != "" {
			t.Errorf("%s (-want +got):\n%s", test.doc, d)
		}
	}
}

// FuzzJSON: the tree is the one that the tokens of encoding/json make, and nothing is read that they refuse.
func FuzzJSON(f *testing.F) {
	for _, doc := range []string{
		`[]`, `{}`, ` [ { "a" : "b" , "c" : [ 1 , -2.5e+7, true, false, null ] } ] `, `"a\"b\\\u00e9\ud83d\ude00\ud800"`,
		`{"a":1,"a":{"b":2,"b":3}}`, `[[1],{"a":"x","b":{}}]`, `0`, `nul`, `[1,]`, `{"a"}`, "", "[1]\n2", "\"caf\u00e9\"", `"\`,
		`["\U0001f64f"]`, `["\u00g0"]`, "[\"a\nb\"]", `{"a":1]`, `[1}`, `{,}`, `-`, `tru`, `1:2`,
	} {
		f.Add(doc)
	}
	f.Fuzz(func(t *testing.T, doc string) {
		got, gotErr := parse([]byte(doc), FormatJSON)
		body := bytes.TrimPrefix([]byte(doc), byteOrderMark)
		if !utf8.Valid(body) {
			body = latin1(body)
		}
		want, wantErr := tokensOf(body)
		if (gotErr == nil) != (wantErr == nil) {
			t.Fatalf("%v, want %v", gotErr, wantErr)
		}
		if d := cmp.Diff(want, got, cmp.AllowUnexported(node{})); d != "" {
			t.Errorf("-tokens +builder:\n%s", d)
		}
	})
}

// tokensOf makes the tree of the tokens of encoding/json, which is slow.
func tokensOf(body []byte) (*node, error) {
	if !json.Valid(body) {
		return nil, errors.New("encoding/json refuses it")
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	n, err := tokenValue(d, 0)
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fmt.Errorf("something follows: %w", err)
	}
	return n, nil
}

func tokenValue(d *json.Decoder, depth int) (*node, error) {
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	if depth > maxDepth {
		return nil, errDepth
	}
	switch t := t.(type) {
	case string:
		return &node{kind: kindText, text: t}, nil
	case json.Number:
		return &node{kind: kindNumber, text: t.String()}, nil
	case bool:
		return &node{kind: kindBool, text: fmt.Sprint(t)}, nil
	case json.Delim:
		return tokenKids(d, t, depth)
	}
	return &node{kind: kindNull}, nil
}

func tokenKids(d *json.Decoder, open json.Delim, depth int) (*node, error) {
	n := &node{kind: kindList}
	if open == '{' {
		n.kind = kindObject
	}
	seen := make(map[string]bool)
	for d.More() {
		name, again := "", false
		if n.kind == kindObject {
			t, err := d.Token()
			if err != nil {
				return nil, err
			}
			name = t.(string) // the decoder allows nothing else
			if seen[name] {
				n.twice = append(n.twice, name)
			}
			again, seen[name] = seen[name], true
		}
		k, err := tokenValue(d, depth+1)
		if err != nil {
			return nil, err
		}
		k.name = name
		n.twice = append(n.twice, k.twice...)
		if again { // the last of two counts, as with encoding/json
			*n.child(name) = *k
			continue
		}
		n.kids = append(n.kids, k)
	}
	_, err := d.Token()
	return n, err
}

package conformance

import (
	"bytes"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// FuzzJSON: the reader of valid documents makes the tree that the tokens of encoding/json make, and
// nothing is read that they refuse.
func FuzzJSON(f *testing.F) {
	for _, doc := range []string{
		`[]`, `{}`, ` [ { "a" : "b" , "c" : [ 1 , -2.5e+7, true, false, null ] } ] `, `"a\"b\\\u00e9\ud83d\ude00\ud800"`,
		`{"a":1,"a":{"b":2,"b":3}}`, `[[1],{"a":"x","b":{}}]`, `0`, `nul`, `[1,]`, `{"a"}`, "", "[1]\n2", "\"caf\u00e9\"", `"\`,
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

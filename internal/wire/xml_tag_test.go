package wire

import (
	"strings"
	"testing"
)

func TestXMLNext(t *testing.T) {
	tests := []struct {
		in   string
		want string // s and e for tags, a ~ for a note
	}{
		{"", ""},
		{" \r\n\t", ""},
		{`<?xml version="1.0"?>`, ""},
		{`<a>`, "s:a"},
		{"\n<?xml version='1.0'?>\n<!-- <c> --><n:a x='>' y=\"/a\" ><b/></n:a>\n\n", "s:a s:b/ e:a"},
		{`<!DOCTYPE a [<!ELEMENT a (b)> <!ENTITY c "]>'"> <!-- " --> <?pi "?> ]><a></a>`, "s:a e:a"},
		{`<!DOCTYPE html><html>`, "s:html"},
		{"HTTP/1.1 404 Not Found\n<a>x</a>", "s~:a e~:a"},
		{"<a><![CDATA[x]]></a>", "s:a e~:a"},
		{"<a>1 < 2 <3 <> </> <? </a>", "s:a e~:a"},
		{"<a>1 <b 2<c></a>", "s:a s~:c e:a"},
		{"<a b=1></a c><a d></ a", "s~:a e~:a s~:a ~"},
		{`<?xml version="1.0"><a/>`, "s~:a/"},
		{`<?xml version="1.0" x=">"?><a/>`, "s:a/"},
		{`<?xml-stylesheet <> ?><a/>`, "s:a/"},
		{`<a/>x`, "s:a/ ~"},
		{`<a/><`, "s:a/ ~"},
		{`<a/><b`, "s:a/ ~"},
		{`<a/><!`, "s:a/ ~"},
		{`<a/><!-- `, "s:a/ ~"},
		{`<a/><![CDATA[ `, "s:a/ ~"},
		{`<a/></a`, "s:a/ ~"},
		{`<a></a<b>`, "s:a e~:a s:b"},
	}
	for _, test := range tests {
		s := newXMLScan(test.in)
		if got := xmlTokens(t, s); got != test.want {
			t.Errorf("%s: got %q, want %q", test.in, got, test.want)
		}
		// The same in a window that grows byte by byte and forgets what it need not keep.
		var got []string
		notes := ""
		whole := []byte(test.in)
		lo, hi := 0, 0
		for {
			s.src, s.eof = whole[lo:hi], hi == len(whole)
			token, err := s.xmlNext(0)
			if err == errMore {
				if token.note != "" {
					notes = "~"
				}
				lo += token.at
				hi++
				continue
			} else if err != nil {
				t.Fatal(err)
			}
			if token.note != "" {
				notes = "~"
			}
			got = append(got, xmlTokenText(s, token, notes))
			notes = ""
			if token.kind == xmlDone {
				break
			}
			lo += token.end
			hi = max(hi, lo)
		}
		if got := strings.TrimSpace(strings.Join(got, " ")); got != test.want {
			t.Errorf("%s: byte by byte: got %q, want %q", test.in, got, test.want)
		}
	}
	s := newXMLScan(`<a type="array"/>`)
	if token, _ := s.xmlNext(0); token.flags != listed || token.at != 0 || token.end != len(s.src) {
		t.Error(token)
	}
}

func xmlTokenText(s *scan, t xmlToken, note string) string {
	slash := ""
	if t.empty {
		slash = "/"
	}
	if t.kind == xmlDone {
		return note
	}
	return string(" se"[t.kind]) + note + ":" + string(s.src[t.name.lo:t.name.hi]) + slash
}

func xmlTokens(t *testing.T, s *scan) string {
	t.Helper()
	var got []string
	for i := 0; ; {
		token, err := s.xmlNext(i)
		if err != nil {
			t.Fatal(err)
		}
		note := ""
		if token.note != "" {
			note = "~"
		}
		got = append(got, xmlTokenText(s, token, note))
		if token.kind == xmlDone {
			return strings.TrimSpace(strings.Join(got, " "))
		}
		if token.at < i || token.end <= token.at || token.end > len(s.src) || s.src[token.at] != '<' {
			t.Fatalf("%s: token %v after %d", s.src, token, i)
		}
		i = token.end
	}
}

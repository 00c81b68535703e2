package open311_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/go-open311/open311"
)

// leafExceptions are answers of which something is in no place, and why that is so.
var leafExceptions = map[string]string{
	"requests/xml-text-nested.xml":   "text between the elements of a text is kept with its markup",
	"updates/xml-text-between.xml":   "text between the fields of a record belongs to none; a warning tells of it",
	"errors/inside.json":             "the key and the reporter's data are hidden",
	"post/inside-500.json":           "the key and the reporter's data are hidden",
	"post/key-wrong-403.json":        "the key is hidden",
	"post/key-wrong-403.xml":         "the key is hidden",
	"post/email-compulsory-400.json": "the reporter's data are hidden",
	"post/email-compulsory-400.xml":  "the reporter's data are hidden",
	"request/among-others.json":      "Get gives the request that was asked for, not its neighbours",
	"request/among-others.xml":       "Get gives the request that was asked for, not its neighbours",
	"errors/json-hal.json":           "links are no words of the error",
}

// leafNothing are the words that stand for nothing.
var leafNothing = []string{"", "null", "NULL", "Null", "None", "nil", "undefined", "NaN"}

// TestLeaves looks for every value of every fixture that is well-formed: it must be in a field, in an Extra
// or in a fault. In a warning it may be only if it cannot be parsed, and then it is in Extra as well.
func TestLeaves(t *testing.T) {
	list := fixtures(t)
	town := newTown(t, list)
	checked, leaves, lost, ill := 0, 0, 0, 0
	for _, f := range list {
		found, ok := leavesOf(f.Body)
		if !ok {
			ill++
			continue
		}
		r := town.read(t, f, f.format())
		if !leafClaim(f, r) {
			continue
		}
		checked++
		said := saidBy(r)
		missing := 0
		for _, leaf := range found {
			leaves++
			if said.has(leaf) {
				continue
			}
			if missing++; leafExceptions[f.File] == "" {
				lost++
				t.Errorf("%s: %q is nowhere", f.File, leaf)
			}
		}
		if missing == 0 && leafExceptions[f.File] != "" {
			t.Errorf("%s is an exception and loses nothing", f.File)
		}
	}
	t.Logf("%d fixtures with %d leaves, %d lost; %d are not well-formed, of %d the answer is an error or an id only",
		checked, leaves, lost, ill, len(list)-ill-checked)
}

// leafClaim reports whether the result has a place for all that is in the answer: an error that says that
// it cannot be read, or that it is another than the one asked for, has none, nor has a lone id.
func leafClaim(f *fixture, r *result) bool {
	var ae *open311.APIError
	if r.Err != nil {
		return errors.As(r.Err, &ae) && len(ae.Faults) > 0
	}
	return f.op() != "token"
}

// said is what a result says.
type said struct {
	words   map[string]bool
	text    string
	numbers []float64
	times   []time.Time

	unparsed string // the warnings of values that stand for nothing
}

func saidBy(r *result) *said {
	s := &said{words: map[string]bool{"false": true, "0": true}} // what is not shown is zero
	if ae, ok := errors.AsType[*open311.APIError](r.Err); ok {
		for _, f := range ae.Faults {
			s.word(f.Code)
			s.word(f.Description)
		}
		return s
	}
	s.value(reflect.ValueOf(r.Value))
	for _, w := range r.Warnings {
		if w.Kind == open311.WarnDate || w.Kind == open311.WarnValue {
			s.unparsed += w.Detail + "\x00"
		}
	}
	return s
}

func (s *said) word(text string) {
	text = leafTrim(text)
	s.words[text] = true
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(",;: ()", r) }) {
		s.words[part] = true
	}
	s.text += "\x00" + text + "\x00"
	if n, err := strconv.ParseFloat(text, 64); err == nil {
		s.numbers = append(s.numbers, n)
	}
}

// value notes what is in a value of the public API.
func (s *said) value(v reflect.Value) {
	switch x := v.Interface().(type) {
	case time.Time:
		s.times = append(s.times, x)
		return
	case open311.Extra:
		for _, raw := range x {
			found, ok := leavesOf(raw)
			if !ok {
				s.word("NOT JSON: " + string(raw))
			}
			for _, leaf := range found {
				s.word(leaf)
			}
		}
		return
	case []error:
		for _, err := range x {
			if de, ok := errors.AsType[*open311.DecodeError](err); ok {
				found, _ := leavesOf([]byte(de.Snippet))
				for _, leaf := range found {
					s.word(leaf)
				}
				for _, part := range strings.FieldsFunc(de.Snippet, func(r rune) bool { return strings.ContainsRune("\"{}[],: ", r) }) {
					s.word(part)
				}
				s.text += de.Snippet
			}
		}
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			s.value(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			s.value(v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				s.value(v.Field(i))
			}
		}
	case reflect.String:
		s.word(v.String())
	case reflect.Bool:
		s.word(strconv.FormatBool(v.Bool()))
		s.word(map[bool]string{true: "1", false: "0"}[v.Bool()])
	case reflect.Int, reflect.Float64:
		s.word(fmt.Sprint(v.Interface()))
	}
}

// has reports whether a leaf has been said: as it is, as a part of what it was joined to, in the parts that
// it was split into, as the same number, or as the same time; a date in parts as that time to the second.
func (s *said) has(leaf string) bool {
	if s.words[leaf] || s.words[strings.ToLower(leaf)] || len(leaf) > 2 && strings.Contains(s.text, leaf) ||
		len(leaf) > 7 && strings.Contains(s.unparsed, leaf) {
		return true
	}
	missing := func(part string) bool { return !s.has(part) }
	if leaf[0] == '[' || leaf[0] == '{' {
		if inner, ok := leavesOf([]byte(leaf)); ok {
			return !slices.ContainsFunc(inner, missing)
		}
	}
	if strings.Contains(leaf, ",") {
		parts := strings.FieldsFunc(leaf, func(r rune) bool { return r <= ' ' || r == ',' })
		if !slices.ContainsFunc(parts, missing) {
			return true
		}
	}
	if n, err := strconv.ParseFloat(strings.Replace(leaf, ",", ".", 1), 64); err == nil && slices.Contains(s.numbers, n) {
		return true
	}
	groups := func(text string) (out []int) {
		for _, g := range strings.FieldsFunc(text, func(r rune) bool { return r < '0' || r > '9' }) {
			n, _ := strconv.Atoi(g)
			out = append(out, n)
		}
		return out
	}
	want := groups(leaf)
	if parts := strings.Split(leaf, ","); isDateInParts(parts) {
		return slices.ContainsFunc(s.times, func(at time.Time) bool {
			got := append(groups(at.Format("2006-01-02T15:04:05")), at.Nanosecond())
			return slices.Equal(got[:len(want)], want) && !slices.ContainsFunc(got[len(want):], func(n int) bool { return n != 0 })
		})
	}
	return slices.ContainsFunc(s.times, func(at time.Time) bool {
		got := groups(at.Format("2006-01-02T15:04:05"))
		in := slices.ContainsFunc(got[:1], func(n int) bool { return slices.Contains(want, n) || slices.Contains(want, n%100) })
		return in && len(want) > 2 && slices.Contains(want, got[2]) ||
			len(want) > 0 && len(leaf) >= 8 && strings.HasPrefix(leaf, at.Format("20060102")) ||
			slices.Contains(want, int(at.Unix())) || slices.Contains(want, int(at.UnixMilli()))
	})
}

func leafTrim(text string) string {
	return strings.TrimFunc(text, func(r rune) bool { return r <= ' ' })
}

// leavesOf returns the texts, numbers and booleans of a document that say something. ok is false for one
// that is not well-formed.
func leavesOf(body []byte) (leaves []string, ok bool) {
	if !utf8.Valid(body) {
		return nil, false
	}
	add := func(text string) {
		if text = leafTrim(text); !slices.Contains(leafNothing, text) {
			leaves = append(leaves, text)
		}
	}
	if body = bytes.TrimSpace(body); !bytes.HasPrefix(body, []byte("<")) {
		if !json.Valid(body) {
			return nil, false
		}
		d := json.NewDecoder(bytes.NewReader(body))
		d.UseNumber()
		isName := []bool{} // per open container: the next token is a name; an array has none
		names := []bool{}
		starts := []int{} // per open container: the leaves in front of it
		for {
			token, err := d.Token()
			if err != nil {
				return leaves, true
			}
			top := len(names) - 1
			switch x := token.(type) {
			case json.Delim:
				if x == '{' || x == '[' {
					if top >= 0 && names[top] {
						isName[top] = true
					}
					names, isName = append(names, x == '{'), append(isName, x == '{')
					starts = append(starts, len(leaves))
				} else {
					if in := leaves[starts[top]:]; x == ']' && isDateInParts(in) {
						leaves = append(leaves[:starts[top]], strings.Join(in, ","))
					}
					starts = starts[:top]
					names, isName = names[:top], isName[:top]
				}
				continue
			case string:
				if top >= 0 && names[top] && isName[top] {
					isName[top] = false
					continue
				}
				add(x)
			case nil:
			default:
				add(fmt.Sprint(x))
			}
			if top >= 0 && names[top] {
				isName[top] = true
			}
		}
	}
	return xmlLeaves(body)
}

// isDateInParts reports whether the items of a list may be the year, the month, the day and so on of a date: they
// are one leaf then.
func isDateInParts(items []string) bool {
	return len(items) > 0 && len(items[0]) == 4 && (len(items) == 3 || 5 <= len(items) && len(items) <= 7) &&
		!slices.ContainsFunc(items, func(text string) bool { return strings.Trim(text, "0123456789") != "" })
}

func xmlLeaves(body []byte) (leaves []string, ok bool) {
	d := xml.NewDecoder(bytes.NewReader(body))
	depth, text := 0, ""
	flush := func() {
		if text = leafTrim(text); !slices.Contains(leafNothing, text) {
			leaves = append(leaves, text)
		}
		text = ""
	}
	for {
		token, err := d.Token()
		if err != nil {
			return leaves, err.Error() == "EOF" && depth == 0
		}
		switch x := token.(type) {
		case xml.StartElement:
			flush()
			depth++
			for _, a := range x.Attr {
				notation := []string{"nil", "type", "is_array", "xmlns", "lang", "space", "version", "encoding", "key", "schemaLocation"}
				if a.Name.Space == "" && !slices.Contains(notation, a.Name.Local) && leafTrim(a.Value) != "" {
					leaves = append(leaves, leafTrim(a.Value))
				}
			}
		case xml.EndElement:
			flush()
			depth--
		case xml.CharData:
			text += string(x)
		}
	}
}

// TestLeavesOfCorpus does the same with the documents of real servers, where they are.
func TestLeavesOfCorpus(t *testing.T) {
	dir := os.Getenv("OPEN311_CORPUS")
	if dir == "" {
		t.Skip("OPEN311_CORPUS is not set")
	}
	in, err := os.ReadFile(filepath.Join(dir, "EXPECTED.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	checked, leaves, lost := 0, 0, 0
	for line := range strings.Lines(string(in)) {
		var e expected
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatal(err)
		}
		ops := map[string]string{"services": "services", "definition": "definition", "requests": "requests", "request": "requests",
			"updates": "updates", "discovery": "discovery", "error": "errors"}
		op, ok := ops[e.Kind]
		if !ok || e.Expect == "skip" || e.Expect == "undecodable" {
			continue
		}
		body, err := os.ReadFile(filepath.Join(dir, e.File))
		if err != nil {
			t.Fatal(err)
		}
		found, ok := leavesOf(body)
		if !ok {
			continue
		}
		f := &fixture{File: op + "/x" + filepath.Ext(e.File), Ask: "1", Status: e.Status, Body: body}
		f.Header = map[string][]string{"Content-Type": {e.ContentType}}
		r := newTown(t, []*fixture{f}).read(t, f, f.format())
		if !leafClaim(f, r) {
			continue
		}
		checked++
		said := saidBy(r)
		for _, leaf := range found {
			leaves++
			if !said.has(leaf) {
				lost++
				t.Errorf("%s: %q is nowhere", e.File, leaf)
			}
		}
	}
	t.Logf("%d documents with %d leaves, %d lost", checked, leaves, lost)
}

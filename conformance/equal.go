package conformance

import (
	"fmt"
	"html"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// difference is where two values say different things: the path, and what they say. The zero value is none.
type difference struct{ path, text, alike string }

func (d difference) String() string { return at(d.path) + " " + d.text }

// names are those of the member that differs, and of what it is in.
func (d difference) names() []string {
	var list []string
	for part := range strings.SplitSeq(strings.TrimPrefix(d.path, "."), ".") {
		name, _, _ := strings.Cut(part, "[")
		list = append(list, name)
	}
	return list
}

// found is a finding about a member, in a record or in the document as a whole.
func (d difference) found(x *exchange, record, id string) outcome {
	o := broken(x, "%s", strings.TrimSpace(record+" "+id)+": "+d.String())
	o.near, o.about, o.alike = []string{id, d.names()[len(d.names())-1]}, d.names(), d.alike
	return o
}

// differ says where an XML element and a JSON value say different things. Absent, null and empty
// are the same (GeoReport v2 does not tell them apart), and so are two ways to write a number or an instant: a fraction of a second is none of the specification's business.
func differ(x, j *node, path string) difference {
	if x.blank() && j.blank() {
		return difference{}
	}
	if x.blank() || j.blank() {
		return difference{path: path, text: fmt.Sprintf("is %s in XML and %s in JSON", short(x), short(j))}
	}
	switch j.kind {
	case kindList:
		return differList(x, j, path)
	case kindObject:
		for _, k := range j.kids {
			if d := differ(x.child(k.name), k, path+"."+k.name); d.text != "" && !isExtra(x, k.name) {
				return d
			}
		}
		for _, k := range x.kids {
			if d := differ(k, j.child(k.name), path+"."+k.name); d.text != "" && !isExtra(j, k.name) {
				return d
			}
		}
		return difference{}
	}
	if len(x.kids) > 0 || !sameScalar(x.text, j.text) {
		return difference{path, fmt.Sprintf("is %s in XML and %s in JSON", short(x), short(j)), escaped(x.text, j.text)}
	}
	return difference{}
}

// escaped says what a program does to all texts: it escapes them once too often, or takes their letters for others. ""
// is that two texts differ otherwise.
func escaped(a, b string) string {
	ascii := func(v string) string {
		return strings.Join(strings.FieldsFunc(v, func(c rune) bool { return c >= utf8.RuneSelf || c == '?' || c == ' ' }), "")
	}
	switch {
	case html.UnescapeString(a) == b || a == html.UnescapeString(b):
		return "escaped twice"
	case a != b && ascii(a) == ascii(b):
		return "other letters"
	}
	return ""
}

// isExtra: what the specification does not know may be given in one of the formats only.
func isExtra(other *node, name string) bool {
	if other.child(name) != nil {
		return false
	}
	for _, known := range fieldsOf {
		if slices.Contains(known, name) {
			return false
		}
	}
	return true
}

func differList(x, j *node, path string) difference {
	if len(x.kids) == 0 && len(j.kids) == 1 { // an element that may be there several times, and is there once
		return differ(x, j.kids[0], path)
	}
	if len(x.kids) != len(j.kids) {
		return difference{path: path, text: fmt.Sprintf("has %d members in XML and %d in JSON", len(x.kids), len(j.kids))}
	}
	for i := range x.kids {
		if d := differ(x.kids[i], j.kids[i], fmt.Sprintf("%s[%d]", path, i)); d.text != "" {
			return d
		}
	}
	return difference{}
}

func at(path string) string { return orElse(strings.TrimPrefix(path, "."), "the document") }

func short(n *node) string {
	switch {
	case n == nil:
		return "absent"
	case n.blank():
		return "empty"
	case len(n.kids) > 0:
		return "nested"
	}
	return strconv.Quote(clip(n.text, 60))
}

func sameScalar(a, b string) bool {
	a, b = normal(a), normal(b)
	if a == b {
		return true
	}
	if fa, err := strconv.ParseFloat(a, 64); err == nil && !leadingZero(a) && !leadingZero(b) {
		fb, err := strconv.ParseFloat(b, 64)
		return err == nil && math.Abs(fa-fb) <= noise
	}
	if ta, err := time.Parse(time.RFC3339, a); err == nil {
		tb, err := time.Parse(time.RFC3339, b)
		return err == nil && ta.Truncate(time.Second).Equal(tb.Truncate(time.Second))
	}
	return false
}

// noise is what a number may change by where it is written and read again. Of a degree it is a tenth of a millimetre.
const noise = 1e-9

// leadingZero: 007 is a code, and not the number 7.
func leadingZero(v string) bool { return len(v) > 1 && v[0] == '0' && v[1] != '.' }

// normal undoes what XML does to the ends of lines, and what pretty printers do to the ends of a text.
func normal(s string) string {
	s = strings.TrimSpace(s)
	if strings.Contains(s, "\r") {
		s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	}
	return s
}

// differRows compares records that both lists have, by a field that identifies them.
func differRows(x, j []*node, key string) (difference, string) {
	byKey := make(map[string]*node, len(x))
	for _, r := range x {
		byKey[r.value(key)] = r
	}
	for _, r := range j {
		if other := byKey[r.value(key)]; other != nil && r.value(key) != "" {
			if d := differ(other, r, ""); d.text != "" {
				return d, r.value(key)
			}
		}
	}
	return difference{}, ""
}

// keysOf returns the values that identify records, in their order.
func keysOf(rows []*node, key string) []string {
	var list []string
	for _, r := range rows {
		if v := r.value(key); v != "" {
			list = append(list, v)
		}
	}
	return list
}

// missing returns the members of a that b does not have.
func missing(a, b []string) []string {
	has := make(map[string]bool, len(b))
	for _, v := range b {
		has[v] = true
	}
	return slices.DeleteFunc(slices.Clone(a), func(v string) bool { return has[v] })
}

func few(list []string) string {
	if len(list) > 3 {
		return strings.Join(list[:3], ", ") + fmt.Sprintf(" and %d more", len(list)-3)
	}
	return strings.Join(list, ", ")
}

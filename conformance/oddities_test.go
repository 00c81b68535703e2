package conformance

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/go-open311/open311/open311test"
)

// bytesOf changes all good answers of a format.
func bytesOf(f Format, change func([]byte) []byte) open311test.Option {
	return when(func(a *answer) bool { return a.status == 200 && (f == FormatNone || a.f == f) }, func(a *answer) { a.body = change(a.body) })
}

func replaced(f Format, pattern, by string) open311test.Option {
	x := regexp.MustCompile(pattern)
	return bytesOf(f, func(b []byte) []byte { return x.ReplaceAll(b, []byte(by)) })
}

// recordsOf changes every request wherever it is read.
func recordsOf(f Format, change func(*node)) open311test.Option {
	return when(func(a *answer) bool {
		return a.status == 200 && (a.op == OpRequests || a.op == OpRequest) && (f == FormatNone || a.f == f)
	}, func(a *answer) {
		a.edit(func(d *node) {
			for _, r := range d.kids {
				change(r)
			}
		})
	})
}

func headers(name, v string) open311test.Option {
	return after(func(a *answer) { a.header.Set(name, v) })
}

func without(r *node) {
	r.kids = slices.DeleteFunc(r.kids, func(k *node) bool { return k.blank() })
}

func numeric(name string) func(*node) {
	return func(r *node) {
		if v := r.value(name); v != "" && strings.Trim(v, "0123456789") == "" && !leadingZero(v) {
			r.set(name, v, kindNumber)
		}
	}
}

func packed(b []byte) []byte {
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	_, _ = w.Write(b)
	_ = w.Close()
	return z.Bytes()
}

// onceOnly refuses a report of which it has had all of these parameters.
func onceOnly(names ...string) open311test.Option {
	return open311test.WithMiddleware(func(next http.Handler) http.Handler {
		var mu sync.Mutex
		seen := make(map[string]bool)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			a := asked(r)
			of := ""
			for _, name := range names {
				of += a.form.Get(name) + "\n"
			}
			mu.Lock()
			twice := a.op == OpCreate && seen[of]
			seen[of] = true
			mu.Unlock()
			if twice {
				a.header = w.Header()
				a.refuse(http.StatusConflict)
				w.WriteHeader(a.status)
				_, _ = w.Write(a.body)
				return
			}
			next.ServeHTTP(w, r)
		})
	})
}

func dates(f Format, change func(v string) string) open311test.Option {
	return recordsOf(f, func(r *node) {
		for _, name := range []string{"requested_datetime", "updated_datetime", "expected_datetime"} {
			if v := r.value(name); v != "" {
				r.set(name, change(v), kindText)
			}
		}
	})
}

// noisy is a number after it was kept in other units.
func noisy(r *node) {
	if v, err := strconv.ParseFloat(r.value("lat"), 64); err == nil {
		r.set("lat", strconv.FormatFloat(v+1e-13, 'f', -1, 64), kindNumber)
	}
}

var oddities = map[string]open311test.Option{
	"a byte order mark before XML":   bytesOf(FormatXML, func(b []byte) []byte { return slices.Concat(byteOrderMark, b) }),
	"lines between elements":         replaced(FormatXML, `><`, ">\n  <"),
	"JSON that is set out":           bytesOf(FormatJSON, func(b []byte) []byte { var o bytes.Buffer; _ = json.Indent(&o, b, "", "\t"); return o.Bytes() }),
	"a line at the end":              bytesOf(FormatNone, func(b []byte) []byte { return append(b, "\r\n"...) }),
	"a comment in XML":               replaced(FormatXML, `\?>`, "?>\n<!-- made by a machine -->"),
	"a style sheet":                  replaced(FormatXML, `\?>`, `?><?xml-stylesheet type="text/xsl" href="x.xsl"?>`),
	"a declaration in capitals":      replaced(FormatXML, `encoding="utf-8"`, `encoding="UTF-8"`),
	"a declaration in single quotes": replaced(FormatXML, `version="1.0" encoding="utf-8"`, `version='1.0' encoding='utf-8'`),
	"standalone":                     replaced(FormatXML, `encoding="utf-8"`, `encoding="utf-8" standalone="yes"`),
	"the namespace of the text":      replaced(FormatXML, `<(services|service_requests|service_definition)>`, `<$1 xmlns="`+georeportV2+`">`),
	"letters as references":          bytesOf(FormatXML, func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("ü"), []byte("&#252;")) }),
	"letters as escapes":             bytesOf(FormatJSON, func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("ü"), []byte(`\u00fc`)) }),
	"escaped slashes":                bytesOf(FormatJSON, func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("/"), []byte(`\/`)) }),
	"charset in capitals": after(func(a *answer) {
		a.header.Set("Content-Type", strings.Replace(a.header.Get("Content-Type"), "utf-8", "UTF-8", 1))
	}),
	"charset in quotes": after(func(a *answer) {
		a.header.Set("Content-Type", strings.Replace(a.header.Get("Content-Type"), "utf-8", `"utf-8"`, 1))
	}),
	"a type in capitals": after(func(a *answer) {
		a.header.Set("Content-Type", strings.Replace(a.header.Get("Content-Type"), "text/xml", "Text/XML", 1))
	}),
	"headers of a proxy":              headers("Via", "1.1 cache"),
	"an answer that may be kept":      headers("Cache-Control", "max-age=60"),
	"a cookie":                        headers("Set-Cookie", "session=1; Path=/"),
	"packed answers":                  after(func(a *answer) { a.header.Set("Content-Encoding", "gzip"); a.body = packed(a.body) }),
	"fields in another order":         recordsOf(FormatNone, func(r *node) { slices.Reverse(r.kids) }),
	"fields in another order in JSON": recordsOf(FormatJSON, func(r *node) { slices.Reverse(r.kids) }),
	"JSON without what is null":       recordsOf(FormatJSON, without),
	"XML without what is empty":       recordsOf(FormatXML, without),
	"empty texts for null":            recordsOf(FormatJSON, func(r *node) { blankTexts(r) }),
	"milliseconds in JSON":            dates(FormatJSON, fraction),
	"milliseconds everywhere":         dates(FormatNone, fraction),
	"UTC in JSON":                     dates(FormatJSON, func(v string) string { t, _ := instantOf(v); return stamp(t.UTC()) }),
	"+00:00 for Z":                    dates(FormatNone, func(v string) string { t, _ := instantOf(v); return t.UTC().Format("2006-01-02T15:04:05") + "+00:00" }),
	"noise in a coordinate":           recordsOf(FormatJSON, noisy),
	"zeros behind a coordinate":       recordsOf(FormatNone, func(r *node) { zeros(r) }),
	"numbers for ids":                 recordsOf(FormatJSON, numeric("service_request_id")),
	"numbers for codes":               recordsOf(FormatJSON, numeric("service_code")),
	"numbers for zip codes":           recordsOf(FormatJSON, numeric("zipcode")),
	"agency as an object":             recordsOf(FormatNone, func(r *node) { r.nest("agency_responsible") }),
	"a blank behind a URL":            recordsOf(FormatXML, func(r *node) { r.set("media_url", r.value("media_url")+" ", kindText) }),
	"201 for a report":                when(func(a *answer) bool { return a.op == OpCreate && a.status == 200 }, func(a *answer) { a.status = 201 }),
	"a finer code":                    replacedErrors(`(code>|"code":)4`, `${1}10104`),
	"a code with a point":             replacedErrors(`(code>|"code":)(\d+)`, `${1}${2}.1`),
	"a code in words":                 replacedErrors(`(code>)(\d+)<`, `${1}E-${2}<`),
	"a receipt without a notice":      receipts(func(r *node) { r.drop("service_notice", "account_id") }),
	"a receipt with a notice":         receipts(func(r *node) { r.set("service_notice", "Within three days.", kindText) }),
	"a refusal of duplicates":         onceOnly("description"),
	"a refusal of all in one place":   onceOnly("lat", "long"),
	"a place next door":               recordsOf(FormatNone, func(r *node) { nextDoor(r) }),
	"a moderated text":                when(func(a *answer) bool { return a.op == OpRequest && bytes.Contains(a.body, []byte("Conformance test")) }, func(a *answer) { a.edit(func(d *node) { d.kids[0].set("description", "[is being read]", kindText) }) }),
	"a heart":                         recordsOf(FormatNone, func(r *node) { r.set("description", "we <3 this town & <all> of you", kindText) }),
	"no time of change while open":    recordsOf(FormatNone, func(r *node) { stillOpen(r) }),
	"no addresses":                    recordsOf(FormatNone, func(r *node) { r.set("address", "", kindText); r.set("zipcode", "", kindText) }),
	"the oldest first":                quirk(func(q *quirks) { q.OldestFirst = true }),
	"an end that is not in the range": quirk(func(q *quirks) { q.ExclusiveEnd = true }),
	"a slash behind the endpoint":     both(OpDiscovery, func(d *node) { e := d.items("endpoints")[0]; e.set("url", e.value("url")+"/", kindText) }),
	"another scheme in discovery": both(OpDiscovery, func(d *node) {
		e := d.items("endpoints")[0]
		e.set("url", strings.Replace(e.value("url"), "http:", "https:", 1), kindText)
	}),
	"another version in discovery": both(OpDiscovery, func(d *node) {
		d.child("endpoints").another(func(e *node) { e.set("specification", "http://wiki.open311.org/GeoReport_v1", kindText) })
	}),
	"services without a group": both(OpServices, func(d *node) { d.kids[0].set("group", "", kindText); d.kids[0].set("keywords", "", kindText) }),
}

func fraction(v string) string {
	t, _ := instantOf(v)
	return t.Format("2006-01-02T15:04:05.000Z07:00")
}

func blankTexts(r *node) {
	for _, k := range r.kids {
		if k.kind == kindNull {
			k.kind = kindText
		}
	}
}

func zeros(r *node) {
	if v := r.value("lat"); strings.Contains(v, ".") {
		r.set("lat", v+"000000", kindNumber)
	}
}

func nextDoor(r *node) {
	if v, err := strconv.ParseFloat(r.value("lat"), 64); err == nil {
		r.set("lat", fmt.Sprintf("%.3f", v), kindNumber)
	}
}

func stillOpen(r *node) {
	if r.value("status") == "open" {
		r.set("updated_datetime", "", kindText)
	}
}

func replacedErrors(pattern, by string) open311test.Option {
	x := regexp.MustCompile(pattern)
	return when(func(a *answer) bool { return a.status >= 400 }, func(a *answer) { a.body = x.ReplaceAll(a.body, []byte(by)) })
}

func receipts(change func(r *node)) open311test.Option {
	return when(func(a *answer) bool { return a.op == OpCreate && a.status == 200 }, func(a *answer) { a.edit(func(d *node) { change(d.kids[0]) }) })
}

func allOddities() map[string]open311test.Option {
	list := make(map[string]open311test.Option)
	for _, round := range []map[string]open311test.Option{oddities, more, answers, vendors, field, fresh} {
		maps.Copy(list, round)
	}
	return list
}

// What the specification leaves open, or does not speak of, is no finding.
func TestOddities(t *testing.T) {
	list := allOddities()
	var flagged atomic.Int64
	t.Run("table", func(t *testing.T) {
		i := 0
		for name, option := range list {
			if i++; raceEnabled && i%4 != 0 {
				continue
			}
			t.Run(url.PathEscape(name), func(t *testing.T) {
				t.Parallel()
				worst := check(t, mutated(t, mutation{option: option})).worst(Fail, Warn, Error)
				if len(worst) > 0 {
					flagged.Add(1)
				}
				for _, res := range worst {
					t.Errorf("%s: %s %s: %+v", name, res.Status, res.ID, res.Findings)
				}
			})
		}
	})
	t.Logf("%d oddities, %d of them flagged", len(list), flagged.Load())
}

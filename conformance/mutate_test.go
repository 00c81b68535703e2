package conformance

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/go-open311/open311/open311test"
)

// The tools of the mutation table: middleware that changes what the perfect city answers, or what it is asked.

// answer is what the city is about to say.
type answer struct {
	r      *http.Request
	form   url.Values // of the query and the body
	op     Operation
	id     string // of the path
	f      Format
	status int
	header http.Header
	body   []byte
}

// after changes answers.
func after(change func(*answer)) open311test.Option {
	return open311test.WithMiddleware(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			a := asked(r)
			rec := httptest.NewRecorder()
			next.ServeHTTP(rec, r)
			a.status, a.header, a.body = rec.Code, rec.Header(), rec.Body.Bytes()
			change(a)
			maps.Copy(w.Header(), a.header)
			w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
			w.WriteHeader(a.status)
			_, _ = w.Write(a.body)
		})
	})
}

// before changes the arguments of a call.
func before(change func(a *answer, q url.Values)) open311test.Option {
	return open311test.WithMiddleware(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			a := asked(r)
			q := r.URL.Query()
			change(a, q)
			r = r.Clone(r.Context())
			r.URL.RawQuery = q.Encode()
			next.ServeHTTP(w, r)
		})
	})
}

// rewrite changes the form of a POST.
func rewrite(is func(url.Values) bool, change func(url.Values)) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost && strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
				body, _ := io.ReadAll(r.Body)
				if v, err := url.ParseQuery(string(body)); err == nil && is(v) {
					change(v)
					body = []byte(v.Encode())
				}
				r = r.Clone(r.Context())
				r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
			}
			next.ServeHTTP(w, r)
		})
	}
}

// asked understands a call, and leaves its body as it was.
func asked(r *http.Request) *answer {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	a := &answer{r: r, form: r.URL.Query()}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/") {
		c := r.Clone(r.Context())
		c.Body = io.NopCloser(bytes.NewReader(body))
		_ = c.ParseMultipartForm(1 << 20)
		a.form = c.Form
	} else if more, err := url.ParseQuery(string(body)); err == nil {
		maps.Copy(a.form, more)
	}
	path := r.URL.EscapedPath()
	path = path[strings.Index(path, "/v2/")+len("/v2/"):]
	dot := strings.LastIndexByte(path, '.')
	a.f = Format(path[dot+1:])
	name, id, item := strings.Cut(path[:dot], "/")
	a.id, _ = url.PathUnescape(id)
	switch {
	case name == "services" && item:
		a.op = OpDefinition
	case name == "requests" && r.Method == http.MethodPost:
		a.op = OpCreate
	case name == "requests" && item:
		a.op = OpRequest
	default:
		a.op = map[string]Operation{"discovery": OpDiscovery, "services": OpServices, "requests": OpRequests, "tokens": OpToken, "servicerequestupdates": OpUpdates}[name]
	}
	return a
}

// text replaces bytes in the good answers of an operation and a format.
func text(op Operation, f Format, old, new string) open311test.Option {
	return after(func(a *answer) {
		if a.op == op && a.f == f && a.status == 200 {
			a.body = bytes.ReplaceAll(a.body, []byte(old), []byte(new))
		}
	})
}

// wrap puts bytes around the good answers of an operation and a format.
func around(op Operation, f Format, head, tail string) open311test.Option {
	return after(func(a *answer) {
		if a.op == op && a.f == f && a.status == 200 {
			a.body = slices.Concat([]byte(head), a.body, []byte(tail))
		}
	})
}

// unwrap takes the brackets off an array of one.
func unwrap(op Operation) open311test.Option {
	return after(func(a *answer) {
		if a.op == op && a.f == FormatJSON && a.status == 200 {
			a.body = bytes.TrimSuffix(bytes.TrimPrefix(bytes.TrimSpace(a.body), []byte("[")), []byte("]"))
		}
	})
}

// label changes the Content-Type of one operation.
func label(op Operation, f Format, kind string) open311test.Option {
	return after(func(a *answer) {
		if a.op == op && a.f == f {
			a.header.Set("Content-Type", kind)
		}
	})
}

// doc changes the good documents of an operation, in both formats or in one.
func doc(op Operation, f Format, change func(a *answer, doc *node)) open311test.Option {
	return after(func(a *answer) {
		if a.op == op && (f == FormatNone || a.f == f) && a.status == 200 {
			a.edit(func(d *node) { change(a, d) })
		}
	})
}

func (a *answer) edit(change func(*node)) {
	d, err := parse(a.body, a.f)
	if err != nil {
		panic(err)
	}
	change(d)
	var b bytes.Buffer
	if a.f == FormatXML {
		b.WriteString(`<?xml version="1.0" encoding="utf-8"?>`)
		writeXML(&b, d)
	} else {
		writeJSON(&b, d)
	}
	a.body = b.Bytes()
}

// record changes the request of an id wherever it is read.
func record(id string, f Format, change func(r *node, f Format)) open311test.Option {
	return after(func(a *answer) {
		if a.op != OpRequests && a.op != OpRequest || a.status != 200 || f != FormatNone && a.f != f || !bytes.Contains(a.body, []byte(id)) {
			return
		}
		a.edit(func(d *node) {
			for _, r := range rowsOf(d, a.f) {
				if r.value("service_request_id") == id {
					change(r, a.f)
				}
			}
		})
	})
}

// refuse answers with an error document as the specification has it, instead of what the city said.
func (a *answer) refuse(status int) {
	a.status = status
	a.header.Set("Content-Type", "text/xml; charset=utf-8")
	a.body = []byte(`<?xml version="1.0" encoding="utf-8"?><errors><error><code>` + strconv.Itoa(status) + `</code><description>No.</description></error></errors>`)
	if a.f == FormatJSON {
		a.header.Set("Content-Type", "application/json; charset=utf-8")
		a.body = []byte(`[{"code":` + strconv.Itoa(status) + `,"description":"No."}]`)
	}
}

// crash answers with a page.
func (a *answer) crash() {
	a.status, a.body = 500, []byte("<!DOCTYPE html><html><body>Oops.</body></html>")
	a.header.Set("Content-Type", "text/html; charset=utf-8")
}

func (n *node) set(name, v string, k kind) {
	c := n.child(name)
	if c == nil {
		c = &node{name: name}
		n.kids = append(n.kids, c)
	}
	c.kind, c.text, c.kids = k, v, nil
}

func (n *node) drop(names ...string) {
	n.kids = slices.DeleteFunc(n.kids, func(k *node) bool { return slices.Contains(names, k.name) })
}

// nest makes an element with an element in it, or an object.
func (n *node) nest(name string) {
	n.set(name, "", kindObject)
	n.child(name).kids = []*node{{name: "inner", kind: kindText, text: "x"}}
}

func (n *node) clone() *node {
	c := *n
	c.kids = nil
	for _, k := range n.kids {
		c.kids = append(c.kids, k.clone())
	}
	return &c
}

// another appends a copy of the first record.
func (n *node) another(change func(*node)) {
	c := n.kids[0].clone()
	change(c)
	n.kids = append(n.kids, c)
}

func writeXML(b *bytes.Buffer, n *node) {
	b.WriteString("<" + n.name + ">")
	if len(n.kids) == 0 {
		_ = xml.EscapeText(b, []byte(n.text))
	}
	for _, k := range n.kids {
		writeXML(b, k)
	}
	b.WriteString("</" + n.name + ">")
}

func writeJSON(b *bytes.Buffer, n *node) {
	switch n.kind {
	case kindNull:
		b.WriteString("null")
	case kindText:
		v, _ := json.Marshal(n.text)
		b.Write(v)
	case kindNumber, kindBool:
		b.WriteString(n.text)
	case kindList, kindObject:
		b.WriteByte("[{"[n.kind-kindList])
		for i, k := range n.kids {
			if i > 0 {
				b.WriteByte(',')
			}
			if n.kind == kindObject {
				v, _ := json.Marshal(k.name)
				b.Write(append(v, ':'))
			}
			writeJSON(b, k)
		}
		b.WriteByte("]}"[n.kind-kindList])
	}
}

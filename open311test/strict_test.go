package open311test_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/open311test"
)

// Clients in other languages read a city with their own readers. So every document of every dialect must be
// one for encoding/json and encoding/xml, and hold what the city holds, but for what its quirks say.

// element is an XML element.
type element struct {
	name, text string
	kids       []element
}

// itemOf has the lists of the specification, and of this city's extensions.
var itemOf = map[string]string{"service_requests": "request", "services": "service", "attributes": "attribute", "values": "value",
	"endpoints": "endpoint", "formats": "format", "errors": "error", "service_request_updates": "request_update", "photos": "photo"}

func readXML(b []byte) (root element, err error) {
	d := xml.NewDecoder(bytes.NewReader(b))
	stack := []element{{}}
	for {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			return root, err
		}
		top := &stack[len(stack)-1]
		switch x := token.(type) {
		case xml.StartElement:
			stack = append(stack, element{name: x.Name.Local})
		case xml.EndElement:
			below := &stack[len(stack)-2]
			below.kids = append(below.kids, *top)
			stack = stack[:len(stack)-1]
		case xml.CharData:
			top.text += string(x)
		}
	}
	if len(stack) != 1 || len(stack[0].kids) != 1 {
		return root, errors.New("not one root")
	}
	return stack[0].kids[0], nil
}

// value makes of an element what JSON would have.
func (e element) value() any {
	if len(e.kids) == 0 {
		if itemOf[e.name] != "" {
			return []any{}
		}
		return e.text
	}
	if itemOf[e.name] != "" {
		var list []any
		for _, k := range e.kids {
			list = append(list, k.value())
		}
		return list
	}
	m := map[string]any{}
	for _, k := range e.kids {
		switch before := m[k.name].(type) {
		case nil:
			m[k.name] = k.value()
		case []any:
			m[k.name] = append(before, k.value())
		default:
			m[k.name] = []any{before, k.value()}
		}
	}
	return m
}

func readJSON(b []byte) any {
	v, err := parseJSON(b)
	if err != nil {
		panic(err)
	}
	return v
}

func parseJSON(b []byte) (v any, err error) {
	if !json.Valid(b) { // a decoder would leave what is behind the document
		return nil, json.Unmarshal(b, &v)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	return v, d.Decode(&v)
}

// strict reads a document of a city with quirks as the specification has it: a list of records, or one record.
func strict(x q, d doc, b []byte) ([]any, error) {
	on := set(x)
	for _, u := range textUndos {
		if slices.Contains(on, u.quirk) {
			b = u.undo(x, d, b)
		}
	}
	var v any
	if d.xml {
		e, err := readXML(b)
		if err != nil {
			return nil, err
		}
		for _, u := range treeUndos {
			if slices.Contains(on, u.quirk) {
				e = u.undo(x, d, e)
			}
		}
		if e.name != d.root {
			return nil, fmt.Errorf("the root is %s, not %s", e.name, d.root)
		}
		v = e.value()
	} else {
		if d.shape == open311test.Fragment {
			b = slices.Concat([]byte("["), b, []byte("]"))
		}
		var err error
		if v, err = parseJSON(b); err != nil {
			return nil, err
		}
		if x.Root != "" && d.root == "service_requests" {
			d.root = x.Root
		}
		v = unwrap(d, v)
	}
	if d.item == "" {
		v = []any{v}
	}
	list, ok := v.([]any)
	if !ok {
		return nil, fmt.Errorf("no list: %v", v)
	}
	for _, r := range list {
		record, ok := r.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("no record: %v", r)
		}
		for _, u := range recordUndos {
			if slices.Contains(on, u.quirk) {
				u.undo(x, d, record)
			}
		}
		undoDates(q{}, d, record) // an instant is the same in every zone
	}
	return list, nil
}

// tidy drops what says nothing: null, and in XML, which has no other word for it, what is empty.
func tidy(v any, inXML bool) any {
	switch v := v.(type) {
	case []any:
		out := []any{}
		for _, k := range v {
			out = append(out, tidy(k, inXML))
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for name, k := range v {
			k = tidy(k, inXML)
			if list, ok := k.([]any); k == nil || inXML && (k == "" || ok && len(list) == 0) {
				continue
			}
			out[name] = k
		}
		return out
	case string:
		return v
	case nil:
		return nil
	}
	if inXML {
		return fmt.Sprint(v)
	}
	return v
}

// inXML10 drops the characters that XML 1.0 cannot write.
func inXML10(v any) any {
	return eachText(v, func(s string) any {
		return strings.Map(func(r rune) rune {
			if r < ' ' && r != '\n' && r != '\r' && r != '\t' || r == 0xFFFE || r == 0xFFFF {
				return -1
			}
			return r
		}, s)
	})
}

// reading is one document of a city, and what must be in it.
type reading struct {
	doc
	w     *httptest.ResponseRecorder
	what  string
	truth []any
}

func (c *reading) check(t *testing.T, x q) {
	t.Helper()
	if c.w.Code != http.StatusOK && c.w.Code != http.StatusCreated {
		t.Errorf("%s: status %d: %.300s", c.what, c.w.Code, c.w.Body)
		return
	}
	got, err := strict(x, c.doc, c.w.Body.Bytes())
	if err != nil {
		t.Errorf("%s: %v in %.1500s", c.what, err, c.w.Body)
		return
	}
	want := slices.Clone(c.truth)
	for i, v := range want {
		r := maps.Clone(v.(map[string]any))
		for _, name := range x.Omit {
			delete(r, name)
		}
		if want[i] = r; c.xml {
			want[i] = inXML10(clone(r))
		}
		if c.xml {
			want[i] = underscored(want[i].(map[string]any), x.Latin1)
		}
		if x.Nothing == open311test.NothingNone || x.Nothing == open311test.NothingWord || x.Nothing == open311test.NothingEmpty {
			copied := clone(want[i]).(map[string]any)
			undoNothing(x, c.doc, copied) // whoever writes a word for nothing cannot write the word
			want[i] = copied
		}
	}
	if diff := gocmp.Diff(tidy(want, c.xml), tidy(got, c.xml)); diff != "" {
		t.Errorf("%s (-city +document)\n%s", c.what, diff)
	}
}

// underscored: in Latin-1 a name has no letters of other alphabets, and references stand in texts only.
func underscored(r map[string]any, yes bool) map[string]any {
	if v, ok := r["ключ"]; ok && yes {
		delete(r, "ключ")
		r["____"] = v
	}
	return r
}

func clone(v any) any {
	switch v := v.(type) {
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = clone(v[i])
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for name := range v {
			out[name] = clone(v[name])
		}
		return out
	}
	return v
}

func TestEveryDocumentIsReadStrictly(t *testing.T) {
	for _, d := range open311.Dialects() {
		t.Run(d.Name, func(t *testing.T) { readCity(t, open311test.QuirksOf(d)) })
	}
	undone := slices.Concat(shapes, looks)
	for _, u := range textUndos {
		undone = append(undone, u.quirk)
	}
	for _, u := range treeUndos {
		undone = append(undone, u.quirk)
	}
	for _, u := range recordUndos {
		undone = append(undone, u.quirk)
	}
	for _, x := range quirkCases {
		if !slices.ContainsFunc(set(x.quirks), func(name string) bool { return !slices.Contains(undone, name) }) {
			t.Run(x.name, func(t *testing.T) { readCity(t, x.quirks) })
		}
	}
}

// readCity reads everything that a city with quirks has to say.
func readCity(t *testing.T, x q) {
	for _, inXML := range []bool{false, true} {
		h := strictCity(x)
		for _, c := range readings(t, h, x, inXML) {
			c.check(t, x)
		}
		readReceipts(t, h, x, inXML)
		readErrors(t, h, x, inXML)
	}
}

func suffix(inXML bool) string {
	if inXML {
		return ".xml?jurisdiction_id=q"
	}
	return ".json?jurisdiction_id=q"
}

var requestDoc = doc{kind: "request", root: "service_requests", item: "request"}

func readings(t *testing.T, h *open311test.Handler, x q, inXML bool) (list []reading) {
	end := suffix(inXML)
	add := func(d doc, target string, truth ...any) {
		d.xml = inXML
		list = append(list, reading{d, do(h, http.MethodGet, path.Join(base, target), nil), target, truth})
	}
	requests := requestDoc
	requests.shape = x.Lists
	var all []any
	single := requestDoc
	single.shape = x.Singles
	for _, r := range h.Requests() {
		add(single, "requests/"+url.PathEscape(r.ID)+end, requestTruth(&r))
		if x.DefaultStatus == "" || r.Status.Is(open311.Status(x.DefaultStatus)) {
			all = append(all, requestTruth(&r))
		}
	}
	page := all[:min(len(all), cmp.Or(x.PageSize, len(all)))]
	add(requests, "requests"+end, page...)
	add(requests, "requests"+end+"&service_code=17", all[slices.IndexFunc(all, func(v any) bool { return v.(map[string]any)["service_code"] == "17" })])
	if x.EmptyList == 0 {
		add(requests, "requests"+end+"&service_code=none")
	}
	if x.Extended != nil {
		add(requests, "requests"+end+"&extensions=true", page...)
	}
	var services []any
	for _, s := range h.Services() {
		services = append(services, serviceTruth(&s))
	}
	add(doc{kind: "service", root: "services", item: "service", shape: x.ServiceList}, "services"+end, services...)
	forms := h.Definitions()
	if !x.NoDefinitions && !(x.NoXMLDefinitions && inXML) {
		for _, f := range append(forms, open311.ServiceDefinition{ServiceCode: "none"}) {
			add(doc{kind: "definition", root: "service_definition", shape: x.Definitions}, "services/"+f.ServiceCode+end, definitionTruth(&f))
		}
	}
	if !x.NoUpdates && !x.NoUpdateLists {
		var updates []any
		for _, u := range h.Updates() {
			updates = append(updates, updateTruth(&u))
		}
		add(doc{kind: "update", root: "service_request_updates", item: "request_update"}, "servicerequestupdates"+end, updates...)
	}
	place := "discovery"
	if x.DiscoveryBeside {
		place = "../discovery"
	}
	if !x.NoDiscovery {
		add(doc{kind: "discovery", root: "discovery", shape: x.Discoveries}, place+end, discoveryTruth(h, x))
	}
	return list
}

// readReceipts files reports, and reads what is said about them.
func readReceipts(t *testing.T, h *open311test.Handler, x q, inXML bool) {
	if x.PostIsList {
		return // the lists are read already
	}
	receipts := doc{kind: "receipt", root: "service_requests", item: "request", shape: x.Receipts, xml: inXML}
	for _, code := range []string{"none", "batch"} {
		form := url.Values{"jurisdiction_id": {"q"}, "service_code": {code}, "lat": {"51.5"}, "long": {"7.0625"}, "email": {"a@b.example"},
			"description": {awkward[19]}, "account_id": {"null"}}
		w := do(h, http.MethodPost, "/open311/v2/requests"+suffix(inXML), form)
		filed := h.Filed()
		if len(filed) == 0 || filed[len(filed)-1].Request.Description != awkward[19] {
			t.Errorf("the report of %s is not in the city: %d %s", code, w.Code, w.Body)
			continue
		}
		f := filed[len(filed)-1]
		truth := map[string]any{"account_id": "null"}
		set := func(name, value string) {
			if value != "" {
				truth[name] = value
			}
		}
		set("service_request_id", f.ID)
		set("token", f.Token)
		d := receipts
		if i := slices.IndexFunc(h.Requests(), func(r open311.ServiceRequest) bool { return r.ID == f.ID }); x.WholeReceipt && f.ID != "" && i >= 0 {
			truth = requestTruth(&h.Requests()[i])
		} else if x.BothInReceipt && f.ID != "" && !inXML {
			truth["token"] = ""
		}
		c := reading{d, w, "POST of " + code, []any{truth}}
		c.check(t, x)
		if f.Token == "" || x.NoTokens {
			continue
		}
		tokens := doc{kind: "token", root: "service_requests", item: "request", shape: x.Tokens, xml: inXML}
		path := "/open311/v2/tokens/" + f.Token + suffix(inXML)
		pending := do(h, http.MethodGet, path, nil)
		if x.PendingToken == open311test.AnswerEmpty {
			c = reading{tokens, pending, "pending token", nil}
		} else {
			c = reading{tokens, pending, "pending token", []any{map[string]any{"token": f.Token}}}
		}
		c.check(t, x)
		c = reading{tokens, do(h, http.MethodGet, path, nil), "token", nil}
		filed = h.Filed()
		c.truth = []any{map[string]any{"token": f.Token, "service_request_id": filed[len(filed)-1].ID}}
		c.check(t, x)
	}
}

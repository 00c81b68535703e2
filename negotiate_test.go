package open311_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-open311/open311"
)

// spoken is how a server answers calls for one format: a status, a content type and a body.
type spoken struct {
	status int
	label  string
	body   string
}

var (
	jsonWorks  = spoken{200, "application/json", oneRequestJSON}
	xmlWorks   = spoken{200, "text/xml", oneRequestXML}
	notFound   = spoken{404, "text/plain", "404 page not found"}
	jsonFaults = `[{"code":"404","description":"no such thing"}]`
	xmlFaults  = `<errors><error><code>404</code><description>no such thing</description></error></errors>`
	htmlPage   = "<!DOCTYPE html>\n<html><head><title>Oh dear</title></head><body><h1>Oh dear</h1></body></html>"
)

// speak makes the handler of a server that answers by the suffix of the path.
func speak(json, xml spoken) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s := notFound
		switch path.Ext(r.URL.Path) {
		case ".json":
			s = json
		case ".xml":
			s = xml
		}
		w.Header().Set("Content-Type", s.label)
		w.WriteHeader(s.status)
		if s.status != http.StatusNoContent {
			io.WriteString(w, s.body)
		}
	}
}

const (
	askedJSON = "GET /v2/requests.json"
	askedXML  = "GET /v2/requests.xml"
)

// With FormatAuto JSON is asked for, and XML where JSON does not work. What worked is remembered.
func TestNegotiation(t *testing.T) {
	both, jsonOnly, xmlOnly := []string{askedJSON, askedXML}, []string{askedJSON}, []string{askedXML}
	tests := []struct {
		name          string
		json, xml     spoken
		first, second []string // the calls made for a list, and for another one
		err           string   // of the first list; "" if it works
	}{
		{"JSON works", jsonWorks, notFound, jsonOnly, jsonOnly, ""},
		{"JSON works under another label", spoken{200, "text/html", oneRequestJSON}, notFound, jsonOnly, jsonOnly, ""},
		{"an empty list is an answer", spoken{200, "application/json", "[]"}, xmlWorks, jsonOnly, jsonOnly, ""},
		{"404", notFound, xmlWorks, both, xmlOnly, ""},
		{"404 with a page", spoken{404, "text/html", htmlPage}, xmlWorks, both, xmlOnly, ""},
		{"404 and nothing", spoken{404, "text/html", ""}, xmlWorks, both, xmlOnly, ""},
		{"406", spoken{406, "text/plain", "Not Acceptable"}, xmlWorks, both, xmlOnly, ""},
		{"415", spoken{415, "text/plain", "Unsupported"}, xmlWorks, both, xmlOnly, ""},
		{"400 with an error list in XML", spoken{400, "text/xml", xmlFaults}, xmlWorks, both, xmlOnly, ""},
		{"page with 200", spoken{200, "text/html", htmlPage}, xmlWorks, both, xmlOnly, ""},
		{"page with 200 labelled JSON", spoken{200, "application/json", htmlPage}, xmlWorks, both, xmlOnly, ""},
		{"page with 400", spoken{400, "text/html", htmlPage}, xmlWorks, both, xmlOnly, ""},
		{"page with 500", spoken{500, "text/html", htmlPage}, xmlWorks, both, xmlOnly, ""},
		{"nothing with 200", spoken{200, "text/html", ""}, xmlWorks, both, xmlOnly, ""},
		{"204", spoken{204, "application/json", ""}, xmlWorks, both, xmlOnly, ""},
		{"text with 200", spoken{200, "text/plain", "use .xml"}, xmlWorks, both, xmlOnly, ""},
		{"another document", spoken{200, "application/json", `{"hello":"world"}`}, xmlWorks, both, xmlOnly, ""},
		{"broken JSON", spoken{200, "application/json", `{"service_request_id" "1"}`}, xmlWorks, both, xmlOnly, ""},

		{"neither works", notFound, notFound, both, both, "404 Not Found"},
		{"neither works, JSON explains", spoken{404, "application/json", jsonFaults}, notFound, jsonOnly, jsonOnly, "no such thing"},
		{"neither works, XML explains", spoken{404, "text/html", htmlPage}, spoken{404, "text/xml", xmlFaults}, both, xmlOnly, "no such thing"},
		{"an error list in JSON shows that JSON is spoken", spoken{400, "application/json", jsonFaults}, xmlWorks, jsonOnly, jsonOnly, "400 Bad Request"},
		{"so does one with 200", spoken{200, "application/json", jsonFaults}, xmlWorks, jsonOnly, jsonOnly, "no such thing"},
		{"401 is about the key", spoken{401, "text/html", htmlPage}, xmlWorks, jsonOnly, jsonOnly, "401 Unauthorized"},
		{"403 is about the key", spoken{403, "text/html", htmlPage}, xmlWorks, jsonOnly, jsonOnly, "403 Forbidden"},
		{"429 is about the rate", spoken{429, "text/html", htmlPage}, xmlWorks, jsonOnly, jsonOnly, "429 Too Many Requests"},
		{"a document too deep is no matter of format", spoken{200, "application/json", strings.Repeat("[", 100)}, xmlWorks, jsonOnly, jsonOnly, "nested deeper"},
		{"nor is a truncated record", spoken{200, "application/json", `[{"service_request_id":"1","serv`}, xmlWorks, jsonOnly, jsonOnly, "ends in the middle"},
		{"a truncated list is no matter of format", spoken{200, "application/json", `[{"service_request_id":"1"},{"serv`}, xmlWorks, jsonOnly, jsonOnly, "ends in the middle"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			city := newStubCity(t, speak(tt.json, tt.xml))
			c := city.client(t, open311.WithRetry(once))
			_, err := c.Requests.List(t.Context(), nil)
			switch {
			case tt.err == "" && err != nil:
				t.Errorf("first list: %v", err)
			case tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)):
				t.Errorf("first list: error %v, want one about %q", err, tt.err)
			}
			first := city.calls()
			_, _ = c.Requests.List(t.Context(), nil)
			if d := cmp.Diff([][]string{tt.first, tt.second}, [][]string{first, city.calls()[len(first):]}); d != "" {
				t.Errorf("calls for two lists (-want +got):\n%s", d)
			}
		})
	}
}

// What arrives decides how it is read, not what was asked for.
func TestWhatArrivesIsRead(t *testing.T) {
	tests := []struct {
		name   string
		format open311.Format
		sent   spoken
	}{
		{"XML for JSON", open311.FormatJSON, xmlWorks},
		{"JSON for XML", open311.FormatXML, jsonWorks},
		{"XML for JSON, labelled JSON", open311.FormatJSON, spoken{200, "application/json", oneRequestXML}},
		{"JSON for XML, labelled XML", open311.FormatXML, spoken{200, "text/xml", oneRequestJSON}},
		{"XML, found out", open311.FormatAuto, xmlWorks},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			city := newStubCity(t, speak(tt.sent, tt.sent))
			p, err := city.client(t, open311.WithFormat(tt.format)).Requests.List(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			if len(p.Requests) != 1 || p.Requests[0].ID != "1" || len(city.calls()) != 1 {
				t.Errorf("%d requests of %d calls, want one of one: %+v", len(p.Requests), len(city.calls()), p.Requests)
			}
		})
	}
}

func TestWithFormatIsFixed(t *testing.T) {
	for format, want := range map[open311.Format]string{open311.FormatJSON: askedJSON, open311.FormatXML: askedXML} {
		for name, s := range map[string]spoken{"404": notFound, "page": {200, "text/html", htmlPage}, "nothing": {200, "text/html", ""}} {
			t.Run(format.String()+"/"+name, func(t *testing.T) {
				city := newStubCity(t, speak(s, s))
				if _, err := city.client(t, open311.WithFormat(format)).Requests.List(t.Context(), nil); err == nil {
					t.Error("no error")
				}
				if d := cmp.Diff([]string{want}, city.calls()); d != "" {
					t.Errorf("calls (-want +got):\n%s", d)
				}
			})
		}
	}
}

func TestDialectFormats(t *testing.T) {
	tests := []struct {
		name      string
		dialect   open311.Dialect
		json, xml spoken
		want      []string
	}{
		{"XML first", open311.Dialect{Formats: []open311.Format{open311.FormatXML, open311.FormatJSON}}, jsonWorks, xmlWorks, []string{askedXML}},
		{"XML first, JSON works", open311.Dialect{Formats: []open311.Format{open311.FormatXML, open311.FormatJSON}}, jsonWorks, notFound,
			[]string{askedXML, askedJSON}},
		{"XML only", open311.Dialect{Formats: []open311.Format{open311.FormatXML}}, jsonWorks, notFound, []string{askedXML}},
		{"JSON only", open311.Dialect{Formats: []open311.Format{open311.FormatJSON}}, notFound, xmlWorks, []string{askedJSON}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			city := newStubCity(t, speak(tt.json, tt.xml))
			_, _ = city.client(t, open311.WithDialect(tt.dialect)).Requests.List(t.Context(), nil)
			if d := cmp.Diff(tt.want, city.calls()); d != "" {
				t.Errorf("calls (-want +got):\n%s", d)
			}
		})
	}
}

// open311-to-Go knows no suffixes and answers by Accept.
func TestNegotiationByAccept(t *testing.T) {
	city := newStubCity(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case path.Ext(r.URL.Path) != "":
			http.NotFound(w, r)
		case strings.HasPrefix(r.Header.Get("Accept"), "application/xml"):
			io.WriteString(w, oneRequestXML)
		default:
			w.WriteHeader(http.StatusNotAcceptable)
		}
	})
	c := city.client(t, open311.WithDialect(open311.Dialect{NoSuffix: true}))
	for range 2 {
		if _, err := c.Requests.List(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"GET /v2/requests", "GET /v2/requests", "GET /v2/requests"} // JSON, XML, XML
	if d := cmp.Diff(want, city.calls()); d != "" {
		t.Errorf("calls (-want +got):\n%s", d)
	}
	if got := city.last(t).Header.Get("Accept"); !strings.HasPrefix(got, "application/xml") {
		t.Errorf("the last call has Accept: %s", got)
	}
}

func TestFormatIsSharedWithDerivedClients(t *testing.T) {
	tests := []struct {
		name        string
		learn, know func(parent, child *open311.Client) *open311.Client
	}{
		{"the parent learns", func(p, _ *open311.Client) *open311.Client { return p }, func(_, c *open311.Client) *open311.Client { return c }},
		{"the child learns", func(_, c *open311.Client) *open311.Client { return c }, func(p, _ *open311.Client) *open311.Client { return p }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			city := newStubCity(t, speak(notFound, xmlWorks))
			parent := city.client(t)
			child, err := parent.With(open311.WithAPIKey("k"))
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range []*open311.Client{tt.learn(parent, child), tt.know(parent, child)} {
				if _, err := c.Requests.List(t.Context(), nil); err != nil {
					t.Fatal(err)
				}
			}
			if d := cmp.Diff([]string{askedJSON, askedXML, askedXML}, city.calls()); d != "" {
				t.Errorf("calls (-want +got):\n%s", d)
			}
		})
	}
}

// One endpoint says nothing about another.
func TestFormatIsLearnedPerEndpoint(t *testing.T) {
	city := newStubCity(t, speak(notFound, xmlWorks))
	for range 2 {
		if _, err := city.client(t).Requests.List(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
	}
	if d := cmp.Diff([]string{askedJSON, askedXML, askedJSON, askedXML}, city.calls()); d != "" {
		t.Errorf("calls (-want +got):\n%s", d)
	}
}

// A client that was told its format teaches the others nothing.
func TestFixedFormatIsNotLearned(t *testing.T) {
	city := newStubCity(t, speak(jsonWorks, xmlWorks))
	c := city.client(t)
	fixed, err := c.With(open311.WithFormat(open311.FormatXML))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []*open311.Client{fixed, c} {
		if _, err := c.Requests.List(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
	}
	if d := cmp.Diff([]string{askedXML, askedJSON}, city.calls()); d != "" {
		t.Errorf("calls (-want +got):\n%s", d)
	}
}

// After JSON has worked a failure is a failure: the other format is not tried any more.
func TestKnownFormatIsFinal(t *testing.T) {
	for name, s := range map[string]spoken{
		"404":                  notFound,
		"404 with a page":      {404, "text/html", htmlPage},
		"500 with a page":      {500, "text/html", htmlPage},
		"page with 200":        {200, "text/html", htmlPage},
		"nothing":              {200, "application/json", ""},
		"something unreadable": {200, "application/json", "oh"},
	} {
		t.Run(name, func(t *testing.T) {
			city := newStubCity(t, func(w http.ResponseWriter, r *http.Request) {
				if strings.HasSuffix(r.URL.Path, "/requests/7.json") {
					speak(s, s)(w, r)
					return
				}
				speak(jsonWorks, notFound)(w, r)
			})
			c := city.client(t, open311.WithRetry(once))
			if _, err := c.Requests.List(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
			if _, err := c.Requests.Get(t.Context(), "7"); err == nil {
				t.Error("no error")
			}
			if d := cmp.Diff([]string{askedJSON, "GET /v2/requests/7.json"}, city.calls()); d != "" {
				t.Errorf("calls (-want +got):\n%s", d)
			}
		})
	}
}

// A POST is not made to find the format: a read shows the way, and what the POST is answered leads to no second
// one, because no status proves that nothing was filed.
func TestPostFollowsWhatWasLearned(t *testing.T) {
	report := &open311.NewRequest{ServiceCode: "001", AddressID: "9"}
	tests := []struct {
		name      string
		json, xml spoken
		opts      []open311.Option
		before    func(context.Context, *open311.Client) error
		want      string
	}{
		{"nothing learned", spoken{200, "application/json", oneServiceJSON}, xmlWorks, nil, nil, "GET /v2/services.json, POST /v2/requests.json"},
		{"nothing learned, and JSON fails", notFound, xmlWorks, nil, nil,
			"GET /v2/services.json, GET /v2/services.xml, POST /v2/requests.xml"},
		{"nothing learned, and nothing works", notFound, notFound, nil, nil, "GET /v2/services.json, GET /v2/services.xml, POST /v2/requests.json"},
		{"nothing learned, and a page comes", spoken{200, "text/html", htmlPage}, xmlWorks, nil, nil,
			"GET /v2/services.json, GET /v2/services.xml, POST /v2/requests.xml"},
		{"JSON learned", jsonWorks, xmlWorks, nil, stubOps[2].do, "POST /v2/requests.json"},
		{"XML learned", notFound, xmlWorks, nil, stubOps[2].do, "POST /v2/requests.xml"},
		{"XML is the dialect's", jsonWorks, xmlWorks, []open311.Option{open311.WithDialect(open311.Dialect{Formats: []open311.Format{open311.FormatXML}})}, nil,
			"POST /v2/requests.xml"},
		{"XML wanted", jsonWorks, xmlWorks, []open311.Option{open311.WithFormat(open311.FormatXML)}, nil, "POST /v2/requests.xml"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			city := newStubCity(t, speak(tt.json, tt.xml))
			c := city.client(t, tt.opts...)
			if tt.before != nil {
				if err := tt.before(t.Context(), c); err != nil {
					t.Fatal(err)
				}
			}
			n := len(city.calls())
			_, _ = c.Requests.Create(t.Context(), report)
			if d := cmp.Diff(strings.Split(tt.want, ", "), city.calls()[n:]); d != "" {
				t.Errorf("calls for one report (-want +got):\n%s", d)
			}
		})
	}
}

// The first format is given up only when its repetitions are used up, and each call is counted.
func TestNegotiationWithRetries(t *testing.T) {
	city := newStubCity(t, speak(spoken{503, "text/html", htmlPage}, spoken{503, "text/html", htmlPage}))
	_, err := city.client(t).Requests.List(t.Context(), nil)
	var ae *open311.APIError
	if !errors.As(err, &ae) || ae.StatusCode != 503 {
		t.Fatalf("error %v, want an *APIError of 503", err)
	}
	json := 0
	for _, c := range city.calls() {
		if c == askedJSON {
			json++
		}
	}
	if json != 4 || ae.Attempts != 4 {
		t.Errorf("%d calls for JSON, error says %d, want 4: %v", json, ae.Attempts, city.calls())
	}
}

func TestNegotiationEndsWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	city := newStubCity(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusNotFound)
		w.(http.Flusher).Flush()
		cancel()
		<-r.Context().Done()
	})
	_, err := city.client(t).Requests.List(ctx, nil)
	if err == nil {
		t.Error("no error")
	}
	if d := cmp.Diff([]string{askedJSON}, city.calls()); d != "" {
		t.Errorf("calls (-want +got):\n%s", d)
	}
}

// The formats of all operations are found in the same way.
func TestEveryReadNegotiates(t *testing.T) {
	documents := map[string]string{ // by the first segment of the path
		"services": `<services><service><service_code>001</service_code></service></services>`,
		"requests": oneRequestXML,
		"tokens":   `<service_requests><request><token>t1</token><service_request_id>1</service_request_id></request></service_requests>`,
		"servicerequestupdates": `<service_request_updates><request_update><update_id>1</update_id>` +
			`<service_request_id>1</service_request_id></request_update></service_request_updates>`,
		"discovery": `<discovery><contact>us</contact><endpoints/></discovery>`,
	}
	for _, op := range stubOps {
		if op.write || op.name == "Do GET" { // what comes back of Do is the caller's business
			continue
		}
		t.Run(op.name, func(t *testing.T) {
			city := newStubCity(t, func(w http.ResponseWriter, r *http.Request) {
				name, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimSuffix(r.URL.Path, ".xml"), "/v2/"), "/")
				if body := documents[name]; body != "" && strings.HasSuffix(r.URL.Path, ".xml") {
					io.WriteString(w, body)
					return
				}
				http.NotFound(w, r)
			})
			if err := op.do(t.Context(), city.client(t)); err != nil {
				t.Error(err)
			}
			if n := len(city.calls()); n != 2 {
				t.Errorf("%d calls, want 2: %v", n, city.calls())
			}
		})
	}
}

func TestNegotiationConcurrently(t *testing.T) {
	city := newStubCity(t, speak(notFound, xmlWorks))
	c := city.client(t)
	var wg sync.WaitGroup
	errs := make(chan error, 64)
	for i := range 64 {
		wg.Go(func() {
			own, err := c.With(open311.WithUserAgent(fmt.Sprint(i)))
			if err == nil {
				_, err = own.Requests.List(t.Context(), nil)
			}
			if err != nil {
				errs <- err
			}
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		t.Error(err)
	}
	n := len(city.calls())
	if _, err := c.Requests.List(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{askedXML}, city.calls()[n:]); d != "" {
		t.Errorf("calls afterwards (-want +got):\n%s", d)
	}
}

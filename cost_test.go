package open311_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/internal/cputime"
	"github.com/go-open311/open311/servers"
)

// costs are what takes a text or bytes, with inputs that grow: many values, nested ones, names again and again, long
// numbers, entities, commas.
func costs(t *testing.T) map[string]func(n int) func() {
	tests := map[string]func(n int) func(){
		"Validate, answers and choices": func(n int) func() {
			a := open311.Attribute{Code: "A", Variable: true, Datatype: open311.DatatypeMultiValueList}
			var given []string
			for i := range n {
				a.Values = append(a.Values, open311.AttributeValue{Key: fmt.Sprintf("a key of some length %07d", i)})
				given = append(given, fmt.Sprintf("a key of some length %07d", i), fmt.Sprintf("a wrong one %07d", i), "twice")
			}
			d := &open311.ServiceDefinition{Attributes: []open311.Attribute{a}}
			return func() { _ = d.Validate(open311.Attributes{"A": given}) }
		},
		"Validate, questions and answers": func(n int) func() {
			d, answers := &open311.ServiceDefinition{}, open311.Attributes{}
			for i := range n {
				rule := json.RawMessage(fmt.Sprintf(`{"clause":"OR","conditions":[{"attribute":"Q1","op":"eq","value":"v%d"}]}`, i))
				d.Attributes = append(d.Attributes, open311.Attribute{Code: fmt.Sprintf("Q%d", i), Variable: true, Required: true, Extra: open311.Extra{"dependencies": rule}})
				answers[fmt.Sprintf("unknown %d", i)] = []string{"x"}
				answers["Q1"] = append(answers["Q1"], fmt.Sprintf("w%d", i))
			}
			return func() { _ = d.Validate(answers) }
		},
		"Validate, a report": func(n int) func() {
			text := strings.Repeat("1%2,", n*8)
			r := &open311.NewRequest{ServiceCode: text, Description: text, MediaURL: text, AddressString: text, Attributes: open311.Attributes{"A": {text}, "B": {text}}}
			d := &open311.ServiceDefinition{Attributes: []open311.Attribute{{Code: "A", Variable: true, Datatype: open311.DatatypeNumber}, {Code: "B", Variable: true, Datatype: open311.DatatypeDatetime}}}
			return func() { _ = r.Validate(d) }
		},
		"Lookup": func(n int) func() {
			text := strings.Repeat("sàn-frâncisco ", n)
			return func() { _, _ = servers.Lookup(text) }
		},
		"New": func(n int) func() {
			text := "https://city.example/" + strings.Repeat("a%2F/..", n)
			return func() { _, _ = open311.New(text) }
		},
		"Learned": func(n int) func() {
			text := []byte(`{"x":[` + strings.Repeat(`{"a":1,"a":[]},`, n) + `0]}`)
			return func() { _ = new(open311.Learned).UnmarshalJSON(text) }
		},
		"servers.Load": func(n int) func() {
			text := `{"date":"2026-01-01","servers":[` + repeated(`{"key":"k%d","name":"City %d","country":"DE","url":"https://city.example/%d"},`, n) + `{}]}`
			return func() { _, _ = servers.Load(strings.NewReader(text)) }
		},
		"Discover": func(n int) func() {
			text := `{"endpoints":[` + repeated(`{"specification":"http://wiki.open311.org/GeoReport_v2","url":"https://other.example/%d","type":"test"},`, n) + `{}]}`
			rt := stubTrip(func(r *http.Request) (*http.Response, error) { return stubReply(r, 200, "application/json", text), nil })
			return func() {
				_, _ = open311.Discover(t.Context(), "https://city.example/discovery.json", open311.WithHTTPClient(&http.Client{Transport: rt}))
			}
		},
		"an error with a long text": func(n int) func() {
			text := repeated(`{"message":"%d api_key=x last_name: y ",`, n)
			c := stubClient(t, func(r *http.Request) (*http.Response, error) { return stubReply(r, 400, "application/json", text), nil }, open311.WithRetry(once))
			return func() { _, _ = c.Services.List(t.Context()) }
		},
		"Create, what is sent": func(n int) func() {
			c := stubClient(t, func(r *http.Request) (*http.Response, error) {
				_, err := io.Copy(io.Discard, r.Body)
				return stubReply(r, 200, "application/json", `[{"service_request_id":"1"}]`), err
			}, open311.WithRetry(once), open311.WithFormat(open311.FormatJSON))
			text, r := strings.Repeat("Ä b&%2C", n), &open311.NewRequest{ServiceCode: "1", Attributes: open311.Attributes{}, Params: url.Values{}}
			r.AddressString, r.Email, r.LastName, r.DeviceID, r.MediaURL = text, text, text, text, "https://media.example/?"+url.QueryEscape(text)
			for i := range n {
				r.Attributes.Set(fmt.Sprintf("A[%d]", i), "a b", "c,")
				r.Params.Set(fmt.Sprintf("p[%d]", i), "a b")
			}
			return func() {
				if _, err := c.Requests.Create(t.Context(), r); err != nil {
					t.Errorf("%.200v", err)
				}
			}
		},
		"All by ids": costOfList(t, func(n int) *open311.Query {
			return &open311.Query{IDs: strings.Fields(repeated("%d ", n))}
		}),
		"All with parameters": costOfList(t, func(n int) *open311.Query {
			return &open311.Query{Params: url.Values{"p": strings.Fields(repeated("%d ", n))}}
		}),
		"All by codes": costOfList(t, func(n int) *open311.Query {
			return &open311.Query{ServiceCodes: strings.Fields(repeated("%d ", n))}
		}),
		"Checkpoint": func(n int) func() {
			text := []byte(`{"x":[` + strings.Repeat(`{"a":1,"a":[]},`, n) + `0]}`)
			return func() { _ = new(open311.Checkpoint).UnmarshalJSON(text) }
		},
	}
	for name, part := range map[string]string{"commas": ",", "addresses": "http://a.example/%d,", "blanks": " \t"} {
		tests["MediaURLs, "+name] = func(n int) func() {
			r := &open311.ServiceRequest{MediaURL: repeated(part, n)}
			return func() { r.MediaURLs() }
		}
	}
	for shape, d := range costDocuments {
		doc := func(n int) string { return d.head + repeated(d.part, n) + d.tail + strings.Repeat(d.close, n) }
		if strings.HasPrefix(d.head, `{"service_`) {
			for of, read := range costTexts {
				tests["UnmarshalJSON of a "+of+", "+shape] = func(n int) func() {
					text := []byte(doc(n))
					return func() { _ = read(text) }
				}
			}
		}
		calls := maps.Clone(costCalls)
		if d.walk {
			maps.Copy(calls, costWalks)
		}
		for call, f := range calls {
			tests[call+", "+shape] = func(n int) func() {
				text, label, format := doc(n), "application/json", open311.FormatJSON
				if d.xml {
					label, format = "text/xml", open311.FormatXML
				}
				c := stubClient(t, func(r *http.Request) (*http.Response, error) { return stubReply(r, 200, label, text), nil },
					open311.WithFormat(format), open311.WithRetry(once), open311.WithWarnings(func(context.Context, open311.Warning) {}))
				return func() { f(t.Context(), c) }
			}
		}
	}
	return tests
}

// costOfList lists a query that has n of something, of a server that refuses it.
func costOfList(t *testing.T, query func(n int) *open311.Query) func(n int) func() {
	return func(n int) func() {
		c := stubClient(t, func(r *http.Request) (*http.Response, error) { return stubReply(r, 400, "application/json", "[]"), nil }, open311.WithRetry(once))
		q := query(n)
		return func() {
			for range c.Requests.All(t.Context(), q) {
			}
		}
	}
}

// repeated writes part n times, with a number in place of %d.
func repeated(part string, n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.ReplaceAll(part, "%d", fmt.Sprintf("%07d", i)))
	}
	return b.String()
}

var costDocuments = map[string]struct {
	head, part, tail, close string
	xml                     bool
	walk                    bool // those who make many calls read it, too
}{
	"JSON a long id":     {walk: true, head: `[{"service_request_id":"`, part: `12-a `, tail: `"}]`},
	"JSON a long state":  {walk: true, head: `[{"service_request_id":"1","status":"`, part: `In Progréss_`, tail: `"}]`},
	"JSON a long text":   {walk: true, head: `[{"service_request_id":"1","service_code":"1","description":"`, part: `a &amp; \u00e4 12 `, tail: `"}]`},
	"JSON a long date":   {walk: true, head: `[{"service_request_id":"1","requested_datetime":"`, part: `2026-01-01T`, tail: `"}]`},
	"JSON records":       {head: `[{"service_code":"0"}`, part: `,{"service_request_id":"%d","service_code":"%d","id":"%d"}`, tail: "]"},
	"JSON nested":        {head: `{"service_request_id":"1","x":`, part: `[`, tail: "0", close: "]"},
	"JSON names again":   {head: `{"service_request_id":"1"`, part: `,"x":1,"status":"a"`, tail: "}"},
	"JSON names":         {head: `{"service_request_id":"1"`, part: `,"x%d":1`, tail: "}"},
	"JSON a long number": {head: `{"service_request_id":"1","lat":1`, part: `0123456789`, tail: "}"},
	"JSON escapes":       {head: `{"service_request_id":"1","description":"`, part: `\u00e4\n&amp;%25`, tail: `"}`},
	"JSON values":        {head: `{"service_code":"1","attributes":[{"code":"A","values":[{}`, part: `,{"key":"%d","name":"n"}`, tail: `]}]}`},
	"JSON attributes":    {head: `{"service_code":"1","attributes":[{"code":"B"}`, part: `,{"code":"%d","variable":true,"order":1}`, tail: `]}`},
	"JSON endpoints":     {head: `{"changeset":"1","endpoints":[{}`, part: `,{"specification":"http://wiki.open311.org/GeoReport_v2","url":"https://city.example/%d","type":"test","formats":["text/xml"]}`, tail: `]}`},
	"JSON updates":       {head: `[{"update_id":"0"}`, part: `,{"update_id":"%d","service_request_id":"%d","status":"open","description":"x"}`, tail: "]"},
	"JSON errors":        {head: `[{"code":400,"description":"x"}`, part: `,{"code":%d1,"description":"api_key=%d is wrong"}`, tail: "]"},
	"JSON broken":        {head: `[{"service_request_id":"1","x":`, part: `{"a":[`, tail: ""},
	"XML records":        {xml: true, head: `<x>`, part: `<request><service_request_id>%d</service_request_id></request>`, tail: `</x>`},
	"XML nested":         {xml: true, head: `<x><request><x>`, part: `<a>`, tail: "0", close: "</a>"},
	"XML names again":    {xml: true, head: `<x><request>`, part: `<y>1</y>`, tail: "</request></x>"},
	"XML names":          {xml: true, head: `<x><request>`, part: `<y%d>1</y%d>`, tail: "</request></x>"},
	"XML attributes":     {xml: true, head: `<x><request`, part: ` a%d="b"`, tail: "></request></x>"},
	"XML entities":       {xml: true, head: `<x><request><description>`, part: `&amp;&#65;&nope;`, tail: "</description></request></x>"},
	"XML CDATA":          {xml: true, head: `<x><request><description>`, part: `<![CDATA[a]]>`, tail: "</description></request></x>"},
	"XML errors":         {xml: true, head: `<errors>`, part: `<error><code>400</code><description>%d</description></error>`, tail: `</errors>`},
	"a notice in front":  {xml: true, head: `<br />`, part: `<b>Notice</b>: [%d] in {main} <br />`, tail: "\n<service_requests/>"},
	"XML broken":         {xml: true, head: `<x><request>`, part: `<!-- <a b='`, tail: ""},
	"XML values":         {xml: true, head: `<x><attributes><attribute><code>A</code><values>`, part: `<value><key>%d</key></value>`, tail: `</values></attribute></attributes></x>`},
	"a page of HTML":     {xml: true, head: `<html><body>`, part: `<p>a&lt;b</p>`, tail: `</html>`},
}

// costTexts read one object.
var costTexts = map[string]func(text []byte) error{
	"request":    func(text []byte) error { return new(open311.ServiceRequest).UnmarshalJSON(text) },
	"definition": func(text []byte) error { return new(open311.ServiceDefinition).UnmarshalJSON(text) },
	"report":     func(text []byte) error { return new(open311.NewRequest).UnmarshalJSON(text) },
}

// costCalls read every kind of document. What they return is not asked: most documents are none of theirs.
var costCalls = map[string]func(context.Context, *open311.Client){
	"Requests.List":       func(ctx context.Context, c *open311.Client) { _, _ = c.Requests.List(ctx, nil) },
	"Services.List":       func(ctx context.Context, c *open311.Client) { _, _ = c.Services.List(ctx) },
	"Services.Definition": func(ctx context.Context, c *open311.Client) { _, _ = c.Services.Definition(ctx, "1") },
	"Updates.List":        func(ctx context.Context, c *open311.Client) { _, _ = c.Updates.List(ctx, nil) },
	"Discovery.Get":       func(ctx context.Context, c *open311.Client) { _, _ = c.Discovery.Get(ctx) },
}

// costWalks make several calls, compare what comes, and remember it.
var costWalks = map[string]func(context.Context, *open311.Client){
	"Requests.All": func(ctx context.Context, c *open311.Client) {
		for range c.Requests.All(ctx, &open311.Query{Statuses: []open311.Status{"open"}, ServiceCodes: []string{"1"}, Start: time.Now().AddDate(0, 0, -7)}) {
		}
	},
	"Requests.AllInto": func(ctx context.Context, c *open311.Client) {
		for range c.Requests.AllInto(ctx, &open311.Query{Start: time.Now().AddDate(0, 0, -7)}, new(open311.ServiceRequest)) {
		}
	},
	"Requests.Pages": func(ctx context.Context, c *open311.Client) {
		for range c.Requests.Pages(ctx, nil) {
		}
	},
	"Requests.Feed": func(ctx context.Context, c *open311.Client) {
		f, _ := c.Requests.Feed(open311.FeedOptions{Since: time.Now().AddDate(0, 0, -7)})
		for range f.Poll(ctx) {
		}
	},
	"Requests.Get":     func(ctx context.Context, c *open311.Client) { _, _ = c.Requests.Get(ctx, "1") },
	"Requests.Oldest":  func(ctx context.Context, c *open311.Client) { _, _ = c.Requests.Oldest(ctx, nil) },
	"Requests.Resolve": func(ctx context.Context, c *open311.Client) { _, _ = c.Requests.Resolve(ctx, "1") },
	"Requests.Create":  func(ctx context.Context, c *open311.Client) { _, _ = c.Requests.Create(ctx, costReport()) },
	"Requests.File": func(ctx context.Context, c *open311.Client) {
		_, _ = c.Requests.File(ctx, nowhere{}, &open311.Filing{Report: costReport()})
	},
	"Requests.Candidates": func(ctx context.Context, c *open311.Client) {
		_, _ = c.Requests.Candidates(ctx, costReport(), time.Hour)
	},
	"Requests.FindSimilar": func(ctx context.Context, c *open311.Client) {
		_, _ = c.Requests.FindSimilar(ctx, costReport(), time.Hour)
	},
	"Services.Catalog": func(ctx context.Context, c *open311.Client) {
		for range c.Services.Catalog(ctx) {
		}
	},
	"Updates.Create": func(ctx context.Context, c *open311.Client) {
		_, _ = c.Updates.Create(ctx, &open311.NewUpdate{RequestID: "1", Status: "open", Description: "a hole"})
	},
}

func costReport() *open311.NewRequest {
	return &open311.NewRequest{ServiceCode: "1", AddressString: "12 Mill Lane", Description: "a hole", LastName: "Marlowe"}
}

// nowhere is an outbox that keeps nothing.
type nowhere struct{}

func (nowhere) Put(context.Context, *open311.Filing) error { return nil }

func (nowhere) Pending(context.Context) iter.Seq2[*open311.Filing, error] {
	return func(func(*open311.Filing, error) bool) {}
}

// Every method that makes calls has a row.
func TestCostOfEveryCall(t *testing.T) {
	c := reflect.TypeFor[open311.Client]()
	for part := range c.Fields() {
		if !part.IsExported() {
			continue
		}
		for m := range part.Type.Methods() {
			name := part.Name + "." + m.Name
			if costCalls[name] == nil && costWalks[name] == nil && m.Name != "Format" && name != "Requests.Await" { // Resolve, again and again
				t.Errorf("%s is not measured", name)
			}
		}
	}
}

// Four times the input takes no more than eight times the processor, whatever it is.
func TestCostIsLinear(t *testing.T) {
	if testing.Short() || raceDetector {
		t.Skip("it takes seconds, and the race detector has costs of its own")
	}
	for name, f := range costs(t) {
		t.Run(name, func(t *testing.T) { cputime.Linear(t, 3000, f) })
	}
}

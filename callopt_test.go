package open311_test

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/go-open311/open311"
)

// withCall is an operation that is called with an option; the value is the document that answers it.
var withCall = map[string]struct {
	answer string
	call   func(*open311.Client, *testing.T, ...open311.CallOption) error
}{
	"Services.List": {oneServiceJSON, func(c *open311.Client, t *testing.T, o ...open311.CallOption) error {
		_, err := c.Services.List(t.Context(), o...)
		return err
	}},
	"Services.Definition": {`{"service_code":"001","attributes":[]}`, func(c *open311.Client, t *testing.T, o ...open311.CallOption) error {
		_, err := c.Services.Definition(t.Context(), "001", o...)
		return err
	}},
	"Services.Catalog": {`[{"service_code":"001","metadata":false}]`, func(c *open311.Client, t *testing.T, o ...open311.CallOption) error {
		for _, err := range c.Services.Catalog(t.Context(), o...) {
			if err != nil {
				return err
			}
		}
		return nil
	}},
	"Requests.List": {oneRequestJSON, func(c *open311.Client, t *testing.T, o ...open311.CallOption) error {
		_, err := c.Requests.List(t.Context(), nil, o...)
		return err
	}},
	"Requests.Get": {oneRequestJSON, func(c *open311.Client, t *testing.T, o ...open311.CallOption) error {
		_, err := c.Requests.Get(t.Context(), "1", o...)
		return err
	}},
	"Requests.All": {oneRequestJSON, func(c *open311.Client, t *testing.T, o ...open311.CallOption) error {
		for _, err := range c.Requests.All(t.Context(), &open311.Query{IDs: []string{"1"}}, o...) {
			if err != nil {
				return err
			}
		}
		return nil
	}},
	"Requests.AllInto": {oneRequestJSON, func(c *open311.Client, t *testing.T, o ...open311.CallOption) error {
		for _, err := range c.Requests.AllInto(t.Context(), &open311.Query{IDs: []string{"1"}}, nil, o...) {
			if err != nil {
				return err
			}
		}
		return nil
	}},
	"Requests.Pages": {oneRequestJSON, func(c *open311.Client, t *testing.T, o ...open311.CallOption) error {
		for _, err := range c.Requests.Pages(t.Context(), &open311.Query{IDs: []string{"1"}}, o...) {
			if err != nil {
				return err
			}
		}
		return nil
	}},
	"Requests.Resolve": {`[{"service_request_id":"1","token":"t"}]`, func(c *open311.Client, t *testing.T, o ...open311.CallOption) error {
		_, err := c.Requests.Resolve(t.Context(), "t", o...)
		return err
	}},
	"Requests.FindSimilar": {`[]`, func(c *open311.Client, t *testing.T, o ...open311.CallOption) error {
		_, err := c.Requests.FindSimilar(t.Context(), &open311.NewRequest{ServiceCode: "001"}, time.Hour, o...)
		return err
	}},
	"Updates.List": {`[]`, func(c *open311.Client, t *testing.T, o ...open311.CallOption) error {
		_, err := c.Updates.List(t.Context(), nil, o...)
		return err
	}},
	"Discovery.Get": {`{"changeset":"1","endpoints":[]}`, func(c *open311.Client, t *testing.T, o ...open311.CallOption) error {
		_, err := c.Discovery.Get(t.Context(), o...)
		return err
	}},
	"Do": {`[]`, func(c *open311.Client, t *testing.T, o ...open311.CallOption) error {
		resp, err := c.Do(t.Context(), http.MethodGet, "comments", nil, o...)
		if err == nil {
			resp.Body.Close()
		}
		return err
	}},
	"Requests.Create": {`[{"service_request_id":"1"}]`, func(c *open311.Client, t *testing.T, o ...open311.CallOption) error {
		_, err := c.Requests.Create(t.Context(), &open311.NewRequest{ServiceCode: "001", AddressString: "1 Main St"}, o...)
		return err
	}},
	"Updates.Create": {`[{"update_id":"1"}]`, func(c *open311.Client, t *testing.T, o ...open311.CallOption) error {
		_, err := c.Updates.Create(t.Context(), &open311.NewUpdate{RequestID: "1", ID: "2", Status: "closed", Description: "d",
			UpdatedDatetime: time.Unix(0, 0)}, o...)
		return err
	}},
	"Feed.Poll": {`[]`, func(c *open311.Client, t *testing.T, o ...open311.CallOption) error {
		feed, err := c.Requests.Feed(open311.FeedOptions{})
		if err != nil {
			return err
		}
		for _, err := range feed.Poll(t.Context(), o...) {
			if err != nil {
				return err
			}
		}
		return nil
	}},
}

// Every operation takes parameters, headers and a place for the response, and sends and fills them in every call.
func TestCallOptions(t *testing.T) {
	for name, op := range withCall {
		t.Run(name, func(t *testing.T) {
			city := newStubCity(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				w.Header().Set("X-Trace", "abc")
				_, _ = w.Write([]byte(op.answer))
			})
			c := city.client(t, open311.WithAPIKey("s3cret-key"), open311.WithKeyOnReads(), open311.WithFormat(open311.FormatJSON))
			var got open311.Response
			err := op.call(c, t, open311.CallParams(url.Values{"locale": {"fr"}, "tag": {"a", "b"}}),
				open311.CallHeader("accept-language", "fr"), open311.CallResponse(&got))
			if err != nil {
				t.Fatal(err)
			}
			for _, call := range city.seen {
				_, query, _ := strings.Cut(call.URI, "?")
				if call.Method == http.MethodPost {
					query = call.Body
				}
				sent, err := url.ParseQuery(query)
				if err != nil {
					t.Fatal(err)
				}
				if sent.Get("locale") != "fr" || !slices.Equal(sent["tag"], []string{"a", "b"}) || call.Header.Get("Accept-Language") != "fr" {
					t.Errorf("%s %s: body %q, Accept-Language %q: the options are missing", call.Method, call.URI, call.Body, call.Header.Get("Accept-Language"))
				}
			}
			last := city.last(t)
			path, _, _ := strings.Cut(last.URI, "?")
			want := open311.Response{StatusCode: 200, Format: open311.FormatJSON, Attempts: 1}
			if d := cmp.Diff(want, got, cmpopts.IgnoreFields(open311.Response{}, "Header", "URL", "Received")); d != "" {
				t.Errorf("response (-want +got):\n%s", d)
			}
			if !strings.Contains(got.URL, path) || strings.Contains(got.URL, "s3cret") || got.Header.Get("X-Trace") != "abc" || got.Received.IsZero() {
				t.Errorf("response: URL %q, X-Trace %q, received %v", got.URL, got.Header.Get("X-Trace"), got.Received)
			}
		})
	}
}

func TestCallExtensions(t *testing.T) {
	tests := []struct {
		name    string
		dialect open311.Dialect
		want    string
	}{
		{"plain", open311.Dialect{}, "extensions=true"},
		{"renamed", open311.Dialect{Rename: map[string]string{"extensions": "ext"}}, "ext=true"},
		{"not taken", open311.Dialect{Accepts: []string{"status"}}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			city := newStubCity(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(oneRequestJSON)) })
			if _, err := city.client(t, open311.WithDialect(tt.dialect)).Requests.Get(t.Context(), "1", open311.CallExtensions()); err != nil {
				t.Fatal(err)
			}
			if _, query, _ := strings.Cut(city.last(t).URI, "?"); query != tt.want {
				t.Errorf("query %q, want %q", query, tt.want)
			}
		})
	}
}

// An option that cannot be used stops every operation before anything is sent, and says nothing of the value.
func TestCallHeaderRefused(t *testing.T) {
	for name, op := range withCall {
		t.Run(name, func(t *testing.T) {
			city := newStubCity(t, func(http.ResponseWriter, *http.Request) {})
			for _, bad := range []open311.CallOption{open311.CallHeader("X-Token", "s3cret\r\nX: y"), open311.CallHeader("X Token", "s3cret")} {
				err := op.call(city.client(t), t, bad)
				if ve, ok := errors.AsType[*open311.ValidationError](err); !ok || strings.Contains(ve.Error(), "s3cret") {
					t.Errorf("error %v, want a ValidationError without the value", err)
				}
			}
			if calls := city.calls(); len(calls) > 0 {
				t.Errorf("sent %q", calls)
			}
		})
	}
}

// The header of a call that has the name of a secret is hidden where the server repeats it.
func TestCallHeaderIsHidden(t *testing.T) {
	c := stubClient(t, func(r *http.Request) (*http.Response, error) {
		return stubReply(r, 403, "text/plain", "no: "+r.Header.Get("Authorization")), nil
	})
	_, err := c.Requests.Get(t.Context(), "1", open311.CallHeader("Authorization", "Token s3cret-value"))
	if err == nil || strings.Contains(err.Error(), "s3cret-value") {
		t.Errorf("error %v, want one without the header", err)
	}
}

// A refusal is the response, too; of several calls it is the last one.
func TestCallResponseOfRefusal(t *testing.T) {
	c := stubClient(t, func(r *http.Request) (*http.Response, error) {
		if strings.HasSuffix(r.URL.Path, ".json") {
			return stubReply(r, 404, "text/html", "<html>no</html>"), nil
		}
		return stubReply(r, 400, "text/xml", "<errors><error><code>400</code><description>bad</description></error></errors>"), nil
	})
	var got open311.Response
	_, err := c.Services.List(t.Context(), open311.CallResponse(&got))
	if err == nil {
		t.Fatal("no error")
	}
	want := open311.Response{StatusCode: 400, URL: "https://city.example/v2/services.xml", Format: open311.FormatXML, Attempts: 1}
	if d := cmp.Diff(want, got, cmpopts.IgnoreFields(open311.Response{}, "Header", "Received")); d != "" {
		t.Errorf("response (-want +got):\n%s", d)
	}
}

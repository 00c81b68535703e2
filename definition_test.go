package open311_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/open311test"
)

// definitionCity is a client of a city whose clock is that of the test, and how many definitions it has been asked for.
func definitionCity(opts ...open311.Option) (c *open311.Client, calls func() int) {
	h := open311test.NewHandler(open311test.WithBase("/"), open311test.WithSize(1), open311test.WithClock(time.Now),
		open311test.WithServices(open311.Service{Code: "1", Metadata: true}),
		open311test.WithDefinitions(open311.ServiceDefinition{ServiceCode: "1", Attributes: []open311.Attribute{{Code: "Q", Values: []open311.AttributeValue{{Key: "k", Name: "n"}}}}}))
	n := 0
	count := roundTrip(func(r *http.Request) (*http.Response, error) {
		if r.URL.Path == "/services/1.json" {
			n++
		}
		return h.Transport().RoundTrip(r)
	})
	c, err := open311.New("https://city.example/", slices.Concat([]open311.Option{open311.WithHTTPClient(&http.Client{Transport: count})}, opts)...)
	if err != nil {
		panic(err)
	}
	return c, func() int { return n }
}

func TestDefinitionIsAskedForOnceAnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, calls := definitionCity()
		get := func(want int, why string, opts ...open311.CallOption) *open311.ServiceDefinition {
			t.Helper()
			d, err := c.Services.Definition(t.Context(), "1", opts...)
			if err != nil {
				t.Fatal(err)
			}
			if got := calls(); got != want {
				t.Errorf("%s: %d calls, want %d", why, got, want)
			}
			return d
		}
		first := get(1, "the first one")
		first.Attributes[0].Values[0].Key, first.Attributes[0].Code = "changed", "by its owner"
		second := get(1, "the second one")
		want := []open311.Attribute{{Code: "Q", Values: []open311.AttributeValue{{Key: "k", Name: "n"}}}}
		if d := cmp.Diff(want, second.Attributes, cmpopts.IgnoreFields(open311.Attribute{}, "Extra")); d != "" {
			t.Errorf("what is remembered (-want +got):\n%s", d)
		}
		get(2, "CallFresh", open311.CallFresh())
		get(3, "parameters", open311.CallParams(url.Values{"locale": {"de"}}))
		get(4, "a header", open311.CallHeader("Accept-Language", "de"))
		var r open311.Response
		get(5, "the answer itself", open311.CallResponse(&r))
		if r.StatusCode != http.StatusOK {
			t.Errorf("the answer is %+v", r)
		}
		get(5, "after them")
		for _, err := range c.Services.Catalog(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
		}
		get(5, "the catalog")
		time.Sleep(time.Hour)
		get(6, "after an hour")

		strict, err := c.With(open311.WithStrict())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := strict.Services.Definition(t.Context(), "1"); err != nil || calls() != 7 {
			t.Errorf("another client with other settings has to read for itself: %d calls, %v", calls(), err)
		}
	})
}

// What is remembered is that of the code which was asked for: servers may find a definition by another one.
func TestDefinitionOfAnotherCode(t *testing.T) {
	c := handledBy(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/services/7.json" {
			_, _ = w.Write([]byte(`{"service_code":"001","attributes":[]}`))
			return
		}
		http.Error(w, `[{"code":404,"description":"no such service"}]`, http.StatusNotFound)
	})
	if _, err := c.Services.Definition(t.Context(), "7"); err != nil {
		t.Fatal(err)
	}
	if d, err := c.Services.Definition(t.Context(), "001"); err == nil {
		t.Errorf("the server knows no 001, and it is %+v", d)
	}
}

// Servers in the field take reports at another path than they list them at, and have definitions elsewhere.
func TestPathsOfDefinitionsAndReports(t *testing.T) {
	var paths []string
	c := handledBy(t, func(w http.ResponseWriter, r *http.Request) {
		paths = append(paths, r.Method+" "+r.URL.Path)
		if r.Method == http.MethodPost {
			_, _ = w.Write([]byte(`[{"service_request_id":"1"}]`))
			return
		}
		_, _ = w.Write([]byte(`[{"service_code":"1","service_request_id":"1"}]`))
	}, open311.WithDialect(open311.Dialect{Formats: []open311.Format{open311.FormatJSON},
		Paths: map[string]string{"service": "definitions", "POST requests": "inbox/reports", "POST servicerequestupdates": "inbox/updates"}}))
	if _, err := c.Services.Definition(t.Context(), "1"); err != nil {
		t.Error(err)
	}
	if _, err := c.Requests.List(t.Context(), nil); err != nil {
		t.Error(err)
	}
	if _, err := c.Requests.Create(t.Context(), &open311.NewRequest{ServiceCode: "1", AddressID: "1"}); err != nil {
		t.Error(err)
	}
	want := []string{"GET /definitions/1.json", "GET /requests.json", "POST /inbox/reports.json"}
	if d := cmp.Diff(want, paths); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// A list of services can be asked for by place and language.
func TestServicesWithParams(t *testing.T) {
	var query url.Values
	c := handledBy(t, func(w http.ResponseWriter, r *http.Request) {
		query = r.URL.Query()
		_, _ = w.Write([]byte(oneServiceJSON))
	}, open311.WithDialect(open311.Dialect{Rename: map[string]string{"long": "lon"}}))
	asked := url.Values{"lat": {"60.1"}, "long": {"24.9"}, "locale": {"fi"}}
	if _, err := c.Services.List(t.Context(), open311.CallParams(asked)); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(asked, query); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// handledBy returns a client whose calls a function answers.
func handledBy(t *testing.T, answer http.HandlerFunc, opts ...open311.Option) *open311.Client {
	t.Helper()
	trip := roundTrip(func(r *http.Request) (*http.Response, error) {
		w := httptest.NewRecorder()
		answer(w, r)
		return w.Result(), nil
	})
	c, err := open311.New("https://city.example/", slices.Concat([]open311.Option{open311.WithHTTPClient(&http.Client{Transport: trip})}, opts)...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

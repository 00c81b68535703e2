package open311_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-open311/open311"
)

// Where a discovery document may lead a client, and what is said about it.
func TestDiscoveryLeadsNobodyAstray(t *testing.T) {
	trusted := open311.WithTrustedHosts("vendor.test")
	insecure := open311.WithInsecureDiscovery()
	for _, tt := range []struct {
		at, names string
		opts      []open311.Option
		want      string // the endpoint, or a part of the error
		moved     bool
	}{
		{at: "https://city.example/d.json", names: "https://city.example/v2", want: "https://city.example/v2"},
		{at: "https://city.example/d.json", names: "/a%2Fb/v2", want: "https://city.example/a%2Fb/v2"},
		{at: "https://city.example/d.json", names: "HTTPS://City.Example/v2", want: "https://City.Example/v2"},
		{at: "https://city.example/d.json", names: "city.example/v2", want: "https://city.example/v2"},
		{at: "http://city.example/d.json", names: "city.example:8443/v2", want: "https://city.example:8443/v2"},
		{at: "https://city.example/d.json", names: "//open311.city.example/v2", want: "https://open311.city.example/v2", moved: true},
		{at: "https://www.city.example/d.json", names: "open311.city.example/v2", want: "https://open311.city.example/v2", moved: true},
		{at: "https://city.example/d.json", names: "https://city.example:8443/v2", want: "https://city.example:8443/v2", moved: true},
		{at: "http://city.example/d.json", names: "http://other.test/v2", want: "http://other.test/v2", moved: true},
		{at: "https://city.example/d.json", names: "https://vendor.test/v2", want: "WithTrustedHosts"},
		{at: "https://city.example/d.json", names: "https://city.example.vendor.test/v2", want: "WithTrustedHosts"},
		{at: "https://city.example/d.json", names: "https://city.example@vendor.test/v2", want: "WithTrustedHosts"},
		{at: "https://city.example/d.json", names: "open311/v2", want: "WithInsecureDiscovery"},
		{at: "https://city.example/d.json", names: "https://vendor.test/v2", opts: []open311.Option{trusted}, want: "https://vendor.test/v2"},
		{at: "https://city.example/d.json", names: "https://sub.vendor.test/v2", opts: []open311.Option{trusted}, want: "WithTrustedHosts"},
		{at: "https://city.example/d.json", names: "http://city.example/v2", want: "WithInsecureDiscovery"},
		{at: "https://city.example/d.json", names: "http://city.example/v2", opts: []open311.Option{insecure}, want: "http://city.example/v2"},
		{at: "https://city.example/d.json", names: "http://vendor.test/v2", opts: []open311.Option{trusted}, want: "WithInsecureDiscovery"},
		{at: "https://city.example/d.json", names: "https://169.254.169.254/v2", want: "WithInsecureDiscovery"},
		{at: "https://city.example/d.json", names: "https://[::ffff:10.0.0.1]/v2", want: "WithInsecureDiscovery"},
		{at: "http://city.example/d.json", names: "http://localhost:9200/v2", want: "WithInsecureDiscovery"},
		{at: "http://city.example/d.json", names: "http://127.1/v2", want: "WithInsecureDiscovery"},
		{at: "http://city.example/d.json", names: "http://127.0.0.\u2460/v2", want: "WithInsecureDiscovery"},
		{at: "http://city.example/d.json", names: "http://127\u30020\u30020\u30021/v2", want: "WithInsecureDiscovery"},
		{at: "http://city.example/d.json", names: "http://[2002:a9fe:a9fe::]/v2", want: "WithInsecureDiscovery"},
		{at: "https://city.example/d.json", names: "https://0x7f.1/v2", want: "WithInsecureDiscovery"},
		{at: "https://city.example/d.json", names: "//vendor.test/v2", want: "WithTrustedHosts"},
		{at: "https://city.example/d.json", names: "vendor.test", want: "WithTrustedHosts"},
		{at: "https://city.example/d.json", names: "https:\\\\\\\\vendor.test/v2", want: "cannot be read"},
		{at: "https://city.example/d.json", names: "https://city.example.:443/v2", want: "https://city.example.:443/v2"},
		{at: "https://city.example/d.json", names: "../open311/v2", want: "https://city.example/open311/v2"},
		{at: "https://city.example/d.json", names: "javascript:alert(1)//v2", want: "cannot be read"},
		{at: "https://city.example/d.json", names: "https:///v2", want: "https:// or http://"},
		{at: "https://city.example/d.json", names: "file:///etc/passwd", want: "https:// or http://"},
		{at: "https://city.example/d.json", names: "https://user:secret@vendor.test/v2", opts: []open311.Option{trusted}, want: "https://vendor.test/v2"},
		{at: "https://city.example/d.json", names: "https://10.0.0.1/v2", opts: []open311.Option{insecure, open311.WithTrustedHosts("10.0.0.1")}, want: "https://10.0.0.1/v2"},
		{at: "http://localhost/d.json", names: "http://localhost/v2", want: "http://localhost/v2"},
		{at: "https://city.example/d.json", names: "ftp://city.example/v2", want: "https:// or http://"},
	} {
		t.Run(strings.NewReplacer("/", "|", "https", "s", "http", "h").Replace(tt.at+" "+tt.names), func(t *testing.T) {
			var moved []open311.Warning
			calls := map[string]bool{}
			trip := stubTrip(func(r *http.Request) (*http.Response, error) {
				calls[r.URL.Scheme+"://"+r.URL.Host] = true
				return stubReply(r, 200, "application/json", discoveryJSON(`{"specification":"`+georeport2+`","url":"`+tt.names+`","type":"production"}`)), nil
			})
			c, err := open311.Discover(t.Context(), tt.at, append(tt.opts, open311.WithHTTPClient(&http.Client{Transport: trip}), open311.WithAPIKey(keyCore),
				open311.WithWarnings(func(_ context.Context, w open311.Warning) {
					if w.Kind == open311.WarnMoved {
						moved = append(moved, w)
					}
				}))...)
			var got string
			if err != nil {
				got = err.Error()
			} else {
				got = c.Endpoint()
			}
			if strings.Contains(tt.want, "/v2") && got != tt.want || !strings.Contains(got, tt.want) {
				t.Errorf("%s, want %s", got, tt.want)
			}
			if (len(moved) == 1) != tt.moved {
				t.Errorf("warnings %v", moved)
			}
			if err != nil && len(calls) != 1 {
				t.Errorf("calls to %v", calls)
			}
		})
	}
}

// Where the document names an endpoint of the same kind that may be followed, that one is taken: and not one for tests.
func TestDiscoveryTakesTheSafeEndpoint(t *testing.T) {
	endpoint := func(url, kind string) string {
		return `{"specification":"` + georeport2 + `","url":"` + url + `","type":"` + kind + `"}`
	}
	for want, document := range map[string]string{
		"https://city.example/v2": discoveryJSON(endpoint("http://city.example/v2", "production"), endpoint("https://city.example/test/v2", "test"), endpoint("https://city.example/v2", "production")),
		"WithInsecureDiscovery":   discoveryJSON(endpoint("http://city.example/v2", "production"), endpoint("https://city.example/test/v2", "test")),
	} {
		c, err := open311.Discover(t.Context(), "https://city.example/discovery.json", open311.WithHTTPClient(&http.Client{
			Transport: stubTrip(func(r *http.Request) (*http.Response, error) {
				return stubReply(r, 200, "application/json", document), nil
			})}))
		switch {
		case err != nil && !strings.Contains(err.Error(), want):
			t.Error(err)
		case err == nil && c.Endpoint() != want:
			t.Errorf("%s, want %s", c.Endpoint(), want)
		}
	}
}

func TestStrictDiscoveryStaysWhereItIs(t *testing.T) {
	_, err := open311.Discover(t.Context(), "https://city.example/discovery.json", open311.WithStrict(), open311.WithHTTPClient(&http.Client{
		Transport: stubTrip(func(r *http.Request) (*http.Response, error) {
			return stubReply(r, 200, "application/json", discoveryJSON(`{"specification":"`+georeport2+`","url":"https://a.city.example/v2","type":"production"}`)), nil
		})}))
	var de *open311.DecodeError
	if !errors.As(err, &de) {
		t.Fatal(err)
	}
	if d := cmp.Diff("endpoints.url", de.Path); d != "" {
		t.Error(d)
	}
}

package retry

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
)

// A hop is a request as a server saw it.
type hop struct{ URL, Referer, Authorization, Key, Cookie string }

// follow sends a request through a world of redirects: URL → status and target.
func follow(t *testing.T, method, from string, world map[string]string, hc *http.Client, cfg Config) ([]hop, *Result, error) {
	t.Helper()
	var hops []hop
	hc.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
		h := r.Header
		hops = append(hops, hop{r.URL.String(), h.Get("Referer"), h.Get("Authorization"), h.Get("X-Api-Key"), h.Get("Cookie")})
		f := &fake{answers: []answer{{status: 200}}}
		if to, ok := world[r.URL.String()]; ok {
			var status int
			var target string
			_, _ = fmt.Sscan(to, &status, &target)
			f.answers[0] = answer{status: status, header: map[string]string{"Location": target}}
		}
		return f.RoundTrip(r)
	})
	req := request(t, t.Context(), method, from)
	req.Header = http.Header{"X-Api-Key": {"k"}, "Authorization": {"Basic k"}, "Cookie": {"k=k"}}
	body := form
	if method == "GET" {
		body = nil
	}
	r, err := New(hc, cfg).Do(req, body, 3)
	if err == nil && text(t, r) != "the body" {
		t.Error("the body of the last response is lost")
	}
	return hops, r, err
}

func stripKey(r *http.Request) error {
	r.Header.Del("X-Api-Key")
	q := r.URL.Query()
	q.Del("api_key")
	r.URL.RawQuery = q.Encode()
	return nil
}

func TestRedirectKeepsTheKeyAtHome(t *testing.T) {
	t.Parallel()
	const own = "http://city.gov/r?api_key=k"
	home := hop{own, "", "Basic k", "k", "k=k"}
	for name, c := range map[string]struct {
		from  string
		world map[string]string
		want  []hop
	}{
		"same host": {own, map[string]string{own: "302 /x?api_key=k"},
			[]hop{home, {"http://city.gov/x?api_key=k", own, "Basic k", "k", "k=k"}}},
		"to TLS": {own, map[string]string{own: "301 https://city.gov/r?api_key=k"},
			[]hop{home, {"https://city.gov/r?api_key=k", own, "Basic k", "k", "k=k"}}},
		"subdomain": {own, map[string]string{own: "301 http://www.city.gov/r?api_key=k&a=b"},
			[]hop{home, {URL: "http://www.city.gov/r?a=b"}}},
		"another port": {own, map[string]string{own: "307 http://city.gov:8080/r?api_key=k"},
			[]hop{home, {URL: "http://city.gov:8080/r"}}},
		"another host, then onwards and back": {own, map[string]string{
			own: "302 http://evil.org/1", "http://evil.org/1": "302 http://evil.org/2", "http://evil.org/2": "302 http://city.gov/all?api_key=k"},
			[]hop{home, {URL: "http://evil.org/1"}, {URL: "http://evil.org/2"}, {URL: "http://city.gov/all"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			hops, r, err := follow(t, "GET", c.from, c.world, &http.Client{}, Config{CrossHost: stripKey})
			if err != nil || r.NotFollowed != nil || r.Attempts != 1 {
				t.Fatal(r, err)
			}
			if diff := cmp.Diff(c.want, hops); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRedirectIsReturned(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		method, from, to string
		requests         int
		hc               http.Client
	}{
		"POST 301":      {"POST", "http://h/", "301 http://h/x", 1, http.Client{}},
		"POST 302":      {"POST", "http://h/", "302 /x", 1, http.Client{}},
		"POST 303":      {"POST", "http://h/", "303 /x", 1, http.Client{}},
		"POST 307":      {"POST", "http://h/", "307 /x", 1, http.Client{}},
		"POST 308":      {"POST", "http://h/", "308 https://h/", 1, http.Client{}},
		"DELETE 302":    {"DELETE", "http://h/", "302 /x", 1, http.Client{}},
		"to plain text": {"GET", "https://h/", "302 http://h/", 1, http.Client{}},
		"other scheme":  {"GET", "http://h/", "302 file:///etc/passwd", 1, http.Client{}},
		"no host":       {"GET", "http://h/", "302 http:///x", 1, http.Client{}},
		"loop":          {"GET", "http://h/", "302 /", 11, http.Client{}},
		"hook says no":  {"GET", "http://h/", "302 http://stop/", 1, http.Client{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			hook := func(*http.Request) error { return errBroken }
			hops, r, err := follow(t, c.method, c.from, map[string]string{c.from: c.to}, &c.hc, Config{CrossHost: hook})
			if err != nil {
				t.Fatal(err)
			}
			_, target, _ := strings.Cut(c.to, " ")
			if len(hops) != c.requests || r.NotFollowed == nil || r.Response.Header.Get("Location") != target || r.Attempts != 1 {
				t.Errorf("%d requests, %+v", len(hops), r)
			}
		})
	}
}

func TestRedirectPolicyOfTheCaller(t *testing.T) {
	t.Parallel()
	world := map[string]string{"http://h/": "302 /x"}
	last := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	if hops, r, err := follow(t, "GET", "http://h/", world, last, Config{}); err != nil || len(hops) != 1 || r.Response.StatusCode != 302 {
		t.Errorf("%v, %v, %v", hops, r, err)
	}
	fail := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return errBroken }}
	hops, _, err := follow(t, "GET", "http://h/?api_key=secret", map[string]string{"http://h/?api_key=secret": "302 /x"}, fail, Config{})
	if !errors.Is(err, errBroken) || len(hops) != 1 || strings.Contains(err.Error(), "secret") {
		t.Errorf("%v after %d requests", err, len(hops))
	}
}

// An attempt that is redirected and then fails starts at the beginning again.
func TestRedirectThenRetry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fake{answers: []answer{
			{status: 302, header: map[string]string{"Location": "/x"}}, {status: 503},
			{status: 302, header: map[string]string{"Location": "/x"}}, {err: errBroken},
			{status: 200},
		}}
		r, err := do(t, New(&http.Client{Transport: f}, Config{}), t.Context(), "GET", someURL)
		if err != nil || r.Attempts != 3 || len(f.times) != 5 || text(t, r) != "the body" {
			t.Errorf("%+v, %v, %d requests", r, err, len(f.times))
		}
	})
}

func TestSameHost(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"http://h", "http://H:80/x", true},
		{"https://h", "https://h:443", true},
		{"http://h", "https://h", true},
		{"http://h:8080", "https://h", false},
		{"https://h", "http://h", false},
		{"http://h", "http://h.", false},
		{"http://h", "http://x.h", false},
		{"http://[::1]:1", "http://[::1]:1", true},
	} {
		a, _ := url.Parse(c.a)
		b, _ := url.Parse(c.b)
		if got := sameHost(a, b); got != c.want {
			t.Errorf("%s %s: %v", c.a, c.b, got)
		}
	}
}

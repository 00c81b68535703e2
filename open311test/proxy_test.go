package open311test_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/go-open311/open311/open311test"
)

func TestProxyBreaksTheAnswersOfAServer(t *testing.T) {
	city := open311test.NewServer(t, open311test.WithSize(20))
	p, err := open311test.NewProxy(city.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	front := httptest.NewServer(p)
	defer front.Close()
	get := func(path string) (*http.Response, string, error) {
		resp, err := http.Get(front.URL + p.Path() + path)
		if err != nil {
			return nil, "", err
		}
		defer func() { _ = resp.Body.Close() }()
		b, err := io.ReadAll(resp.Body)
		return resp, string(b), err
	}
	if err := p.Fail(open311test.ListRequests, open311test.Status(503), open311test.Truncate(100), open311test.WrongContentType("text/html")); err != nil {
		t.Fatal(err)
	}
	if resp, _, err := get("/services.json"); err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("another operation: %v %v", resp, err)
	}
	if resp, _, err := get("/requests.json"); err != nil || resp.StatusCode != 503 {
		t.Errorf("the first list: %v %v", resp, err)
	}
	if _, body, err := get("/requests.json"); err == nil || len(body) > 100 {
		t.Errorf("the second list: %d bytes, %v", len(body), err)
	}
	resp, body, err := get("/requests.json")
	if err != nil || resp.Header.Get("Content-Type") != "text/html" || !strings.HasPrefix(body, "[{") {
		t.Errorf("the third list: %v %v", resp, err)
	}
	if resp, _, err := get("/requests.json"); err != nil || !strings.HasPrefix(resp.Header.Get("Content-Type"), "application/json") {
		t.Errorf("the fourth list: %v %v", resp, err)
	}
	if n := len(p.Calls()); n != 5 {
		t.Errorf("%d calls", n)
	}
	for _, bad := range []string{"", "city.example/v2", "ftp://city.example", "http://city.example/v2?api_key=x"} {
		if _, err := open311test.NewProxy(bad, nil); err == nil {
			t.Errorf("%q is no endpoint", bad)
		}
	}
}

// Faults of records do before a real server what they do in a city.
func TestProxyDistortsRecords(t *testing.T) {
	for _, suffix := range []string{".json", ".xml"} {
		city := open311test.NewServer(t, open311test.WithSize(20))
		p, err := open311test.NewProxy(city.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		front := httptest.NewServer(p)
		defer front.Close()
		say := func(resp *http.Response, err error) string {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = resp.Body.Close() }()
			b, err := io.ReadAll(resp.Body)
			if err != nil || resp.StatusCode != http.StatusOK {
				t.Fatalf("%d %v: %s", resp.StatusCode, err, b)
			}
			return string(b)
		}
		get := func(path string) string { return say(http.Get(front.URL + p.Path() + path + suffix)) }
		fail := func(op open311test.Op, f open311test.Fault) {
			if err := p.Fail(op, f); err != nil {
				t.Error(err)
			}
		}
		first := city.Requests()[0].ID
		id := regexp.MustCompile(`service_request_id(?:>|":")([^<"]*)`)

		list := get("/requests")
		fail(open311test.ListRequests, open311test.Duplicate)
		if n, twice := len(id.FindAllString(list, -1)), len(id.FindAllString(get("/requests"), -1)); n == 0 || twice != 2*n {
			t.Errorf("%s: %d requests, and twice that are %d", suffix, n, twice)
		}
		fail(open311test.GetRequest, open311test.WrongID)
		if got := id.FindStringSubmatch(get("/requests/" + first)); got == nil || got[1] == first || got[1] == "" {
			t.Errorf("%s: the request %s has the id %q", suffix, first, got)
		}
		fail(open311test.FileRequest, open311test.WrongID)
		receipt := say(http.PostForm(front.URL+p.Path()+"/requests"+suffix, url.Values{"service_code": {"0102"}, "lat": {"43.23"}, "long": {"-68.03"}}))
		if got := id.FindStringSubmatch(receipt); got == nil || got[1] != "" {
			t.Errorf("%s: the receipt has the id %q", suffix, got)
		}
		fail(open311test.ListRequests, open311test.Stale)
		if stale, now := get("/requests"), get("/requests"); stale != list || now == list {
			t.Errorf("%s: the list is stale: %v, and is so once more: %v", suffix, stale == list, now == list)
		}
		fail(open311test.ListServices, open311test.Stale)
		if got := get("/services"); !strings.Contains(got, "0102") {
			t.Errorf("%s: what was never asked for is answered as it is, and not by %s", suffix, got)
		}
		form := get("/services/0101")
		fail(open311test.GetDefinition, open311test.Duplicate)
		if got := get("/services/0101"); got != form {
			t.Errorf("%s: a definition is no list: %s", suffix, got)
		}
		fail(open311test.GetDefinition, open311test.WrongID)
		if got := get("/services/0101"); got == form || len(got) > len(form)+len("another") {
			t.Errorf("%s: a definition of another service: %s", suffix, got)
		}
	}
}

func TestYearsAndMany(t *testing.T) {
	city := open311test.NewServer(t, open311test.WithoutNetwork(), open311test.WithSize(100), open311test.WithYears(3))
	list := city.Requests()
	ids := make(map[string]bool)
	for _, r := range list {
		ids[r.ID] = true
	}
	oldest := list[len(list)-1].RequestedDatetime
	if len(ids) != 300 || city.Now().Sub(oldest).Hours() < 24*365*2+24*200 {
		t.Errorf("%d ids, the oldest of %s", len(ids), oldest)
	}
	one := open311test.NewServer(t, open311test.WithoutNetwork(), open311test.WithSize(100))
	if one.Requests()[0].ID != list[0].ID {
		t.Error("the last year is another one than without the option")
	}
	made := city.Populate(5000)
	if len(made) != 5000 || len(city.Requests()) != 5300 {
		t.Errorf("%d made, %d in the city", len(made), len(city.Requests()))
	}
	for _, r := range city.Requests() {
		ids[r.ID] = true
	}
	if len(ids) != 5300 || !ids[made[4999]] {
		t.Errorf("%d different ids", len(ids))
	}
}

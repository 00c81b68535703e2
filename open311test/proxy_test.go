package open311test_test

import (
	"io"
	"net/http"
	"net/http/httptest"
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
	if err := p.Fail(open311test.ListRequests, open311test.Pass, open311test.Stale); err == nil {
		t.Error("a proxy cannot be stale")
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

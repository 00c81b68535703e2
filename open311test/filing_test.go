package open311test_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/open311test"
)

// How several values of an attribute are understood, by the style of the city: a[] stands for
// attribute[MANY][] and so on.
func TestMultiValueStyles(t *testing.T) {
	style := func(s open311.MultiValueStyle) open311test.Option {
		return open311test.WithFilingStyle(open311.Dialect{MultiValue: s})
	}
	any, none := []string{"a", "b"}, []string(nil)
	tests := []struct {
		name    string
		opt     open311test.Option
		sent    url.Values
		want    []string
		refused string
	}{
		{"brackets", nil, url.Values{"attribute[MANY][]": any}, any, ""},
		{"repeated", nil, url.Values{"attribute[MANY]": any}, any, ""},
		{"indexed", nil, url.Values{"attribute[MANY][1]": {"b"}, "attribute[MANY][0]": {"a"}}, any, ""},
		{"brackets only: repeated", style(open311.MultiBrackets), url.Values{"attribute[MANY]": any}, []string{"b"}, ""},
		{"brackets only: indexed", style(open311.MultiBrackets), url.Values{"attribute[MANY][0]": {"a"}}, none, `"MANY][0"`},
		{"repeated only", style(open311.MultiRepeat), url.Values{"attribute[MANY]": any}, any, ""},
		{"repeated only: brackets", style(open311.MultiRepeat), url.Values{"attribute[MANY][]": any}, none, `"MANY]["`},
		{"commas only", style(open311.MultiComma), url.Values{"attribute[MANY]": {"a,b"}}, any, ""},
		{"indexed only", style(open311.MultiIndexed), url.Values{"attribute[MANY][0]": {"a"}, "attribute[MANY][1]": {"b"}}, any, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var opts []open311test.Option
			if tt.opt != nil {
				opts = append(opts, tt.opt)
			}
			h := hamlet(opts...)
			w := post(h, "requests.json", report(tt.sent))
			if tt.refused != "" {
				wantErrors(t, w, 400, []string{tt.refused})
				return
			}
			if w.Code != 200 {
				t.Fatalf("status %d: %s", w.Code, w.Body)
			}
			if d := cmp.Diff(tt.want, h.Filed()[0].Request.Attributes["MANY"]); d != "" {
				t.Errorf("values (-want +got):\n%s", d)
			}
		})
	}
}

// TestFiled: what the city has taken in can be looked at, the reporter and the rest of the arguments
// included, and the id that a token has become.
func TestFiled(t *testing.T) {
	h := hamlet(open311test.WithAPIKey("k"))
	post(h, "requests.json", report(url.Values{"api_key": {"k"}, "email": {"a@b.example"}, "title": {"Ms"}, "media_url": {"https://m.example/1"}}))
	post(h, "requests.json", url.Values{"api_key": {"k"}, "service_code": {"B/2"}, "address_id": {"7"}})
	post(h, "requests.json", url.Values{"api_key": {"k"}, "service_code": {"none"}, "address_id": {"7"}})
	for range 2 {
		get(h, "tokens/tk-000001.json")
	}
	got := h.Filed()
	want := []open311test.Filed{
		{ID: "QH26-000001", At: h.Now(), Request: open311.NewRequest{ServiceCode: "001", Location: &open311.Point{Lat: 43.25, Long: -68.05},
			Attributes: open311.Attributes{"KIND": {"02"}}, Description: "mud", Email: "a@b.example", MediaURL: "https://m.example/1", Params: url.Values{"title": {"Ms"}}}},
		{ID: "QH26-000002", Token: "tk-000001", At: h.Now(), Request: open311.NewRequest{ServiceCode: "B/2", AddressID: "7"}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("filed (-want +got):\n%s", d)
	}
}

func TestBodyStyles(t *testing.T) {
	sent := map[open311.BodyStyle][2]string{
		open311.BodyForm: {"application/x-www-form-urlencoded", "service_code=X&address_id=7&media=aGk%3D"},
		open311.BodyJSON: {"application/json; charset=utf-8", `{"service_code":"X","address_id":7,"media":["aGk="]}`},
		open311.BodyXML:  {"text/xml", `<request><service_code>X</service_code><address_id>7</address_id><media>data:image/png;base64,aGk=</media></request>`},
	}
	for takes := range sent {
		h := hamlet(open311test.WithFilingStyle(open311.Dialect{Body: takes, Media: open311.MediaBase64}))
		for style, body := range sent {
			r := httptest.NewRequest(http.MethodPost, base+"requests.json", strings.NewReader(body[1]))
			r.Header.Set("Content-Type", body[0])
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if want := map[bool]int{true: 200, false: 415}[style == takes]; w.Code != want {
				t.Errorf("style %d to a city of style %d: status %d, want %d: %s", style, takes, w.Code, want, w.Body)
			}
		}
		if got := h.Filed(); len(got) != 1 || got[0].Request.AddressID != "7" || len(got[0].Files) != 1 || string(got[0].Files[0].Data) != "hi" {
			t.Errorf("style %d: filed %v", takes, got)
		}
	}
}

func TestUpdates(t *testing.T) {
	h := hamlet()
	h.PutUpdates(open311.Update{RequestID: "a1", Status: "closed", Description: "Done."},
		open311.Update{ID: "x", RequestID: "a2", Status: "open", UpdatedDatetime: date("2026-06-01T00:00:00Z")})
	for query, want := range map[string]int{"": 1, "?start_date=2026-06-01T00:00:00Z": 2, "?end_date=2026-06-01T00:00:00Z": 1,
		"?start_date=2026-06-02T00:00:00Z&end_date=2026-06-03T00:00:00Z": 0} {
		if got := len(rows(t, get(h, "servicerequestupdates.json"+query))); got != want {
			t.Errorf("%q lists %d, want %d", query, got, want)
		}
	}
	wantErrors(t, get(h, "servicerequestupdates.json?start_date=noon"), 400, []string{"start_date"})
	good := url.Values{"service_request_id": {"a1"}, "update_id": {"1"}, "status": {"OPEN"}, "updated_datetime": {"2026-06-30T11:00:00Z"}, "description": {"x"}}
	if w := post(h, "servicerequestupdates.xml", good); w.Code != 200 || !strings.Contains(w.Body.String(), "<request_update><update_id>u-000002</update_id></request_update>") {
		t.Errorf("status %d: %s", w.Code, w.Body)
	}
	wantErrors(t, post(h, "servicerequestupdates.json", good), 400, []string{"duplicate"})
	wantErrors(t, post(h, "servicerequestupdates.json", url.Values{"service_request_id": {"none"}, "updated_datetime": {"noon"}}), 404,
		[]string{"update_id is missing", "status is missing", "description is missing", `"noon"`, `no request "none"`})
	if got := h.Updates(); len(got) != 3 || got[1].Status != "open" {
		t.Errorf("updates %v", got)
	}
}

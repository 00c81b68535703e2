package open311test_test

import (
	"bytes"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/open311test"
)

// report is a good one; with changes it becomes another.
func report(changes url.Values) url.Values {
	form := url.Values{"service_code": {"001"}, "lat": {"43.25"}, "long": {"-68.05"}, "attribute[KIND]": {"02"}, "description": {"mud"}}
	maps.Copy(form, changes)
	return form
}

func TestFilingRefused(t *testing.T) {
	none := []string{""}
	tests := []struct {
		name    string
		changes url.Values
		status  int
		want    []string // a part of each error
	}{
		{"no service", url.Values{"service_code": none}, 400, []string{"service_code is missing"}},
		{"unknown service", url.Values{"service_code": {"1"}}, 404, []string{`service_code "1"`}},
		{"no location", url.Values{"lat": none, "long": none}, 400, []string{"location is missing"}},
		{"lat alone", url.Values{"long": none}, 400, []string{"long is missing"}},
		{"long alone", url.Values{"lat": none}, 400, []string{"lat is missing"}},
		{"lat alone beside an address", url.Values{"long": none, "address_string": {"here"}}, 400, []string{"long is missing"}},
		{"lat is no number", url.Values{"lat": {"north"}}, 400, []string{`lat "north" is not a number`}},
		{"lat is NaN", url.Values{"lat": {"NaN"}}, 400, []string{`lat "NaN" is not a number`}},
		{"both out of range", url.Values{"lat": {"90.01"}, "long": {"-180.5"}}, 400, []string{"-90 and 90", "-180 and 180"}},
		{"description too long", url.Values{"description": {strings.Repeat("é", 4001)}}, 400, []string{"4001 characters"}},
		{"description not UTF-8", url.Values{"description": {"caf\xe9"}}, 400, []string{`"description" is not UTF-8`}},
		{"required attribute missing", url.Values{"attribute[KIND]": nil}, 400, []string{"attribute KIND is required"}},
		{"required attribute blank", url.Values{"attribute[KIND]": {" "}}, 400, []string{"attribute KIND is required"}},
		{"a name for a key", url.Values{"attribute[KIND]": {"wet"}}, 400, []string{"not one of the keys 1, 02"}},
		{"two values for one", url.Values{"attribute[KIND]": {"1", "02"}}, 400, []string{"only one"}},
		{"a wrong one of many", url.Values{"attribute[MANY][]": {"a", "c"}}, 400, []string{`MANY: "c"`}},
		{"no number", url.Values{"attribute[NUM]": {"ten"}}, 400, []string{`NUM: "ten" is not a number`}},
		{"no date", url.Values{"attribute[WHEN]": {"noon"}}, 400, []string{`WHEN: "noon"`}},
		{"a line break", url.Values{"attribute[LINE]": {"a\nb"}}, 400, []string{"LINE"}},
		{"unknown attribute", url.Values{"attribute[KNID]": {"1"}}, 400, []string{`attribute "KNID" is not in the definition`}},
		{"attribute without definition", url.Values{"service_code": {"X"}}, 400, []string{`attribute "KIND" is not in the definition`}},
		{
			"all at once", url.Values{"lat": {"91"}, "long": {"x"}, "description": {strings.Repeat("x", 4001)}, "attribute[KIND]": none, "attribute[NUM]": {"?"}},
			400,
			[]string{"lat 91", `long "x"`, "4001", "KIND is required", "NUM"},
		},
		{"unknown service and more", url.Values{"service_code": {"1"}, "lat": {"91"}}, 404, []string{"lat 91", `service_code "1"`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := hamlet()
			wantErrors(t, post(h, "requests.json", report(tt.changes)), tt.status, tt.want)
			if n := len(h.Requests()); n != 6 {
				t.Errorf("there are %d requests afterwards, want the 6 from before", n)
			}
		})
	}
}

func TestFilingAccepted(t *testing.T) {
	none := []string{""}
	tests := []struct {
		name    string
		changes url.Values
	}{
		{"as it is", nil},
		{"address only", url.Values{"lat": none, "long": none, "address_string": {"here"}}},
		{"address id only", url.Values{"lat": none, "long": none, "address_id": {"7"}}},
		{"all locations", url.Values{"address_string": {"here"}, "address_id": {"7"}}},
		{"0,0 is a place", url.Values{"lat": {"0"}, "long": {"0"}}},
		{"the ends of the world", url.Values{"lat": {"-90"}, "long": {"180"}}},
		{"4000 characters", url.Values{"description": {strings.Repeat("é", 4000)}}},
		{"no description", url.Values{"description": none}},
		{"a list", url.Values{"attribute[MANY][]": {"a", "b"}}},
		{"a list without brackets", url.Values{"attribute[MANY]": {"a", "b"}}},
		{"blank optional attributes", url.Values{"attribute[NUM]": none, "attribute[WHEN]": none}},
		{"all attributes", url.Values{"attribute[NUM]": {"-1.5"}, "attribute[WHEN]": {"2026-06-01T08:30:00+02:00"}, "attribute[LINE]": {"a"}, "attribute[TEXT]": {"a\nb"}}},
		{"a date without time", url.Values{"attribute[WHEN]": {"2026-06-01"}}},
		{"information sent back", url.Values{"attribute[NOTE]": {"x\ny"}}},
		{"unknown parameters", url.Values{"title": {"mud"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := post(hamlet(), "requests.json", report(tt.changes))
			if w.Code != http.StatusOK {
				t.Fatalf("status %d: %s", w.Code, w.Body)
			}
			if got := rows(t, w); len(got) != 1 || got[0].ID == nil || got[0].Token != nil {
				t.Errorf("want one id and no token: %s", w.Body)
			}
		})
	}
}

func TestFiledRequestIsListed(t *testing.T) {
	h := hamlet()
	form := report(url.Values{"address_string": {"1 Åre St & more"}, "address_id": {"007"}, "media_url": {"https://m.example/1"}, "description": {" two\nlines "}})
	id := *rows(t, post(h, "requests.json", form))[0].ID
	at := date("2026-06-30T12:00:00Z")
	want := open311.ServiceRequest{
		ID: id, Status: open311.StatusOpen, ServiceName: "Mud", ServiceCode: "001", Description: "two\nlines",
		RequestedDatetime: at, UpdatedDatetime: at, Address: "1 Åre St & more", AddressID: "007",
		Location: &open311.Point{Lat: 43.25, Long: -68.05}, MediaURL: "https://m.example/1",
	}
	for _, r := range h.Requests() {
		if r.ID == id {
			if diff := cmp.Diff(want, r); diff != "" {
				t.Errorf("request (-want +got):\n%s", diff)
			}
		}
	}
	// b/5 is of the same second, and comes first: the order is by id then.
	if diff := cmp.Diff([]string{"b/5", id, "a3", "a2", "a1", "a4"}, ids(t, get(h, "requests.json"))); diff != "" {
		t.Errorf("listing (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{id}, ids(t, get(h, "requests/"+id+".json"))); diff != "" {
		t.Errorf("single request (-want +got):\n%s", diff)
	}
}

func TestFilingInTheTown(t *testing.T) {
	h := open311test.NewHandler()
	before := h.Requests()[0]
	id := *rows(t, post(h, "requests.json", url.Values{"service_code": {"0502"}, "address_id": {"A00/001"}, "attribute[FLOW]": {"jet"}}))[0].ID
	got := h.Requests()[0]
	if got.ID != id || id <= before.ID {
		t.Errorf("the new request is %s, the receipt says %s, and the newest before was %s", got.ID, id, before.ID)
	}
	if got.AgencyResponsible != "Quillhaven Waterworks" || !got.ExpectedDatetime.Equal(h.Now().AddDate(0, 0, 1)) || got.ServiceNotice == "" {
		t.Errorf("the Waterworks take no notice: %+v", got)
	}
}

func TestParametersInTheURL(t *testing.T) {
	w := do(hamlet(open311test.WithAPIKey("k")), http.MethodPost, base+"requests.json?"+report(url.Values{"api_key": {"k"}}).Encode(), nil)
	if w.Code != http.StatusOK {
		t.Errorf("status %d: %s", w.Code, w.Body)
	}
}

func TestBodyComesBeforeURL(t *testing.T) {
	w := post(hamlet(), "requests.json?service_code=unknown&address_id=1", report(nil))
	if w.Code != http.StatusOK {
		t.Errorf("status %d: %s", w.Code, w.Body)
	}
}

func TestIDsAreNotGivenTwice(t *testing.T) {
	h := hamlet()
	h.Put(open311.ServiceRequest{ID: "QH26-000001"})
	if id := *rows(t, post(h, "requests.json", report(nil)))[0].ID; id != "QH26-000002" {
		t.Errorf("the new request is %s, but QH26-000001 is the one that was there", id)
	}
}

// TestSeedBeginsAnew: nothing of the city before is left, not its open tokens and not its offices.
func TestSeedBeginsAnew(t *testing.T) {
	h := open311test.NewHandler()
	rats := url.Values{"service_code": {"0801"}, "address_id": {"1"}}
	token := *rows(t, post(h, "requests.json", rats))[0].Token
	h.Seed([]open311.Service{{Code: "0801"}}, nil, nil)
	if w := get(h, "tokens/"+token+".json"); w.Code != http.StatusNotFound {
		t.Errorf("the old token is answered with status %d", w.Code)
	}
	post(h, "requests.json", rats)
	if got := h.Requests(); len(got) != 1 || got[0].AgencyResponsible != "" || got[0].ServiceNotice != "" {
		t.Errorf("the Health Office of before takes care of it: %+v", got)
	}
}

func TestUnreadableBody(t *testing.T) {
	for contentType, body := range map[string]string{
		"":                                  "service_code=001",
		"application/json":                  `{"service_code":"001"}`,
		"application/x-www-form-urlencoded": "a=%zz",
		"multipart/form-data; boundary=b":   "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\ncut off",
	} {
		r := httptest.NewRequest(http.MethodPost, base+"requests.json", strings.NewReader(body))
		r.Header.Set("Content-Type", contentType)
		w := httptest.NewRecorder()
		hamlet().ServeHTTP(w, r)
		wantErrors(t, w, http.StatusBadRequest, []string{"the body cannot be read"})
	}
}

// TestBrokenOffBody: a body of which the end never comes is no report, but it is seen in the calls.
func TestBrokenOffBody(t *testing.T) {
	h := hamlet()
	r := httptest.NewRequest(http.MethodPost, base+"requests.json", io.MultiReader(strings.NewReader("service_code=X&address_id=7"), broken{}))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	wantErrors(t, w, http.StatusBadRequest, []string{"the body cannot be read"})
	if got := h.Calls()[0].Form.Get("service_code"); got != "X" {
		t.Errorf("the call has service_code %q", got)
	}
}

func TestMultipart(t *testing.T) {
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	for name, values := range report(url.Values{"media_url": {"https://m.example/1"}}) {
		if err := m.WriteField(name, values[0]); err != nil {
			t.Fatal(err)
		}
	}
	part, err := m.CreateFormFile("media", "a b.jpg")
	if err == nil {
		_, err = part.Write([]byte("\xff\xd8"))
	}
	if err != nil || m.Close() != nil {
		t.Fatal(err)
	}
	h := hamlet()
	r := httptest.NewRequest(http.MethodPost, base+"requests.json", &body)
	r.Header.Set("Content-Type", m.FormDataContentType())
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	id := *rows(t, w)[0].ID
	want := []open311test.File{{Field: "media", Name: "a b.jpg", ContentType: "application/octet-stream", Data: []byte("\xff\xd8")}}
	if diff := cmp.Diff(want, h.Calls()[0].Files); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	for _, r := range h.Requests() {
		if r.ID == id && r.MediaURL != "https://media.quillhaven.example/filed/a%20b.jpg" {
			t.Errorf("media_url is %q: an upload comes before the URL", r.MediaURL)
		}
	}
}

func TestAPIKey(t *testing.T) {
	tests := []struct {
		name   string
		keys   []string
		sent   []string
		status int
		want   []string
	}{
		{"none needed, none sent", nil, nil, 200, nil},
		{"none needed, one sent", nil, []string{"any"}, 200, nil},
		{"missing", []string{"k1", "k2"}, nil, 403, []string{"api_key is missing"}},
		{"empty", []string{"k1", "k2"}, []string{""}, 403, []string{"api_key is missing"}},
		{"wrong", []string{"k1", "k2"}, []string{"K1"}, 403, []string{"api_key is not"}},
		{"right", []string{"k1", "k2"}, []string{"k2"}, 200, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := hamlet(open311test.WithAPIKey(tt.keys...))
			w := post(h, "requests.json", report(url.Values{"api_key": tt.sent}))
			if tt.status != 200 {
				wantErrors(t, w, tt.status, tt.want)
			} else if w.Code != 200 {
				t.Errorf("status %d: %s", w.Code, w.Body)
			}
			if w := get(h, "requests.json"); w.Code != 200 {
				t.Errorf("reading needs no key, but the status is %d", w.Code)
			}
		})
	}
}

func TestTokens(t *testing.T) {
	now := date("2026-06-30T12:00:00Z")
	clock := open311test.WithClock(func() time.Time { return now })
	bin := url.Values{"service_code": {"B/2"}, "address_id": {"7"}}
	id := func(h *open311test.Handler, token string) string {
		t.Helper()
		w := get(h, "tokens/"+token+".json")
		got := rows(t, w)
		if w.Code != 200 || len(got) != 1 || got[0].Token == nil || *got[0].Token != token {
			t.Fatalf("status %d: %s", w.Code, w.Body)
		}
		if got[0].ID == nil {
			return ""
		}
		return *got[0].ID
	}
	listed := func(h *open311test.Handler) int {
		t.Helper()
		return len(ids(t, get(h, "requests.json?service_code=B/2&start_date=2026-06-30T12:00:00Z")))
	}

	t.Run("by default the second poll", func(t *testing.T) {
		h := hamlet()
		token := *rows(t, post(h, "requests.json", bin))[0].Token
		if n := listed(h); n != 0 {
			t.Errorf("%d listed before the first poll", n)
		}
		if got := id(h, token); got != "" {
			t.Errorf("first poll: id %q", got)
		}
		got := id(h, token)
		if got == "" || listed(h) != 1 {
			t.Errorf("second poll: id %q, %d listed", got, listed(h))
		}
		if again := id(h, token); again != got {
			t.Errorf("third poll: id %q, second %q", again, got)
		}
	})
	t.Run("after a while, asked for or not", func(t *testing.T) {
		h := hamlet(clock, open311test.WithTokenDelay(0, time.Hour))
		first := *rows(t, post(h, "requests.json", bin))[0].Token
		second := *rows(t, post(h, "requests.json", bin))[0].Token
		now = now.Add(59 * time.Minute)
		if got := id(h, first); got != "" || listed(h) != 0 {
			t.Errorf("too early: id %q, %d listed", got, listed(h))
		}
		now = now.Add(time.Minute)
		if n := len(h.Requests()); n != 8 {
			t.Errorf("there are %d requests after an hour, want the 6 from before and 2", n)
		}
		if listed(h) != 2 {
			t.Errorf("%d listed after an hour, want 2", listed(h))
		}
		if a, b := id(h, first), id(h, second); a == "" || a >= b {
			t.Errorf("ids %q and %q are not in the order of filing", a, b)
		}
	})
	t.Run("polls and a while", func(t *testing.T) {
		h := hamlet(clock, open311test.WithTokenDelay(2, time.Minute))
		token := *rows(t, post(h, "requests.json", bin))[0].Token
		for range 3 {
			if got := id(h, token); got != "" {
				t.Errorf("too early: id %q", got)
			}
		}
		now = now.Add(time.Minute)
		if got := id(h, token); got == "" {
			t.Error("no id after two polls and a minute")
		}
	})
}

func TestPendingTokenAnswer(t *testing.T) {
	h := hamlet()
	post(h, "requests.json", url.Values{"service_code": {"B/2"}, "address_id": {"7"}})
	want := xmlHead + `<service_requests><request><service_request_id/><token>tk-000001</token></request></service_requests>`
	if diff := cmp.Diff(want, get(h, "tokens/tk-000001.xml").Body.String()); diff != "" {
		t.Errorf("first poll (-want +got):\n%s", diff)
	}
	want = `[{"service_request_id":"QH26-000001","token":"tk-000001"}]`
	if diff := cmp.Diff(want, get(h, "tokens/tk-000001.json").Body.String()); diff != "" {
		t.Errorf("second poll (-want +got):\n%s", diff)
	}
}

func TestBlackboxIsNotListed(t *testing.T) {
	h := hamlet()
	post(h, "requests.json", url.Values{"service_code": {"X"}, "address_id": {"7"}})
	if n := len(h.Requests()); n != 6 {
		t.Errorf("%d requests, want the 6 from before", n)
	}
}

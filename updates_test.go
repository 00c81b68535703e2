package open311_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/open311test"
)

func TestUpdatesListIsTidy(t *testing.T) {
	body := `[{"update_id":"1","service_request_id":"7","status":"IN_PROGRESS","updated_datetime":"2026-06-01T08:00:00Z","description":"a","media_url":["https://m.example/1","https://m.example/2"],"extras":{"category":"Bins"}},
		{"update_id":"1","service_request_id":"7","status":"IN_PROGRESS","updated_datetime":"2026-06-01T08:00:00Z","description":"again"},
		{"update_id":"2","service_request_id":"7","status":"fixed","updated_datetime":"2026-06-01T12:00:00Z","description":"the last second"},
		{"update_id":"3","status":"open","updated_datetime":"2026-05-31T00:00:00Z"},{"update_id":"4","status":"open","updated_datetime":"2026-06-01T12:00:01Z"},
		{"update_id":"5","status":"NO_FURTHER_ACTION"},{"status":"x","service_request_id":"8"},{"status":"y","service_request_id":"8"}]`
	c := stubClient(t, func(r *http.Request) (*http.Response, error) {
		if got, want := r.URL.RawQuery, "end_date=2026-06-01T12%3A00%3A00Z&start_date=2026-06-01T00%3A00%3A00Z"; got != want {
			t.Errorf("query %s, want %s", got, want)
		}
		return stubReply(r, 200, "application/json", body), nil
	}, open311.WithFormat(open311.FormatJSON), open311.WithDialect(open311.Dialect{StatusWords: map[string]open311.Status{"x": "open"}}))
	list, err := c.Updates.List(t.Context(), &open311.UpdateQuery{Start: date("2026-06-01T00:00:00Z"), End: date("2026-06-01T12:00:00Z")})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for i := range list {
		u := &list[i]
		got = append(got, fmt.Sprintf("%s %s %s %d", u.ID, u.Status, u.State(), len(u.MediaURLs)))
	}
	want := []string{"1 IN_PROGRESS open 2", "2 fixed closed 0", "5 NO_FURTHER_ACTION closed 0", " open open 0", " y  0"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("updates (-want +got):\n%s", d)
	}
	if got := list[0].Extras().String("category"); got != "Bins" {
		t.Errorf("category %q", got)
	}
	if _, err := c.Updates.List(t.Context(), &open311.UpdateQuery{Start: time.Now(), End: time.Now().Add(-time.Hour)}); !errors.Is(err, open311.ErrInvalid) {
		t.Errorf("error %v", err)
	}
}

func date(s string) time.Time {
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return at
}

func fullUpdate() *open311.NewUpdate {
	return &open311.NewUpdate{
		RequestID: "r1", ID: "own-1", Status: "in progress", UpdatedDatetime: time.Date(2026, 6, 30, 11, 0, 0, 7, time.FixedZone("", 3600)), Description: "Crew & lorry",
		Title: "Ms", FirstName: "Ana", LastName: "de la Cruz", Email: "a@example.org", Phone: "+1", AccountID: "acc", ServiceCode: "001",
		RequestIDExt: "77", UpdateIDExt: "78", ExternalStatus: "RP02", MediaURLs: []string{"https://m.example/1", "https://m.example/2"},
		Anonymous: new(true), Alerts: new(false), Attributes: open311.Attributes{"A": {"1", "2"}}, Params: url.Values{"x": {"y"}},
	}
}

// TestUpdateArrives: every field of an update reaches the city, in both formats and every body.
func TestUpdateArrives(t *testing.T) {
	for name, d := range map[string]open311.Dialect{"form": {}, "JSON": {Body: open311.BodyJSON, Media: open311.MediaBase64}, "XML": {Body: open311.BodyXML, Media: open311.MediaBase64}} {
		for _, format := range []open311.Format{open311.FormatJSON, open311.FormatXML} {
			t.Run(name+"/"+format.String(), func(t *testing.T) {
				city := open311test.NewServer(t, open311test.WithoutNetwork(), open311test.WithServices(open311.Service{Code: "001"}),
					open311test.WithRequests(open311.ServiceRequest{ID: "r1", ServiceCode: "001"}), open311test.WithFilingStyle(d), open311test.WithAPIKey("k"))
				c := city.Client(open311.WithFormat(format), open311.WithDialect(d), open311.WithAPIKey("k"))
				n := fullUpdate()
				n.Media = []open311.Media{mediaOf("a.png", pngHead, 0)}
				r, err := c.Updates.Create(t.Context(), n)
				if err != nil || r.ID == "" || r.AccountID != "acc" {
					t.Fatalf("receipt %v, %v", r, err)
				}
				got := city.FiledUpdates()
				want := *n
				want.Media, want.Status, want.UpdatedDatetime = nil, "IN_PROGRESS", date("2026-06-30T10:00:00Z")
				if d := cmp.Diff(want, got[0].Update); d != "" {
					t.Errorf("update (-sent +arrived):\n%s", d)
				}
				if string(got[0].Files[0].Data) != pngHead {
					t.Errorf("files %v", got[0].Files)
				}
				if _, err := c.Updates.Create(t.Context(), n); !errors.Is(err, open311.ErrInvalid) {
					t.Errorf("a duplicate: %v", err)
				}
				list, err := c.Updates.List(t.Context(), &open311.UpdateQuery{Start: date("2026-06-30T00:00:00Z"), End: date("2026-06-30T12:00:00Z")})
				if err != nil || len(list) != 1 || list[0].ID != r.ID || len(list[0].MediaURLs) != 3 || list[0].State() != open311.StatusOpen {
					t.Errorf("listed %+v, %v", list, err)
				}
			})
		}
	}
}

func TestUpdateRefused(t *testing.T) {
	_, err := stubClient(t, nil).Updates.Create(t.Context(), &open311.NewUpdate{Email: "\xff", Media: []open311.Media{{}}})
	want := []string{"RequestID: is missing", "ID: is missing", "Status: is missing", "Description: is missing", "UpdatedDatetime: is missing",
		"Email: is not UTF-8", "Media[0]: has neither Open nor Path"}
	if d := cmp.Diff(want, problemsOf(t, err)); d != "" {
		t.Errorf("problems (-want +got):\n%s", d)
	}
	if _, err := stubClient(t, nil).Updates.Create(t.Context(), nil); !errors.Is(err, open311.ErrInvalid) {
		t.Errorf("nil: %v", err)
	}
}

// The answers of mySociety's servers to an update, and what is none.
func TestUpdateReceipts(t *testing.T) {
	for body, want := range map[string]string{
		`[{"update_id":"5"}]`:                         "5",
		`{"service_request_updates":{"update_id":5}}`: "5",
		`<service_request_updates><request_update><update_id>5</update_id></request_update></service_request_updates>`: "5",
		`[{"update_id":0}]`:                     "0",
		`[{"token":"t"}]`:                       "",
		`[{"update_id":""}]`:                    unknown,
		`[{"update_id":false}]`:                 unknown,
		`{"update_id":true,"token":"t"}`:        "",
		`[]`:                                    unknown,
		`[{"update_id":"5"},{"update_id":"6"}]`: unknown,
		`[{"update_id":"5","service_request_id":"another","status":"open"}]`: unknown,
	} {
		c := stubClient(t, func(r *http.Request) (*http.Response, error) {
			_, _ = io.Copy(io.Discard, r.Body)
			return stubReply(r, 200, "", body), nil
		}, open311.WithFormat(open311.FormatJSON))
		r, err := c.Updates.Create(t.Context(), fullUpdate())
		switch {
		case want == unknown:
			if !errors.Is(err, open311.ErrOutcomeUnknown) {
				t.Errorf("%s: %v, %v", body, r, err)
			}
		case err != nil || r.ID != want || want == "" && r.Token != "t":
			t.Errorf("%s: %v, %v", body, r, err)
		}
	}
}

func TestUpdateShowsNoPersonalData(t *testing.T) {
	n := fullUpdate()
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		for _, v := range []any{n, *n, open311.UpdateReceipt{AccountID: n.AccountID}, &open311.Receipt{AccountID: n.AccountID}} {
			if text := fmt.Sprintf(verb, v); strings.Contains(text, "Cruz") || strings.Contains(text, "a@example") || strings.Contains(text, `"acc"`) {
				t.Errorf("%s shows %s", verb, text)
			}
		}
	}
}

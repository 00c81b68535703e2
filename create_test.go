package open311_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/open311test"
)

// TestCreateBlackbox: an answer without an id is a receipt only of a service that is known for it. What
// the client has not read, it reads then.
func TestCreateBlackbox(t *testing.T) {
	record := `[{"service_request_id":"","service_notice":"Thanks."}]`
	for _, answer := range []string{"", "[]", "{}", `[{}]`, record, `<service_requests/>`, `<service_requests><request/></service_requests>`} {
		for kind, want := range map[string]bool{"blackbox": true, "Blackbox": true, "realtime": false, "batch": false, "": false} {
			for _, read := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/%s/%v", answer, kind, read), func(t *testing.T) {
					var calls []string
					c := stubClient(t, func(r *http.Request) (*http.Response, error) {
						calls = append(calls, r.Method)
						if r.Method == http.MethodGet {
							return stubReply(r, 200, "application/json", `[{"service_code":"X","type":"`+kind+`"}]`), nil
						}
						_, _ = io.Copy(io.Discard, r.Body)
						return stubReply(r, 200, "application/json", answer), nil
					})
					if read {
						if _, err := c.Services.List(t.Context()); err != nil {
							t.Fatal(err)
						}
					}
					r, err := c.Requests.Create(t.Context(), &open311.NewRequest{ServiceCode: "X", AddressID: "1"})
					if want && (err != nil || r.ID != "" || r.Token != "") || !want && !errors.Is(err, open311.ErrOutcomeUnknown) {
						t.Errorf("%v, %v", r, err)
					}
					if answer == record && want && r.ServiceNotice != "Thanks." {
						t.Errorf("receipt %v", r)
					}
					if len(calls) != 2 {
						t.Errorf("calls %v", calls)
					}
				})
			}
		}
	}
	// A page, a list of others or a broken answer is none for a blackbox service either.
	for _, answer := range []string{htmlPage, faultList, `[{"service_request_id":`, `[{"code":400,"description":"no"}]`} {
		c := stubClient(t, func(r *http.Request) (*http.Response, error) {
			if r.Method == http.MethodGet {
				return stubReply(r, 200, "application/json", `[{"service_code":"X","type":"blackbox"}]`), nil
			}
			return stubReply(r, 200, "application/json", answer), nil
		})
		if r, err := c.Requests.Create(t.Context(), &open311.NewRequest{ServiceCode: "X", AddressID: "1"}); !errors.Is(err, open311.ErrOutcomeUnknown) {
			t.Errorf("%s: %v, %v", answer, r, err)
		}
	}
}

// TestCreateKnowsItsOwn: servers answer with a whole record, which must be that of the report.
func TestCreateKnowsItsOwn(t *testing.T) {
	now := time.Now().UTC()
	row := func(code, text, lat string, at time.Time) string {
		return fmt.Sprintf(`[{"service_request_id":"7","service_code":"%s","description":"%s","lat":%s,"long":"-2.11","requested_datetime":"%s"}]`, code, text, lat, at.Format(time.RFC3339))
	}
	for name, tt := range map[string]struct {
		body string
		own  bool
	}{
		"own":                          {row("017", "The lamp is out.", "51.41", now), true},
		"text rewritten":               {row("017", "Under review", "51.41", now), true},
		"text with a title, old zone":  {row("017", "Lamp: the LAMP  is out", "51.41", now.Add(-8*time.Hour)), true},
		"moved to the street":          {row("017", "The lamp is out.", "51.42", now), true},
		"no place":                     {`[{"service_request_id":"7","lat":0,"long":0}]`, true},
		"held back, only its date":     {`[{"service_request_id":"7","description":"Under review","requested_datetime":"` + now.Format(time.RFC3339) + `"}]`, true},
		"held back, only its place":    {`[{"service_request_id":"7","description":"Under review","latitude":51.41,"lon":-2.11}]`, true},
		"another service":              {row("018", "The lamp is out.", "51.41", now), false},
		"another town":                 {row("017", "The lamp is out.", "12.5", now), false},
		"old, by a clock that is off":  {row("017", "The lamp is out.", "51.41", now.AddDate(0, 0, -3)), true},
		"old, streets away":            {row("017", "", "51.43", now.AddDate(0, 0, -3)), false},
		"another text, hours ago":      {row("017", "A tree has fallen", "51.41", now.Add(-3*time.Hour)), false},
		"another text, hours and more": {row("017", "A tree has fallen", "51.41", now.Add(-190*time.Minute)), false},
		"another text, days ago":       {row("017", "A tree has fallen", "51.41", now.AddDate(0, 0, -2)), false},
		"another text, streets away":   {row("017", "A tree has fallen", "51.43", now.Add(-time.Minute)), false},
		"another text and no more":     {`[{"service_request_id":"7","service_code":"017","description":"A tree has fallen"}]`, false},
		"old by a date without zone":   {`[{"service_request_id":"7","description":"A tree has fallen","requested_datetime":"2016-05-22 23:57:23.97"}]`, false},
		"another town, long as lon":    {`[{"service_request_id":"7","latitude":51.41,"lon":12.5}]`, false},
	} {
		c := stubClient(t, func(r *http.Request) (*http.Response, error) {
			return stubReply(r, 200, "application/json", tt.body), nil
		})
		r, err := c.Requests.Create(t.Context(), &open311.NewRequest{ServiceCode: "017", Location: &open311.Point{Lat: 51.41, Long: -2.11}, Description: "The lamp is out."})
		if tt.own && (err != nil || r.ID != "7") || !tt.own && !errors.Is(err, open311.ErrOutcomeUnknown) {
			t.Errorf("%s: %v, %v", name, r, err)
		}
	}
}

// A text in place of a record is a token, or what the server has to say: words are no receipt, not even
// that of a blackbox service. Neither are the truth values that some frameworks answer with.
func TestCreateKnowsWordsFromTokens(t *testing.T) {
	for body, want := range map[string]string{
		`[["5"]]`: "5", `[[5]]`: "5", `[["TOKEN"]]`: "TOKEN", `["a1-b2"]`: "a1-b2",
		`["OK"]`: unknown, `[["ok"]]`: unknown, `["Success"]`: unknown, `[["Invalid API key"]]`: unknown, `["Error: no such service"]`: unknown,
		`[[""]]`: unknown, `[null]`: unknown, `["false"]`: unknown, `"OK"`: unknown,
		`[{"service_request_id":false}]`: unknown, `{"service_request_id":true,"token":null}`: unknown, `[{"token":false}]`: unknown,
		`[{"service_request_id":false,"token":"a b"}]`: "a b",
	} {
		for _, kind := range []string{"realtime", "blackbox"} {
			c := stubClient(t, func(r *http.Request) (*http.Response, error) {
				if r.Method == http.MethodGet {
					return stubReply(r, 200, "application/json", `[{"service_code":"X","type":"`+kind+`"}]`), nil
				}
				return stubReply(r, 200, "application/json", body), nil
			})
			r, err := c.Requests.Create(t.Context(), &open311.NewRequest{ServiceCode: "X", AddressID: "1"})
			nothing := kind == "blackbox" && (strings.Contains(body, "{") || strings.Contains(body, `""`) || strings.Contains(body, "null"))
			switch {
			case want != unknown && (err != nil || r.ID+r.Token != want),
				want == unknown && nothing && (err != nil || r.ID+r.Token != ""),
				want == unknown && !nothing && !errors.Is(err, open311.ErrOutcomeUnknown):
				t.Errorf("%s of a %s service: %v, %v", body, kind, r, err)
			}
		}
	}
}

// TestUnknownOutcomeSaysWhatIsNeeded to look before filing again.
func TestUnknownOutcomeSaysWhatIsNeeded(t *testing.T) {
	c := stubClient(t, func(r *http.Request) (*http.Response, error) { return stubReply(r, 500, "text/html", htmlPage), nil })
	before := time.Now()
	_, err := c.Requests.Create(t.Context(), &open311.NewRequest{ServiceCode: "017", AddressID: "1"})
	var ue *open311.UnknownOutcomeError
	var ae *open311.APIError
	if !errors.As(err, &ue) || !errors.As(err, &ae) || !errors.Is(err, open311.ErrOutcomeUnknown) {
		t.Fatalf("%T %v", err, err)
	}
	if ue.ServiceCode != "017" || ue.Sent.Before(before) || ue.Sent.After(time.Now()) || ae.StatusCode != 500 || !strings.Contains(err.Error(), "look for it") {
		t.Errorf("%#v", ue)
	}
}

func TestFindSimilar(t *testing.T) {
	now := time.Now()
	at := open311.Point{Lat: 43.2500, Long: -68.0500}
	request := func(id string, change func(*open311.ServiceRequest)) open311.ServiceRequest {
		r := open311.ServiceRequest{ID: id, ServiceCode: "001", Description: "A hole in the road", RequestedDatetime: now.Add(-10 * time.Minute), Location: &open311.Point{Lat: at.Lat, Long: at.Long}}
		change(&r)
		return r
	}
	city := open311test.NewServer(t, open311test.WithoutNetwork(), open311test.WithClock(time.Now), open311test.WithServices(open311.Service{Code: "001"}, open311.Service{Code: "002"}),
		open311test.WithRequests(
			request("same", func(r *open311.ServiceRequest) {}),
			request("closed already", func(r *open311.ServiceRequest) { r.Status = open311.StatusClosed }),
			request("moved 60 m", func(r *open311.ServiceRequest) { r.Location.Lat += 0.00054 }),
			request("other words around it", func(r *open311.ServiceRequest) { r.Description = "Pothole: a HOLE in  the road." }),
			request("no text", func(r *open311.ServiceRequest) { r.Description = "" }),
			request("no place", func(r *open311.ServiceRequest) { r.Location = nil }),
			request("neither", func(r *open311.ServiceRequest) { r.Location, r.Description = nil, "" }),
			request("another text", func(r *open311.ServiceRequest) { r.Description = "A tree" }),
			request("moved 300 m", func(r *open311.ServiceRequest) { r.Location.Lat += 0.0027 }),
			request("another service", func(r *open311.ServiceRequest) { r.ServiceCode = "002" }),
			request("too old", func(r *open311.ServiceRequest) { r.RequestedDatetime = now.Add(-2 * time.Hour) }),
		))
	c := city.Client()
	n := &open311.NewRequest{ServiceCode: "001", Location: &at, Description: "a hole in the road"}
	found, err := c.Requests.FindSimilar(t.Context(), n, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{}
	for _, r := range found {
		got[r.ID] = true
	}
	want := map[string]bool{"same": true, "closed already": true, "moved 60 m": true, "other words around it": true, "no text": true, "no place": true}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("found (-want +got):\n%s", d)
	}
	if all, err := c.Requests.FindSimilar(t.Context(), n, math.MaxInt64); err != nil || len(all) != len(found)+1 {
		t.Errorf("however old: %d requests, %v", len(all), err)
	}
	for _, bad := range []func() error{
		func() error { _, err := c.Requests.FindSimilar(t.Context(), nil, time.Hour); return err },
		func() error { _, err := c.Requests.FindSimilar(t.Context(), n, 0); return err },
	} {
		if err := bad(); !errors.Is(err, open311.ErrInvalid) {
			t.Errorf("error %v", err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Requests.FindSimilar(ctx, n, time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

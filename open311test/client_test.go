package open311test_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/open311test"
)

var formats = []open311.Format{open311.FormatJSON, open311.FormatXML}

// city starts a server with the given options, and a client that takes no deviation from the
// specification.
func city(t *testing.T, f open311.Format, opts ...open311test.Option) (*open311test.Server, *open311.Client) {
	s := open311test.NewServer(t, opts...)
	return s, s.Client(open311.WithFormat(f), open311.WithStrict(), open311.WithRetry(open311.RetryPolicy{MaxAttempts: 1}))
}

// inBothFormats runs a test with a client of each format.
func inBothFormats(t *testing.T, test func(t *testing.T, s *open311test.Server, c *open311.Client), opts ...open311test.Option) {
	for _, f := range formats {
		t.Run(f.String(), func(t *testing.T) {
			s, c := city(t, f, opts...)
			test(t, s, c)
		})
	}
}

// TestEveryRequest reads the whole year, 45 days at a time, and compares it with what the city has.
func TestEveryRequest(t *testing.T) {
	inBothFormats(t, func(t *testing.T, s *open311test.Server, c *open311.Client) {
		var got []open311.ServiceRequest
		for end := s.Now(); end.After(s.Now().AddDate(-1, 0, -1)); end = end.AddDate(0, 0, -45) {
			page, err := c.Requests.List(t.Context(), &open311.Query{Start: end.AddDate(0, 0, -45).Add(time.Second), End: end})
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, page.Requests...)
		}
		if diff := cmp.Diff(s.Requests(), got); diff != "" {
			t.Errorf("requests (-city +client):\n%s", diff)
		}
	})
}

func TestServicesAndDefinitions(t *testing.T) {
	inBothFormats(t, func(t *testing.T, s *open311test.Server, c *open311.Client) {
		services, err := c.Services.List(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(s.Services(), services); diff != "" {
			t.Errorf("services (-city +client):\n%s", diff)
		}
		want := s.Definitions()
		for _, v := range services {
			d, err := c.Services.Definition(t.Context(), v.Code)
			if err != nil {
				t.Errorf("definition of %s: %v", v.Code, err)
				continue
			}
			expect := open311.ServiceDefinition{ServiceCode: v.Code}
			if v.Metadata {
				expect, want = want[0], want[1:]
			}
			if diff := cmp.Diff(&expect, d); diff != "" {
				t.Errorf("definition of %s (-city +client):\n%s", v.Code, diff)
			}
		}
	})
}

func TestGet(t *testing.T) {
	inBothFormats(t, func(t *testing.T, s *open311test.Server, c *open311.Client) {
		want := s.Requests()[1234]
		got, err := c.Requests.Get(t.Context(), want.ID)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(&want, got); diff != "" {
			t.Errorf("request (-city +client):\n%s", diff)
		}
		if _, err := c.Requests.Get(t.Context(), "QH26/none"); !errors.Is(err, open311.ErrNotFound) {
			t.Errorf("error %v, want ErrNotFound", err)
		}
	})
}

func TestFilters(t *testing.T) {
	inBothFormats(t, func(t *testing.T, s *open311test.Server, c *open311.Client) {
		q := &open311.Query{ServiceCodes: []string{"0101", "TREE2"}, Statuses: []open311.Status{open311.StatusOpen}}
		page, err := c.Requests.List(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		var want []open311.ServiceRequest
		for _, r := range s.Requests() {
			recent := !r.RequestedDatetime.Before(s.Now().AddDate(0, 0, -90))
			if recent && r.Status == open311.StatusOpen && (r.ServiceCode == "0101" || r.ServiceCode == "TREE2") {
				want = append(want, r)
			}
		}
		if diff := cmp.Diff(want, page.Requests); diff != "" {
			t.Errorf("requests (-city +client):\n%s", diff)
		}
	})
}

func TestDiscovery(t *testing.T) {
	inBothFormats(t, func(t *testing.T, s *open311test.Server, c *open311.Client) {
		d, err := c.Discovery.Get(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := d.GeoReport("production"); !ok || e.URL != s.URL {
			t.Errorf("endpoint %+v, want %s", d.Endpoints, s.URL)
		}
		found, err := open311.Discover(t.Context(), s.DiscoveryURL)
		if err != nil {
			t.Fatal(err)
		}
		if list, err := found.Services.List(t.Context()); err != nil || len(list) != 19 {
			t.Errorf("the client that was found reads %d services: %v", len(list), err)
		}
	})
}

func TestCreateByClient(t *testing.T) {
	inBothFormats(t, func(t *testing.T, s *open311test.Server, c *open311.Client) {
		c, err := c.With(open311.WithAPIKey("k"), open311.WithJurisdiction("quillhaven.example"))
		if err != nil {
			t.Fatal(err)
		}
		n := &open311.NewRequest{
			ServiceCode: "0302", Location: &open311.Point{Lat: 43.25, Long: -68.05}, AddressString: "1 Quill Street",
			Description: "A <sofa> & more\nin the rain ☂", Email: "a@b.example",
			Attributes: open311.Attributes{"KIND": {"furniture", "toxic"}, "AMOUNT": {"0.5"}},
		}
		receipt, err := c.Requests.Create(t.Context(), n)
		if err != nil || receipt.Token == "" || receipt.ID != "" {
			t.Fatalf("receipt %+v, %v, want a token", receipt, err)
		}
		if _, err := c.Requests.Resolve(t.Context(), receipt.Token); !errors.Is(err, open311.ErrPending) {
			t.Errorf("first poll: %v, want ErrPending", err)
		}
		id, err := c.Requests.Resolve(t.Context(), receipt.Token)
		if err != nil {
			t.Fatalf("second poll: %v", err)
		}
		got, err := c.Requests.Get(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if got.Description != n.Description || *got.Location != *n.Location || got.Address != n.AddressString {
			t.Errorf("the city has %+v", got)
		}
		filed := s.Calls()[0]
		if filed.Form.Get("api_key") != open311test.Redacted || filed.Form.Get("jurisdiction_id") != "quillhaven.example" {
			t.Errorf("the client sent %v", filed.Form)
		}
	}, open311test.WithAPIKey("k"), open311test.WithJurisdictions("quillhaven.example", "b.example"))
}

func TestCreateRealtime(t *testing.T) {
	inBothFormats(t, func(t *testing.T, s *open311test.Server, c *open311.Client) {
		receipt, err := c.Requests.Create(t.Context(), &open311.NewRequest{ServiceCode: "9.1", AddressID: "A00/001", AccountID: "me"})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(&open311.Receipt{ID: s.Requests()[0].ID, AccountID: "me"}, receipt); diff != "" {
			t.Errorf("receipt (-want +got):\n%s", diff)
		}
	})
}

func TestErrorsByClient(t *testing.T) {
	inBothFormats(t, func(t *testing.T, _ *open311test.Server, c *open311.Client) {
		_, err := c.Requests.Create(t.Context(), &open311.NewRequest{ServiceCode: "0202", AddressID: "1"})
		var e *open311.APIError
		if !errors.As(err, &e) || e.StatusCode != 403 || len(e.Faults) != 1 || e.Faults[0].Code != "403" {
			t.Errorf("without key: %v", err)
		}
		c, err = c.With(open311.WithAPIKey("k"))
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Requests.Create(t.Context(), &open311.NewRequest{ServiceCode: "0202", AddressID: "1"})
		if !errors.As(err, &e) || e.StatusCode != 400 || len(e.Faults) != 2 || !strings.Contains(e.Faults[1].Description, "SEEN") {
			t.Errorf("without attributes: %v", err)
		}
	}, open311test.WithAPIKey("k"))
}

// TestInABubble needs a server without sockets, with the clock of the bubble.
func TestInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open311test.NewServer(t, open311test.WithoutNetwork(), open311test.WithClock(time.Now), open311test.WithTokenDelay(0, time.Hour))
		c := s.Client()
		r, err := c.Requests.Create(t.Context(), &open311.NewRequest{
			ServiceCode: "0801", AddressString: "1 Quill Street",
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Requests.Resolve(t.Context(), r.Token); !errors.Is(err, open311.ErrPending) {
			t.Errorf("at once: %v, want ErrPending", err)
		}
		time.Sleep(time.Hour)
		id, err := c.Requests.Resolve(t.Context(), r.Token)
		if err != nil || !strings.HasPrefix(id, "QH") {
			t.Errorf("an hour later: %q, %v", id, err)
		}
		page, err := c.Requests.List(t.Context(), nil)
		if err != nil || len(page.Requests) == 0 || page.Requests[0].ID != id {
			t.Errorf("the listing does not begin with %s: %v", id, err)
		}
	})
}

// complaints is a testing.TB that is told of failures.
type complaints struct {
	testing.TB
	fatal []string
}

func (c *complaints) Fatalf(format string, _ ...any) { c.fatal = append(c.fatal, format) }

func TestClientThatCannotBe(t *testing.T) {
	tb := &complaints{TB: t}
	open311test.NewServer(tb).Client(open311.WithRateLimit(-1, -1))
	if len(tb.fatal) != 1 {
		t.Errorf("%d failures told, want 1", len(tb.fatal))
	}
}

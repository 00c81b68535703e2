package open311_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/open311test"
)

// TestLearned: clients that are given what one before them has learned make no more calls than one client that lists
// as often.
func TestLearned(t *testing.T) {
	now := time.Now().Truncate(time.Second)
	for _, re := range []regime{
		{name: "windows", size: 100, window: 90 * simDay, strictSpan: true},
		{name: "exclusive bounds", size: 50, exclusive: true, exclStart: true},
		{name: "pages, no dates", size: 50, noDates: true, page: "page", first: 1},
		{name: "zone", size: 50, zone: 9 * time.Hour},
		{name: "in no order", size: 50, shuffled: true, page: "page"},
	} {
		t.Run(re.name, func(t *testing.T) {
			const listings = 6
			one := newSimCity(400, 100*simDay, now, re)
			c := simClient(t, one)
			for range listings {
				if _, err := listed(t.Context(), c, nil); err != nil {
					t.Fatal(err)
				}
			}
			many := newSimCity(400, 100*simDay, now, re)
			var kept []byte
			for range listings {
				var learned open311.Learned
				if kept != nil {
					if err := json.Unmarshal(kept, &learned); err != nil {
						t.Fatal(err)
					}
				}
				c, err := simClient(t, many).With(open311.WithLearned(learned))
				if err != nil {
					t.Fatal(err)
				}
				if _, err := listed(t.Context(), c, nil); err != nil {
					t.Fatal(err)
				}
				if kept, err = json.Marshal(c.Learned()); err != nil {
					t.Fatal(err)
				}
			}
			if many.calls > one.calls {
				t.Errorf("%d calls of six clients, %d of one that lists six times; learned: %s", many.calls, one.calls, kept)
			}
			if strings.Contains(string(kept), "city.example") {
				t.Errorf("an address is in it: %s", kept)
			}
		})
	}
}

// A server that has changed since is believed to be as it was no longer than until an answer contradicts it.
func TestLearnedOfAChangedServer(t *testing.T) {
	now := time.Now().Truncate(time.Second)
	big := newSimCity(3000, 100*simDay, now, regime{size: 1000, page: "page", first: 1, rising: true})
	c := simClient(t, big)
	if _, err := listed(t.Context(), c, nil); err != nil {
		t.Fatal(err)
	}
	small := newSimCity(400, 100*simDay, now, regime{size: 50, offset: true, exclusive: true})
	c, err := simClient(t, small).With(open311.WithLearned(c.Learned()))
	if err != nil {
		t.Fatal(err)
	}
	got, err := listed(t.Context(), c, nil)
	if missing, twice := lost(small.ids(), got); err != nil || len(missing)+len(twice) > 0 {
		t.Errorf("%d missing, %d twice, %v", len(missing), len(twice), err)
	}
}

// What was learned of another endpoint, or another jurisdiction, is left aside.
func TestLearnedOfAnotherServer(t *testing.T) {
	city := newSimCity(400, 100*simDay, time.Now().Truncate(time.Second), regime{size: 50, page: "page", first: 1})
	c := simClient(t, city)
	if _, err := listed(t.Context(), c, nil); err != nil {
		t.Fatal(err)
	}
	learned := c.Learned()
	for endpoint, left := range map[string]bool{c.Endpoint(): false, "https://other.example/v2": true} {
		other, err := open311.New(endpoint, open311.WithLearned(learned))
		if err != nil {
			t.Fatal(err)
		}
		if got := other.Learned().IsZero(); got != left {
			t.Errorf("%s: nothing learned: %v, want %v", endpoint, got, left)
		}
	}
	other, err := open311.New(c.Endpoint(), open311.WithJurisdiction("elsewhere"), open311.WithLearned(learned))
	if err != nil || !other.Learned().IsZero() {
		t.Errorf("another jurisdiction: %v, %v", other.Learned().IsZero(), err)
	}
}

func TestLearnedOfANewerVersion(t *testing.T) {
	var l open311.Learned
	if err := json.Unmarshal([]byte(`{"version":99}`), &l); err == nil || !strings.Contains(err.Error(), "newer version") {
		t.Errorf("%v", err)
	}
	if err := json.Unmarshal([]byte(`[]`), &l); err == nil {
		t.Error("a list is read as what was learned")
	}
	if !l.IsZero() {
		t.Errorf("%+v", l)
	}
}

// TestLearnedByJurisdiction: a client of another jurisdiction begins with what the server was seen to do, and not with how
// long the other city's list is, nor how far it goes back.
func TestLearnedByJurisdiction(t *testing.T) {
	t.Parallel()
	city := open311test.NewServer(t, open311test.WithoutNetwork(), open311test.WithSize(60))
	own := func(c *open311.Client) (lists map[string]any) {
		text, err := json.Marshal(c.Learned())
		if err != nil {
			t.Fatal(err)
		}
		var learned struct{ Lists map[string]any }
		if err := json.Unmarshal(text, &learned); err != nil {
			t.Fatal(err)
		}
		return learned.Lists
	}
	a := city.Client()
	for _, err := range a.Requests.All(t.Context(), nil) {
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, test := range map[string]struct {
		jurisdiction string
		quiet        bool
	}{"the same": {"", true}, "another": {"b.example", false}} {
		var opts []open311.Option
		if test.jurisdiction != "" {
			opts = append(opts, open311.WithJurisdiction(test.jurisdiction))
		}
		c, err := a.With(opts...)
		if err != nil {
			t.Fatal(err)
		}
		lists := own(c)
		if _, quiet := lists["quiet"]; quiet != test.quiet || lists["caps"] == nil {
			t.Errorf("%s: %v", name, lists)
		}
	}
}

package open311_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/go-open311/open311"
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

// What was learned of another server is believed no longer than until an answer contradicts it.
func TestLearnedOfAnotherServer(t *testing.T) {
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

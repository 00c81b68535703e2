package guides

import (
	"errors"
	"strings"
	"testing"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/open311test"
)

func TestCities(t *testing.T) {
	cities, want := map[string]*open311.Client{}, map[string]int{"a": 20, "b": 30, "c": 40}
	for name, n := range want {
		cities[name] = open311test.NewServer(t, open311test.WithoutNetwork(), open311test.WithSize(n)).Client()
	}
	broken := open311test.NewServer(t, open311test.WithoutNetwork())
	broken.Fail(open311test.AnyCall, open311test.Status(403))
	cities["broken"] = broken.Client()
	got := map[string]int{}
	err := Harvest(t.Context(), cities, 2, nil, func(city string, _ *open311.ServiceRequest) error { got[city]++; return nil })
	for name, n := range want {
		if got[name] != n {
			t.Errorf("%s gave %d requests, want %d", name, got[name], n)
		}
	}
	if err == nil || !strings.HasPrefix(err.Error(), "broken: ") || !errors.Is(err, open311.ErrForbidden) {
		t.Errorf("of the city that refuses is said: %v", err)
	}

	full := errors.New("the disk is full")
	if err := Harvest(t.Context(), cities, 2, nil, func(string, *open311.ServiceRequest) error { return full }); !errors.Is(err, full) {
		t.Errorf("what keep says is lost: %v", err)
	}

	keys := []string{"chicago", "zurich"}
	if opened, err := Open(keys); err != nil || opened["zurich"] == nil || opened["chicago"] == nil {
		t.Errorf("opened %v, %v", opened, err)
	}
	if _, err := Open([]string{"no such city"}); err == nil {
		t.Error("a city that is not in the catalogue is opened")
	}
}

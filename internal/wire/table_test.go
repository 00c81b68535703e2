package wire_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/go-open311/open311/internal/wire"
)

// A table is made when it is first used, by whoever comes first, also as a part of another.
func TestTableIsMadeOnce(t *testing.T) {
	made := 0
	inner := &wire.Table[pair]{Fields: func() []wire.Field[pair] {
		made++
		return []wire.Field[pair]{wire.String("a", func(p *pair) *string { return &p.a })}
	}}
	outer := &wire.Table[whole]{Root: "list", Item: "row", Identity: []string{"id"}, Fields: func() []wire.Field[whole] {
		made++
		return []wire.Field[whole]{
			wire.ID("id", func(w *whole) *string { return &w.id }),
			wire.ListOf("parts", "pair", func(w *whole) *[]pair { return &w.parts }, inner),
		}
	}}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			rd := outer.Read(strings.NewReader(`[{"id":"1","parts":[{"a":"x"}]}]`), nil)
			defer rd.Close()
			var w whole
			if err := rd.Next(&w); err != nil || w.id != "1" || len(w.parts) != 1 || w.parts[0].a != "x" {
				t.Errorf("%+v, %v", w, err)
			}
		})
	}
	all.Wait()
	if made != 2 {
		t.Errorf("two tables were made %d times", made)
	}
}

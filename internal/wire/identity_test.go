package wire_test

import (
	"encoding/json"
	"hash/maphash"
	"testing"
	"time"

	"github.com/go-open311/open311/internal/wire"
)

type spot struct{ lat, long float64 }

type pair struct{ a, b string }

type whole struct {
	id, text, link string
	flag           bool
	num            int
	at             time.Time
	words, csv     []string
	parts          []pair
	place          *spot
	extra          map[string]json.RawMessage
}

var pairTable = &wire.Table[pair]{Fields: func() []wire.Field[pair] {
	return []wire.Field[pair]{
		wire.String("a", func(p *pair) *string { return &p.a }),
		wire.String("b", func(p *pair) *string { return &p.b }),
	}
}}

var wholeTable = &wire.Table[whole]{
	Fields: func() []wire.Field[whole] {
		return []wire.Field[whole]{
			wire.ID("id", func(t *whole) *string { return &t.id }),
			wire.String("text", func(t *whole) *string { return &t.text }),
			wire.Link("link", func(t *whole) *string { return &t.link }),
			wire.Flag("flag", func(t *whole) *bool { return &t.flag }),
			wire.Int("num", func(t *whole) *int { return &t.num }),
			wire.Time("at", func(t *whole) *time.Time { return &t.at }),
			wire.Words("words", "word", func(t *whole) *[]string { return &t.words }),
			wire.CSV("csv", func(t *whole) *[]string { return &t.csv }),
			wire.ListOf("parts", "pair", func(t *whole) *[]pair { return &t.parts }, pairTable),
			wire.Lat[whole]("lat"),
			wire.Long[whole]("long"),
		}
	},
	Extra: func(t *whole) *map[string]json.RawMessage { return &t.extra },
	Place: func(t *whole) (lat, long float64, ok bool) {
		if t.place == nil {
			return 0, 0, false
		}
		return t.place.lat, t.place.long, true
	},
}

// Records that differ in one value only, of whatever shape, are two.
func TestHash(t *testing.T) {
	at := time.Date(2026, 6, 1, 8, 0, 0, 0, time.UTC)
	raw := func(s string) json.RawMessage { return json.RawMessage(s) }
	records := []whole{
		{}, {id: "a"}, {text: "a"}, {link: "a"}, {id: "ab"}, {id: "a", text: "b"}, {text: "ab"}, {text: "a\x00b"}, {text: "a", link: "b"},
		{flag: true}, {num: 1}, {num: -1},
		{at: at}, {at: at.Add(time.Nanosecond)}, {at: at.Add(time.Second)}, {at: time.Unix(0, 0)},
		{words: []string{"a"}}, {words: []string{"a", "b"}}, {words: []string{"ab"}}, {words: []string{"b", "a"}}, {words: []string{""}},
		{csv: []string{"a"}}, {csv: []string{"a", "b"}}, {words: []string{"a"}, csv: []string{"b"}},
		{parts: []pair{{}}}, {parts: []pair{{}, {}}}, {parts: []pair{{a: "x"}}}, {parts: []pair{{b: "x"}}}, {parts: []pair{{a: "x"}, {b: "x"}}},
		{place: &spot{}}, {place: &spot{1, 0}}, {place: &spot{0, 1}},
		{extra: map[string]json.RawMessage{"a": raw("1")}}, {extra: map[string]json.RawMessage{"a": raw("2")}},
		{extra: map[string]json.RawMessage{"b": raw("1")}}, {extra: map[string]json.RawMessage{"a": raw("1"), "b": raw("2")}},
		{extra: map[string]json.RawMessage{"a": raw("2"), "b": raw("1")}}, {extra: map[string]json.RawMessage{"a1": nil}},
	}
	seed := maphash.MakeSeed()
	of := map[uint64]int{}
	for i := range records {
		h := wholeTable.Hash(seed, &records[i])
		if other, ok := of[h]; ok {
			t.Errorf("%+v and %+v have one hash", records[i], records[other])
		}
		of[h] = i
	}
	other := whole{at: at.In(time.FixedZone("", 7200)), extra: map[string]json.RawMessage{}}
	if wholeTable.Hash(seed, &other) != wholeTable.Hash(seed, &whole{at: at}) {
		t.Error("the same time in another zone is another record")
	}
}

// A row costs no memory.
func TestHashAllocations(t *testing.T) {
	seed := maphash.MakeSeed()
	r := &whole{id: "a", text: "b", words: []string{"c"}, parts: []pair{{a: "d"}}, place: &spot{1, 2},
		extra: map[string]json.RawMessage{"e": json.RawMessage("1"), "f": json.RawMessage("2")}}
	if n := testing.AllocsPerRun(100, func() { wholeTable.Hash(seed, r) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

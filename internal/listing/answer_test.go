package listing

import (
	"io"
	"slices"
	"sort"
)

// find returns the rows of a question, in the order of the server.
func (t *town) find(q *Slice) ([]request, error) {
	in, err := t.reads(q)
	if err != nil {
		return nil, err
	}
	codes, states := q.Codes, q.Statuses
	switch t.city["filters"] {
	case "first":
		codes, states = codes[:min(1, len(codes))], states[:min(1, len(states))]
	case "nothing":
		if len(codes) > 1 {
			codes = []string{"?"}
		}
		if len(states) > 1 {
			states = []string{"?"}
		}
	case "statusignored":
		states = nil
	case "codeignored":
		codes = nil
	}
	var list []request
	for _, r := range t.rows {
		dated := in == everything || r.at != 0 && in.has(r.at)
		switch {
		case !dated, len(codes) > 0 && !slices.Contains(codes, r.code), len(states) > 0 && !slices.Contains(states, r.status):
		case len(q.Statuses) == 0 && (t.city["hide"] == "open" && r.status != "open" || r.status == "secret"):
		default:
			list = append(list, r)
		}
	}
	less := func(a, b request) bool { return a.at > b.at || a.at == b.at && a.key > b.key }
	switch t.city["order"] {
	case "oldest":
		less = func(a, b request) bool { return a.at < b.at || a.at == b.at && a.key < b.key }
	case "id":
		mess := func(k uint64) uint64 { return k + k*2654435761%7 }
		less = func(a, b request) bool {
			return mess(a.key) > mess(b.key) || mess(a.key) == mess(b.key) && a.key > b.key
		}
	case "updated":
		less = func(a, b request) bool { return a.upd > b.upd || a.upd == b.upd && a.key > b.key }
	case "stable":
		h := func(k uint64) uint64 { return (k + 1) * 0x9E3779B97F4A7C15 }
		less = func(a, b request) bool { return h(a.key) < h(b.key) }
	case "unstable":
		t.rng.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		return list, nil
	}
	sort.Slice(list, func(i, j int) bool { return less(list[i], list[j]) })
	return list, nil
}

// answered is one answer.
type answered struct {
	t    *town
	list []request
	at   int
	twin bool
	last request
	meta Meta
}

func (a *answered) Next() (Row, error) {
	for a.at < len(a.list) && a.list[a.at].hidden {
		a.meta.Skipped, a.meta.Skip = a.meta.Skipped+1, errCity{"a row cannot be read", 0}
		a.at++
	}
	if a.at == len(a.list) {
		if a.t.city["content"] == "null" && len(a.list) > 0 {
			a.meta.Null = 1
		}
		return Row{}, io.EOF
	}
	r := a.list[a.at]
	if a.twin = a.t.city["content"] == "doubled" && r.key%3 == 0 && !a.twin; !a.twin {
		a.at++
	}
	a.last = r
	row := Row{Key: r.key, Fits: a.t.wants(r), Code: int32(slices.Index(a.t.codes, r.code)), Status: int32(slices.Index(a.t.states, r.status)), At: Undated, Updated: Undated, State: stateOf(r.status)}
	if a.t.city["filters"] == "words" { // it shows numbers for words
		row.Status, row.State, row.Fits = None, Unsaid, len(a.t.codes) == 0 || slices.Contains(a.t.codes, r.code)
	}
	if r.at != 0 {
		row.At, row.Updated = r.at, r.upd
	}
	return row, nil
}

func (a *answered) Give() bool  { a.t.got[a.last.key]++; return true }
func (a *answered) Close() Meta { return a.meta }
func (a *answered) Abort()      {}

// wants reports whether a row is what the query asks for, dates apart.
func (t *town) wants(r request) bool {
	return (len(t.codes) == 0 || slices.Contains(t.codes, r.code)) && (len(t.states) == 0 || slices.Contains(t.states, r.status))
}

package listing

import (
	"maps"
	"testing"
)

// TestOldest finds the oldest request of the query, by fewer calls than a listing takes.
func TestOldest(t *testing.T) {
	for name, lies := range map[string]city{
		"by date":       {},
		"oldest first":  {"order": "oldest"},
		"long ago":      {"days": "1300"},
		"by id":         {"order": "id"},
		"spans cut":     {"span": "cut90", "days": "400"},
		"spans refused": {"span": "refuse90", "days": "400"},
		"swapped":       {"bounds": "swapped"},
		"zone":          {"bounds": "zone+9"},
		"pages only":    {"bounds": "ignored", "paging": "page1"},
	} {
		t.Run(name, func(t *testing.T) {
			c := maps.Clone(pairs()[0])
			maps.Copy(c, lies)
			c["rows"] = "48"
			run := func(how func(*Lister) error) *town {
				town := newTown(c, 1)
				l := New(town, Query{}, Traits{}, &Beliefs{})
				if err := how(l); err != nil {
					t.Fatal(err)
				}
				if gaps := l.Gaps(); len(gaps) > 0 && lies["bounds"] != "ignored" {
					t.Error("gaps:", gaps)
				}
				return town
			}
			whole := run(func(l *Lister) error { return l.Run(t.Context()) })
			found := run(func(l *Lister) error { return l.Oldest(t.Context()) })
			oldest := found.rows[0]
			for _, r := range found.rows {
				if r.at < oldest.at {
					oldest = r
				}
			}
			if found.got[oldest.key] == 0 {
				t.Errorf("the oldest has not come: row %d of %d days ago", oldest.key, (found.now-oldest.at)/day)
			}
			if found.calls >= whole.calls && lies["bounds"] != "ignored" {
				t.Errorf("%d calls, and %d for all", found.calls, whole.calls)
			}
		})
	}
}

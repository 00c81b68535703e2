package feed

import (
	"cmp"
	"strings"
	"time"
	"unique"
)

// view is what answers of one kind show of a record.
type view struct {
	updated   int64 // Unix seconds; 0: it does not say
	status    unique.Handle[string]
	sum, text uint32 // see Sighting
}

// The two kinds of answers. Many servers show different dates, words and texts in them.
const (
	byList   = iota // a list, also one of ids
	bySingle        // an answer of its own
)

// entry is what is remembered of one record.
type entry struct {
	id        string  // the key of its sightings
	views     [2]view // as they were seen last
	requested int64   // Unix seconds; 0: not known
	seen      uint32  // when it was read last, give or take a quarter of Follow; this and the next in minutes by our clock
	changed   uint32  // when its last change was told
	absent    uint32  // since when it cannot be found by its id; 0: it can
	flags     flags
}

type flags uint16

const (
	hasList       flags = 1 << iota // views holds what lists show,
	hasSingle                       // and what answers of its own show
	staleList                       // the other view has shown a change that this one has not,
	staleSingle                     // or the other way round
	toldBySingle                    // the last change was that of the single view
	flagClosed                      // nothing more is to be done about it, by what was told last
	flagUnlisted                    // the lists do not show it, although it exists
	flagDropped                     // in a log of changes: it is not known any more
	absentAgain                     // it was absent in two polls that had nothing to compare that with
	allFlags      = absentAgain<<1 - 1
	flagsOfAView  = hasList | hasSingle
	flagsOfStales = staleList | staleSingle
)

func (f flags) has(bits flags) bool { return f&bits != 0 }

// flagsOf returns the flags of a view: that it is there, and that it is behind the other one.
func flagsOf(kind int) (has, stale flags) { return hasList << kind, staleList << kind }

// told returns the view that was told last.
func (e *entry) told() *view {
	if e.flags.has(toldBySingle) {
		return &e.views[bySingle]
	}
	return &e.views[byList]
}

// latest returns the latest date of update that any view has shown, or that of request.
func (e *entry) latest() int64 {
	return max(e.requested, e.views[byList].updated, e.views[bySingle].updated)
}

func kindOf(s *Sighting) int {
	if s.Single {
		return bySingle
	}
	return byList
}

// newEntry returns what to remember of a record that is seen for the first time.
func newEntry(s *Sighting, more flags, now time.Time) entry {
	nothing := view{status: unique.Make("")}
	views := [2]view{nothing, nothing}
	kind := kindOf(s)
	views[kind] = viewOf(s, &nothing)
	has, _ := flagsOf(kind)
	return entry{id: strings.Clone(s.Key), // which may be a part of the record's text
		views: views, requested: UnixSeconds(s.Requested), seen: minutes(now), changed: minutes(now),
		flags: (has | more).with(toldBySingle, kind == bySingle)}
}

// as returns e with other flags.
func (e *entry) as(f flags) *entry {
	return &entry{e.id, e.views, e.requested, e.seen, e.changed, e.absent, f}
}

func (f flags) with(bits flags, set bool) flags {
	if set {
		return f | bits
	}
	return f &^ bits
}

// viewOf returns what a sighting shows. What it does not say has not changed.
func viewOf(s *Sighting, old *view) view {
	updated, status := UnixSeconds(s.Updated), old.status
	if updated == 0 {
		updated = old.updated
	}
	if s.Status != "" && s.Status != status.Value() {
		status = unique.Make(s.Status)
	}
	return view{updated, status, s.Sum, s.Text}
}

// shown returns what a sighting of e shows. What it does not say is as answers of its kind had it, or as it was told.
func (e *entry) shown(s *Sighting) view {
	kind := kindOf(s)
	if has, _ := flagsOf(kind); !e.flags.has(has) {
		return viewOf(s, e.told())
	}
	return viewOf(s, &e.views[kind])
}

// filed returns when e was requested, as far as it is known with a sighting of it.
func (e *entry) filed(s *Sighting) int64 { return cmp.Or(e.requested, UnixSeconds(s.Requested)) }

// minutes counts them from 1970 on.
func minutes(t time.Time) uint32 { return uint32(max(0, t.Unix()/60)) }

// UnixSeconds returns a time in whole seconds since 1970; 0 for the zero time.
func UnixSeconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

func unixTime(s int64) time.Time {
	if s == 0 {
		return time.Time{}
	}
	return time.Unix(s, 0).UTC()
}

package feed

import (
	"strings"
	"time"
)

// entry is what is remembered of one record.
type entry struct {
	id        string // the key of its sightings
	status    string
	requested int64  // Unix seconds; 0: not known
	updated   int64  // Unix seconds; 0: not known
	seen      int64  // when it was read last, by our clock, give or take a quarter of Follow; Unix minutes
	changed   int64  // when its last change was given, by our clock; Unix minutes
	sum, text uint32 // of its contents, see Sighting
	flags     uint8
	missed    uint8 // how many polls in a row have not found it
}

const (
	flagSingle   = 1 << iota // text is that of a single answer, which is not that of the list on some servers
	flagUnlisted             // the lists do not show it, although it exists
	flagDropped              // in a log of changes: it is not known any more
)

// remembered returns what to remember of a sighting. old is what was known before, or nil.
func remembered(s *Sighting, old *entry, now time.Time) entry {
	e := entry{id: s.Key, status: s.Status, requested: UnixSeconds(s.Requested), updated: UnixSeconds(s.Updated),
		seen: now.Unix() / 60, changed: now.Unix() / 60, sum: s.Sum, text: s.Text}
	if s.Single {
		e.flags |= flagSingle
	}
	if old != nil && old.id == e.id {
		e.id = old.id
	} else {
		e.id = strings.Clone(e.id) // which may be a part of the record's text
	}
	if old != nil {
		// What a row does not say has not changed.
		if e.status == "" {
			e.status = old.status
		}
		if e.requested == 0 {
			e.requested = old.requested
		}
		if e.updated == 0 {
			e.updated = old.updated
		}
	}
	return e
}

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

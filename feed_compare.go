package open311

import (
	"encoding/hex"
	"math"
	"strings"
	"time"
)

// noID begins what stands for the id of a request that has none. No server has such ids.
const noID = "\x00"

// identity is what a request is known by: its id, else its token, else what was reported, where and when.
// Boston, Chicago and San Francisco have rows without id.
func identity(r *ServiceRequest) string {
	switch {
	case r.ID != "":
		return r.ID
	case r.Token != "":
		return tokenKey(r)
	}
	return contentKey(r)
}

func tokenKey(r *ServiceRequest) string { return noID + "t" + strings.Clone(r.Token) }

// contentKey identifies a request by what does not change in its life.
func contentKey(r *ServiceRequest) string {
	h := newHash()
	h.text(r.ServiceCode)
	h.text(r.Address)
	h.text(strings.TrimSpace(r.Description))
	h.number(uint64(unix(r.RequestedDatetime)))
	h.place(r.Location)
	return noID + "c" + hex.EncodeToString([]byte{byte(h >> 56), byte(h >> 48), byte(h >> 40), byte(h >> 32),
		byte(h >> 24), byte(h >> 16), byte(h >> 8), byte(h)})
}

// contentSums are hashes of what a change is about, besides the state and updated_datetime. The first is of
// what every answer has, the second of what some servers cut short or leave out in lists. Extra is in
// neither: it holds counters of votes and views.
func contentSums(r *ServiceRequest) (sum, text uint32) {
	h := newHash()
	h.text(strings.TrimSpace(r.StatusNotes))
	h.text(r.ServiceCode)
	h.number(uint64(unix(r.RequestedDatetime)))
	sum = uint32(h>>32) ^ uint32(h)
	h = newHash()
	media, _, _ := strings.Cut(r.MediaURL, "?") // signatures expire
	for _, s := range []string{r.Description, r.AgencyResponsible, r.Address, media} {
		h.text(strings.TrimSpace(s))
	}
	h.number(uint64(unix(r.ExpectedDatetime)))
	h.place(r.Location)
	return sum, uint32(h>>32) ^ uint32(h)
}

// hash is FNV-1a, 64 bits: it must be the same in every process.
type hash uint64

func newHash() hash { return 14695981039346656037 }

func (h *hash) text(s string) {
	x := uint64(*h)
	for i := range len(s) {
		x = (x ^ uint64(s[i])) * 1099511628211
	}
	*h = hash((x ^ 0xff) * 1099511628211) // 0xff is in no UTF-8 text
}

func (h *hash) number(n uint64) {
	x := uint64(*h)
	for range 8 {
		x = (x ^ n&0xff) * 1099511628211
		n >>= 8
	}
	*h = hash(x)
}

func (h *hash) place(p *Point) {
	if p == nil {
		h.number(math.MaxUint64)
		return
	}
	// About ten metres: some servers blur places, or print more or fewer digits from one answer to the next.
	h.number(uint64(int64(math.Round(p.Lat * 1e4))))
	h.number(uint64(int64(math.Round(p.Long * 1e4))))
}

func unix(t time.Time) int64 {
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

// closedWords are what servers say for closed: mySociety's extended states, CitySDK, SeeClickFix.
var closedWords = map[string]bool{"closed": true, "fixed": true, "resolved": true, "completed": true, "complete": true, "done": true,
	"archived": true, "cancelled": true, "canceled": true, "rejected": true, "processed": true, "duplicate": true,
	"nofurtheraction": true, "notcouncilsresponsibility": true, "internalreferral": true, "closedarchived": true}

// isClosed reports whether a state means that nothing more is to be done.
func isClosed(s Status) bool {
	if s.Is(StatusOpen) || s == "" {
		return false
	}
	return closedWords[stateWord(s)]
}

// stateWord spells a state as closedWords has it.
func stateWord(s Status) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c >= 'A' && c <= 'Z':
			return c + 'a' - 'A'
		case c == ' ' || c == '_' || c == '-':
			return -1
		}
		return c
	}, string(s))
}

// remembered returns what to remember of a row. old is what was known before, or nil.
func remembered(r *ServiceRequest, key string, old *entry, single bool, now time.Time) entry {
	e := entry{id: strings.Clone(key), status: shortStatus(r.Status), requested: unix(r.RequestedDatetime), updated: unix(r.UpdatedDatetime),
		seen: now.Unix() / 60, changed: now.Unix() / 60}
	e.sum, e.text = contentSums(r)
	if single {
		e.flags |= flagSingle
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

// shortStatus returns a state that does not hold on to the text of its record.
func shortStatus(s Status) Status {
	switch s {
	case StatusOpen:
		return StatusOpen
	case StatusClosed:
		return StatusClosed
	}
	return Status(strings.Clone(string(s)))
}

// compare says what kind of change there is between what was known and what is there now; "" for none.
// That a date is older than the one known is no reason to disbelieve it: clocks differ.
func compare(old, now *entry) ChangeKind {
	sameForm := (old.flags^now.flags)&flagSingle == 0
	switch was, is := old.closed(), now.closed(); {
	case is && !was:
		return Closed
	case was && !is:
		return Reopened
	case stateWord(old.status) != stateWord(now.status), old.updated != now.updated:
		return Updated
	case old.sum != now.sum, old.text != now.text && sameForm:
		return Updated
	}
	return ""
}

// unknown says what to make of a request that was not known. quiet is for those that were there before the
// feed began.
func (h *feedHead) unknown(e *entry) (kind ChangeKind, previous Status, quiet bool) {
	requested := unixTime(e.requested)
	changed := Updated
	if e.closed() {
		changed = Closed
	}
	switch {
	case !h.Stocked && h.Since.IsZero():
		return Created, "", true
	case !h.Stocked && (e.requested == 0 || !requested.Before(h.Since)):
		return Created, "", false
	case !h.Stocked:
		return changed, "", unixTime(e.updated).Before(h.Since)
	case e.requested == 0:
		return Created, "", false
	case requested.Before(h.Horizon):
		return changed, "", false
	case !requested.After(h.Forgot):
		// It was closed long ago, or it would be known.
		if e.closed() {
			return Updated, StatusClosed, false
		}
		return Reopened, StatusClosed, false
	}
	return Created, "", false
}

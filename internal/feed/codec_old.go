package feed

import "unique"

// The flags of an entry in checkpoints of version 1 and 2. There was one view, and its text could be that of
// an answer of its own.
const (
	oldSingle = 1 << iota
	oldUnlisted
	oldDropped
)

// decodeOldEntries reads the entries of checkpoints of version 1 and 2.
func decodeOldEntries(plain []byte, closed func(status string) bool, each func(*entry)) (count int, err error) {
	r := &reader{plain}
	var states words
	var e entry
	for range r.uvarint() {
		if e = r.oldEntry(&e, &states, closed); r.rest == nil {
			break
		}
		each(&e)
		count++
	}
	if r.rest == nil || len(r.rest) > 0 {
		return count, errEntries
	}
	return count, nil
}

func (r *reader) oldEntry(prev *entry, states *words, closed func(string) bool) entry {
	id, status := r.id(prev.id), r.state(states)
	bits := byte(0)
	if two := r.take(2); len(two) == 2 {
		bits = two[0]
	}
	sum, text := r.fixed(), r.fixed()
	kind, f := byList, flags(0)
	if bits&oldSingle != 0 {
		kind, f = bySingle, toldBySingle
	}
	has, _ := flagsOf(kind)
	f = (f|has).with(flagUnlisted, bits&oldUnlisted != 0).with(flagDropped, bits&oldDropped != 0).with(flagClosed, closed(status.Value()))
	requested := prev.requested + r.varint()
	updated := requested + r.varint()
	seen := uint32(int64(prev.seen) + r.varint())
	changed := uint32(int64(prev.changed) + r.varint())
	views := [2]view{{status: unique.Make("")}, {status: unique.Make("")}}
	views[kind] = view{updated, status, sum, text}
	return entry{id, views, requested, seen, changed, 0, f}
}

package feed

import (
	"encoding/binary"
	"unique"
)

// The flags of an entry in checkpoints of version 1 and 2. There was one view, and its text could be that of
// an answer of its own.
const (
	oldSingle = 1 << iota
	oldUnlisted
	oldDropped
)

// decodeOldEntries reads the entries of checkpoints of version 1 and 2.
func decodeOldEntries(plain []byte, closed func(status string) bool, each func(*entry)) (count int, err error) {
	r := entryReader{b: plain}
	n := r.uvarint()
	for range n {
		e := r.oldEntry(closed)
		if r.bad {
			break
		}
		each(&e)
		count++
	}
	if r.bad || len(r.b) > 0 {
		return count, errEntries
	}
	return count, nil
}

func (r *entryReader) oldEntry(closed func(string) bool) entry {
	e := entry{id: r.id()}
	v := view{status: r.state()}
	kind := byList
	if fixed := r.take(10); len(fixed) == 10 {
		if fixed[0]&oldSingle != 0 {
			kind = bySingle
			e.flags |= toldBySingle
		}
		e.flags = e.flags.with(flagUnlisted, fixed[0]&oldUnlisted != 0).with(flagDropped, fixed[0]&oldDropped != 0)
		v.sum, v.text = binary.LittleEndian.Uint32(fixed[2:]), binary.LittleEndian.Uint32(fixed[6:])
	}
	has, _ := flagsOf(kind)
	e.flags = (e.flags | has).with(flagClosed, closed(v.status.Value()))
	e.requested = r.prev.requested + r.varint()
	v.updated = e.requested + r.varint()
	e.seen = uint32(int64(r.prev.seen) + r.varint())
	e.changed = uint32(int64(r.prev.changed) + r.varint())
	e.views[0].status, e.views[1].status = unique.Make(""), unique.Make("")
	e.views[kind] = v
	r.prev = e
	return e
}

package feed

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"io"
	"sync"
	"unique"
)

// Entries are written in little room: each id without the beginning that it has in common with the one before,
// numbers as differences, states as numbers, views only if they are there, and all that compressed.

// encoder writes entries one after the other. It has the numbers of the states that were written so far.
type encoder map[string]uint64

// append adds an entry that follows prev.
func (c encoder) append(b []byte, prev, e *entry) []byte {
	shared := 0
	for shared < min(len(prev.id), len(e.id)) && prev.id[shared] == e.id[shared] {
		shared++
	}
	b = binary.AppendUvarint(b, uint64(shared))
	b = appendText(b, e.id[shared:])
	b = binary.AppendUvarint(b, uint64(e.flags))
	b = binary.AppendVarint(b, e.requested-prev.requested)
	b = binary.AppendVarint(b, int64(e.seen)-int64(prev.seen))
	b = binary.AppendVarint(b, int64(e.changed)-int64(prev.changed))
	b = binary.AppendUvarint(b, uint64(e.absent))
	for kind := range e.views {
		if has, _ := flagsOf(kind); e.flags.has(has) {
			b = c.appendView(b, &e.views[kind], e.requested)
		}
	}
	return b
}

func (c encoder) appendView(b []byte, v *view, requested int64) []byte {
	text := v.status.Value()
	n, ok := c[text]
	if !ok {
		n = uint64(len(c))
		c[text] = n
	}
	if b = binary.AppendUvarint(b, n); !ok {
		b = appendText(b, text)
	}
	b = binary.LittleEndian.AppendUint32(b, v.sum)
	b = binary.LittleEndian.AppendUint32(b, v.text)
	return binary.AppendVarint(b, v.updated-requested)
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// deflaters are large, and checkpoints are taken often.
var deflaters = sync.Pool{New: func() any {
	w, _ := flate.NewWriter(nil, flate.BestSpeed) // the only error is a level that does not exist
	return w
}}

func deflate(plain []byte) []byte {
	var out bytes.Buffer
	w := deflaters.Get().(*flate.Writer)
	defer deflaters.Put(w)
	w.Reset(&out)
	_, _ = w.Write(plain) // into memory
	_ = w.Close()
	return out.Bytes()
}

// maxKnown limits what is made of a checkpoint, in bytes: it might not be one of ours.
const maxKnown = 1 << 30

func inflate(raw []byte) ([]byte, error) {
	return io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(raw)), maxKnown))
}

var errEntries = errors.New("the list of requests breaks off or is no list")

// decodeEntries reads what an encoder has written, and gives it to each.
func decodeEntries(plain []byte, each func(*entry)) (count int, err error) {
	r := &reader{plain}
	var states words
	var e entry
	for len(r.rest) > 0 {
		if e = r.entry(&e, &states); r.rest == nil {
			return count, errEntries
		}
		each(&e)
		count++
	}
	return count, nil
}

// decodeLog reads entries that had an encoder each.
func decodeLog(plain []byte, each func(*entry)) (count int, err error) {
	r := &reader{plain}
	for len(r.rest) > 0 {
		e := r.entry(new(entry), new(words))
		if r.rest == nil {
			return count, errEntries
		}
		each(&e)
		count++
	}
	return count, nil
}

// words are the states that were read so far, by their numbers.
type words []unique.Handle[string]

// reader takes a list of entries apart.
type reader struct {
	rest []byte // nil: it breaks off, or is no list
}

// entry reads the one that follows prev.
func (r *reader) entry(prev *entry, states *words) entry {
	id, f := r.id(prev.id), flags(r.uvarint())
	if f > allFlags {
		r.rest = nil
	}
	requested := prev.requested + r.varint()
	seen := uint32(int64(prev.seen) + r.varint())
	changed := uint32(int64(prev.changed) + r.varint())
	absent := uint32(r.uvarint())
	var views [2]view
	for kind := range views {
		views[kind] = view{status: unique.Make("")}
		if has, _ := flagsOf(kind); f.has(has) {
			status := r.state(states)
			sum, text := r.fixed(), r.fixed()
			views[kind] = view{requested + r.varint(), status, sum, text}
		}
	}
	return entry{id, views, requested, seen, changed, absent, f}
}

func (r *reader) id(prev string) string {
	shared := r.uvarint()
	if shared > uint64(len(prev)) {
		r.rest = nil
		return ""
	}
	return prev[:shared] + string(r.take(r.uvarint()))
}

func (r *reader) state(states *words) unique.Handle[string] {
	switch i := r.uvarint(); {
	case i < uint64(len(*states)):
		return (*states)[i]
	case i == uint64(len(*states)):
		*states = append(*states, unique.Make(string(r.take(r.uvarint()))))
		return (*states)[i]
	}
	r.rest = nil
	return unique.Make("")
}

// fixed reads a number of four bytes.
func (r *reader) fixed() uint32 {
	if four := r.take(4); len(four) == 4 {
		return binary.LittleEndian.Uint32(four)
	}
	return 0
}

func (r *reader) take(n uint64) []byte {
	if n > uint64(len(r.rest)) {
		r.rest = nil
		return nil
	}
	part := r.rest[:n]
	r.rest = r.rest[n:]
	return part
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.rest)
	if n <= 0 {
		r.rest = nil
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

func (r *reader) varint() int64 {
	u := r.uvarint()
	return int64(u>>1) ^ -int64(u&1)
}

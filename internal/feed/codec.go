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

// encoder writes entries one after the other.
type encoder struct {
	states map[string]uint64
	prev   entry
}

// append adds an entry.
func (c *encoder) append(b []byte, e *entry) []byte {
	shared := 0
	for shared < min(len(c.prev.id), len(e.id)) && c.prev.id[shared] == e.id[shared] {
		shared++
	}
	b = binary.AppendUvarint(b, uint64(shared))
	b = appendText(b, e.id[shared:])
	b = binary.AppendUvarint(b, uint64(e.flags))
	b = binary.AppendVarint(b, e.requested-c.prev.requested)
	b = binary.AppendVarint(b, int64(e.seen)-int64(c.prev.seen))
	b = binary.AppendVarint(b, int64(e.changed)-int64(c.prev.changed))
	b = binary.AppendUvarint(b, uint64(e.absent))
	for kind := range e.views {
		if has, _ := flagsOf(kind); e.flags.has(has) {
			b = c.appendView(b, &e.views[kind], e.requested)
		}
	}
	c.prev = *e
	return b
}

func (c *encoder) appendView(b []byte, v *view, requested int64) []byte {
	text := v.status.Value()
	n, ok := c.states[text]
	if !ok {
		if n = uint64(len(c.states)); c.states == nil {
			c.states = map[string]uint64{}
		}
		c.states[text] = n
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
	return decode(&entryReader{b: plain}, each)
}

// decodeLog reads entries that had an encoder each.
func decodeLog(plain []byte, each func(*entry)) (count int, err error) {
	return decode(&entryReader{b: plain, apart: true}, each)
}

func decode(r *entryReader, each func(*entry)) (count int, err error) {
	for len(r.b) > 0 {
		if r.apart {
			r.prev, r.states = entry{}, nil
		}
		e := r.entry()
		if r.bad {
			return count, errEntries
		}
		each(&e)
		count++
	}
	return count, nil
}

// entryReader takes a list of entries apart.
type entryReader struct {
	b      []byte
	bad    bool
	apart  bool // every entry has an encoder of its own
	states []unique.Handle[string]
	prev   entry
}

func (r *entryReader) entry() entry {
	e := entry{id: r.id(), flags: flags(r.uvarint())}
	r.bad = r.bad || e.flags > allFlags
	e.requested = r.prev.requested + r.varint()
	e.seen = uint32(int64(r.prev.seen) + r.varint())
	e.changed = uint32(int64(r.prev.changed) + r.varint())
	e.absent = uint32(r.uvarint())
	for kind := range e.views {
		e.views[kind].status = unique.Make("")
		if has, _ := flagsOf(kind); e.flags.has(has) {
			v := &e.views[kind]
			v.status = r.state()
			if fixed := r.take(8); len(fixed) == 8 {
				v.sum, v.text = binary.LittleEndian.Uint32(fixed), binary.LittleEndian.Uint32(fixed[4:])
			}
			v.updated = e.requested + r.varint()
		}
	}
	r.prev = e
	return e
}

func (r *entryReader) id() string {
	shared := r.uvarint()
	if r.bad = r.bad || shared > uint64(len(r.prev.id)); r.bad {
		return ""
	}
	return r.prev.id[:shared] + string(r.take(r.uvarint()))
}

func (r *entryReader) state() unique.Handle[string] {
	switch i := r.uvarint(); {
	case i < uint64(len(r.states)):
		return r.states[i]
	case i == uint64(len(r.states)):
		r.states = append(r.states, unique.Make(string(r.take(r.uvarint()))))
		return r.states[i]
	}
	r.bad = true
	return unique.Make("")
}

func (r *entryReader) take(n uint64) []byte {
	if n > uint64(len(r.b)) {
		r.b, r.bad = nil, true
		return nil
	}
	part := r.b[:n]
	r.b = r.b[n:]
	return part
}

func (r *entryReader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.b, r.bad = nil, true
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *entryReader) varint() int64 {
	u := r.uvarint()
	return int64(u>>1) ^ -int64(u&1)
}

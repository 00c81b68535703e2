package feed

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"io"
	"sync"
)

// encodeEntries writes entries in little room: each id without the beginning that it has in common with
// the one before, numbers as differences, states as numbers, and all that compressed.
func encodeEntries(list []entry) []byte {
	var out bytes.Buffer
	w := deflaters.Get().(*flate.Writer)
	defer deflaters.Put(w)
	w.Reset(&out)
	states := map[string]uint64{}
	var prev entry
	b := binary.AppendUvarint(nil, uint64(len(list)))
	for _, e := range list {
		shared := 0
		for shared < min(len(prev.id), len(e.id)) && prev.id[shared] == e.id[shared] {
			shared++
		}
		b = binary.AppendUvarint(b, uint64(shared))
		b = appendText(b, e.id[shared:])
		n, ok := states[e.status]
		if !ok {
			n = uint64(len(states))
			states[e.status] = n
		}
		if b = binary.AppendUvarint(b, n); !ok {
			b = appendText(b, e.status)
		}
		b = append(b, e.flags, e.missed)
		b = binary.LittleEndian.AppendUint32(b, e.sum)
		b = binary.LittleEndian.AppendUint32(b, e.text)
		b = binary.AppendVarint(b, e.requested-prev.requested)
		b = binary.AppendVarint(b, e.updated-e.requested)
		b = binary.AppendVarint(b, e.seen-prev.seen)
		b = binary.AppendVarint(b, e.changed-prev.changed)
		prev = e
		_, _ = w.Write(b) // into memory
		b = b[:0]
	}
	_, _ = w.Write(b)
	_ = w.Close()
	return out.Bytes()
}

// deflaters are large, and checkpoints are taken often.
var deflaters = sync.Pool{New: func() any {
	w, _ := flate.NewWriter(nil, flate.BestSpeed) // the only error is a level that does not exist
	return w
}}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// maxKnown limits what is made of a checkpoint, in bytes: it might not be one of ours.
const maxKnown = 1 << 30

var errEntries = errors.New("the list of requests breaks off or is no list")

// decodeEntries reads what encodeEntries has written.
func decodeEntries(raw []byte) ([]entry, error) {
	plain, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(raw)), maxKnown))
	if err != nil {
		return nil, err
	}
	r := entryReader{b: plain}
	n := r.uvarint()
	if n > uint64(len(plain)) {
		return nil, errEntries
	}
	list := make([]entry, 0, n)
	var states []string
	var prev entry
	for range n {
		var e entry
		shared := r.uvarint()
		if shared > uint64(len(prev.id)) {
			return nil, errEntries
		}
		e.id = prev.id[:shared] + string(r.take(r.uvarint()))
		switch i := r.uvarint(); {
		case i < uint64(len(states)):
			e.status = states[i]
		case i == uint64(len(states)):
			e.status = string(r.take(r.uvarint()))
			states = append(states, e.status)
		default:
			return nil, errEntries
		}
		if fixed := r.take(10); len(fixed) == 10 {
			e.flags, e.missed = fixed[0], fixed[1]
			e.sum, e.text = binary.LittleEndian.Uint32(fixed[2:]), binary.LittleEndian.Uint32(fixed[6:])
		}
		e.requested = prev.requested + r.varint()
		e.updated = e.requested + r.varint()
		e.seen = prev.seen + r.varint()
		e.changed = prev.changed + r.varint()
		if r.bad {
			return nil, errEntries
		}
		list = append(list, e)
		prev = e
	}
	if r.bad || len(r.b) > 0 {
		return nil, errEntries
	}
	return list, nil
}

// entryReader takes a list of entries apart.
type entryReader struct {
	b   []byte
	bad bool
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

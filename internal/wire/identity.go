package wire

import (
	"encoding/binary"
	"hash/maphash"
	"math"
)

// Hash returns a number that tells records apart by all that they say. Two that differ in any field of the table,
// in their place or in Extra have different ones, but for a chance of 1 in 2^64; the order of Extra does not
// count. Numbers compare only where the seed is the same.
func (t *Table[T]) Hash(seed maphash.Seed, r *T) uint64 {
	t.ready()
	var h digest
	h.SetSeed(seed)
	for i := range t.rows {
		t.rows[i].hash(&h, seed, r)
	}
	if t.Place != nil {
		lat, long, ok := t.Place(r)
		h.flag(ok)
		h.number(math.Float64bits(lat))
		h.number(math.Float64bits(long))
	}
	if t.Extra == nil {
		return h.Sum64()
	}
	var sum uint64 // of the fields of Extra, in whatever order they come
	var one digest
	one.SetSeed(seed)
	for name, raw := range *t.Extra(r) {
		one.Reset()
		one.text(name)
		_, _ = one.Write(raw)
		sum += one.Sum64()
	}
	h.number(sum)
	return h.Sum64()
}

func (f *Field[T]) hash(h *digest, seed maphash.Seed, r *T) {
	switch f.shape {
	case shapeText, shapeID, shapeLink:
		h.text(*f.text(r))
	case shapeBool:
		h.flag(*f.flag(r))
	case shapeInt:
		h.number(uint64(*f.num(r)))
	case shapeTime:
		t := f.time(r)
		h.number(uint64(t.Unix()))
		h.number(uint64(t.Nanosecond()))
	case shapeWords, shapeCSV:
		words := *f.words(r)
		h.number(uint64(len(words)))
		for _, w := range words {
			h.text(w)
		}
	case shapeList:
		h.number(f.list.(hashed[T]).hash(seed, r))
	}
}

// hashed is a list of records inside a record.
type hashed[T any] interface {
	hash(seed maphash.Seed, src *T) uint64
}

var _ hashed[struct{}] = listField[struct{}, struct{}]{}

func (l listField[T, E]) hash(seed maphash.Seed, src *T) uint64 {
	var h digest
	h.SetSeed(seed)
	list := *l.get(src)
	for i := range list {
		h.number(l.table.Hash(seed, &list[i]))
	}
	return h.Sum64()
}

// digest is a hash to which each value is written so that it shows where it ends.
type digest struct{ maphash.Hash }

func (h *digest) text(s string) {
	h.number(uint64(len(s)))
	_, _ = h.WriteString(s)
}

func (h *digest) flag(on bool) {
	if on {
		_ = h.WriteByte(1)
		return
	}
	_ = h.WriteByte(0)
}

func (h *digest) number(n uint64) {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], n)
	_, _ = h.Write(b[:])
}

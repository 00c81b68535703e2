package feed

import (
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"sync"
)

// store is all that a feed knows.
type store struct {
	head  Head
	known map[string]*entry
	block *block  // known as it once was, encoded; nil: to be made
	later []entry // what has changed in known since; append-only, since snapshots share it
}

// Snapshot is what a feed knew at some time. It does not change; the zero one is the beginning.
type Snapshot struct {
	Head  Head
	known *block
	later []entry // what has changed since, in that order; append-only
}

// IsZero reports whether s is the beginning.
func (s Snapshot) IsZero() bool { return s.known == nil }

// Encode returns what is known of the records in base64: count of them in known, and what has changed in
// them since in later, which may be empty.
func (s Snapshot) Encode() (count int, known, later string) {
	if len(s.later) > 0 {
		later = base64.StdEncoding.EncodeToString(encodeEntries(s.later))
	}
	return s.known.count, s.known.text(), later
}

// Decode makes a snapshot of its head and what Encode has returned.
func Decode(head Head, count int, known, later string) (Snapshot, error) {
	s := Snapshot{Head: head}
	raw, err := base64.StdEncoding.DecodeString(known)
	if err != nil {
		return s, fmt.Errorf("known: %w", err)
	}
	laterRaw, err := base64.StdEncoding.DecodeString(later)
	if err == nil && len(laterRaw) > 0 {
		s.later, err = decodeEntries(laterRaw)
	}
	if err != nil {
		return s, fmt.Errorf("later: %w", err)
	}
	list, err := decodeEntries(raw)
	if err != nil {
		return s, fmt.Errorf("known: %w", err)
	}
	if len(list) != count {
		return s, fmt.Errorf("known: %d requests of %d", len(list), count)
	}
	s.known = &block{raw: raw, count: count}
	return s, nil
}

// restore makes a store of a snapshot that is not zero.
func restore(s Snapshot) (store, error) {
	list, err := decodeEntries(s.known.raw)
	if err != nil {
		return store{}, err
	}
	st := store{head: s.Head, block: s.known, known: make(map[string]*entry, len(list))}
	for i := range list {
		st.known[list[i].id] = &list[i]
	}
	for _, e := range s.later {
		st.put(e)
	}
	return st, nil
}

// put remembers e, or forgets it if it is marked as dropped.
func (s *store) put(e entry) {
	if e.flags&flagDropped != 0 {
		delete(s.known, e.id)
	} else {
		s.known[e.id] = &e
	}
	s.later = append(s.later, e)
}

// snapshot returns a picture of the store. What has changed since the last full one is added to it as long
// as that is little: a snapshot is taken after each change.
func (s *store) snapshot() Snapshot {
	if s.block == nil || len(s.later) > max(256, len(s.known)/4) {
		list := make([]entry, 0, len(s.known))
		for _, id := range slices.Sorted(maps.Keys(s.known)) {
			list = append(list, *s.known[id])
		}
		s.block, s.later = &block{raw: encodeEntries(list), count: len(list)}, nil
	}
	return Snapshot{s.head, s.block, s.later[:len(s.later):len(s.later)]}
}

// block is many entries, encoded.
type block struct {
	raw   []byte
	count int
	once  sync.Once
	b64   string
}

func (b *block) text() string {
	b.once.Do(func() { b.b64 = base64.StdEncoding.EncodeToString(b.raw) })
	return b.b64
}

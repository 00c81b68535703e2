package feed

import (
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
)

// Snapshot is what a feed knew at some time. It does not change; the zero one is the beginning.
type Snapshot struct {
	Head    Head
	Old     bool // it was read from a checkpoint of version 1 or 2
	known   *block
	later   []byte // what has changed since, in that order; append-only
	changes int    // how many entries that are
}

// IsZero reports whether s is the beginning.
func (s Snapshot) IsZero() bool { return s.known == nil }

// Encode returns what is known of the records in base64: count of them in known, and what has changed in
// them since in later, which may be empty.
func (s Snapshot) Encode() (count int, known, later string) {
	if len(s.later) > 0 {
		later = base64.StdEncoding.EncodeToString(deflate(s.later))
	}
	return s.known.count, base64.StdEncoding.EncodeToString(s.known.raw), later
}

// Decode makes a snapshot of its head and what Encode has returned.
func Decode(head Head, count int, known, later string) (Snapshot, error) {
	s := Snapshot{Head: head}
	raw, plain, err := unpack(known)
	if err != nil {
		return s, fmt.Errorf("known: %w", err)
	}
	n, err := decodeEntries(plain, func(*entry) {})
	switch {
	case err != nil:
		return s, fmt.Errorf("known: %w", err)
	case n != count:
		return s, fmt.Errorf("known: %d requests of %d", n, count)
	}
	s.known = &block{raw: raw, count: count}
	if later != "" {
		if _, s.later, err = unpack(later); err == nil {
			s.changes, err = decodeLog(s.later, func(*entry) {})
		}
	}
	if err != nil {
		return s, fmt.Errorf("later: %w", err)
	}
	return s, nil
}

// DecodeOld makes a snapshot of a checkpoint of version 1 or 2; closed says which states mean that nothing
// more is to be done.
func DecodeOld(head Head, count int, known, later string, closed func(status string) bool) (Snapshot, error) {
	st := newStore(head)
	for i, text := range []string{known, later} {
		if i == 1 && text == "" {
			break
		}
		_, plain, err := unpack(text)
		n := 0
		if err == nil {
			n, err = decodeOldEntries(plain, closed, st.set)
		}
		switch {
		case err != nil:
			return Snapshot{}, err
		case i == 0 && n != count:
			return Snapshot{}, fmt.Errorf("known: %d requests of %d", n, count)
		}
	}
	s := st.snapshot()
	s.Old = true
	return s, nil
}

func unpack(text string) (raw, plain []byte, err error) {
	if raw, err = base64.StdEncoding.DecodeString(text); err == nil {
		plain, err = inflate(raw)
	}
	return raw, plain, err
}

// restore makes a store of a snapshot that is not zero.
func restore(s Snapshot) (store, error) {
	st := newStore(s.Head)
	st.known = make(map[string]*entry, s.known.count)
	plain, err := inflate(s.known.raw)
	if err == nil {
		_, err = decodeEntries(plain, st.set)
	}
	if err == nil {
		_, err = decodeLog(s.later, st.set)
	}
	st.block, st.later, st.changes = s.known, s.later, s.changes
	return st, err
}

// Same reports whether s says no more than an earlier snapshot.
func (s Snapshot) Same(before Snapshot) bool {
	return s.known == before.known && len(s.later) == len(before.later) && s.Head.same(&before.Head)
}

// Since returns what is in s and was not in an earlier snapshot before: the changes in what is known, which
// Append adds to that. ok is false if s does not go on from there.
func (s Snapshot) Since(before Snapshot) (changes []byte, ok bool) {
	if before.known != s.known || len(before.later) > len(s.later) {
		return nil, false
	}
	return s.later[len(before.later):], true
}

// Append returns s with what Since has returned, and another head.
func (s Snapshot) Append(head Head, changes []byte) (Snapshot, error) {
	n, err := decodeLog(changes, func(*entry) {})
	if err != nil {
		return s, err
	}
	s.Head, s.changes = head, s.changes+n
	s.later = append(slices.Clip(s.later), changes...)
	return s, nil
}

// snapshot returns a picture of the store: the last full one, if there is any, and what has changed since. A snapshot is
// taken after each change.
func (s *store) snapshot() Snapshot {
	if s.block == nil {
		var c encoder
		var plain []byte
		for _, id := range slices.Sorted(maps.Keys(s.known)) {
			plain = c.append(plain, s.known[id])
		}
		s.block = &block{raw: deflate(plain), count: len(s.known)}
	}
	return Snapshot{Head: s.head, known: s.block, later: slices.Clip(s.later), changes: s.changes}
}

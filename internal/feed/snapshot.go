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
	picture picture
}

// IsZero reports whether s is the beginning.
func (s Snapshot) IsZero() bool { return s.picture.block == nil }

// Encode returns what is known of the records in base64: count of them in known, and what has changed in
// them since in later, which may be empty.
func (s Snapshot) Encode() (count int, known, later string) {
	if len(s.picture.later) > 0 {
		later = base64.StdEncoding.EncodeToString(deflate(s.picture.later))
	}
	return s.picture.block.count, base64.StdEncoding.EncodeToString(s.picture.block.raw), later
}

// Decode makes a snapshot of its head and what Encode has returned.
func Decode(head Head, count int, known, later string) (Snapshot, error) {
	raw, plain, err := unpack(known)
	if err != nil {
		return Snapshot{}, fmt.Errorf("known: %w", err)
	}
	n, err := decodeEntries(plain, func(*entry) {})
	switch {
	case err != nil:
		return Snapshot{}, fmt.Errorf("known: %w", err)
	case n != count:
		return Snapshot{}, fmt.Errorf("known: %d requests of %d", n, count)
	}
	var log []byte
	changes := 0
	if later != "" {
		if _, log, err = unpack(later); err == nil {
			changes, err = decodeLog(log, func(*entry) {})
		}
	}
	if err != nil {
		return Snapshot{}, fmt.Errorf("later: %w", err)
	}
	return Snapshot{Head: head, picture: picture{&block{raw: raw, count: count}, log, changes}}, nil
}

// DecodeOld makes a snapshot of a checkpoint of version 1 or 2; closed says which states mean that nothing
// more is to be done.
func DecodeOld(head Head, count int, known, later string, closed func(status string) bool) (Snapshot, error) {
	st := newStore(head, 0)
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
	return Snapshot{Head: head, Old: true, picture: st.snapshot().picture}, nil
}

func unpack(text string) (raw, plain []byte, err error) {
	if raw, err = base64.StdEncoding.DecodeString(text); err == nil {
		plain, err = inflate(raw)
	}
	return raw, plain, err
}

// restore makes a store of a snapshot that is not zero.
func restore(s Snapshot) (store, error) {
	st := newStore(s.Head, s.picture.block.count)
	plain, err := inflate(s.picture.block.raw)
	if err == nil {
		_, err = decodeEntries(plain, st.set)
	}
	if err == nil {
		_, err = decodeLog(s.picture.later, st.set)
	}
	st.picture = s.picture
	return st, err
}

// Same reports whether s says no more than an earlier snapshot.
func (s Snapshot) Same(before Snapshot) bool {
	return s.picture.block == before.picture.block && len(s.picture.later) == len(before.picture.later) && s.Head.same(&before.Head)
}

// Since returns what is in s and was not in an earlier snapshot before: the changes in what is known, which
// Append adds to that. ok is false if s does not go on from there.
func (s Snapshot) Since(before Snapshot) (changes []byte, ok bool) {
	was, is := before.picture, s.picture
	if was.block != is.block || len(was.later) > len(is.later) {
		return nil, false
	}
	return is.later[len(was.later):], true
}

// Logged is how long the changes are that s has had since it was last made as a whole: what Since returns goes on from there.
func (s Snapshot) Logged() int { return len(s.picture.later) }

// Append returns s with what Since has returned, and another head.
func (s Snapshot) Append(head Head, changes []byte) (Snapshot, error) {
	n, err := decodeLog(changes, func(*entry) {})
	if err != nil {
		return s, err
	}
	p := s.picture
	return Snapshot{Head: head, Old: s.Old, picture: picture{p.block, append(slices.Clip(p.later), changes...), p.changes + n}}, nil
}

// snapshot returns a picture of the store: the last full one, if there is any, and what has changed since. A snapshot is
// taken after each change.
func (s *store) snapshot() Snapshot {
	if s.picture.block == nil {
		c, prev := encoder{}, new(entry)
		var plain []byte
		for _, id := range slices.Sorted(maps.Keys(s.known)) {
			plain = c.append(plain, prev, s.known[id])
			prev = s.known[id]
		}
		s.picture = picture{block: &block{raw: deflate(plain), count: len(s.known)}}
	}
	p := s.picture
	return Snapshot{Head: s.head, picture: picture{p.block, slices.Clip(p.later), p.changes}}
}

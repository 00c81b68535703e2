package open311

import (
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// feedHead is what a feed knows besides the requests. It is a part of every checkpoint.
type feedHead struct {
	Scope string `json:"scope"` // what the checkpoint belongs to; see scopeOf
	// Since is where the feed began; zero: at its first poll.
	Since time.Time `json:"since,omitzero"`
	// Stocked: the first poll has seen all there was.
	Stocked bool `json:"stocked,omitempty"`
	// Horizon is how far back the first poll has looked. What is older need not be new to be unknown.
	Horizon time.Time `json:"horizon,omitzero"`
	// Forgot is the newest requested_datetime of a closed request that was dropped from memory.
	Forgot time.Time `json:"forgot,omitzero"`
	// Requested and Updated are the newest dates, by the server's clock, up to which lists were complete.
	Requested time.Time `json:"requested_to,omitzero"`
	Updated   time.Time `json:"updated_to,omitzero"`
	// Audited is when it was last found out whether updated_after works, and Mode what came of that.
	Audited time.Time `json:"audited,omitzero"`
	Mode    feedMode  `json:"mode,omitempty"`
	// Stuck is since when lists have had gaps.
	Stuck time.Time `json:"stuck,omitzero"`
	// Most is the most rows that one answer has had; Paging and First are how the server pages.
	Most   int         `json:"most,omitempty"`
	Paging PagingStyle `json:"paging,omitempty"`
	First  int         `json:"first_page,omitempty"`
}

// feedMode is by which lists changes are found.
type feedMode string

const (
	modeWindow  feedMode = "window"  // by requested_datetime: the server does not honour updated_after
	modeBoth    feedMode = "both"    // it does, but leaves out some that it should give, or there is no proof yet
	modeUpdated feedMode = "updated" // by updated_after alone
)

// entry is what a feed remembers of one request.
type entry struct {
	id        string // or what stands for it, see identity
	status    Status
	requested int64  // Unix seconds; 0: not known
	updated   int64  // Unix seconds; 0: not known
	seen      int64  // when it was read last, by our clock, give or take a quarter of Follow; Unix minutes
	changed   int64  // when its last change was given, by our clock; Unix minutes
	sum, text uint32 // of its contents, see contentSums
	flags     uint8
	missed    uint8 // how many polls in a row have not found it
}

const (
	flagSingle   = 1 << iota // text is that of a single answer, which is not that of the list on some servers
	flagUnlisted             // the lists do not show it, although it exists
	flagDropped              // in later: it is not known any more
)

func (e *entry) closed() bool { return isClosed(e.status) }

// named reports whether the request has an id that it can be asked for by.
func (e *entry) named() bool { return !strings.HasPrefix(e.id, noID) }

// feedState is all that a feed knows.
type feedState struct {
	head  feedHead
	known map[string]*entry
	block *knownBlock // known as it once was, encoded; nil: to be made
	later []entry     // what has changed in known since; append-only, since checkpoints share it
}

// scopeOf identifies an endpoint and what is asked of it. It is a hash: neither addresses nor parameters
// are to be found in a checkpoint. The scheme does not count, nor do the states that are asked for.
func scopeOf(c *conn, q *Query) string {
	h := sha256.New()
	sorted := func(list []string) []string { list = slices.Clone(list); slices.Sort(list); return list }
	fmt.Fprintf(h, "%q %q %q %q %q %q", strings.ToLower(c.endpoint.Host), c.endpoint.Path, c.cfg.jurisdiction,
		sorted(q.ServiceCodes), sorted(q.IDs), q.Search)
	fmt.Fprintf(h, " %s %s %q", formatBound(q.Start), formatBound(q.End), q.Params.Encode())
	if q.Near != nil {
		fmt.Fprintf(h, " near %v", *q.Near)
	}
	if q.Within != nil {
		fmt.Fprintf(h, " within %v", *q.Within)
	}
	return hex.EncodeToString(h.Sum(nil)[:12])
}

// restore fills the state from a checkpoint, or begins anew.
func (s *feedState) restore(cp Checkpoint, scope string, since time.Time) error {
	if cp.IsZero() {
		s.head = feedHead{Scope: scope, Since: since}
		s.known = map[string]*entry{}
		return nil
	}
	if cp.head.Scope != scope {
		return fmt.Errorf("%w: it belongs to another endpoint, jurisdiction or query", ErrCheckpoint)
	}
	list, err := decodeEntries(cp.known.raw)
	if err != nil {
		return fmt.Errorf("%w: broken: %v", ErrCheckpoint, err)
	}
	s.head, s.block = cp.head, cp.known
	s.known = make(map[string]*entry, len(list))
	for i := range list {
		s.known[list[i].id] = &list[i]
	}
	for _, e := range cp.later {
		s.put(e)
	}
	return nil
}

// put remembers e, or forgets it if it is marked as dropped.
func (s *feedState) put(e entry) {
	if e.flags&flagDropped != 0 {
		delete(s.known, e.id)
	} else {
		s.known[e.id] = &e
	}
	s.later = append(s.later, e)
}

// checkpoint returns a picture of the state. What has changed since the last full one is added to it as
// long as that is little: a checkpoint is taken after each change.
func (s *feedState) checkpoint() Checkpoint {
	if s.block == nil || len(s.later) > max(256, len(s.known)/4) {
		list := make([]entry, 0, len(s.known))
		for _, id := range slices.Sorted(maps.Keys(s.known)) {
			list = append(list, *s.known[id])
		}
		s.block, s.later = &knownBlock{raw: encodeEntries(list), count: len(list)}, nil
	}
	return Checkpoint{s.head, s.block, s.later[:len(s.later):len(s.later)]}
}

// knownBlock is many entries, encoded.
type knownBlock struct {
	raw   []byte
	count int
	once  sync.Once
	b64   string
}

func (b *knownBlock) text() string {
	b.once.Do(func() { b.b64 = base64.StdEncoding.EncodeToString(b.raw) })
	return b.b64
}

// encodeEntries writes entries in little room: each id without the beginning that it has in common with
// the one before, numbers as differences, states as numbers, and all that compressed.
func encodeEntries(list []entry) []byte {
	var out bytes.Buffer
	w := deflaters.Get().(*flate.Writer)
	defer deflaters.Put(w)
	w.Reset(&out)
	states := map[Status]uint64{}
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
			b = appendText(b, string(e.status))
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
	var states []Status
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
			e.status = Status(r.take(r.uvarint()))
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

package open311

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/go-open311/open311/internal/feed"
)

// ErrCheckpoint is what errors about checkpoints match: one that cannot be read, that was written by a
// later version, or that belongs to another endpoint or query.
var ErrCheckpoint = errors.New("open311: checkpoint")

// Checkpoint is how far a [Feed] has come. It is JSON, through [json.Marshal] and [json.Unmarshal], and
// does not change once it was taken. The zero Checkpoint is the beginning.
//
// It holds some scalars and one row for each request that is remembered: its id, its state, some dates and
// hashes of its contents, as lists and as answers of its own show them. These are the requests that are not closed, and the closed ones of the last seven
// days, or twice the overlap and two days if that is more. It holds no texts, places or names, and neither
// keys nor the endpoint, but a hash of it. A row takes 20 to 50 bytes: 50,000 requests 1 to 2.5 MB.
type Checkpoint struct{ state feed.Snapshot }

// IsZero reports whether c is the beginning.
func (c Checkpoint) IsZero() bool { return c.state.IsZero() }

// checkpointVersion is what is written. Whoever changes the format raises it and goes on reading the old
// ones: testdata/checkpoint holds one of each. In version 1 the checksum was that of Known and Later only; in
// versions 1 and 2 requests had one look, and not one for lists and one for answers of their own.
const checkpointVersion = 3

// checkpointJSON is a checkpoint as it is stored.
type checkpointJSON struct {
	Version int `json:"open311_feed"`
	feed.Head
	Requests int    `json:"requests"` // how many are in Known
	Known    string `json:"known"`    // see feed.Snapshot.Encode
	Later    string `json:"later,omitempty"`
	Sum      uint32 `json:"crc32"` // IEEE, of all the others as they stand
}

// MarshalJSON writes the checkpoint; null for the zero one.
func (c Checkpoint) MarshalJSON() ([]byte, error) {
	text, _, err := c.encode()
	return text, err
}

// encode writes the checkpoint, and returns its checksum as well.
func (c Checkpoint) encode() (text []byte, sum uint32, err error) {
	if c.IsZero() {
		return []byte("null"), 0, nil
	}
	out := checkpointJSON{Version: checkpointVersion, Head: c.state.Head}
	out.Requests, out.Known, out.Later = c.state.Encode()
	out.Sum = out.sum()
	text, err = json.Marshal(out)
	return text, out.Sum, err
}

func (j *checkpointJSON) sum() uint32 {
	sum := crc32.Update(crc32.ChecksumIEEE([]byte(j.Known)), crc32.IEEETable, []byte(j.Later))
	if j.Version == 1 {
		return sum
	}
	return headSum(sum, &j.Head)
}

// headSum goes on with a checksum. Dates beyond the year 9999 cannot be written, and so are not read either.
func headSum(sum uint32, h *feed.Head) uint32 {
	head, _ := json.Marshal(h)
	return crc32.Update(sum, crc32.IEEETable, head)
}

// UnmarshalJSON reads a checkpoint that this or an earlier version has written. The error matches
// [ErrCheckpoint].
func (c *Checkpoint) UnmarshalJSON(text []byte) error {
	var in checkpointJSON
	if string(text) == "null" {
		*c = Checkpoint{}
		return nil
	}
	if err := json.Unmarshal(text, &in); err != nil {
		return fmt.Errorf("%w: not one: %v", ErrCheckpoint, err)
	}
	switch {
	case in.Version == 0:
		return fmt.Errorf("%w: not one: there is no open311_feed in it", ErrCheckpoint)
	case in.Version > checkpointVersion || in.Version < 0:
		return fmt.Errorf("%w: it has version %d, and this program reads up to version %d", ErrCheckpoint, in.Version, checkpointVersion)
	case in.Scope == "":
		return fmt.Errorf("%w: broken: it does not say what it belongs to", ErrCheckpoint)
	case in.Sum != in.sum():
		return fmt.Errorf("%w: broken: its checksum is wrong", ErrCheckpoint)
	}
	var state feed.Snapshot
	var err error
	if in.Version < checkpointVersion {
		closed := func(status string) bool { _, closed := stateWord(status); return closed }
		state, err = feed.DecodeOld(in.Head, in.Requests, in.Known, in.Later, closed)
	} else {
		state, err = feed.Decode(in.Head, in.Requests, in.Known, in.Later)
	}
	if err != nil {
		return fmt.Errorf("%w: broken: %v", ErrCheckpoint, err)
	}
	*c = Checkpoint{state}
	return nil
}

// CheckpointStore keeps a checkpoint. Load returns the zero Checkpoint if there is none.
//
// A store that also has the method
//
//	SaveChanges(ctx context.Context, c Checkpoint, changes []*Change) error
//
// is asked for that in place of Save: with the changes whose loop body has finished since the last time, which
// may be none, so that changes and checkpoint can be stored in one transaction.
type CheckpointStore interface {
	Load() (Checkpoint, error)
	Save(Checkpoint) error
}

// changeStore is a store that takes the changes, too.
type changeStore interface {
	SaveChanges(ctx context.Context, c Checkpoint, changes []*Change) error
}

package open311

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"sync"

	"github.com/go-open311/open311/internal/feed"
)

// ErrCheckpoint is what errors about checkpoints match: one that cannot be read, that was written by a
// later version, or that belongs to another endpoint or query.
var ErrCheckpoint = errors.New("open311: checkpoint")

// Checkpoint is how far a [Feed] has come. It is JSON, through [json.Marshal] and [json.Unmarshal], and
// does not change once it was taken. The zero Checkpoint is the beginning.
//
// It holds some scalars and one row for each request that is remembered: its id, its state, three dates and
// a hash of its contents. These are the requests that are not closed, and the closed ones of the last seven
// days, or twice the overlap and two days if that is more. It holds no texts, places or names, and neither
// keys nor the endpoint, but a hash of it. A row takes 20 to 40 bytes: 50,000 requests 1 to 2 MB.
type Checkpoint struct{ state feed.Snapshot }

// IsZero reports whether c is the beginning.
func (c Checkpoint) IsZero() bool { return c.state.IsZero() }

// checkpointVersion is what is written. Whoever changes the format raises it and goes on reading the old
// ones: testdata/checkpoint holds one of each. In version 1 the checksum was that of Known and Later only.
const checkpointVersion = 2

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
	if c.IsZero() {
		return []byte("null"), nil
	}
	out := checkpointJSON{Version: checkpointVersion, Head: c.state.Head}
	out.Requests, out.Known, out.Later = c.state.Encode()
	out.Sum = out.sum()
	return json.Marshal(out)
}

func (j *checkpointJSON) sum() uint32 {
	sum := crc32.Update(crc32.ChecksumIEEE([]byte(j.Known)), crc32.IEEETable, []byte(j.Later))
	if j.Version == 1 {
		return sum
	}
	head, _ := json.Marshal(j.Head) // dates beyond the year 9999 cannot be written, and so are not read either
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
	state, err := feed.Decode(in.Head, in.Requests, in.Known, in.Later)
	if err != nil {
		return fmt.Errorf("%w: broken: %v", ErrCheckpoint, err)
	}
	*c = Checkpoint{state}
	return nil
}

// CheckpointStore keeps a checkpoint. Load returns the zero Checkpoint if there is none.
type CheckpointStore interface {
	Load() (Checkpoint, error)
	Save(Checkpoint) error
}

// CheckpointFile keeps a checkpoint in a file; see [FileCheckpoint].
type CheckpointFile struct {
	path string

	mu   sync.Mutex
	last os.FileInfo // of the file as it was read or written last; nil before
}

// FileCheckpoint returns a store in the file of that name. The file is there as a whole or not at all,
// even if the program is killed or the machine stops: it is written under another name (with ".new" at its
// end), brought to the disk, and renamed.
//
// A file that is no checkpoint, a broken one, or one that another program has written meanwhile is an error
// that matches [ErrCheckpoint], and is left as it is.
func FileCheckpoint(path string) *CheckpointFile {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real // renaming would put the file in the place of the link
	}
	return &CheckpointFile{path: path}
}

// Load reads the file. It returns the zero Checkpoint if there is no such file.
func (f *CheckpointFile) Load() (Checkpoint, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.load()
}

func (f *CheckpointFile) load() (Checkpoint, error) {
	var c Checkpoint
	info, err := os.Stat(f.path)
	if errors.Is(err, os.ErrNotExist) {
		return c, nil
	}
	text, err := os.ReadFile(f.path)
	if err != nil {
		return c, fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	if len(text) == 0 {
		return c, fmt.Errorf("%w: %s is empty; remove it to begin anew", ErrCheckpoint, f.path)
	}
	if err := json.Unmarshal(text, &c); err != nil {
		if !errors.Is(err, ErrCheckpoint) { // not even JSON: UnmarshalJSON was not called
			err = fmt.Errorf("%w: not one: %v", ErrCheckpoint, err)
		}
		return Checkpoint{}, fmt.Errorf("%s: %w", f.path, err)
	}
	f.last = info
	return c, nil
}

// Save writes the file.
func (f *CheckpointFile) Save(c Checkpoint) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.mine(c); err != nil {
		return err
	}
	text, err := c.MarshalJSON() // json.Marshal would check it all once more, which takes longer than writing it
	if err != nil {
		return fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	if err := f.write(append(text, '\n')); err != nil {
		return fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	return nil
}

// mine makes sure that the file may be overwritten: it is as it was left, or a checkpoint of the same feed.
func (f *CheckpointFile) mine(c Checkpoint) error {
	info, err := os.Stat(f.path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("%w: %w", ErrCheckpoint, err)
	case f.last != nil && (!os.SameFile(info, f.last) || info.Size() != f.last.Size() || !info.ModTime().Equal(f.last.ModTime())):
		return fmt.Errorf("%w: %s: another program has written it; two must not share a checkpoint", ErrCheckpoint, f.path)
	case f.last != nil:
		return nil
	}
	there, err := f.load()
	if err != nil {
		return err
	}
	if !there.IsZero() && there.state.Head.Scope != c.state.Head.Scope {
		return fmt.Errorf("%w: %s belongs to another endpoint or query", ErrCheckpoint, f.path)
	}
	return nil
}

func (f *CheckpointFile) write(text []byte) (err error) {
	mode := os.FileMode(0o600)
	if f.last != nil {
		mode = f.last.Mode().Perm()
	}
	temp := f.path + ".new"
	w, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, mode)
	if err != nil {
		return err
	}
	_, err = w.Write(text)
	if err == nil {
		err = w.Sync()
	}
	if closeErr := w.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(temp, f.path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temp))
	}
	syncDir(filepath.Dir(f.path))
	f.last, err = os.Stat(f.path)
	return err
}

// syncDir brings a rename to the disk. Some systems cannot do that; the file is whole all the same.
func syncDir(path string) {
	if d, err := os.Open(path); err == nil {
		_ = d.Sync()
		_ = d.Close()
	}
}

package open311

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
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
// It holds a row for each request that the feed remembers: its id, its state, some dates, and hashes of what it looks
// like. Requests that are not closed are remembered, and those that were closed in the last seven days (or in the last
// two days and twice the overlap, if that is longer). A row takes 20 to 50 bytes: 50,000 requests 1 to 2.5 MB.
//
// There are no texts, places, names or keys in it, and a hash in place of the endpoint.
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
		return fmt.Errorf("%w: not one: %w", ErrCheckpoint, err)
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
		return fmt.Errorf("%w: broken: %w", ErrCheckpoint, err)
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
// may be none, so that changes and checkpoint can be stored in one transaction. See [Checkpoint.Since] for large ones.
type CheckpointStore interface {
	Load() (Checkpoint, error)
	Save(Checkpoint) error
}

// changeStore is a store that takes the changes, too.
type changeStore interface {
	SaveChanges(ctx context.Context, c Checkpoint, changes []*Change) error
}

// CheckpointFile keeps a checkpoint in a file; see [FileCheckpoint].
type CheckpointFile struct {
	path string

	mu    sync.Mutex
	last  os.FileInfo    // of the file as it was read or written last; nil before
	saved *feed.Snapshot // what the file holds; nil: it has to be written as a whole
	base  int64          // how long its first line is,
	whole int64          // and how much of it is good: a line that broke off may follow
	sum   uint32         // of its last line
}

// FileCheckpoint returns a store in the file of that name, which nobody but its owner can read. Its first line is
// a checkpoint; each of those that follow is what has changed since the one before, so that saving a change costs
// as much for many requests as for few. Now and then it is written anew, under another name (with ".new" at its
// end), and renamed. The file is good at any time, even if the program is killed or the machine stops: file and
// folder are brought to the disk, and a last line that broke off does not count.
//
// A file that is no checkpoint, a broken one, a link, or one that another program has written meanwhile is an
// error that matches [ErrCheckpoint], and is left as it is.
func FileCheckpoint(path string) *CheckpointFile { return &CheckpointFile{path: path} }

// checkpointLine is a line after the first.
type checkpointLine struct {
	Head    feed.Head `json:"head"`
	Changes string    `json:"changes,omitempty"`
	Sum     uint32    `json:"crc32"` // of what is above, going on from that of the line before
}

func (l *checkpointLine) sum(before uint32) uint32 {
	return headSum(crc32.Update(before, crc32.IEEETable, []byte(l.Changes)), &l.Head)
}

// checkpointLineOf returns a line, and its checksum, which goes on from that of what is before it.
func checkpointLineOf(h feed.Head, changes []byte, before uint32) (text []byte, sum uint32, err error) {
	line := checkpointLine{Head: h, Changes: base64.StdEncoding.EncodeToString(changes)}
	line.Sum = line.sum(before)
	text, err = json.Marshal(line)
	return text, line.Sum, err
}

func readCheckpointLine(text []byte, before uint32) (line checkpointLine, changes []byte, err error) {
	if err := json.Unmarshal(text, &line); err != nil {
		return line, nil, err
	}
	if line.sum(before) != line.Sum {
		return line, nil, errors.New("its checksum is wrong")
	}
	changes, err = base64.StdEncoding.DecodeString(line.Changes)
	return line, changes, err
}

// errNoPath is the error of a zero CheckpointFile.
var errNoPath = fmt.Errorf("%w: the file has no path: make it with FileCheckpoint", ErrCheckpoint)

// Load reads the file. It returns the zero Checkpoint if there is no such file.
func (f *CheckpointFile) Load() (Checkpoint, error) {
	if f == nil || f.path == "" {
		return Checkpoint{}, errNoPath
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.load()
}

func (f *CheckpointFile) load() (Checkpoint, error) {
	info, err := f.stat()
	if err != nil || info == nil {
		return Checkpoint{}, err
	}
	text, err := readSame(f.path, info)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	if len(text) == 0 {
		return Checkpoint{}, fmt.Errorf("%w: %s is empty; remove it to begin anew", ErrCheckpoint, f.path)
	}
	c, err := f.read(text)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("%s: %w", f.path, err)
	}
	f.last = info
	return c, nil
}

// readSame reads the file that info was taken of: a link may have been put in its place meanwhile.
func readSame(path string, info os.FileInfo) ([]byte, error) {
	r, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }()
	there, err := r.Stat()
	switch {
	case err != nil:
		return nil, err
	case !os.SameFile(there, info):
		return nil, fmt.Errorf("%s has been replaced while it was opened", path)
	}
	return io.ReadAll(r)
}

// read takes the text of a file apart.
func (f *CheckpointFile) read(text []byte) (c Checkpoint, err error) {
	d := json.NewDecoder(bytes.NewReader(text))
	if err := d.Decode(&c); err != nil {
		if !errors.Is(err, ErrCheckpoint) { // not even JSON: UnmarshalJSON was not called
			err = fmt.Errorf("%w: not one: %w", ErrCheckpoint, err)
		}
		return c, err
	}
	var first struct {
		Sum uint32 `json:"crc32"`
	}
	rest := text[d.InputOffset():]
	if err := json.Unmarshal(text[:d.InputOffset()], &first); err != nil {
		return c, fmt.Errorf("%w: not one: %w", ErrCheckpoint, err)
	}
	sum := first.Sum
	lines := bytes.SplitAfter(rest, []byte{'\n'})
	good := len(text)
	for i, line := range lines {
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		if i == len(lines)-1 && i > 0 { // it does not end: the program was stopped while it was written
			good -= len(line)
			break
		}
		if c.state, sum, err = appendLine(c.state, line, sum); err != nil {
			return c, fmt.Errorf("%w: broken: line %d: %w", ErrCheckpoint, i+1, err)
		}
	}
	f.saved, f.base, f.whole, f.sum = &c.state, d.InputOffset(), int64(good), sum
	if !bytes.HasSuffix(text[:good], []byte{'\n'}) {
		f.saved = nil // nobody knows what has written it: nothing can be added
	}
	return c, nil
}

func appendLine(s feed.Snapshot, text []byte, sum uint32) (feed.Snapshot, uint32, error) {
	line, changes, err := readCheckpointLine(text, sum)
	if err == nil {
		s, err = s.Append(line.Head, changes)
	}
	return s, line.Sum, err
}

// Save writes what has changed since it was called last, or read.
func (f *CheckpointFile) Save(c Checkpoint) error {
	if f == nil || f.path == "" {
		return errNoPath
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.mine(c); err != nil {
		return err
	}
	known := f.last != nil && f.saved != nil && !f.saved.IsZero()
	if known && c.state.Same(*f.saved) {
		return nil
	}
	var changes []byte
	if known = known && !f.saved.Old; known {
		changes, known = c.state.Since(*f.saved)
	}
	var err error
	if known && f.whole-f.base <= max(minAppended, f.base/2) {
		err = f.add(c, changes)
	} else {
		err = f.replace(c)
	}
	if err != nil {
		f.saved = nil
		return fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	f.saved = &c.state
	return nil
}

// minAppended is how much is added to a file at least before it is written anew.
const minAppended = 128 << 10

// stat looks at the file; nil if there is none. A link could lead to any other one.
func (f *CheckpointFile) stat() (os.FileInfo, error) {
	info, err := os.Lstat(f.path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrCheckpoint, err)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%w: %s is no file, but a link or something else: give the name of the file itself", ErrCheckpoint, f.path)
	}
	return info, nil
}

// mine makes sure that the file may be overwritten: it is as it was left, or a checkpoint of the same feed.
func (f *CheckpointFile) mine(c Checkpoint) error {
	info, err := f.stat()
	switch {
	case err != nil:
		return err
	case info == nil:
		f.last = nil
		return nil
	case f.last != nil && (!os.SameFile(info, f.last) || info.Size() != f.last.Size() || !info.ModTime().Equal(f.last.ModTime())):
		return fmt.Errorf("%w: %s: another program has written it; two must not share a checkpoint", ErrCheckpoint, f.path)
	case f.last != nil:
		return nil
	}
	there, err := f.load()
	if err != nil {
		return err
	}
	f.saved = nil // what is to be saved does not go on from it
	if !there.IsZero() && there.state.Head.Scope != c.state.Head.Scope {
		return fmt.Errorf("%w: %s belongs to another endpoint or query", ErrCheckpoint, f.path)
	}
	return nil
}

// add writes a line at the end of the file.
func (f *CheckpointFile) add(c Checkpoint, changes []byte) (err error) {
	text, sum, err := checkpointLineOf(c.state.Head, changes, f.sum)
	if err != nil {
		return err
	}
	w, err := os.OpenFile(f.path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	info, err := w.Stat()
	if err != nil {
		return err
	}
	if !os.SameFile(info, f.last) {
		return fmt.Errorf("%s has been replaced while it was opened", f.path)
	}
	if info.Size() > f.whole {
		if err := w.Truncate(f.whole); err != nil {
			return err
		}
	}
	text = append(text, '\n')
	if _, err = w.WriteAt(text, f.whole); err == nil {
		err = w.Sync()
	}
	if err != nil {
		return errors.Join(err, w.Truncate(f.whole))
	}
	f.whole, f.sum = f.whole+int64(len(text)), sum
	f.last, err = w.Stat()
	return err
}

// replace writes the file as a whole.
func (f *CheckpointFile) replace(c Checkpoint) error {
	text, sum, err := c.encode()
	if err != nil {
		return err
	}
	text = append(text, '\n')
	mode := os.FileMode(0o600)
	if f.last != nil {
		mode = f.last.Mode().Perm()
	}
	temp := f.path + ".new"
	w, err := create(temp, mode)
	if err != nil {
		return err
	}
	if _, err = w.Write(text); err == nil {
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
	f.base, f.whole, f.sum = int64(len(text)), int64(len(text)), sum
	f.last, err = os.Lstat(f.path)
	return err
}

// create makes a new file. What is there by its name, left by a program that was stopped, or a link that somebody
// has put there, is removed and not written to.
func create(path string, mode os.FileMode) (*os.File, error) {
	const flags = os.O_WRONLY | os.O_CREATE | os.O_EXCL
	w, err := os.OpenFile(path, flags, mode)
	if errors.Is(err, os.ErrExist) {
		if err := os.Remove(path); err != nil {
			return nil, err
		}
		w, err = os.OpenFile(path, flags, mode)
	}
	return w, err
}

// syncDir brings a rename to the disk. Some systems cannot do that; the file is whole all the same.
func syncDir(path string) {
	if d, err := os.Open(path); err == nil {
		_ = d.Sync()
		_ = d.Close()
	}
}

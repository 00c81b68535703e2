package mirror

import (
	"context"
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// A file that is many times smaller than its requests as lines of JSON is as small as the parts are. A copy in one
// format that is Resumable, without gaps and without a page, therefore does without parts one by one: now and then the
// file is made safe up to the end of a window, that is noted in mirror.json, and the parts of those windows are removed.

// joined is how far the file of a copy has come.
type joined struct {
	Format     string `json:"format"`
	Checkpoint []byte `json:"checkpoint"`
	Windows    int    `json:"windows"`  // whose requests are in the file
	Requests   int    `json:"requests"` // of those windows
	Left       int    `json:"left"`     // out of them: doubles
}

// sofar is how far the file has come.
func (s *state) sofar() joined {
	if s.Joined == nil {
		return joined{}
	}
	return *s.Joined
}

// leftover is what an earlier run has left that was stopped while it wrote the file.
type leftover struct {
	writer  Resumable
	doubles bitset
	renamed bool // the file has its name: nothing is left to write
}

// safeEvery is how many requests of a large copy are written between two checkpoints, at least.
var safeEvery = 50_000

// resumable returns the only format of the copy if its file can be gone on with.
func (m *mirror) resumable() (Format, bool) {
	if len(m.Formats) != 1 || m.Formats[0].Resume == nil || m.Page || len(m.state.gaps()) > 0 {
		return Format{}, false
	}
	return m.Formats[0], true
}

// goOn takes up what an earlier run has left, and counts the windows that have to be fetched again: those whose part is
// not as it was left, or whose part was removed because it was in a file that is not there any more.
func (m *mirror) goOn() (lost int) {
	s := m.state
	if s.Joined != nil {
		m.left = m.take()
	}
	if m.left == nil {
		s.Joined = nil
	}
	lost = s.check(m.path(partsName))
	if lost > 0 && s.Joined != nil { // which requests are doubles has changed with them
		if m.left.writer != nil {
			m.left.writer.Discard()
		}
		m.left, s.Joined = nil, nil
		lost += s.check(m.path(partsName))
	}
	return lost
}

// take returns what is left of a file, or nil if it cannot be gone on with.
func (m *mirror) take() *leftover {
	f, ok := m.resumable()
	if !ok || f.Name != m.state.Joined.Format {
		return nil
	}
	tmp := m.path(f.File) + tmpSuffix
	if _, err := os.Lstat(tmp); errors.Is(err, fs.ErrNotExist) && m.state.Joined.Windows == len(m.state.Windows) {
		if _, err := os.Lstat(m.path(f.File)); err == nil {
			return &leftover{renamed: true}
		}
	}
	total := 0
	for _, w := range m.state.Windows {
		total += w.Records
	}
	doubles, err := m.loadDoubles(total)
	if err != nil {
		return nil
	}
	w, err := f.Resume(context.Background(), tmp, m.state.Joined.Checkpoint)
	if r, ok := w.(Resumable); ok && err == nil {
		return &leftover{writer: r, doubles: doubles}
	}
	return nil
}

// doublesOf finds the doubles, or knows them from an earlier run: all parts are needed to find them.
func (m *mirror) doublesOf(windows []*window, total int) (bitset, error) {
	if m.left != nil {
		return m.left.doubles, nil
	}
	b, err := m.doubles(windows, total)
	if _, ok := m.resumable(); ok && err == nil {
		err = m.saveDoubles(b)
	}
	return b, err
}

func (m *mirror) doublesPath() string { return filepath.Join(m.path(partsName), "doubles") }

func (m *mirror) saveDoubles(b bitset) error {
	f, err := create(m.doublesPath())
	if err != nil {
		return err
	}
	defer f.Discard()
	if err := binary.Write(f, binary.LittleEndian, []uint64(b)); err != nil {
		return err
	}
	_, err = f.commit()
	return err
}

func (m *mirror) loadDoubles(total int) (bitset, error) {
	f, err := os.Open(m.doublesPath())
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b := newBitset(total)
	return b, binary.Read(f, binary.LittleEndian, []uint64(b))
}

// outputs are what the copy is written to: what is left, or what is begun.
func (m *mirror) outputs(ctx context.Context) (outputs, error) {
	if m.left != nil {
		return outputs{{Writer: keeper{m.left.writer, m}, path: m.path(m.Formats[0].File)}}, nil
	}
	out, err := m.open(ctx)
	if _, ok := m.resumable(); ok && err == nil {
		if r, ok := out[0].Writer.(Resumable); ok {
			out[0].Writer = keeper{r, m}
		}
	}
	return out, err
}

// keeper does not discard a file that has what is nowhere else any more.
type keeper struct {
	Resumable
	m *mirror
}

func (k keeper) Discard() {
	if k.m.state.Joined != nil {
		_ = k.Close() // the next run looks at it
		return
	}
	k.Resumable.Discard()
}

// dropKeys frees the disk of the keys, which have shown the doubles, once it is noted that they are not needed any more.
func (m *mirror) dropKeys(out outputs, done joined, windows []*window) error {
	if err := m.secure(out, done); err != nil || m.state.Joined == nil {
		return err
	}
	for _, w := range windows[done.Windows:] {
		step()
		info, err := os.Lstat(m.partPath(w))
		if err == nil && info.Mode().IsRegular() && info.Size() > w.lines() {
			err = os.Truncate(m.partPath(w), w.lines())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// secure makes the file safe, if it can be gone on with, and frees the disk of what is in it.
func (m *mirror) secure(out outputs, done joined) (err error) {
	if len(out) != 1 {
		return nil
	}
	k, ok := out[0].Writer.(keeper)
	if !ok {
		return nil
	}
	if done.Checkpoint, err = k.Checkpoint(); err != nil {
		return err
	}
	done.Format = m.Formats[0].Name
	from := m.state.sofar().Windows
	m.state.Joined = &done
	if err := m.save(); err != nil {
		return err
	}
	for _, w := range m.state.Windows[from:done.Windows] {
		step()
		if err := removeLeft(m.partPath(w)); err != nil {
			return err
		}
	}
	return nil
}

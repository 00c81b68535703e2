package mirror

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// Parts take disk beside the files that are made of them. So the keys go as soon as the doubles are known. And where
// all files of a copy can be gone on with (see [Resumable]), nothing is missing and there is no page, a part goes when
// its requests are safe: now and then the files are brought to the disk up to the end of a window, that is noted in
// mirror.json, and the parts of the windows up to there are removed.

// joined is how far the files of a copy have come. Once it is noted, the doubles are known.
type joined struct {
	Files    []joinedFile `json:"files,omitempty"`
	Windows  int          `json:"windows"`  // whose requests are in the files
	Requests int          `json:"requests"` // of those windows
	Left     int          `json:"left"`     // out of them: doubles
}

type joinedFile struct {
	Format     string `json:"format"`
	Checkpoint []byte `json:"checkpoint"`
}

// sofar is how far the files have come.
func (s *state) sofar() joined {
	if s.Joined == nil {
		return joined{}
	}
	return *s.Joined
}

// leftover is what an earlier run has left that was stopped while it wrote the files.
type leftover struct {
	writers []Resumable // of the formats of the copy, nil for a file that has its name already; none: nothing of them is safe
	doubles bitset
}

// safeEvery is how many requests of a large copy are written between two checkpoints, at least.
var safeEvery = 50_000

// resumable reports whether all files of the copy can be gone on with, so that parts can go before the files are whole.
func (m *mirror) resumable() bool {
	one := func(f Format) bool { return f.Resume == nil }
	return len(m.Formats) > 0 && !slices.ContainsFunc(m.Formats, one) && !m.Page && len(m.state.gaps()) == 0
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
		m.left.discard()
		m.left, s.Joined = nil, nil
		lost += s.check(m.path(partsName))
	}
	return lost
}

// take returns what is left of the files, or nil if they cannot be gone on with.
func (m *mirror) take() *leftover {
	total := 0
	for _, w := range m.state.Windows {
		total += w.Records
	}
	doubles, err := m.loadDoubles(total)
	if err != nil {
		return nil
	}
	left := &leftover{doubles: doubles}
	done := m.state.Joined
	if done.Windows == 0 {
		return left // the files are begun anew
	}
	if !m.resumable() || len(done.Files) != len(m.Formats) {
		return nil
	}
	for i, f := range m.Formats {
		w, err := m.takeFile(f, done.Files[i])
		if err != nil {
			left.discard()
			return nil
		}
		left.writers = append(left.writers, w)
	}
	return left
}

// takeFile returns a writer that goes on with a file; nil if that has its name already.
func (m *mirror) takeFile(f Format, from joinedFile) (Resumable, error) {
	if f.Name != from.Format {
		return nil, fmt.Errorf("the copy was begun as %s", from.Format)
	}
	tmp := m.path(f.File) + tmpSuffix
	if _, err := os.Lstat(tmp); errors.Is(err, fs.ErrNotExist) && m.state.Joined.Windows == len(m.state.Windows) {
		_, err := os.Lstat(m.path(f.File))
		return nil, err
	}
	w, err := f.Resume(context.Background(), tmp, from.Checkpoint)
	if err != nil {
		return nil, err
	}
	if r, ok := w.(Resumable); ok {
		return r, nil
	}
	w.Discard()
	return nil, fmt.Errorf("%s cannot be gone on with", f.Name)
}

func (l *leftover) discard() {
	for _, w := range l.writers {
		if w != nil {
			w.Discard()
		}
	}
}

// doublesOf finds the doubles, or knows them from an earlier run: all parts are needed to find them.
func (m *mirror) doublesOf(windows []*window, total int) (bitset, error) {
	if m.left != nil {
		return m.left.doubles, nil
	}
	b, err := m.doubles(windows, total)
	if err == nil && len(m.state.gaps()) == 0 {
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
func (m *mirror) outputs(ctx context.Context) (out outputs, err error) {
	if m.left != nil && m.left.writers != nil {
		for i, w := range m.left.writers {
			if w != nil {
				out = append(out, &output{Writer: keeper{w, m}, path: m.path(m.Formats[i].File)})
			}
		}
		return out, nil
	}
	if out, err = m.open(ctx); err != nil || !m.resumable() {
		return out, err
	}
	kept := make(outputs, len(out))
	for i, o := range out {
		r, ok := o.Writer.(Resumable)
		if !ok {
			return out, nil
		}
		kept[i] = &output{Writer: keeper{r, m}, path: o.path}
	}
	return kept, nil
}

// keeper does not discard a file that has what is nowhere else any more.
type keeper struct {
	Resumable
	m *mirror
}

func (k keeper) Discard() {
	if k.m.state.sofar().Windows > 0 {
		_ = k.Close() // the next run looks at it
		return
	}
	k.Resumable.Discard()
}

// dropKeys frees the disk of the keys once it is noted that the doubles are known. While something is missing they stay:
// what is fetched later may be a double, too.
func (m *mirror) dropKeys(windows []*window) error {
	switch {
	case len(m.state.gaps()) > 0, m.state.sofar().Windows > 0:
		return nil
	case m.state.Joined == nil:
		m.state.Joined = &joined{}
		if err := m.save(); err != nil {
			return err
		}
	}
	for _, w := range windows {
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

// secure makes the files safe, if they can be gone on with, and frees the disk of what is in them.
func (m *mirror) secure(out outputs, done joined) error {
	done.Files = nil
	for i, o := range out {
		k, ok := o.Writer.(keeper)
		if !ok {
			return nil
		}
		at, err := k.Checkpoint()
		if err != nil {
			return err
		}
		done.Files = append(done.Files, joinedFile{m.Formats[i].Name, at})
	}
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

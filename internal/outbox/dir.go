// Package outbox keeps documents in a directory so that each is there whole, or not at all, whenever the machine
// stops: one file for each, written beside it, synced and put in its place.
package outbox

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Dir is a directory of documents. Those that are done are kept in a directory of their own below it, so that
// looking for the rest does not read them.
type Dir string

const (
	suffix = ".json"
	leaves = ".left"
	done   = "done"
)

// Write puts a document in the place of the one of that id. Its old place is cleared after the new one is safe.
func (d Dir) Write(id string, document []byte, finished bool) error {
	to, from := d.path(id, finished), d.path(id, !finished)
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	if err := replace(to, document); err != nil {
		return err
	}
	if err := remove(from); err != nil {
		return err
	}
	return remove(d.leaving(id)) // at last: until the new document is there the note goes with the old one
}

// Leave notes that what a document is about leaves now. The note survives the process, and not the machine: it is not
// synced, so that no time passes between it and what follows. The next Write takes it away.
func (d Dir) Leave(id string) error {
	f, err := os.OpenFile(d.leaving(id), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil // noted before, or something else stands there, which counts as a note and is not written to
	}
	if err != nil {
		return err
	}
	return f.Close()
}

// Left reports whether what a document is about may have left. boot is what [Boot] returned when it was written.
func (d Dir) Left(id, boot string) bool {
	_, err := os.Lstat(d.leaving(id))
	return !errors.Is(err, fs.ErrNotExist) || boot == "" || boot != Boot()
}

func (d Dir) leaving(id string) string { return d.path(id, false) + leaves }

// Boot names the time since the machine was started; "" where the system does not say.
func Boot() string {
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(id))
}

func remove(name string) error {
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Read returns a document. The error matches fs.ErrNotExist if there is none of that id.
func (d Dir) Read(id string) ([]byte, error) {
	document, err := ReadFile(d.path(id, true))
	if errors.Is(err, fs.ErrNotExist) {
		return ReadFile(d.path(id, false))
	}
	return document, err
}

// ReadFile reads a file. A link could lead to any other one, and a pipe to no end.
func ReadFile(name string) ([]byte, error) {
	info, err := os.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no file, but a link or something else: take it away", name)
	}
	return os.ReadFile(name)
}

// Open returns the names of the documents that are not done, the oldest name first.
func (d Dir) Open() ([]string, error) {
	entries, err := os.ReadDir(string(d))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if name := e.Name(); strings.HasSuffix(name, suffix) && !strings.HasPrefix(name, ".") && e.Type().IsRegular() {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// ReadOpen returns a document that [Dir.Open] has named. done reports whether it is done by now: the machine stopped
// before its old place was cleared.
func (d Dir) ReadOpen(name string) (document []byte, finished bool, err error) {
	if _, err := os.Lstat(filepath.Join(string(d), done, name)); err == nil {
		return nil, true, nil
	}
	document, err = ReadFile(filepath.Join(string(d), name))
	return document, errors.Is(err, fs.ErrNotExist), err
}

// Done yields the documents that have been done since a time, or whose files were copied since, by the paths of their files.
func (d Dir) Done(since time.Time) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		dir := Dir(filepath.Join(string(d), done))
		names, err := dir.Open()
		if err != nil {
			yield(string(dir), err)
			return
		}
		for _, name := range names {
			path := filepath.Join(string(dir), name)
			info, err := os.Lstat(path)
			if errors.Is(err, fs.ErrNotExist) || err == nil && info.ModTime().Before(since) {
				continue // it was deleted meanwhile, or is old
			}
			if !yield(path, err) {
				return
			}
		}
	}
}

func (d Dir) path(id string, finished bool) string {
	if finished {
		return filepath.Join(string(d), done, fileName(id))
	}
	return filepath.Join(string(d), fileName(id))
}

// fileName returns a name that every file system takes, and takes for another one than that of another id.
func fileName(id string) string {
	plain := strings.Trim(id, "abcdefghijklmnopqrstuvwxyz0123456789-_") == ""
	if plain && id != "" && len(id) <= 100 {
		return id + suffix
	}
	sum := sha256.Sum256([]byte(id))
	return "sum-" + hex.EncodeToString(sum[:]) + suffix
}

// replace writes a file so that a crash leaves the old one or the new one.
func replace(name string, data []byte) (err error) {
	dir := filepath.Dir(name)
	f, err := os.CreateTemp(dir, ".new-*") // 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name()) // what went wrong first says more
		}
	}()
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), name); err != nil {
		return err
	}
	return syncDir(dir)
}

// syncDir makes the new name last. Not every system can sync a directory; those that cannot keep names safe otherwise.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return nil
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, fs.ErrInvalid) && !errors.Is(err, fs.ErrPermission) {
		return err
	}
	return nil
}

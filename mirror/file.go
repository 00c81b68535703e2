package mirror

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
)

// file is a file that is there whole or not at all: it is written under another name, and gets its own
// when all of it is on the disk.
type file struct {
	*textFile
	path string
}

const tmpSuffix = ".tmp"

func create(path string) (*file, error) {
	if err := removeLeft(path + tmpSuffix); err != nil {
		return nil, err
	}
	f, err := createText(path + tmpSuffix)
	if err != nil {
		return nil, err
	}
	return &file{f, path}, nil
}

// commit makes the file what it is called, and returns its size.
func (f *file) commit() (int64, error) {
	if err := f.Commit(); err != nil {
		return 0, err
	}
	return publish(f.path)
}

// publish gives a file that was written under its temporary name its own, once it is on the disk.
func publish(path string) (int64, error) {
	f, err := os.OpenFile(path+tmpSuffix, os.O_RDWR, 0)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	if err := f.Sync(); err != nil {
		return 0, err
	}
	if err := f.Close(); err != nil {
		return 0, err
	}
	step()
	if err := os.Rename(path+tmpSuffix, path); err != nil {
		return 0, err
	}
	step()
	return info.Size(), syncDir(filepath.Dir(path))
}

// textFile is a file that is written through a buffer.
type textFile struct {
	*bufio.Writer
	f *os.File
}

func createText(path string) (*textFile, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return nil, err
	}
	step()
	return &textFile{bufio.NewWriterSize(f, 1<<16), f}, nil
}

// resumeText goes on behind a checkpoint of a file that a stopped process has left.
func resumeText(path string, checkpoint []byte) (*textFile, error) {
	at, err := strconv.ParseInt(string(checkpoint), 10, 64)
	if err != nil {
		return nil, err
	}
	info, err := os.Lstat(path)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular() || info.Size() < at:
		return nil, fmt.Errorf("%s is not the file that was left", path)
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return nil, err
	}
	is, err := f.Stat()
	if err == nil && !os.SameFile(info, is) {
		err = fmt.Errorf("%s is not the file that was left", path)
	}
	if err == nil {
		err = f.Truncate(at)
	}
	if err == nil {
		_, err = f.Seek(at, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &textFile{bufio.NewWriterSize(f, 1<<16), f}, nil
}

// Checkpoint brings what was written to the disk, and returns the length of it.
func (f *textFile) Checkpoint() ([]byte, error) {
	if err := f.Flush(); err != nil {
		return nil, err
	}
	step()
	at, err := f.f.Seek(0, io.SeekCurrent)
	if err == nil {
		err = f.f.Sync()
	}
	return strconv.AppendInt(nil, at, 10), err
}

// Close leaves the file as it is.
func (f *textFile) Close() error {
	if f.f == nil {
		return nil
	}
	err := f.f.Close()
	f.f = nil
	return err
}

// removeLeft clears a name under which a file will be written: of what a program has left that was stopped, and of a
// link, which could lead to any file.
func removeLeft(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Commit writes what is still in the buffer, and closes the file.
func (f *textFile) Commit() error {
	if err := f.Flush(); err != nil {
		return err
	}
	step()
	return f.Close()
}

// Discard removes a file that was not committed.
func (f *textFile) Discard() {
	if f.f != nil {
		name := f.f.Name()
		_ = f.Close() // it is not wanted
		_ = os.Remove(name)
	}
}

// syncDir makes renames in a directory last.
func syncDir(path string) error {
	if runtime.GOOS == "windows" {
		return nil // directories cannot be synced there
	}
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

package mirror

import (
	"bufio"
	"os"
	"path/filepath"
	"runtime"
)

// file is a file that is there whole or not at all: it is written under another name, and gets its own
// when all of it is on the disk.
type file struct {
	*bufio.Writer
	f    *os.File
	path string
}

const tmpSuffix = ".tmp"

func create(path string) (*file, error) {
	f, err := os.OpenFile(path+tmpSuffix, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
	if err != nil {
		return nil, err
	}
	step()
	return &file{bufio.NewWriterSize(f, 1<<16), f, path}, nil
}

// commit makes the file what it is called, and returns its size.
func (f *file) commit() (int64, error) {
	if err := f.Flush(); err != nil {
		return 0, err
	}
	step()
	info, err := f.f.Stat()
	if err != nil {
		return 0, err
	}
	if err := f.f.Sync(); err != nil {
		return 0, err
	}
	err = f.f.Close()
	f.f = nil
	if err != nil {
		return 0, err
	}
	step()
	if err := os.Rename(f.path+tmpSuffix, f.path); err != nil {
		return 0, err
	}
	step()
	return info.Size(), syncDir(filepath.Dir(f.path))
}

// discard removes a file that was not committed. Behind a commit it does nothing.
func (f *file) discard() {
	if f.f != nil {
		_ = f.f.Close() // it is not wanted
		_ = os.Remove(f.path + tmpSuffix)
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

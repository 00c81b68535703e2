package mirror

import (
	"fmt"
	"path/filepath"
	"syscall"
)

const (
	deleteAccess     = 0x00010000 // DELETE
	deleteOnClose    = 0x04000000 // FILE_FLAG_DELETE_ON_CLOSE
	sharingViolation = syscall.Errno(32)
)

// lock keeps other processes out of a directory, by a file in it that only one of them can open. It goes with the
// process, however that ends.
func lock(dir string) (unlock func(), err error) {
	name, err := syscall.UTF16PtrFromString(filepath.Join(dir, "mirror.lock"))
	if err != nil {
		return nil, err
	}
	file, err := syscall.CreateFile(name, syscall.GENERIC_WRITE|deleteAccess, 0, nil, syscall.OPEN_ALWAYS,
		syscall.FILE_ATTRIBUTE_NORMAL|syscall.FILE_FLAG_OPEN_REPARSE_POINT|deleteOnClose, 0) // no link is followed, and nothing emptied
	switch err {
	case nil:
		return func() { _ = syscall.CloseHandle(file) }, nil
	case sharingViolation:
		return nil, fmt.Errorf("another mirror is writing to %s", dir)
	}
	return func() {}, nil // what cannot be locked has to do without
}

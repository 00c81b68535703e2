//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package mirror

import (
	"fmt"
	"os"
	"syscall"
)

// lock keeps other processes out of a directory. The lock ends with the process, however that ends.
func lock(dir string) (unlock func(), err error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(d.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err == syscall.EWOULDBLOCK {
		_ = d.Close() // it was only opened for the lock
		return nil, fmt.Errorf("another mirror is writing to %s", dir)
	}
	return func() { _ = d.Close() }, nil // a file system without locks has to do without
}

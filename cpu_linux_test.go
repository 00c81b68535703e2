package open311_test

import (
	"syscall"
	"time"
)

// processTime returns the CPU time that this process has used, its garbage collector included. Other
// than wall time it does not grow while somebody else has the processor.
func processTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

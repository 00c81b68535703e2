package cputime

import (
	"syscall"
	"time"
)

// Clock is the name of what Used reads.
const Clock = "CPU"

// Used returns the CPU time that this process has used, its garbage collector included.
func Used() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

//go:build !plan9 && !windows

package retry

import "syscall"

const errRefused = syscall.ECONNREFUSED

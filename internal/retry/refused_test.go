//go:build !plan9

package retry

import "syscall"

const errRefused = syscall.ECONNREFUSED

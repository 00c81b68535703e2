//go:build !plan9 && !windows && !js

package retry

import "syscall"

const errRefused = syscall.ECONNREFUSED

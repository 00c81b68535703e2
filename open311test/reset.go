//go:build !plan9 && !windows

package open311test

import "syscall"

// errReset is what a client sees of a connection that the server tears down.
const errReset = syscall.ECONNRESET

package open311test

import "syscall"

// errReset is what a client sees of a connection that the server tears down. Plan 9 has words for it, not numbers.
const errReset = syscall.ErrorString("connection reset by peer")

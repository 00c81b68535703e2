package open311test

import "syscall"

// errReset is what a client sees of a connection that the server tears down. Windows has a number of its own for it.
const errReset = syscall.WSAECONNRESET

package retry

import "syscall"

// Windows has a number of its own for it.
const errRefused = syscall.Errno(10061) // WSAECONNREFUSED

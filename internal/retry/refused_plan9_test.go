package retry

import "syscall"

// Plan 9 has words for it, not numbers.
const errRefused = syscall.ErrorString("connection refused")

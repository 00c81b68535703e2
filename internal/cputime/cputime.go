// Package cputime measures what tests hold to be linear: other than wall time, it does not grow while somebody
// else has the processor.
package cputime

import "time"

// Best returns the least CPU time that f takes in so many tries.
func Best(tries int, f func()) time.Duration {
	best := time.Duration(1 << 62)
	for range tries {
		start := Used()
		f()
		best = min(best, Used()-start)
	}
	return best
}

//go:build !linux

package cputime

import "time"

// Clock is the name of what Used reads.
const Clock = "wall"

var started = time.Now()

// Used returns the time since the start where CPU time is not asked for.
func Used() time.Duration { return time.Since(started) }

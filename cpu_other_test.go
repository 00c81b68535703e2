//go:build !linux

package open311_test

import "time"

var started = time.Now()

func processTime() time.Duration { return time.Since(started) }

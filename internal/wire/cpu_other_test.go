//go:build !linux

package wire_test

import "time"

const clockName = "wall"

var started = time.Now()

func processTime() time.Duration { return time.Since(started) }

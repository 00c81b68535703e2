package cputime

import (
	"runtime"
	"testing"
	"time"
)

// Needs skips a test of costs in WebAssembly, where there is no clock of the processor and one thread for everything.
func Needs(t *testing.T) {
	t.Helper()
	if runtime.GOARCH == "wasm" {
		t.Skip("WebAssembly has no clock of the processor: what is measured is what everybody takes")
	}
}

// Linear holds that four times the input takes no more than eight times the processor. f makes an input of a size, and
// returns what is measured. The sizes begin with from and grow until a run takes long enough to be compared, so that no
// floor hides a cost that grows with the square.
func Linear(t *testing.T, from int, f func(n int) func()) {
	t.Helper()
	Needs(t)
	const enough, times, maxSteps = 3 * time.Millisecond, 16, 2
	n, small := from, f(from)
	for n < times*from && Best(2, small) < enough {
		n *= 4
		small = f(n)
	}
	for steps := 0; ; steps++ {
		large := f(4 * n)
		var a, b time.Duration
		for range 3 { // what disturbs both once does not disturb them three times
			a, b = Best(3, small), Best(3, large)
			if b <= 8*a || b < 2*time.Millisecond {
				return
			}
		}
		if steps == maxSteps || b > time.Second {
			t.Errorf("%d parts take %v, %d take %v: %.1f times the processor", n, a, 4*n, b, float64(b)/float64(a))
			return
		}
		// A step, where memory is no longer kept or a cache is too small, is there once or twice; a square is there always.
		n, small = 4*n, large
	}
}

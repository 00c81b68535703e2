package open311test

import (
	"sync"
	"time"
)

// A Clock runs faster than ours, or only when it is told to. It is safe for concurrent use.
type Clock struct {
	mu    sync.Mutex
	base  time.Time // what it showed when it was last set
	since time.Time // when that was
	speed float64
}

// NewClock returns a clock that shows start, and runs speed times as fast as ours; with 0 it stands still
// until [Clock.Advance].
func NewClock(start time.Time, speed float64) *Clock {
	return &Clock{base: start, since: time.Now(), speed: speed}
}

// Now returns what the clock shows.
func (c *Clock) Now() time.Time {
	if c == nil {
		return time.Time{}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now()
}

func (c *Clock) now() time.Time {
	return c.base.Add(time.Duration(float64(time.Since(c.since)) * c.speed))
}

// Advance puts the clock forward.
func (c *Clock) Advance(d time.Duration) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.base, c.since = c.now().Add(d), time.Now()
}

// WithTicking sets a [Clock] as the city's clock, as [WithClock] does with a function.
func WithTicking(c *Clock) Option {
	if c == nil {
		return nil
	}
	return WithClock(c.Now)
}

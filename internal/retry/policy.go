package retry

import (
	"math/rand/v2"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// A Policy says how often a request is sent and how long to wait in between.
// Zero fields mean the defaults: 4 attempts, 500 ms, 30 s.
type Policy struct {
	MaxAttempts int           // the first one included; 1 turns retries off
	MinWait     time.Duration // the shortest wait
	MaxWait     time.Duration // the longest wait, also when the server asks for more
}

// The defaults of Policy and Config.
const (
	DefaultMaxAttempts = 4
	DefaultMinWait     = 500 * time.Millisecond
	DefaultMaxWait     = 30 * time.Second
	DefaultTimeout     = 30 * time.Second
)

// WithDefaults returns p with every zero field set. MaxWait is a promise to the
// caller and MinWait a courtesy to the server, so a MinWait above MaxWait is
// lowered to it.
func (p Policy) WithDefaults() Policy {
	if p.MaxAttempts <= 0 {
		p.MaxAttempts = DefaultMaxAttempts
	}
	switch {
	case p.MaxWait <= 0 && p.MinWait > DefaultMaxWait:
		p.MaxWait = p.MinWait
	case p.MaxWait <= 0:
		p.MaxWait = DefaultMaxWait
	}
	if p.MinWait <= 0 {
		p.MinWait = DefaultMinWait
	}
	p.MinWait = min(p.MinWait, p.MaxWait)
	return p
}

// Backoff returns how long to wait after the given number of failures: any time
// between MinWait and MinWait·2ⁿ, at most MaxWait. The whole range is used, so
// that clients which failed together do not come back together.
func (p Policy) Backoff(failures int) time.Duration {
	p = p.WithDefaults()
	top := retryablehttp.DefaultBackoff(p.MinWait, p.MaxWait, failures, nil)
	return p.MinWait + rand.N(top-p.MinWait+1)
}

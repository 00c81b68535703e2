package open311test

import (
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-open311/open311"
)

// An Option changes how a city answers, or what is in it.
type Option func(*config)

type config struct {
	base          string // without a slash at its end
	clock         func() time.Time
	keys          []string
	jurisdictions []string
	middleware    []func(http.Handler) http.Handler
	tokens        tokenRule
	offline       bool
	filing        filingStyle
	quirks        *Quirks // nil: the specification
	lives         []*living
	ahead         *atomic.Int64 // by how much Advance has put the clock forward, in nanoseconds

	seed uint64
	size int
	// years is over how many of them the requests lie; each has its size.
	years int
	// What stands in place of the town's own data. own tells a list that was set from one that was not.
	services    own[open311.Service]
	definitions own[open311.ServiceDefinition]
	requests    own[open311.ServiceRequest]
}

// own is a list that an option may have set, to nothing perhaps.
type own[T any] struct {
	set  bool
	list []T
}

// standstill is the time in the city unless there is a clock.
var standstill = time.Date(2026, time.June, 30, 12, 0, 0, 0, time.UTC)

func newConfig(opts []Option) *config {
	c := &config{
		base:   "/open311/v2",
		clock:  func() time.Time { return standstill },
		tokens: tokenRule{polls: 1},
		ahead:  new(atomic.Int64),
		seed:   1,
		size:   3600,
		years:  1,
	}
	for _, opt := range opts {
		if opt != nil {
			opt(c)
		}
	}
	own := c.clock
	c.clock = func() time.Time { return own().Add(time.Duration(c.ahead.Load())) }
	return c
}

// WithBase sets the path of the endpoint, /open311/v2 by default. Paths outside of it are 404.
func WithBase(path string) Option {
	return func(c *config) {
		c.base = strings.TrimRight("/"+strings.TrimLeft(path, "/"), "/")
	}
}

// WithClock sets the city's clock, such as [time.Now]. It stamps new requests and says where the last 90 days
// end. The year of made-up requests ends at the time that it shows when the server is made. It must be safe for concurrent
// use.
func WithClock(now func() time.Time) Option {
	return func(c *config) {
		if now != nil {
			c.clock = now
		}
	}
}

// WithAPIKey makes POST requests need one of these keys (403 otherwise). Without this option no key
// is asked for, and any is accepted.
func WithAPIKey(keys ...string) Option {
	return func(c *config) { c.keys = append(c.keys, keys...) }
}

// WithJurisdictions makes the server know these jurisdictions: any other is 404. If there are several,
// every call but discovery needs one of them (400 otherwise). They share one set of data. Without
// this option any jurisdiction_id is accepted, and none is needed.
func WithJurisdictions(ids ...string) Option {
	return func(c *config) { c.jurisdictions = append(c.jurisdictions, ids...) }
}

// WithMiddleware puts handlers around the server, the first one outermost. They see every call, and
// may answer it themselves: with a 503 for the first two, say. [Handler.Calls] records the call either way.
func WithMiddleware(m ...func(http.Handler) http.Handler) Option {
	return func(c *config) {
		for _, wrap := range m {
			if wrap != nil {
				c.middleware = append(c.middleware, wrap)
			}
		}
	}
}

// WithTokenDelay says when the token of a batch service has a request id: once it was asked for that
// many times in vain, and the wait has passed on the city's clock. From then on listings have the request, too. The
// default is one poll and no wait.
func WithTokenDelay(polls int, wait time.Duration) Option {
	return func(c *config) { c.tokens = tokenRule{polls, wait} }
}

// WithoutNetwork makes [NewServer] open no socket: its clients call the handler in the same process,
// by [Handler.Transport]. That is what tests in a testing/synctest bubble need.
func WithoutNetwork() Option {
	return func(c *config) { c.offline = true }
}

// WithSeed sets the seed of the random numbers that the city's requests are made from; it is 1 by
// default. The services are always the same.
func WithSeed(seed uint64) Option {
	return func(c *config) { c.seed = seed }
}

// WithSize sets how many requests the city has in its year; 3600 by default.
func WithSize(requests int) Option {
	return func(c *config) { c.size = max(requests, 0) }
}

// WithYears spreads the city's requests over that many years instead of one, with as many in each as [WithSize] says: for
// tests of harvests, which go back to the oldest request.
func WithYears(years int) Option {
	return func(c *config) { c.years = max(years, 1) }
}

// WithServices replaces the city's services, and with them its definitions and its requests. See
// [Handler.Seed] about what may be left out.
func WithServices(services ...open311.Service) Option {
	return func(c *config) { c.services.put(services) }
}

// WithDefinitions replaces the city's service definitions.
func WithDefinitions(definitions ...open311.ServiceDefinition) Option {
	return func(c *config) { c.definitions.put(definitions) }
}

// WithRequests replaces the city's requests. See [Handler.Seed] about what may be left out.
func WithRequests(requests ...open311.ServiceRequest) Option {
	return func(c *config) { c.requests.put(requests) }
}

// WithEmpty begins with a city that has no services and no requests.
func WithEmpty() Option {
	return func(c *config) {
		c.services.put(nil)
		c.definitions.put(nil)
		c.requests.put(nil)
	}
}

func (o *own[T]) put(list []T) { o.set, o.list = true, slices.Clone(list) }

// furnish fills a city with the town's data, or with what the options put in their place.
func (c *config) furnish(s *store) {
	now := c.clock()
	for _, v := range c.lives {
		v.begin(c.clock, s)
	}
	services, definitions, requests := c.services.list, c.definitions.list, c.requests.list
	if c.services.set {
		s.replace(services, definitions, requests, now)
		return
	}
	services, forms := townServices()
	if !c.definitions.set {
		definitions = forms
	}
	s.replace(services, definitions, requests, now)
	s.desks = townDesks()
	if !c.requests.set {
		s.adopt(townHistory(now, c.seed, c.size, c.years))
	}
}

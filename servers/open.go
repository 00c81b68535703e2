package servers

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/go-open311/open311"
)

// Open returns a client for the server of [Default] that is called key, set up as its row says. Options
// given here go over those of the row. It makes no call. Clients for one host share its rate limit.
//
// Rows of servers that send dates without a zone need a time zone database, which small images such as scratch lack: a
// program that is to run there imports time/tzdata, and the error says so where it does not.
//
// The error is an [*UnknownError], an [*AmbiguousError], a [*RetiredError], or that of [open311.New].
func Open(key string, opts ...open311.Option) (*open311.Client, error) {
	return Default().Open(key, opts...)
}

// OpenTest is [Open] for the server's test server. Where none is known the error matches
// [ErrNoTestServer]; it is never the production server that is opened.
func OpenTest(key string, opts ...open311.Option) (*open311.Client, error) {
	return Default().OpenTest(key, opts...)
}

// Open is the function [Open] for this catalogue.
func (c *Catalogue) Open(key string, opts ...open311.Option) (*open311.Client, error) {
	s, err := c.Lookup(key)
	if err != nil {
		return nil, err
	}
	return s.Open(opts...)
}

// OpenTest is the function [OpenTest] for this catalogue.
func (c *Catalogue) OpenTest(key string, opts ...open311.Option) (*open311.Client, error) {
	s, err := c.Lookup(key)
	if err != nil {
		return nil, err
	}
	return s.OpenTest(opts...)
}

// Open returns a client for the server. Options given here go over those of the row. The error is a
// [*RetiredError] if the server is gone.
func (s Server) Open(opts ...open311.Option) (*open311.Client, error) { return s.open(s.BaseURL, opts) }

// OpenTest returns a client for the test server, with the options of the row. If there is none, the error
// matches [ErrNoTestServer].
func (s Server) OpenTest(opts ...open311.Option) (*open311.Client, error) {
	if s.TestURL == "" && s.Status != Retired {
		return nil, fmt.Errorf("servers: %s: %w", s.label(), ErrNoTestServer)
	}
	return s.open(s.TestURL, opts)
}

func (s Server) open(endpoint string, opts []open311.Option) (*open311.Client, error) {
	if s.Status == Retired {
		r := s.Retired
		return nil, &RetiredError{Server: s, Reason: r.Reason, Since: r.Since, Successor: r.Successor}
	}
	if _, _, err := s.dialect(); err != nil {
		return nil, fmt.Errorf("servers: %s: %w", s.label(), err)
	}
	client, err := open311.New(endpoint, slices.Concat(s.options(endpoint), opts)...)
	if err != nil {
		return nil, fmt.Errorf("servers: %s: %w", s.label(), err)
	}
	return client, nil
}

// Options returns what the row says as options for [open311.New]: the dialect with its formats, the
// jurisdiction, the rate limit, and the zone of dates that come without one. Options behind them
// override them one by one: [open311.WithLimiter](nil) lifts the rate limit, [open311.WithJurisdiction]("")
// sends none. All clients of a process for one host share its limit, whichever row they come from: servers count the
// calls of all their cities together.
//
// Where [Server.Dialect] fails, so does [open311.New] with these options; Dialect and [Server.Open] say
// why.
func (s Server) Options() []open311.Option { return s.options(s.BaseURL) }

// options is Options for a client of one of the row's endpoints.
func (s Server) options(endpoint string) []open311.Option {
	d, zone, err := s.dialect()
	if err != nil {
		// An option must carry the failure, or the server would silently be used without its quirks.
		return []open311.Option{open311.WithLocation(nil)}
	}
	opts := []open311.Option{open311.WithDialect(d)}
	if s.JurisdictionID != "" {
		opts = append(opts, open311.WithJurisdiction(s.JurisdictionID))
	}
	if perSecond, burst := s.limit(d.RateLimit); burst > 0 {
		opts = append(opts, open311.WithLimiter(limiterOf(endpoint, perSecond, burst)))
	}
	if zone != nil {
		opts = append(opts, open311.WithLocation(zone))
	}
	return opts
}

// limit turns the limit of the row, or of its dialect, into one that lets a few calls through at once:
// reading the services, a definition and a request must not take a quarter of a minute. What is allowed
// at once is taken off the rest, so that no stretch of time sees more calls than the server bears. burst
// is 0 if nothing is known.
func (s Server) limit(dialect float64) (perSecond float64, burst int) {
	calls, seconds := s.RateLimit.Calls, s.RateLimit.Seconds
	if calls <= 0 || seconds <= 0 {
		if !(dialect > 0) {
			return 0, 0
		}
		// Servers state their limits by the minute.
		calls, seconds = max(1, int(math.Round(dialect*60))), 60
	}
	burst = max(1, calls/4)
	return float64(max(1, calls-burst)) / float64(seconds), burst
}

// Dialect returns the dialect of the server: the one that DialectName names, with what the row knows
// better. Change it and pass it as [open311.WithDialect] for a server that has changed since the row was
// written.
//
// The error says that the name is unknown, or a format, or the time zone. The last happens on machines without a
// time zone database: import time/tzdata then.
func (s Server) Dialect() (open311.Dialect, error) {
	d, _, err := s.dialect()
	if err != nil {
		return d, fmt.Errorf("servers: %s: %w", s.label(), err)
	}
	return d, nil
}

func (s Server) dialect() (open311.Dialect, *time.Location, error) {
	var d open311.Dialect
	if s.DialectName != "" {
		known, ok := dialects[s.DialectName]
		if !ok {
			return d, nil, fmt.Errorf("there is no dialect %q", s.DialectName)
		}
		d = *known
	}
	for i, word := range s.Formats {
		f, ok := formats[word]
		if !ok {
			return d, nil, fmt.Errorf("there is no format %q", word)
		}
		if i == 0 {
			d.Formats = nil // the row has it better than the dialect
		}
		d.Formats = append(d.Formats, f)
	}
	if s.RateLimit.Calls > 0 && s.RateLimit.Seconds > 0 {
		d.RateLimit = float64(s.RateLimit.Calls) / float64(s.RateLimit.Seconds)
	}
	if s.KeyForRead == Yes {
		d.KeyOnReads = true
	}
	s.Quirks.apply(&d)
	s.Paging.apply(&d)
	if s.Quirks.TimeZone == "" {
		return d, nil, nil
	}
	zone, err := time.LoadLocation(s.Quirks.TimeZone)
	if err != nil {
		return d, nil, fmt.Errorf("time zone: %w; import _ \"time/tzdata\" for machines without a time zone database", err)
	}
	if s.Quirks.QueryTime != "" {
		d.QueryLocation = zone
	}
	return d, zone, nil
}

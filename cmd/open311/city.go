package main

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"

	"golang.org/x/time/rate"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/servers"
)

const userAgent = "open311 (+https://github.com/go-open311/open311)"

// errUsage is what errors about arguments match.
var errUsage = errors.New("wrong arguments")

// city are the flags that say which server to ask.
type city struct {
	City         string  `placeholder:"KEY" help:"A city of the catalogue; quillhaven is a made-up one."`
	Endpoint     string  `placeholder:"URL" help:"A GeoReport v2 endpoint instead."`
	Jurisdiction string  `placeholder:"ID" help:"Its jurisdiction_id, if it wants one."`
	Dialect      string  `placeholder:"NAME" help:"Its dialect, such as Spot; else it is found out."`
	KeyFile      string  `type:"existingfile" placeholder:"FILE" help:"The file with the API key."`
	Rate         float64 `placeholder:"N" help:"Calls a second; else as the catalogue says."`
}

// key reads the API key.
func (c *city) key() (string, error) {
	if c.KeyFile == "" {
		return os.Getenv("OPEN311_API_KEY"), nil
	}
	text, err := os.ReadFile(c.KeyFile)
	return strings.TrimSpace(string(text)), err
}

// open returns the client. It makes no call: what goes wrong are the arguments.
func (c *city) open(more ...open311.Option) (*open311.Client, error) {
	client, err := c.client(more)
	if err != nil && !errors.Is(err, errUsage) {
		err = fmt.Errorf("%w: %w", errUsage, err)
	}
	return client, err
}

func (c *city) client(more []open311.Option) (*open311.Client, error) {
	key, err := c.key()
	if err != nil {
		return nil, err
	}
	opts := []open311.Option{open311.WithUserAgent(userAgent), open311.WithAPIKey(key)}
	if c.Jurisdiction != "" {
		opts = append(opts, open311.WithJurisdiction(c.Jurisdiction))
	}
	if c.Dialect != "" {
		d, err := dialect(c.Dialect)
		if err != nil {
			return nil, err
		}
		opts = append(opts, open311.WithDialect(d))
	}
	if c.Rate < 0 {
		return nil, fmt.Errorf("%w: --rate is less than nothing", errUsage)
	}
	if c.Rate > 0 {
		opts = append(opts, open311.WithLimiter(limiterOf(c.host(), c.Rate)))
	}
	if c.City == madeUp {
		opts = append(opts, open311.WithHTTPClient(madeUpCity()))
	}
	opts = append(opts, more...)
	switch {
	case (c.City == "") == (c.Endpoint == ""):
		return nil, fmt.Errorf("%w: give --city or --endpoint, and not both; \"open311 servers\" lists cities", errUsage)
	case c.City == madeUp:
		return open311.New(madeUpEndpoint, opts...)
	case c.City != "":
		return servers.Open(c.City, opts...)
	}
	return open311.New(c.Endpoint, opts...)
}

// politely limits the calls to a server of which nobody knows what it bears to one a second, for commands that make
// many. Servers on this machine are ours.
func (c *city) politely() []open311.Option {
	if c.Rate > 0 || c.City == madeUp || ours(c.Endpoint) {
		return nil
	}
	if d, err := dialect(c.Dialect); err == nil && d.RateLimit > 0 {
		return nil
	}
	if row, err := servers.Lookup(c.City); err == nil && row.RateLimit != (servers.RateLimit{}) {
		return nil
	} else if d, err := row.Dialect(); err == nil && c.City != "" && d.RateLimit > 0 {
		return nil
	}
	return []open311.Option{open311.WithLimiter(limiterOf(c.host(), 1))}
}

// host is whose calls are counted together.
func (c *city) host() string {
	address := c.Endpoint
	if row, err := servers.Lookup(c.City); err == nil {
		address = row.BaseURL
	}
	if u, err := url.Parse(address); err == nil {
		return u.Host
	}
	return ""
}

var limiters sync.Map // by host and rate

// limiterOf returns the limiter that all clients of a host share.
func limiterOf(host string, perSecond float64) *rate.Limiter {
	l, _ := limiters.LoadOrStore(fmt.Sprint(host, " ", perSecond), rate.NewLimiter(rate.Limit(perSecond), 1))
	return l.(*rate.Limiter)
}

// label is what the city is called where several are.
func (c *city) label() string {
	if c.City != "" {
		return c.City
	}
	u, err := url.Parse(c.Endpoint)
	if err != nil {
		return c.Jurisdiction
	}
	return cmp.Or(c.Jurisdiction, u.Host+strings.TrimSuffix(u.Path, "/"))
}

// dialect finds a predeclared dialect by its name, or by the word that the catalogue has for it.
func dialect(name string) (open311.Dialect, error) {
	for _, d := range open311.Dialects() {
		if strings.EqualFold(d.Name, name) {
			return d, nil
		}
	}
	if d, err := (servers.Server{DialectName: strings.ToLower(name)}).Dialect(); err == nil && name != "" {
		return d, nil
	}
	return open311.Dialect{}, fmt.Errorf("%w: there is no dialect %q; there are %s", errUsage, name, strings.Join(dialectNames(), ", "))
}

func dialectNames() (names []string) {
	for _, d := range open311.Dialects() {
		names = append(names, d.Name)
	}
	return names
}

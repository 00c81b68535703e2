package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/servers"
)

// errUsage is what errors about arguments match.
var errUsage = errors.New("wrong arguments")

// city are the flags that say which server to ask.
type city struct {
	City         string `placeholder:"KEY" help:"A city of the catalogue, such as chicago."`
	Endpoint     string `placeholder:"URL" help:"A GeoReport v2 endpoint instead."`
	Jurisdiction string `placeholder:"ID" help:"Its jurisdiction_id, if it wants one."`
	Dialect      string `placeholder:"NAME" help:"How it speaks, such as Spot; found out otherwise."`
	KeyFile      string `type:"existingfile" placeholder:"FILE" help:"The file with the API key."`
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
func (c *city) open() (*open311.Client, error) {
	client, err := c.client()
	if err != nil && !errors.Is(err, errUsage) {
		err = fmt.Errorf("%w: %w", errUsage, err)
	}
	return client, err
}

func (c *city) client() (*open311.Client, error) {
	key, err := c.key()
	if err != nil {
		return nil, err
	}
	opts := []open311.Option{open311.WithUserAgent("open311 (+https://github.com/go-open311/open311)"), open311.WithAPIKey(key)}
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
	switch {
	case (c.City == "") == (c.Endpoint == ""):
		return nil, fmt.Errorf("%w: one of --city and --endpoint says whom to ask; \"open311 servers\" lists cities", errUsage)
	case c.City != "":
		return servers.Open(c.City, opts...)
	}
	return open311.New(c.Endpoint, opts...)
}

// dialect finds a predeclared dialect by its name.
func dialect(name string) (open311.Dialect, error) {
	var names []string
	for _, d := range open311.Dialects() {
		if strings.EqualFold(d.Name, name) {
			return d, nil
		}
		names = append(names, d.Name)
	}
	return open311.Dialect{}, fmt.Errorf("%w: there is no dialect %q; there are %s", errUsage, name, strings.Join(names, ", "))
}

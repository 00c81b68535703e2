package servers

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
)

//go:embed servers.json
var embedded []byte

// Catalogue is a list of servers. It does not change, and is safe for concurrent use.
type Catalogue struct {
	date  Date
	rows  []Server // sorted by key
	index index
}

// file is what a catalogue's file looks like. Rows are decoded one by one, so that an error can name
// its row.
type file struct {
	Date      Date                       `json:"date"`
	Sources   map[string]string          `json:"sources"`   // short names for rows to use
	Platforms map[string]json.RawMessage `json:"platforms"` // what the rows of a platform have in common
	Servers   []json.RawMessage          `json:"servers"`
}

// defaultCatalogue is read when it is first asked for: most programs that link this package open one
// server, and some none.
var defaultCatalogue = sync.OnceValue(func() *Catalogue {
	c, err := Load(bytes.NewReader(embedded))
	if err != nil {
		panic(err) // the tests of this package read the same bytes
	}
	return c
})

// Default returns the catalogue that comes with this package.
func Default() *Catalogue { return defaultCatalogue() }

// Lookup returns the server of [Default] that is called key, which may be its key, an alias or its name,
// in any case, with or without accents and punctuation. Retired servers are found too.
//
// The error is an [*UnknownError], which matches [open311.ErrNotFound], or an [*AmbiguousError]; both list
// near ones.
func Lookup(key string) (Server, error) { return Default().Lookup(key) }

// All returns the servers of [Default] that are worth trying, sorted by key; see [Catalogue.All].
func All() iter.Seq[Server] { return Default().All() }

// Load reads a catalogue of one's own. The package documentation shows the format, which is that of
// this package's servers.json. The error names every row that is not right, and what is wrong with it.
func Load(r io.Reader) (*Catalogue, error) {
	if r == nil {
		return nil, errors.New("servers: there is no file to load")
	}
	var f file
	dec := json.NewDecoder(r)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&f); err != nil {
		return nil, fmt.Errorf("servers: the file is not a catalogue: %w", err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, errors.New("servers: the file goes on behind the catalogue")
	}
	if f.Date != "" && f.Date.Time().IsZero() {
		return nil, fmt.Errorf("servers: date: %q is no date", f.Date)
	}
	var problems []error
	rows := make(map[string]Server, len(f.Servers))
	for i, raw := range f.Servers {
		s, err := f.row(raw)
		if _, twice := rows[s.Key]; err == nil && twice {
			err = errors.New("a second row with this key")
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("servers: row %d (%q): %w", i+1, s.Key, err))
			continue
		}
		rows[s.Key] = s
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	return build(f.Date, rows), nil
}

// row decodes one row over what its platform has in common. The row that comes with an error holds the
// key, if there is one.
func (f *file) row(raw json.RawMessage) (Server, error) {
	var named struct{ Key, Platform string }
	_ = json.Unmarshal(raw, &named) // what is wrong comes out below
	var s Server
	if common := f.Platforms[named.Platform]; common != nil {
		if err := decode(common, &s); err != nil {
			return Server{Key: named.Key}, fmt.Errorf("platform %q: %w", named.Platform, err)
		}
	}
	if err := decode(raw, &s); err != nil {
		return Server{Key: named.Key}, err
	}
	if s.Status == "" {
		s.Status = Listed // whoever writes a row of their own vouches for it
	}
	for i, id := range s.Sources {
		if text, ok := f.Sources[id]; ok {
			s.Sources[i] = text
		}
	}
	return s, s.check()
}

// decode puts the members of an object into s. The others of s stay as they are.
func decode(raw json.RawMessage, s *Server) error {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	err := dec.Decode(s)
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Errorf("%s: must not be a %s", wrong.Field, wrong.Value)
	}
	if err != nil {
		return errors.New(strings.TrimPrefix(err.Error(), "json: "))
	}
	return nil
}

func build(date Date, rows map[string]Server) *Catalogue {
	c := &Catalogue{date: date}
	for _, key := range slices.Sorted(maps.Keys(rows)) {
		c.rows = append(c.rows, rows[key])
	}
	c.index = newIndex(c.rows)
	return c
}

// With returns a catalogue with the rows of c and of others. A row stands in the place of an earlier
// one with the same key; nothing of that is kept. c and the others stay as they are.
func (c *Catalogue) With(others ...*Catalogue) *Catalogue {
	c = c.made()
	rows := make(map[string]Server, len(c.rows))
	for _, from := range append([]*Catalogue{c}, others...) {
		for _, s := range from.made().rows {
			rows[s.Key] = s
		}
	}
	return build(c.date, rows)
}

// Date returns the day on which the data was put together, or "" if its file does not say.
func (c *Catalogue) Date() Date { return c.made().date }

// made returns c, or an empty catalogue for nil.
func (c *Catalogue) made() *Catalogue {
	if c == nil {
		return new(Catalogue)
	}
	return c
}

// All returns the servers that are worth trying, sorted by key: those whose status is [Live], [Listed]
// or [Blocked]. [Catalogue.Every] has the others as well.
func (c *Catalogue) All() iter.Seq[Server] {
	return c.where(func(s *Server) bool { return s.Status.Current() })
}

// Every returns all servers sorted by key, doubtful and retired ones among them.
func (c *Catalogue) Every() iter.Seq[Server] {
	return c.where(func(*Server) bool { return true })
}

// ByCountry returns the servers of [Catalogue.All] in a country, given by its two letters in ISO 3166-1.
func (c *Catalogue) ByCountry(code string) iter.Seq[Server] {
	return c.where(func(s *Server) bool { return s.Status.Current() && strings.EqualFold(s.Country, code) })
}

// ByDialect returns the servers of [Catalogue.All] whose DialectName is name.
func (c *Catalogue) ByDialect(name string) iter.Seq[Server] {
	return c.where(func(s *Server) bool { return s.Status.Current() && strings.EqualFold(s.DialectName, name) })
}

func (c *Catalogue) where(want func(*Server) bool) iter.Seq[Server] {
	c = c.made()
	return func(yield func(Server) bool) {
		for i := range c.rows {
			if want(&c.rows[i]) && !yield(c.rows[i].clone()) {
				return
			}
		}
	}
}

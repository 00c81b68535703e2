package servers

import (
	"cmp"
	"slices"
	"strings"

	"github.com/go-open311/open311/internal/spelling"
)

// index finds rows by their folded names.
type index struct {
	byKey   map[string]int
	byAlias map[string][]int
	byName  map[string][]int
	names   [][]string // for each row: its key, aliases and name
}

func newIndex(rows []Server) index {
	x := index{byKey: make(map[string]int, len(rows)), byAlias: map[string][]int{}, byName: map[string][]int{}}
	for i, s := range rows {
		key, name := fold(s.Key), fold(s.Name)
		x.byKey[key] = i
		names := []string{key}
		for _, alias := range s.Aliases {
			alias = fold(alias)
			if !slices.Contains(x.byAlias[alias], i) {
				x.byAlias[alias] = append(x.byAlias[alias], i)
			}
			names = append(names, alias)
		}
		if name != "" {
			x.byName[name] = append(x.byName[name], i)
			names = append(names, name)
		}
		x.names = append(x.names, names)
	}
	return x
}

// Lookup is the function [Lookup] for this catalogue. Of a key, an alias and a name that are the same,
// the key counts first and the name last.
func (c *Catalogue) Lookup(name string) (Server, error) {
	asked := fold(name)
	c = c.made()
	found := c.index.find(asked)
	switch len(found) {
	case 0:
		return Server{}, &UnknownError{Name: name, Near: c.near(asked)}
	case 1:
		return c.rows[found[0]].clone(), nil
	}
	e := &AmbiguousError{Name: name}
	for _, i := range found {
		e.Matches = append(e.Matches, c.rows[i].Key)
	}
	return Server{}, e
}

// find returns the rows that may be meant by a folded name, in the order of their keys.
func (x *index) find(asked string) []int {
	if asked == "" {
		return nil
	}
	if i, ok := x.byKey[asked]; ok {
		return []int{i}
	}
	if found := x.byAlias[asked]; found != nil {
		return found
	}
	if found := x.byName[asked]; found != nil {
		return found
	}
	// The first words of several names: "London Borough", "San". Of a single one they would be a guess:
	// Newport is not Newport News.
	var found []int
	for i, names := range x.names {
		if slices.ContainsFunc(names, func(n string) bool { return strings.HasPrefix(n, asked+" ") }) {
			found = append(found, i)
		}
	}
	if len(found) < 2 {
		return nil
	}
	return found
}

const (
	maxNear    = 5
	maxCompare = 64 // letters; a longer text is no misspelt name, and comparing it costs time
)

// near returns the keys of the rows whose names are most like a folded name.
func (c *Catalogue) near(asked string) []string {
	type candidate struct {
		key string
		far int
	}
	var list []candidate
	for i, names := range c.index.names {
		best := -1
		for _, name := range names {
			if far, ok := distance([]rune(asked), []rune(name)); ok && (best < 0 || far < best) {
				best = far
			}
		}
		if best >= 0 {
			list = append(list, candidate{c.rows[i].Key, best})
		}
	}
	slices.SortFunc(list, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.far, b.far), strings.Compare(a.key, b.key))
	})
	var keys []string
	for _, near := range list[:min(len(list), maxNear)] {
		keys = append(keys, near.key)
	}
	return keys
}

// distance says how far a name is from what was asked for, and whether that is near at all: one begins
// with the other, or holds it, or few letters differ.
func distance(asked, name []rune) (far int, near bool) {
	if len(asked) == 0 || len(asked) > maxCompare || len(name) > maxCompare {
		return 0, false
	}
	if far = spelling.Edits(asked, name); far <= max(1, min(len(asked), len(name))/3) {
		return far, true
	}
	short, long := string(asked), string(name)
	if len(short) > len(long) {
		short, long = long, short
	}
	switch {
	case len(short) < 3:
		return 0, false
	case strings.HasPrefix(long, short):
		return 1, true
	case strings.Contains(long, short):
		return 2, true
	}
	return 0, false
}

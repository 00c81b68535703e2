package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/servers"
)

const userAgent = "open311-jobs (+https://github.com/go-open311/open311)"

// catalogue returns the embedded catalogue, with the rows of a file over it.
func catalogue(file string) (*servers.Catalogue, *servers.Catalogue, error) {
	if file == "" {
		return servers.Default(), nil, nil
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	own, err := servers.Load(f)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", file, err)
	}
	return servers.Default().With(own), own, nil
}

// cities returns the rows that a list names: keys, countries by two letters, or all.
func cities(list, file string) (found []servers.Server, err error) {
	every, own, err := catalogue(file)
	if err != nil {
		return nil, err
	}
	have := map[string]bool{}
	add := func(s servers.Server) {
		if !have[s.Key] {
			have[s.Key] = true
			found = append(found, s)
		}
	}
	for name := range strings.SplitSeq(list, ",") {
		switch name = strings.TrimSpace(name); {
		case name == "" && own != nil:
			for s := range own.All() {
				add(s)
			}
		case name == "":
			return nil, fmt.Errorf("%w: -cities says whose requests to keep: keys of the catalogue such as chicago,zurich, a country such as de, or all", errUsage)
		case name == "all":
			for s := range every.All() {
				add(s)
			}
		case len(name) == 2:
			before := len(found)
			for s := range every.ByCountry(strings.ToUpper(name)) {
				if s.Status.Current() {
					add(s)
				}
			}
			if len(found) == before {
				return nil, fmt.Errorf("%w: no city of the catalogue is in the country %q", errUsage, name)
			}
		default:
			s, err := every.Lookup(name)
			if err != nil {
				return nil, fmt.Errorf("%w: %w", errUsage, err)
			}
			add(s)
		}
	}
	return found, nil
}

// keys are API keys by city.
type keys map[string]string

// readKeys reads lines such as "chicago KEY" from a file. Others may be in the environment.
func readKeys(file string) (keys, error) {
	k := keys{}
	if file == "" {
		return k, nil
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		city, key, ok := strings.Cut(line, " ")
		if !ok {
			return nil, fmt.Errorf("%s: line %d has no key behind the city", file, n)
		}
		k[city] = strings.TrimSpace(key)
	}
	return k, lines.Err()
}

// of returns the key of a city: OPEN311_API_KEY_CHICAGO goes before the file.
func (k keys) of(city string) string {
	name := "OPEN311_API_KEY_" + strings.ToUpper(strings.ReplaceAll(city, "-", "_"))
	if key := os.Getenv(name); key != "" {
		return key
	}
	return k[city]
}

// options are those of a city's client.
func (k keys) options(s servers.Server) []open311.Option {
	opts := []open311.Option{open311.WithUserAgent(userAgent)}
	if key := k.of(s.Key); key != "" {
		opts = append(opts, open311.WithAPIKey(key))
	}
	return opts
}

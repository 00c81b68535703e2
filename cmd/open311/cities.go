package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/go-open311/open311"
)

// cityLine is a city of a file of cities, with what it departs in from the flags.
type cityLine struct {
	number  int
	city    city
	channel channel
}

// readCities reads a file of cities, one a line: a key of the catalogue or an endpoint, and name=value for what differs
// from the flags. $NAME in a value is a variable of the environment, so that the file holds no secrets.
func readCities(path string, from city, ch channel) (list []cityLine, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	number := 0
	for line := range strings.Lines(string(text)) {
		number++
		line, _, _ = strings.Cut(" "+line, " #")
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		l := cityLine{number: number, city: from, channel: ch}
		if strings.Contains(words[0], "://") {
			l.city.Endpoint = words[0]
		} else {
			l.city.City = words[0]
		}
		for _, word := range words[1:] {
			if err := l.set(word); err != nil {
				return nil, fmt.Errorf("%s, line %d: %w", path, number, err)
			}
		}
		list = append(list, l)
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("%s names no city", path)
	}
	return list, nil
}

// set takes a word such as shape=slack.
func (l *cityLine) set(word string) error {
	name, value, ok := strings.Cut(word, "=")
	var missing []string
	value = os.Expand(value, func(name string) string {
		v, ok := os.LookupEnv(name)
		if !ok {
			missing = append(missing, name)
		}
		return v
	})
	fields := map[string]*string{"jurisdiction": &l.city.Jurisdiction, "dialect": &l.city.Dialect, "key-file": &l.city.KeyFile,
		"near": &l.channel.Near, "webhook": &l.channel.Webhook, "shape": (*string)(&l.channel.Shape), "chat": &l.channel.Chat, "token": &l.channel.token}
	lists := map[string]*[]string{"service": &l.channel.Service, "kinds": &l.channel.Kinds}
	switch {
	case !ok:
		return fmt.Errorf("%q is no name=value", word)
	case len(missing) > 0:
		return fmt.Errorf("there is no variable %s in the environment", strings.Join(missing, ", "))
	case fields[name] != nil:
		*fields[name] = value
	case lists[name] != nil:
		*lists[name] = strings.Split(value, ",")
	default:
		return fmt.Errorf("there is no %s; there are jurisdiction, dialect, key-file, service, kinds, near, webhook, shape, token and chat", name)
	}
	return nil
}

// circle reads lat,long,metres.
func circle(text string) (*open311.Circle, error) {
	if text == "" {
		return nil, nil
	}
	c, rest := &open311.Circle{}, ""
	n, err := fmt.Sscanf(text, "%g,%g,%g%s", &c.Center.Lat, &c.Center.Long, &c.Radius, &rest)
	if n != 3 || !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, fmt.Errorf("--near: %q is not lat,long,metres, such as 52.5,13.4,1500", text)
	}
	return c, nil
}

// moment reads a day or a time; an upper bound that is a day means its last second.
func moment(flag, value string, upper bool) (time.Time, error) {
	if value == "" {
		return time.Time{}, nil
	}
	if t, err := time.Parse(time.DateOnly, value); err == nil {
		if upper {
			t = t.AddDate(0, 0, 1).Add(-time.Second)
		}
		return t, nil
	}
	t, err := time.Parse(time.RFC3339, value)
	if err != nil {
		return t, fmt.Errorf("--%s %q is neither a day such as 2024-01-31 nor a time such as 2024-01-31T08:00:00Z", flag, value)
	}
	return t.UTC(), nil
}

package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/open311test"
	"github.com/go-open311/open311/servers"
)

// source says which city to watch.
type source struct {
	city, endpoint, jurisdiction string
}

// open makes the client of a job.
func (s *source) open(j *job) (err error) {
	opts := []open311.Option{open311.WithUserAgent("open311-watch (+https://github.com/go-open311/open311)"),
		open311.WithLogger(slog.Default())}
	if s.jurisdiction != "" {
		opts = append(opts, open311.WithJurisdiction(s.jurisdiction))
	}
	wait := time.Minute
	switch {
	case s.city != "" && s.endpoint != "":
		return errors.New("-city and -endpoint exclude each other")
	case s.city != "":
		j.client, err = servers.Open(s.city, opts...)
	case s.endpoint != "":
		j.client, err = open311.New(s.endpoint, opts...)
	default:
		wait = time.Second
		j.client, err = memory(opts)
	}
	if j.every = cmp.Or(j.every, wait); j.every < 0 {
		return errors.New("-every is a negative time")
	}
	return err
}

// prepare makes the feed: it goes on where the state says.
func (j *job) prepare() (err error) {
	fresh := j.opts.Since.IsZero()
	if j.opts.Store != nil {
		before, err := j.opts.Store.Load()
		if err != nil {
			return err
		}
		fresh = fresh && before.IsZero()
	}
	if j.feed, err = j.client.Requests.Feed(j.opts); err == nil && fresh {
		slog.Info("the first look takes stock and tells nothing; -since says where to begin")
	}
	return err
}

// memory is a city without a socket that lives an hour each second.
func memory(opts []open311.Option) (*open311.Client, error) {
	town := open311test.NewHandler(
		open311test.WithTicking(open311test.NewClock(time.Now().UTC(), 3600)),
		open311test.WithQuirks(open311test.Quirks{UpdatedFilters: true}),
		open311test.WithLife(open311test.Life{Seed: uint64(time.Now().UnixNano()), Notes: 0.5, Reopen: 0.1, Late: 0.1, By: 5 * time.Hour}))
	hc := &http.Client{Transport: town.Transport()}
	return open311.New("http://quillhaven.example/open311/v2", append(opts, open311.WithHTTPClient(hc))...)
}

// split splits a list at its commas.
func split[T ~string](list string) (out []T) {
	for v := range strings.SplitSeq(list, ",") {
		if v != "" {
			out = append(out, T(v))
		}
	}
	return out
}

// first returns the first error.
func first(errs ...error) error { return cmp.Or(errs...) }

func setLog(level string) error {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		return fmt.Errorf("-log: %w", err)
	}
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: l})))
	return nil
}

func setTime(t *time.Time, text string) (err error) {
	if text == "" {
		return nil
	}
	if *t, err = time.Parse(time.RFC3339, text); err != nil {
		return fmt.Errorf("-since %q is no time such as 2026-05-01T00:00:00Z", text)
	}
	return nil
}

func setCircle(q *open311.Query, text string) error {
	if text == "" {
		return nil
	}
	q.Near = &open311.Circle{}
	rest := ""
	n, err := fmt.Sscanf(text, "%g,%g,%g%s", &q.Near.Center.Lat, &q.Near.Center.Long, &q.Near.Radius, &rest)
	if n != 3 || !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("-near %q is not lat,long,metres, such as 52.5,13.4,1500", text)
	}
	return nil
}

package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"slices"
	"sync"
	"time"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/servers"
)

type serversCmd struct {
	output
	Check   bool          `help:"Ask every row, retired ones too, and say which live."`
	Timeout time.Duration `default:"20s" placeholder:"TIME" help:"How long to wait for each; 20s if not given."`
	File    string        `type:"existingfile" placeholder:"FILE" help:"A catalogue of your own in place of the built-in one."`
}

func (s *serversCmd) Run(ctx context.Context, to streams) error {
	rows := servers.Default()
	if s.File != "" {
		f, err := os.Open(s.File)
		if err != nil {
			return err
		}
		defer f.Close()
		if rows, err = servers.Load(f); err != nil {
			return fmt.Errorf("%w: %w", errUsage, err)
		}
	}
	if s.Check {
		return s.check(ctx, slices.Collect(rows.Every()), to)
	}
	w := s.to(to.out, "key", "country", "dialect", "name")
	for row := range rows.All() {
		if err := w.row(row, row.Key, row.Country, row.DialectName, row.Name); err != nil {
			return err
		}
	}
	return w.end()
}

// sign is what came of asking a server.
type sign struct {
	Key      string         `json:"key"`
	Name     string         `json:"name,omitempty"`
	URL      string         `json:"url"`
	Status   servers.Status `json:"status"` // as the catalogue has it
	Live     bool           `json:"live"`
	Services int            `json:"services"`
	Seconds  float64        `json:"seconds"`
	Error    string         `json:"error,omitempty"`
}

// theCall is the beginning of an error, which would fill the last column of a table.
var theCall = regexp.MustCompile(`^open311: GET \S+(?: \(\d+ attempts\))?: `)

// hostsAtOnce is how many hosts are asked at a time. The rows of one host are asked one after the other, within its limit.
const hostsAtOnce = 16

// check asks all rows for their services, and writes what came of it in the order of the catalogue.
func (s *serversCmd) check(ctx context.Context, rows []servers.Server, to streams) error {
	signs, done := make([]sign, len(rows)), make([]chan struct{}, len(rows))
	byHost := make(map[string][]int)
	var hosts []string
	for i, row := range rows {
		done[i] = make(chan struct{})
		host := row.BaseURL
		if u, err := url.Parse(row.BaseURL); err == nil {
			host = u.Host
		}
		if byHost[host] == nil {
			hosts = append(hosts, host)
		}
		byHost[host] = append(byHost[host], i)
	}
	free := make(chan struct{}, hostsAtOnce)
	var wait sync.WaitGroup
	defer wait.Wait()
	for _, host := range hosts {
		wait.Go(func() {
			free <- struct{}{}
			defer func() { <-free }()
			for _, i := range byHost[host] {
				signs[i] = s.ask(ctx, rows[i])
				close(done[i])
			}
		})
	}
	w, line, live := s.to(to.out, "key", "catalogue", "answer", "services", "seconds", "why"), to.progressBeside(), 0
	for i := range rows {
		<-done[i]
		v := signs[i]
		answer := "none"
		if v.Live {
			answer, live = "live", live+1
		}
		line.end()
		if err := w.row(v, v.Key, string(v.Status), answer, fmt.Sprint(v.Services), fmt.Sprintf("%.1f", v.Seconds), theCall.ReplaceAllString(v.Error, "")); err != nil {
			return err
		}
		line.say("%s %d live", bar(i+1, len(rows)), live)
	}
	line.end()
	if err := errors.Join(ctx.Err(), w.end()); err != nil {
		return err
	}
	fmt.Fprintf(to.err, "%d of %d live.\n", live, len(rows))
	return nil
}

// ask asks a server for its services once.
func (s *serversCmd) ask(ctx context.Context, row servers.Server) sign {
	v := sign{Key: row.Key, Name: row.Name, URL: row.BaseURL, Status: row.Status}
	opts := append(row.Options(), open311.WithRetry(open311.RetryPolicy{MaxAttempts: 1}), open311.WithTimeout(s.Timeout),
		open311.WithUserAgent(userAgent))
	// Whatever the catalogue says of it: a retired row is asked, too.
	c, err := open311.New(row.BaseURL, opts...)
	var list []open311.Service
	if err == nil {
		start := time.Now()
		list, err = c.Services.List(ctx)
		v.Seconds = time.Since(start).Seconds()
	}
	if v.Services, v.Live = len(list), err == nil; err != nil {
		v.Error = err.Error()
	}
	return v
}

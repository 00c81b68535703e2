package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/jobs"
	"github.com/go-open311/open311/open311test"
	"github.com/go-open311/open311/servers"
)

// A town is a city in memory, and its row.
type town struct {
	*open311test.Handler
	row servers.Server
}

// demo harvests nine cities in memory, one of each dialect, with three processes, has something happen in them, and follows it.
func demo(ctx context.Context, args []string, out, errs io.Writer) (err error) {
	set, name := flags("demo", errs)
	size := set.Int("size", 1500, "requests of each city")
	if err := parse(set, args); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "open311-jobs")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	given := false
	set.Visit(func(f *flag.Flag) { given = given || f.Name == "db" })
	if !given {
		*name = filepath.Join(dir, "demo.sqlite")
	}
	towns, stop, err := build(*size)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	file := filepath.Join(dir, "cities.json")
	if err := write(file, towns); err != nil {
		return err
	}
	db, err := jobs.Open(ctx, *name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	fleet, err := start(ctx, 3, errs, "run", "-db", *name, "-catalogue", file, "-every", "2s", "-timeout", "1m")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, fleet()) }()
	return watch(ctx, out, db, towns)
}

// build makes the towns, and serves them at one address.
func build(size int) (towns []town, stop func() error, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	mux := http.NewServeMux()
	words := []string{"spec", "spot", "seeclickfix", "ureport", "markaspot", "klarschiff", "citysdk", "fixmystreet", "adapter"}
	for i, d := range open311.Dialects() {
		key := "town-" + words[i%len(words)]
		path := "/" + key
		h := open311test.NewHandler(open311test.WithBase(path), open311test.WithSeed(uint64(i+1)), open311test.WithSize(size), open311test.WithDialect(d))
		mux.Handle(path+"/", h)
		towns = append(towns, town{h, servers.Server{Key: key, Name: d.Name, BaseURL: "http://" + l.Addr().String() + path, DialectName: words[i%len(words)],
			JurisdictionID: "town", RateLimit: servers.RateLimit{Calls: 60_000, Seconds: 60}}}) // they bear more than real ones
	}
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	return towns, func() error {
		err := server.Close()
		if served := <-ended; !errors.Is(served, http.ErrServerClosed) {
			err = errors.Join(err, served)
		}
		return err
	}, nil
}

func write(file string, towns []town) error {
	rows := make([]servers.Server, len(towns))
	for i, t := range towns {
		rows[i] = t.row
	}
	text, err := json.Marshal(map[string]any{"servers": rows})
	if err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o600)
}

// start starts processes of this program. stop has them end as an operator would.
func start(ctx context.Context, n int, errs io.Writer, args ...string) (stop func() error, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	var all []*exec.Cmd
	stop = func() (err error) {
		for _, cmd := range all {
			err = errors.Join(err, cmd.Process.Signal(syscall.SIGTERM))
		}
		for _, cmd := range all {
			err = errors.Join(err, cmd.Wait())
		}
		return err
	}
	errs = &lines{to: errs}
	for range n {
		cmd := exec.CommandContext(context.WithoutCancel(ctx), self, args...)
		cmd.Stderr = errs
		if err := cmd.Start(); err != nil {
			return nil, errors.Join(err, stop())
		}
		all = append(all, cmd)
	}
	return stop, nil
}

// lines lets several processes write to one place.
type lines struct {
	mu sync.Mutex
	to io.Writer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.to.Write(p)
}

// patience is how long a demonstration may take.
const patience = 5 * time.Minute

// watch shows how far the towns are. Once they are harvested and followed, requests change in them, and it ends when that is
// known.
func watch(ctx context.Context, out io.Writer, db *jobs.DB, towns []town) error {
	total := 0
	for _, t := range towns {
		total += len(t.Requests())
	}
	fmt.Fprintf(out, "nine cities in memory, one of each dialect, %d requests; three processes\n", total)
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	began, edited, shown := time.Now(), 0, ""
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if time.Since(began) > patience {
			return fmt.Errorf("the demonstration is not done after %s", patience)
		}
		s, err := db.Status(ctx)
		if err != nil {
			return err
		}
		rows, changes, followed := 0, 0, 0
		for _, c := range s.Cities {
			rows, changes = rows+c.Rows, changes+c.Changes
			if !c.Followed.IsZero() {
				followed++
			}
		}
		now := fmt.Sprintf("%s %d of %d requests, %d of %d cities followed, %d changes", bar(rows, total), rows, total, followed, len(towns), changes)
		if now != shown {
			fmt.Fprintf(out, "%5.1f s %s\n", time.Since(began).Seconds(), now)
			shown = now
		}
		switch {
		case edited == 0 && followed == len(towns) && rows >= total:
			for _, t := range towns {
				edited += happen(t)
			}
			fmt.Fprintf(out, "         %d requests change\n", edited)
		case edited > 0 && changes >= edited:
			return table(out, s, time.Now())
		}
	}
}

// happen changes the newest request of a town, which every city lists at once: older ones a feed asks for once a day.
func happen(t town) int {
	for _, r := range t.Requests() {
		t.Edit(r.ID, func(r *open311.ServiceRequest) {
			r.Status, r.StatusNotes = open311.StatusClosed, "The crew was there."
		})
		return 1
	}
	return 0
}

func bar(n, of int) string {
	const width = 10
	full := min(width, width*n/max(1, of))
	return "[" + strings.Repeat("#", full) + strings.Repeat(" ", width-full) + "]"
}

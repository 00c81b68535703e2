package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/jobs"
	"github.com/go-open311/open311/servers"
)

// run works jobs until the context ends.
func run(ctx context.Context, args []string, out, errs io.Writer) (err error) {
	set, name := flags("run", errs)
	list := set.String("cities", "", "whose requests to keep: `keys` of the catalogue such as chicago,zurich, a country such as de, or all")
	file := set.String("catalogue", "", "a `file` of rows like those of package servers, besides the embedded ones; without -cities, all of them")
	every := set.Duration("every", time.Hour, "how often to look what has changed")
	workers := set.Int("workers", 20, "jobs at once; most of their time they wait for a city")
	perSecond := set.Float64("rate", 2, "calls a second to a host of whose limit nothing is known")
	keyFile := set.String("key-file", os.Getenv("OPEN311_KEY_FILE"), "a `file` with a line for each API key: chicago KEY. Also from OPEN311_API_KEY_CHICAGO")
	address := set.String("metrics", "", "the `address` at which Prometheus finds metrics, such as localhost:9464, at /metrics")
	timeout := set.Duration("timeout", 20*time.Minute, "how long a job may take; those of a process that died are taken over after that and a quarter")
	verbose := set.Bool("v", false, "log calls and jobs")
	if err := parse(set, args); err != nil {
		return err
	}
	rows, err := cities(*list, *file)
	if err != nil {
		return err
	}
	known, err := readKeys(*keyFile)
	if err != nil {
		return err
	}
	level := slog.LevelWarn
	if *verbose {
		level = slog.LevelDebug
	}
	cfg := jobs.Config{Cities: rows, Every: *every, Workers: *workers, PerSecond: *perSecond, Timeout: *timeout,
		Options: known.options, Logger: slog.New(slog.NewTextHandler(errs, &slog.HandlerOptions{Level: level}))}
	if *address != "" {
		m, err := serveMetrics(*address)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, m.close()) }()
		cfg.Done = m.done
		cfg.Options = func(s servers.Server) []open311.Option {
			return append(known.options(s), open311.WithObserver(m.observer))
		}
	}
	db, err := jobs.Open(ctx, *name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	runner, err := jobs.New(db, cfg)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "cities: %d, every %s; stop it by Ctrl-C or SIGTERM\n", len(rows), *every)
	return runner.Run(ctx)
}

// with runs a command that adds to the queue. It knows all cities, and works no jobs.
func with(ctx context.Context, name, file string, f func(*jobs.DB, *jobs.Runner) error) (err error) {
	every, _, err := catalogue(file)
	if err != nil {
		return err
	}
	var rows []servers.Server
	for s := range every.All() {
		rows = append(rows, s)
	}
	db, err := jobs.Open(ctx, name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	runner, err := jobs.New(db, jobs.Config{Cities: rows})
	if err != nil {
		return err
	}
	return f(db, runner)
}

func harvest(ctx context.Context, args []string, out, errs io.Writer) error {
	set, name := flags("harvest", errs)
	file := set.String("catalogue", "", "as in run")
	if err := parse(set, args); err != nil {
		return err
	}
	return with(ctx, *name, *file, func(_ *jobs.DB, r *jobs.Runner) error {
		for _, city := range set.Args() {
			if err := r.Harvest(ctx, city); err != nil {
				return err
			}
			fmt.Fprintln(out, city, "will be harvested")
		}
		return nil
	})
}

func cancel(ctx context.Context, args []string, out, errs io.Writer) error {
	set, name := flags("cancel", errs)
	if err := parse(set, args); err != nil {
		return err
	}
	return with(ctx, *name, "", func(_ *jobs.DB, r *jobs.Runner) error {
		for _, city := range set.Args() {
			n, err := r.Cancel(ctx, city)
			if err != nil {
				return err
			}
			fmt.Fprintf(out, "%s: jobs cancelled: %d\n", city, n)
		}
		return nil
	})
}

// Watch tells a webhook what changes in a city: which requests are new, updated, closed, reopened or gone.
// It keeps in a file how far it has come, so that nothing is lost when it is stopped or killed; at most the
// one message in hand is sent again then. Without arguments it watches a city in memory in which an hour
// passes every second, and prints.
//
//	go run ./examples/watch
//	go run ./examples/watch -city chicago -every 5m -state chicago.json -webhook https://hooks.example/T1 -shape slack
//	WATCH_TOKEN=… go run ./examples/watch -endpoint https://city.example/open311/v2 -once -kinds closed \
//		-near 52.5,13.4,1500 -state city.json -webhook https://social.example/api/v1/statuses -shape mastodon
//
// With -once it looks once and ends, for cron. The exit status is 0 if all went well, 1 if not, and 2 for wrong
// arguments. The first run takes stock and tells nothing, unless -since says where to begin.
package main

import (
	"context"
	"flag"
	"fmt"
	"iter"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/go-open311/open311"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	job, err := arguments()
	if err == nil {
		err = job.prepare()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "watch:", err)
		os.Exit(2)
	}
	if err := job.run(ctx); err != nil {
		slog.Error("watch ends", "error", err)
		os.Exit(1)
	}
	slog.Info("watch ends", "told", job.told)
}

// job is what the command line asks for.
type job struct {
	client *open311.Client
	opts   open311.FeedOptions
	feed   *open311.Feed
	hook   *webhook
	every  time.Duration
	once   bool
	told   int // changes so far
}

func arguments() (*job, error) {
	j := &job{hook: &webhook{token: os.Getenv("WATCH_TOKEN")}}
	var from source
	var query open311.Query
	var state, since, kinds, services, near, level string
	flag.StringVar(&from.city, "city", "", "a `key` of the catalogue in package servers, such as chicago")
	flag.StringVar(&from.endpoint, "endpoint", "", "a GeoReport v2 endpoint (`URL`) that is not in the catalogue")
	flag.StringVar(&from.jurisdiction, "jurisdiction", "", "its jurisdiction_`id`, if it wants one")
	flag.StringVar(&state, "state", "", "the `file` that keeps how far it has come; none: it forgets")
	flag.StringVar(&since, "since", "", "without a state, tell what has happened since this `time`, such as 2026-05-01T00:00:00Z")
	flag.StringVar(&kinds, "kinds", "", "tell only these `kinds`: created,updated,closed,reopened,gone")
	flag.StringVar(&services, "service", "", "only requests for these service `codes`")
	flag.StringVar(&near, "near", "", "only around a place: `lat,long,metres`")
	flag.StringVar(&j.hook.url, "webhook", "", "where to post the changes (`URL`); none: print them")
	flag.StringVar(&j.hook.shape, "shape", "plain", "what the webhook takes: plain, slack or mastodon; the latter's token is in WATCH_TOKEN")
	flag.DurationVar(&j.every, "every", 0, "how `long` to wait between looks; a minute, or a second for the city in memory")
	flag.BoolVar(&j.once, "once", false, "look once and end")
	flag.StringVar(&level, "log", "info", "the least `level` to log: debug, info, warn or error")
	flag.Parse()
	if flag.NArg() > 0 {
		return nil, fmt.Errorf("there is no argument %q; -help lists those there are", flag.Arg(0))
	}
	j.opts.Kinds, query.ServiceCodes = split[open311.ChangeKind](kinds), split[string](services)
	if state != "" {
		j.opts.Store = open311.FileCheckpoint(state)
	}
	j.opts.Query = &query
	if err := first(setLog(level), setTime(&j.opts.Since, since), setCircle(&query, near), j.hook.check()); err != nil {
		return nil, err
	}
	return j, from.open(j)
}

// run looks for changes and tells them until ctx ends.
func (j *job) run(ctx context.Context) error {
	changes := j.feed.Watch(ctx, j.every)
	if j.once {
		changes = j.feed.Poll(ctx)
	}
	return j.tell(ctx, changes)
}

func (j *job) tell(ctx context.Context, changes iter.Seq2[*open311.Change, error]) (last error) {
	for change, err := range changes {
		if err != nil {
			if last = err; !j.once {
				slog.Warn("not everything could be read", "error", err)
			}
			continue
		}
		// An error ends the loop: the feed has not noted the change then, and gives it again next time.
		if err := j.hook.post(ctx, change); err != nil {
			return err
		}
		slog.Info(string(change.Kind), "id", change.Request.ID, "status", change.Request.Status)
		j.told++
		last = nil
	}
	if ctx.Err() != nil {
		return nil // asked to stop
	}
	return last
}

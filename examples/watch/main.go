// Watch tells a webhook what changes in a city: which requests are new, updated, closed, reopened or gone. It keeps in
// a file how far it has come, so that nothing is lost when it is stopped or killed; at most the one message in hand is
// sent again then. Without arguments it watches a city in memory in which an hour passes every second, and prints.
//
//	go run ./examples/watch
//	WATCH_TOKEN=… go run ./examples/watch -city chicago -state chicago.json -webhook https://social.example/api/v1/statuses -shape mastodon
//
// With -once it looks once and ends, for cron. The exit status is 0 if all went well, 1 if not, and 2 for wrong
// arguments. The first run takes stock and tells nothing, unless -since says where to begin. The program cmd/open311
// can do more: many cities at a time, places, services.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/notify"
	"github.com/go-open311/open311/open311test"
	"github.com/go-open311/open311/servers"
)

var (
	endpoint = flag.String("endpoint", "", "a GeoReport v2 endpoint (`URL`) that is not in the catalogue")
	city     = flag.String("city", "", "a `key` of the catalogue in package servers, such as chicago")
	once     = flag.Bool("once", false, "look once and end")
	every    = flag.Duration("every", time.Minute, "the `time` to wait between looks")
	since    = flag.String("since", "", "without a state, tell what has happened since this `time` (RFC 3339)")
	state    = flag.String("state", "", "the `file` that keeps how far it has come; none: it forgets")
	webhook  = flag.String("webhook", "", "where to post the changes (`URL`); none: print them")
	shape    = flag.String("shape", "plain", "plain, slack or mastodon, whose token is in WATCH_TOKEN")
)

func main() {
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	hook := &notify.Hook{URL: *webhook, Shape: notify.Shape(*shape), Token: os.Getenv("WATCH_TOKEN"), Log: slog.Default()}
	feed, err := prepare(hook)
	if err != nil {
		fmt.Fprintln(os.Stderr, "watch:", err)
		os.Exit(2)
	}
	if err := watch(ctx, feed, hook); err != nil {
		fmt.Fprintln(os.Stderr, "watch:", err)
		os.Exit(1)
	}
}

// prepare makes the feed: it goes on where the state says.
func prepare(hook *notify.Hook) (*open311.Feed, error) {
	if flag.NArg() > 0 {
		return nil, fmt.Errorf("there is no argument %q; -help lists those there are", flag.Arg(0))
	}
	var opts open311.FeedOptions
	var err error
	if *since != "" {
		if opts.Since, err = time.Parse(time.RFC3339, *since); err != nil {
			return nil, fmt.Errorf("-since %q is no time such as 2026-05-01T00:00:00Z", *since)
		}
	}
	if *webhook != "" {
		if err := hook.Check(); err != nil {
			return nil, err
		}
	}
	if *state != "" {
		opts.Store = open311.FileCheckpoint(*state)
	}
	client, err := connect()
	if err != nil {
		return nil, err
	}
	return client.Requests.Feed(opts)
}

func connect() (*open311.Client, error) {
	switch {
	case *city != "" && *endpoint != "":
		return nil, errors.New("-city and -endpoint exclude each other")
	case *city != "":
		return servers.Open(*city)
	case *endpoint != "":
		return open311.New(*endpoint)
	}
	*every = min(*every, time.Second)
	town := open311test.NewHandler(open311test.WithTicking(open311test.NewClock(time.Now(), 3600)), open311test.WithLife(open311test.Life{}))
	return open311.New("http://quillhaven.example/open311/v2", open311.WithHTTPClient(&http.Client{Transport: town.Transport()}))
}

// watch looks for changes and tells them until ctx ends.
func watch(ctx context.Context, feed *open311.Feed, hook *notify.Hook) (last error) {
	changes := feed.Watch(ctx, *every)
	if *once {
		changes = feed.Poll(ctx)
	}
	for change, err := range changes {
		if last = err; err != nil {
			slog.Warn("not everything could be read", "error", err)
		} else if *webhook == "" {
			_ = json.NewEncoder(os.Stdout).Encode(notify.Data(change))
		} else if err := hook.Post(ctx, change); err != nil {
			return err // the feed has not noted the change, and gives it again next time
		}
	}
	if ctx.Err() != nil {
		return nil // asked to stop
	}
	return last
}

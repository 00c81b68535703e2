// Mirror copies all service requests of a city into a directory: requests.ndjson, requests.csv,
// requests.geojson, and index.html, a page about them that needs no network. A run that was stopped, or
// killed, goes on where it was when the same command is given again; nothing is lost or doubled. Without
// arguments it copies a city in memory.
//
//	go run ./examples/mirror
//	go run ./examples/mirror -city chicago -since 2024-01-01 -o out/
//	go run ./examples/mirror -endpoint https://city.example/open311/v2 -jurisdiction city.example
//
// The exit status is 0 for a complete copy, 1 if something is missing or went wrong, 2 for wrong
// arguments, and 130 when it was interrupted.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/examples/mirror/internal/mirror"
)

func main() {
	log.SetFlags(0)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second interrupt ends the program at once
	job, err := arguments()
	if err != nil {
		log.Print("mirror: ", err)
		os.Exit(2)
	}
	report, err := mirror.Run(ctx, *job)
	switch {
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		log.Printf("mirror: stopped. %d of %d windows are safe in %s; the same command goes on from there.",
			report.Done, report.Windows, job.Dir)
		os.Exit(130)
	case err != nil:
		log.Fatal("mirror: ", err)
	}
	fmt.Print(report)
	if len(report.Gaps) > 0 {
		os.Exit(1)
	}
}

// arguments turns the command line into a job.
func arguments() (*mirror.Job, error) {
	job := &mirror.Job{Log: os.Stderr}
	var from source
	var since, until, statuses, services string
	flag.StringVar(&from.city, "city", "", "a `key` of the catalogue in package servers, such as chicago")
	flag.StringVar(&from.endpoint, "endpoint", "", "a GeoReport v2 endpoint (`URL`) that is not in the catalogue")
	flag.StringVar(&from.jurisdiction, "jurisdiction", "", "its jurisdiction_`id`, if it wants one")
	flag.StringVar(&since, "since", "", "copy what was requested from this `day` (UTC) or time on; a year ago if it is empty")
	flag.StringVar(&until, "until", "", "and up to the end of this `day` or this time; now if it is empty")
	flag.StringVar(&statuses, "status", "", "only requests in these `states`, such as open")
	flag.StringVar(&services, "service", "", "only requests for these service `codes`")
	flag.StringVar(&job.Dir, "o", "out", "the `directory` to write to")
	flag.IntVar(&job.Days, "window", 7, "`days` to fetch as one piece, which is what a kill can cost; 0: all at once")
	flag.BoolVar(&job.Fresh, "fresh", false, "start anew if the directory has a copy, or a part of one, already")
	flag.Float64Var(&from.rate, "rate", 0, "calls a second; 0: what the catalogue says, else 1")
	flag.IntVar(&from.concurrency, "concurrency", 1, "`pages` to read at a time")
	flag.Parse()
	job.Statuses, job.Services = values[open311.Status](statuses), values[string](services)
	var err error
	switch {
	case flag.NArg() > 0:
		return nil, fmt.Errorf("there is no argument %q; -help lists those there are", flag.Arg(0))
	case job.Days < 0:
		return nil, errors.New("-window is a negative number")
	}
	if job.Since, err = moment("since", since, false); err != nil {
		return nil, err
	}
	if job.Until, err = moment("until", until, true); err != nil {
		return nil, err
	}
	return job, from.open(job)
}

// values splits a list at its commas.
func values[T ~string](list string) (out []T) {
	for v := range strings.SplitSeq(list, ",") {
		if v = strings.TrimSpace(v); v != "" {
			out = append(out, T(v))
		}
	}
	return out
}

// Mirror copies all service requests of a city into a directory, as requests.csv and requests.ndjson. A run that was
// stopped, or killed, goes on where it was when the same command is given again; nothing is lost or doubled. Without
// arguments it copies a city in memory.
//
//	go run ./examples/mirror
//	go run ./examples/mirror -city chicago -since 2024-01-01 -o out/
//	go run ./examples/mirror -endpoint https://city.example/open311/v2
//
// The exit status is 0 for a complete copy, 1 if something is missing or went wrong, 2 for wrong arguments, and 130
// when it was interrupted. The program cmd/open311 writes more formats, databases among them.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/mirror"
	"github.com/go-open311/open311/open311test"
	"github.com/go-open311/open311/servers"
)

var (
	city     = flag.String("city", "", "a `key` of the catalogue in package servers, such as chicago")
	endpoint = flag.String("endpoint", "", "a GeoReport v2 endpoint (`URL`) that is not in the catalogue")
	since    = flag.String("since", "", "copy what was requested from this `day` (UTC) on; a year ago if it is empty")
	dir      = flag.String("o", "out", "the `directory` to write to")
	rate     = flag.Float64("rate", 0, "calls a second; 0: what the catalogue says, else 1")
)

func main() {
	log.SetFlags(0)
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second interrupt ends the program at once
	job, err := arguments()
	if err != nil {
		log.Print("mirror: ", err)
		os.Exit(2)
	}
	report, err := mirror.Run(ctx, *job)
	switch {
	case errors.Is(err, context.Canceled):
		log.Printf("mirror: stopped with %d of %d windows safe in %s; the same command goes on from there.", report.Done, report.Windows, *dir)
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
func arguments() (job *mirror.Job, err error) {
	if flag.NArg() > 0 {
		return nil, fmt.Errorf("there is no argument %q; -help lists those there are", flag.Arg(0))
	}
	job = &mirror.Job{Dir: *dir, Days: 7, Name: cmp.Or(*city, *endpoint), Source: cmp.Or(*city, *endpoint), Log: os.Stderr}
	if *since != "" {
		if job.Since, err = time.Parse(time.DateOnly, *since); err != nil {
			return nil, fmt.Errorf("-since %q is no day such as 2024-01-31", *since)
		}
	}
	switch {
	case *city != "" && *endpoint != "":
		return nil, errors.New("-city and -endpoint exclude each other")
	case *city != "":
		err = fromCatalogue(job)
	case *endpoint != "":
		job.Client, err = open311.New(*endpoint, open311.WithRateLimit(cmp.Or(*rate, 1), 1))
	default: // the town of package open311test, without a socket; it is the same in every run
		town := open311test.NewHandler()
		job.Until = town.Now()
		job.Name, job.Source = "Quillhaven", "a city in memory"
		job.Client, err = open311.New("http://quillhaven.example/open311/v2", open311.WithHTTPClient(&http.Client{Transport: town.Transport()}))
	}
	return job, err
}

func fromCatalogue(job *mirror.Job) error {
	row, err := servers.Lookup(*city)
	if err != nil {
		return err
	}
	dialect, err := row.Dialect()
	if err != nil {
		return err
	}
	var opts []open311.Option
	if *rate != 0 || dialect.RateLimit == 0 {
		opts = append(opts, open311.WithRateLimit(cmp.Or(*rate, 1), 1))
	}
	if dialect.Windows.Off {
		job.Days = 0 // every window would list all there is
	}
	job.Client, err = row.Open(opts...)
	return err
}

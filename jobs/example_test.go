package jobs_test

import (
	"context"
	"fmt"
	"log"
	"net/http/httptest"
	"os"
	"path/filepath"
	"time"

	"github.com/go-open311/open311/jobs"
	"github.com/go-open311/open311/open311test"
	"github.com/go-open311/open311/servers"
)

// A city is kept in a file of SQLite until the program is told to end; here that is when its history is there.
func Example() {
	city := httptest.NewServer(open311test.NewHandler(open311test.WithClock(time.Now), open311test.WithSize(200)))
	defer city.Close()
	dir, err := os.MkdirTemp("", "jobs")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)

	ctx, stop := context.WithTimeout(context.Background(), time.Minute)
	defer stop()
	db, err := jobs.Open(ctx, filepath.Join(dir, "cities.sqlite"))
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	r, err := jobs.New(db, jobs.Config{
		Cities: []servers.Server{{Key: "quillhaven", BaseURL: city.URL + "/open311/v2"}},
		Poll:   10 * time.Millisecond, PerSecond: -1, CheckEvery: -1,
		Done: func(_ context.Context, done jobs.Result) {
			if done.Kind == (jobs.Shard{}).Kind() && done.Err == nil { // a city of so few requests is read in one
				stop()
			}
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	if err := r.Run(ctx); err != nil {
		log.Fatal(err)
	}

	rows := 0
	for _, err := range db.Requests(context.Background(), "quillhaven") {
		if err != nil {
			log.Fatal(err)
		}
		rows++
	}
	fmt.Println(rows, "requests")
	// Output: 200 requests
}

package database_test

import (
	"context"
	"database/sql"
	"fmt"
	"log"
	"net/http"
	"os"
	"path/filepath"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/cmd/open311/database"
	"github.com/go-open311/open311/mirror"
	"github.com/go-open311/open311/open311test"
)

// A month of a city as a table, and a question to it.
func ExampleSQLite() {
	city := open311test.NewHandler() // in memory
	c, err := open311.New("https://city.example/open311/v2", open311.WithHTTPClient(&http.Client{Transport: city.Transport()}))
	if err != nil {
		log.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "copy")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	_, err = mirror.Run(context.Background(), mirror.Job{
		Client: c, Name: "Quillhaven", Source: "quillhaven", Dir: dir,
		Since: city.Now().AddDate(0, -1, 0), Until: city.Now(), Days: 7,
		Formats: []mirror.Format{database.SQLite()},
	})
	if err != nil {
		log.Fatal(err)
	}

	db, err := sql.Open("sqlite", filepath.Join(dir, "requests.sqlite"))
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	var open, all int
	if err := db.QueryRow("SELECT count(*) FILTER (WHERE status = 'open'), count(*) FROM requests").Scan(&open, &all); err != nil {
		log.Fatal(err)
	}
	fmt.Println(open, "of", all, "requests are open")
	// Output: 71 of 252 requests are open
}

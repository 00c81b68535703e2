package mirror_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/mirror"
	"github.com/go-open311/open311/open311test"
)

// A copy as a table and as a map. A second run of the same job would only fetch what the first could not get.
func Example() {
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

	report, err := mirror.Run(context.Background(), mirror.Job{
		Client: c, Name: "Quillhaven", Source: "quillhaven", Dir: dir,
		Since: city.Now().AddDate(0, -1, 0), Until: city.Now(), Days: 7,
		Formats: []mirror.Format{mirror.CSV(), mirror.GeoJSON()},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(report.Records, "requests of", report.Windows, "weeks,", len(report.Gaps), "gaps")
	for _, file := range report.Files {
		fmt.Println(file.Name)
	}
	// Output:
	// 252 requests of 5 weeks, 0 gaps
	// requests.csv
	// requests.geojson
}

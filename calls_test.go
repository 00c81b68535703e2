package open311_test

import (
	"fmt"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/open311test"
)

// TestCallsByDialect lists cities of 3,600 requests a year in each dialect, and holds how many calls that costs beside
// the pages that a client needs which knows the server. -v prints the table.
func TestCallsByDialect(t *testing.T) {
	const size = 3600
	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "\tpage\tyear, told\tagain\tuntold\tleast\t7 days\tagain\tno start\tagain\t")
	for _, d := range open311.Dialects() {
		page := pageOf[d.Name]
		least := 1
		if page > 0 {
			least = size/page + 1
		}
		fmt.Fprintf(w, "%s\t%d\t", d.Name, page)
		for i, query := range []string{"year", "untold", "7 days", "no start"} {
			city := open311test.NewServer(t, open311test.WithoutNetwork(), open311test.WithDialect(d), open311test.WithSize(size))
			now := city.Now()
			q := map[string]*open311.Query{"year": {Start: now.AddDate(-1, 0, 0)}, "untold": {Start: now.AddDate(-1, 0, 0)},
				"7 days": {Start: now.AddDate(0, 0, -7)}, "no start": nil}[query]
			var opts []open311.Option
			if query != "untold" {
				told := d
				told.RateLimit = 0
				opts = append(opts, open311.WithDialect(told))
			}
			c := city.Client(append(opts, open311.WithJurisdiction("quillhaven.example"))...)
			first := callsOf(t, city, c, q)
			again := callsOf(t, city, c, q)
			switch i {
			case 0:
				fmt.Fprintf(w, "%d\t%d\t", first, again)
			case 1:
				fmt.Fprintf(w, "%d\t%d\t", first, least)
			default:
				fmt.Fprintf(w, "%d\t%d\t", first, again)
			}
			if most := 3*least + 20; first > most || again > most {
				t.Errorf("%s, %s: %d calls, and again %d; at most %d", d.Name, query, first, again, most)
			}
		}
		fmt.Fprintln(w)
	}
	w.Flush()
	t.Log("\n" + table.String())
}

// pageOf is how many rows a city in memory of a dialect gives at once, if it is asked for as many as it can; 0: all.
var pageOf = map[string]int{"GeoReport v2": 1000, "Spot": 500, "SeeClickFix": 100, "uReport": 1000, "Mark-a-Spot": 1000, "CitySDK": 500, "FixMyStreet": 1000}

// callsOf lists a query, and returns how many calls that took.
func callsOf(t *testing.T, city *open311test.Server, c *open311.Client, q *open311.Query) int {
	t.Helper()
	before := len(city.Calls())
	n := 0
	for _, err := range c.Requests.All(t.Context(), q) {
		if err != nil {
			t.Errorf("%v", err)
		}
		n++
	}
	_ = time.Second
	return len(city.Calls()) - before
}

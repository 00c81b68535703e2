package open311_test

import (
	"fmt"
	"strings"
	"testing"
	"text/tabwriter"

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
		page := pagesOf[d.Name]
		least := size/max(page.most, 1) + 1
		fmt.Fprintf(w, "%s\t%d\t", d.Name, page.most)
		for i, query := range []string{"year", "untold", "7 days", "no start"} {
			city := open311test.NewServer(t, open311test.WithoutNetwork(), open311test.WithDialect(d), open311test.WithSize(size))
			now := city.Now()
			q := map[string]*open311.Query{"year": {Start: now.AddDate(-1, 0, 0)}, "untold": {Start: now.AddDate(-1, 0, 0)},
				"7 days": {Start: now.AddDate(0, 0, -7)}, "no start": nil}[query]
			var opts []open311.Option
			least := least
			if query == "untold" {
				least = size/page.usual + 1
			}
			if query != "untold" {
				told := d
				told.RateLimit = 0
				opts = append(opts, open311.WithDialect(told))
			}
			if d.Name == open311.FixMyStreet.Name {
				opts = append(opts, open311.WithJurisdiction("any")) // without one it answers with a page
			}
			c := city.Client(opts...)
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

// pagesOf says how many rows a city in memory of a dialect gives at once: by itself, and if it is asked for as many as
// it can.
var pagesOf = map[string]struct{ usual, most int }{"GeoReport v2": {1000, 1000}, "Spot": {50, 500}, "SeeClickFix": {20, 100}, "uReport": {1000, 1000},
	"Mark-a-Spot": {100, 1000}, "Klarschiff": {3600, 3600}, "CitySDK": {200, 500}, "FixMyStreet": {1000, 1000}, "open311-adapter": {3600, 3600}}

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
	return len(city.Calls()) - before
}

// A page in answer to everything, for want of a jurisdiction or a login, ends a listing after two calls.
func TestCallsForPages(t *testing.T) {
	for _, opt := range []open311.Option{open311.WithFormat(open311.FormatAuto), open311.WithFormat(open311.FormatJSON)} {
		city := open311test.NewServer(t, open311test.WithoutNetwork(), open311test.WithDialect(open311.FixMyStreet))
		for _, d := range []open311.Dialect{{}, open311.FixMyStreet} {
			c := city.Client(opt, open311.WithDialect(d), open311.WithRetry(open311.RetryPolicy{MaxAttempts: 1}))
			before := len(city.Calls())
			for _, err := range c.Requests.All(t.Context(), nil) {
				if err == nil {
					t.Error("a request came")
				}
			}
			if n := len(city.Calls()) - before; n > 2 {
				t.Errorf("%d calls", n)
			}
		}
	}
}

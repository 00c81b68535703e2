package open311_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-open311/open311"
	"github.com/google/go-cmp/cmp"
)

// deaf returns a client of a server that gives these rows whatever it is asked for, and the warnings it gave.
func deaf(t *testing.T, rows []map[string]any) (*open311.Client, *[]string) {
	t.Helper()
	for i, row := range rows {
		row["service_request_id"] = fmt.Sprint(i)
		row["requested_datetime"] = time.Date(2026, 6, 1, 0, 0, -i, 0, time.UTC).Format(time.RFC3339)
	}
	body, err := json.Marshal(rows)
	if err != nil {
		t.Fatal(err)
	}
	warnings := new([]string)
	c, err := open311.New("https://city.example", open311.WithDialect(open311.Dialect{Whole: true, Windows: open311.Windows{Off: true}}),
		open311.WithWarnings(func(_ context.Context, w open311.Warning) { *warnings = append(*warnings, w.Path+": "+w.Detail) }),
		open311.WithMiddleware(func(http.RoundTripper) http.RoundTripper {
			return roundTripper(func(r *http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: http.StatusOK, Request: r, Header: http.Header{"Content-Type": {"application/json"}},
					Body: io.NopCloser(strings.NewReader(string(body)))}, nil
			})
		}))
	if err != nil {
		t.Fatal(err)
	}
	return c, warnings
}

// halfPlane is an area of no usual shape.
type halfPlane struct{ north float64 }

func (h halfPlane) Contains(p open311.Point) bool { return p.Lat > h.north }

// TestFiltersThatAreIgnored: what a request shows is compared with the query where the server was seen not to do it;
// what it does not show passes, with a warning.
func TestFiltersThatAreIgnored(t *testing.T) {
	at := func(day int) string { return time.Date(2026, 6, day, 12, 0, 0, 0, time.UTC).Format(time.RFC3339) }
	type row = map[string]any
	near := &open311.Circle{Center: open311.Point{Lat: 52, Long: 13}, Radius: 500}
	for _, test := range []struct {
		name  string
		q     open311.Query
		rows  []row
		want  []string
		warns []string // their beginnings
	}{
		{"codes", open311.Query{ServiceCodes: []string{"a"}},
			[]row{{"service_code": "b"}, {"service_code": "A "}, {}}, []string{"1", "2"}, []string{"service_code: a request without one"}},
		{"states", open311.Query{Statuses: []open311.Status{"closed"}},
			[]row{{"status": "open"}, {"status": "closed"}, {"status": "Fixed"}, {"status": "accepted"}, {"status": "zugestellt"}, {}},
			[]string{"1", "2", "4", "5"}, []string{"status: zugestellt may or may not", "status: a request without one"}},
		{"states of its own that come first", open311.Query{Statuses: []open311.Status{"closed"}},
			[]row{{"status": "accepted"}, {"status": "closed"}, {"status": "open"}}, []string{"1"}, nil},
		{"states that the server may count among them", open311.Query{Statuses: []open311.Status{"closed"}},
			[]row{{"status": "accepted"}, {"status": "closed"}}, []string{"0", "1"}, nil},
		{"updates", open311.Query{UpdatedAfter: time.Date(2026, 6, 20, 0, 0, 0, 0, time.UTC)},
			[]row{{"updated_datetime": at(19)}, {"updated_datetime": at(1)}, {"updated_datetime": at(21)}, {}}, []string{"2", "3"},
			[]string{"updated_datetime: a request without one"}},
		{"updates read in another zone", open311.Query{UpdatedAfter: time.Date(2026, 6, 20, 0, 0, 0, 0, time.UTC)},
			[]row{{"updated_datetime": at(19)}, {"updated_datetime": at(21)}}, []string{"0", "1"}, nil},
		{"a circle", open311.Query{Near: near},
			[]row{{"lat": 52.006, "long": 13}, {"lat": 52, "long": 13.001}, {"lat": 53, "long": 13}, {}}, []string{"1", "3"},
			[]string{"lat: a request without a place"}},
		{"a circle that the server measures otherwise", open311.Query{Near: near},
			[]row{{"lat": 52.006, "long": 13}, {"lat": 52, "long": 13.001}}, []string{"0", "1"}, nil},
		{"a box", open311.Query{Within: &open311.Box{Min: open311.Point{Lat: 52, Long: 13}, Max: open311.Point{Lat: 52.1, Long: 13.1}}},
			[]row{{"lat": 52.05, "long": 13.05}, {"lat": 52.05, "long": 14}}, []string{"0"}, nil},
		{"an area", open311.Query{Area: halfPlane{52}},
			[]row{{"lat": 52.00001, "long": 13}, {"lat": 51.99999, "long": 13}, {}}, []string{"0", "2"}, []string{"lat: a request without a place"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, warnings := deaf(t, test.rows)
			var got []string
			for r, err := range c.Requests.All(t.Context(), &test.q) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, r.ID)
			}
			slices.Sort(got)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("ids (-want +got):\n%s", diff)
			}
			if len(*warnings) != len(test.warns) {
				t.Fatalf("warnings %q, want %q", *warnings, test.warns)
			}
			for i, w := range test.warns {
				if !strings.HasPrefix((*warnings)[i], w) {
					t.Errorf("warning %q, want %q", (*warnings)[i], w)
				}
			}
		})
	}
}

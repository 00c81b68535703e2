package open311_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/go-open311/open311"
)

// listOf returns how many of the requests All gives when a server sends these rows, each a JSON object.
func listOf(t *testing.T, rows ...string) int {
	t.Helper()
	body := "[" + strings.Join(rows, ",") + "]"
	c, err := open311.New("https://city.example", open311.WithFormat(open311.FormatJSON),
		open311.WithDialect(open311.Dialect{Whole: true, Windows: open311.Windows{Off: true}, Paging: open311.Paging{Style: open311.PagingNone}}),
		open311.WithMiddleware(func(http.RoundTripper) http.RoundTripper {
			return roundTripper(func(r *http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: http.StatusOK, Request: r, Header: http.Header{"Content-Type": {"application/json"}},
					Body: io.NopCloser(strings.NewReader(body))}, nil
			})
		}))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, err := range c.Requests.All(t.Context(), nil) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	return n
}

// Rows without id are told apart by all that they say: those that differ in one field are two, whichever it is.
// A field that is added to ServiceRequest is looked at here without a line being written for it.
func TestRowsWithoutID(t *testing.T) {
	t.Parallel()
	base := open311.ServiceRequest{Location: &open311.Point{Lat: 52.5, Long: 13.4}, RequestedDatetime: time.Date(2026, 6, 1, 8, 0, 0, 0, time.UTC),
		Description: "a pothole", Extra: open311.Extra{"votes": json.RawMessage("1")}}
	row := func(r open311.ServiceRequest) string {
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	if n := listOf(t, row(base), row(base)); n != 1 {
		t.Fatalf("two equal rows are %d", n)
	}
	kind := reflect.TypeFor[open311.ServiceRequest]()
	for i := range kind.NumField() {
		field := kind.Field(i)
		if field.Name == "ID" {
			continue
		}
		for j, other := range otherValues(t, base, i) {
			if n := listOf(t, row(base), row(other)); n != 2 {
				t.Errorf("%s: two rows that differ in it (%d) are %d", field.Name, j, n)
			}
		}
	}
}

// otherValues returns copies of a request with other values in its field i.
func otherValues(t *testing.T, base open311.ServiceRequest, i int) (out []open311.ServiceRequest) {
	t.Helper()
	set := func(v any) {
		other := base
		field := reflect.ValueOf(&other).Elem().Field(i)
		field.Set(reflect.ValueOf(v).Convert(field.Type()))
		out = append(out, other)
	}
	switch field := reflect.ValueOf(base).Field(i); field.Interface().(type) {
	case time.Time:
		set(base.RequestedDatetime.Add(time.Second))
	case *open311.Point:
		set((*open311.Point)(nil))
		set(&open311.Point{Lat: 52.6, Long: 13.4})
		set(&open311.Point{Lat: 52.5, Long: 13.5})
	case open311.Extra:
		set(open311.Extra(nil))
		set(open311.Extra{"votes": json.RawMessage("2")})
		set(open311.Extra{"views": json.RawMessage("1")})
		set(open311.Extra{"votes": json.RawMessage("1"), "views": json.RawMessage("1")})
	default:
		if field.Kind() != reflect.String {
			t.Fatalf("no other values for a field of the type %s", field.Type())
		}
		set("https://city.example/other")
	}
	return out
}

// The fields of Extra may come in any order.
func TestRowsWithoutIDExtraOrder(t *testing.T) {
	t.Parallel()
	var there, back bytes.Buffer
	for i := range 20 {
		fmt.Fprintf(&there, `"x%d":%d,`, i, i)
		fmt.Fprintf(&back, `"x%d":%d,`, 19-i, 19-i)
	}
	row := func(extra string) string {
		return `{` + extra + `"description":"a pothole","requested_datetime":"2026-06-01T08:00:00Z"}`
	}
	if n := listOf(t, row(there.String()), row(back.String())); n != 1 {
		t.Errorf("one row with its Extra in two orders is %d rows", n)
	}
}

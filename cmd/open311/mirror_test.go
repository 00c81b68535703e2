package main

import (
	"database/sql"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/parquet-go/parquet-go"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/mirror"
	"github.com/go-open311/open311/open311test"
)

// odd is a request with all that a database could stumble over.
var odd = open311.ServiceRequest{ID: "it's;--", Status: "open", ServiceName: "Ünïcode \"quoted\"", Location: &open311.Point{Lat: 43.25, Long: -68.125},
	Extra: open311.Extra{"more": json.RawMessage(`{"zero":"a\u0000b","half":"\ud800","back":"c:\\u0000"}`)}}

// oddTown has a year of requests, the odd one, and one that says next to nothing.
func oddTown(t *testing.T) (*open311test.Server, string) {
	s, at := town(t)
	one, two := odd, open311.ServiceRequest{ID: "bare", Status: "closed"}
	one.RequestedDatetime, two.RequestedDatetime = s.Now().AddDate(0, 0, -40), s.Now().AddDate(0, 0, -50)
	s.Put(one)
	s.Put(two)
	return s, at
}

func TestMirrorInEveryFormat(t *testing.T) {
	city, at := oddTown(t)
	want := len(city.Requests())
	dir := filepath.Join(t.TempDir(), "copy")
	args := []string{"mirror", at, "-o", dir, "--since=" + city.Now().AddDate(-1, 0, -2).Format("2006-01-02"), "--until=" + city.Now().AddDate(0, 0, 1).Format("2006-01-02"),
		"--window=60", "--format=ndjson,csv,geojson,sqlite,geoparquet,html"}
	status, out, errs := call(t, args...)
	if status != 0 || !strings.Contains(out, strconv.Itoa(want)+" requests, complete") || errs != "" {
		t.Fatalf("status %d: %s%s", status, out, errs)
	}
	for _, name := range []string{"requests.ndjson", "requests.csv", "requests.geojson", "requests.sqlite", "requests.parquet", "index.html"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	db, err := sql.Open("sqlite", filepath.Join(dir, "requests.sqlite"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var n, day int
	var got [4]string
	if err := db.QueryRow("SELECT count(*), count(date(requested_datetime)) FROM requests").Scan(&n, &day); err != nil || n != want || day != want {
		t.Errorf("SQLite has %d, %d with a date, want %d: %v", n, day, want, err)
	}
	if err := db.QueryRow("SELECT service_name, lat, long, json_extract(extra, '$.more.back') FROM requests WHERE service_request_id = ?", odd.ID).Scan(&got[0], &got[1], &got[2], &got[3]); err != nil {
		t.Error(err)
	}
	if d := cmp.Diff([4]string{odd.ServiceName, "43.25", "-68.125", `c:\u0000`}, got); d != "" {
		t.Error(d)
	}
	geoParquet(t, filepath.Join(dir, "requests.parquet"), want)
	// Alone, it is written in place of the parts.
	alone := filepath.Join(t.TempDir(), "copy")
	if status, _, errs := call(t, "mirror", at, "-o", alone, args[4], args[5], "--window=30", "--format=geoparquet"); status != 0 {
		t.Fatalf("status %d: %s", status, errs)
	}
	geoParquet(t, filepath.Join(alone, "requests.parquet"), want)
	if status, out, _ := call(t, args...); status != 0 || !strings.Contains(out, "complete already") {
		t.Errorf("again: status %d: %s", status, out)
	}
	if status, _, errs := call(t, "mirror", at, "-o", alone, args[4], args[5], "--window=30", "--format=csv"); status != 1 || !strings.Contains(errs, "without csv") {
		t.Errorf("another format: status %d: %s", status, errs)
	}
	// A database that is not there is told before the city is asked for anything.
	t.Setenv("OPEN311_POSTGRES", "host=127.0.0.1 port=1 user=nobody")
	calls := len(city.Calls())
	status, _, errs = call(t, "mirror", at, "-o", t.TempDir(), "--format=postgres")
	if status != 1 || !strings.Contains(errs, "OPEN311_POSTGRES") || len(city.Calls()) != calls {
		t.Errorf("no database: status %d, %d calls: %s", status, len(city.Calls())-calls, errs)
	}
}

func geoParquet(t *testing.T, path string, want int) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	file, err := parquet.OpenFile(f, info.Size())
	if err != nil {
		t.Fatal(err)
	}
	text, ok := file.Lookup("geo")
	var geo struct {
		Version string
		Primary string `json:"primary_column"`
		Columns map[string]struct {
			Encoding string
			Types    []string `json:"geometry_types"`
			Box      []float64
		}
	}
	if err := json.Unmarshal([]byte(text), &geo); !ok || err != nil || geo.Version != "1.1.0" || geo.Columns[geo.Primary].Encoding != "WKB" {
		t.Errorf("the key geo is %s: %v", text, err)
	}
	type row struct {
		ID       string `parquet:"service_request_id,optional"`
		Geometry []byte `parquet:"geometry,optional"`
	}
	rows, err := parquet.ReadFile[row](path)
	if err != nil || len(rows) != want {
		t.Fatalf("%d rows, want %d: %v", len(rows), want, err)
	}
	for _, r := range rows {
		if r.ID == odd.ID && len(r.Geometry) != 21 || r.ID == "bare" && len(r.Geometry) != 0 {
			t.Errorf("%s: geometry %x", r.ID, r.Geometry)
		}
	}
}

// A copy replaces the table in one go: .ci/postgres says where the database is.
func TestMirrorToPostgreSQL(t *testing.T) {
	address := os.Getenv("OPEN311_TEST_POSTGRES")
	if address == "" {
		t.Skip("OPEN311_TEST_POSTGRES names no database; .ci/postgres starts one")
	}
	t.Setenv("OPEN311_POSTGRES", address)
	city, at := oddTown(t)
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	for range 2 {
		status, out, errs := call(t, "mirror", at, "-o", t.TempDir(), "--since="+city.Now().AddDate(-1, 0, -2).Format("2006-01-02"),
			"--until="+city.Now().AddDate(0, 0, 1).Format("2006-01-02"), "--window=60", "--format=postgres", "--table=copy")
		if status != 0 {
			t.Fatalf("status %d: %s%s", status, out, errs)
		}
		var n, dated int
		var name, back, zero string
		var lat float64
		if err := conn.QueryRow(t.Context(), `SELECT count(*), count(requested_datetime) FROM copy`).Scan(&n, &dated); err != nil || n != len(city.Requests()) || dated != n {
			t.Errorf("%d rows, %d with a date, want %d: %v", n, dated, len(city.Requests()), err)
		}
		err := conn.QueryRow(t.Context(), `SELECT service_name, lat, extra->'more'->>'back', extra->'more'->>'zero' FROM copy WHERE service_request_id = $1`, odd.ID).Scan(&name, &lat, &back, &zero)
		if err != nil || name != odd.ServiceName || lat != 43.25 || back != `c:\u0000` || zero != "ab" {
			t.Errorf("%q %v %q %q: %v", name, lat, back, zero, err)
		}
	}
	// A database that fails leaves the table as it was, and the copy unfinished.
	if status, _, _ := call(t, "mirror", at, "-o", t.TempDir(), "--format=postgres", "--table=no_such_schema.copy"); status != 1 {
		t.Errorf("status %d", status)
	}
}

func TestMirrorJobs(t *testing.T) {
	for _, test := range []struct {
		name string
		m    mirrorCmd
		want func(*mirror.Job, error) bool
	}{
		{"catalogue", mirrorCmd{city: city{City: "chicago"}}, func(j *mirror.Job, err error) bool {
			return err == nil && j.Name == "Chicago, IL" && strings.Contains(j.Source, "chicago") && j.Client != nil && j.Days == 7
		}},
		{"unknown city", mirrorCmd{city: city{City: "no such city"}}, func(_ *mirror.Job, err error) bool { return errors.Is(err, open311.ErrNotFound) }},
		{"two sources", mirrorCmd{city: city{City: "chicago", Endpoint: "https://a.example"}}, func(_ *mirror.Job, err error) bool { return err != nil }},
		{"endpoint", mirrorCmd{city: city{Endpoint: "https://u:secret@city.example/o/v2?key=secret", Jurisdiction: "city.example"}}, func(j *mirror.Job, err error) bool {
			return err == nil && j.Name == "city.example" && j.Source == "https://city.example/o/v2, jurisdiction city.example"
		}},
		{"no endpoint", mirrorCmd{city: city{Endpoint: "city.example"}}, func(_ *mirror.Job, err error) bool { return err != nil }},
		{"rate", mirrorCmd{city: city{City: "chicago", Rate: -1}}, func(_ *mirror.Job, err error) bool { return err != nil }},
		{"format", mirrorCmd{city: city{City: "chicago"}, Format: []string{"xls"}}, func(_ *mirror.Job, err error) bool { return err != nil }},
		{"since", mirrorCmd{city: city{City: "chicago"}, Since: "31.1.2024"}, func(_ *mirror.Job, err error) bool { return err != nil }},
	} {
		test.m.Window, test.m.Concurrency = 7, 1
		if job, err := test.m.job(); !test.want(job, err) {
			t.Errorf("%s: %+v, %v", test.name, job, err)
		}
	}
}

func TestMoment(t *testing.T) {
	for text, want := range map[string]string{"2024-01-31": "2024-01-31T00:00:00Z", "2024-01-31T08:00:00+02:00": "2024-01-31T06:00:00Z"} {
		if got, err := moment("since", text, false); err != nil || got.Format(time.RFC3339) != want {
			t.Errorf("%s: %v %v", text, got, err)
		}
	}
	if got, err := moment("until", "2024-01-31", true); err != nil || got.Format(time.RFC3339) != "2024-01-31T23:59:59Z" {
		t.Errorf("until: %v %v", got, err)
	}
}

// A record of nothing is an error, in every format; a name with a question mark is one like others; no link is written to.
func TestFormatsOfNothing(t *testing.T) {
	for name, f := range (&mirrorCmd{}).formats() {
		if name == "postgres" {
			continue // it needs a server
		}
		path := filepath.Join(t.TempDir(), "a?mode=memory")
		w, err := f.Begin(t.Context(), path)
		if err != nil {
			t.Fatal(name, err)
		}
		for _, r := range []*mirror.Record{nil, {}} {
			if err := w.Write(r); err == nil {
				t.Errorf("%s: no error for %v", name, r)
			}
		}
		if _, err := os.Stat(path); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		w.Discard()
		if err := os.Symlink(path+"2", path); err == nil {
			if w, err := f.Begin(t.Context(), path); err == nil {
				t.Errorf("%s: a link was followed", name)
				w.Discard()
			}
		}
	}
}

package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-open311/open311/jobs"
)

// TestMain is the program itself if its first argument is a command: the demonstration starts itself.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "run" {
		main()
	}
	os.Exit(m.Run())
}

func TestDemo(t *testing.T) {
	t.Parallel()
	var out, errs bytes.Buffer
	if status := call(t.Context(), []string{"-demo", "-size", "60", "-db", filepath.Join(t.TempDir(), "demo.sqlite")}, &out, &errs); status != 0 {
		t.Fatalf("status %d: %s%s", status, &out, &errs)
	}
	for _, want := range []string{"540 of 540 requests, 9 of 9 cities followed", "9 requests change", "town-klarschiff   60    1", "LAST SUCCESS"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, &out)
		}
	}
}

// A row of one's own is harvested, told by metrics, shown by status, and left when the program is stopped.
func TestRunAndStatus(t *testing.T) {
	t.Parallel()
	towns, stop, err := build(30)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	}()
	dir := t.TempDir()
	file, name := filepath.Join(dir, "cities.json"), filepath.Join(dir, "jobs.sqlite")
	if err := write(file, towns[:1]); err != nil {
		t.Fatal(err)
	}
	m, err := serveMetrics("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m.done(t.Context(), jobs.Result{Kind: "open311_shard", City: "town-spec", Rows: 30, Took: time.Second})
	resp, err := http.Get("http://" + m.address + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(resp.Body)
	if err != nil || !strings.Contains(string(text), `open311_jobs_rows_total{city="town-spec",kind="open311_shard"`) {
		t.Errorf("the metrics are %s, %v", text, err)
	}
	_ = resp.Body.Close() // it was read
	if err := m.close(); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var out, errs bytes.Buffer
	done := make(chan int, 1)
	go func() {
		done <- call(ctx, []string{"run", "-db", name, "-catalogue", file, "-metrics", "127.0.0.1:0"}, &out, &errs)
	}()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	var shown bytes.Buffer
	for deadline := time.Now().Add(time.Minute); !strings.Contains(shown.String(), "followed"); <-tick.C {
		if shown.Reset(); time.Now().After(deadline) {
			t.Fatal("it is not followed after a minute")
		}
		if status := call(t.Context(), []string{"status", "-db", name}, &shown, &errs); status != 0 {
			t.Fatal(errs.String())
		}
	}
	cancel()
	if status := <-done; status != 0 {
		t.Errorf("status %d: %s", status, &errs)
	}
	if !strings.Contains(shown.String(), "town-spec  30") {
		t.Errorf("it shows\n%s", &shown)
	}
	for _, args := range [][]string{{"harvest", "-db", name, "-catalogue", file, "town-spec"}, {"cancel", "-db", name, "chicago"}, {"waiting", "-db", name}} {
		if status := call(t.Context(), args, &out, &errs); status != 0 {
			t.Errorf("%s: status %d: %s", args, status, &errs)
		}
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	s := &jobs.Status{Cities: []jobs.CityStatus{
		{City: "bonn", Rows: 12, Changes: 3, Harvested: now, Followed: now.Add(-time.Hour), Succeeded: now.Add(-time.Hour)},
		{City: "chicago", Shards: 4, Gaps: 1, Failed: now, Error: "no\n such  host" + strings.Repeat(" and another word", 30)},
	}, Filings: []jobs.FilingStatus{{City: "bonn", State: "waiting", N: 2}}, Jobs: map[string]int{"running": 1, "available": 2}}
	var out bytes.Buffer
	if err := table(&out, s, now); err != nil {
		t.Fatal(err)
	}
	want := `CITY     ROWS  CHANGES  LAST SUCCESS       LAG     STATE
bonn     12    3        2026-07-01 11:00Z  1h0m0s  followed
chicago  0     0        -                  -       shards left: 4, gaps: 1
chicago, 2026-07-01 12:00Z:
  no such host and another word and another word and another word and another
  word and another word and another word and another word and another word and
  another word and another word and another word and another word and another
  word and another word and another word and another word and another word and …
reports to bonn: 2 waiting
jobs: 2 available, 1 running
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("the table differs (-want +got):\n%s", diff)
	}
}

func TestCities(t *testing.T) {
	t.Parallel()
	for list, want := range map[string]int{"chicago,zurich": 2, "zurich,zurich": 1, "de": 1, "all": 50} {
		if found, err := cities(list, ""); err != nil || len(found) < want {
			t.Errorf("%q are %d cities: %v", list, len(found), err)
		}
	}
	for _, list := range []string{"", "no such city", "xx"} {
		if _, err := cities(list, ""); err == nil {
			t.Errorf("%q is no error", list)
		}
	}
}

// Keys come from the environment or a file, and no flag takes one.
func TestKeys(t *testing.T) {
	t.Setenv("OPEN311_API_KEY_SAN_FRANCISCO", "of the environment")
	file := filepath.Join(t.TempDir(), "keys")
	if err := os.WriteFile(file, []byte("# keys\nchicago of the file\nsan-francisco another\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	k, err := readKeys(file)
	if err != nil {
		t.Fatal(err)
	}
	for city, want := range map[string]string{"chicago": "of the file", "san-francisco": "of the environment", "bonn": ""} {
		if got := k.of(city); got != want {
			t.Errorf("the key of %s is %q, want %q", city, got, want)
		}
	}
	var out, errs bytes.Buffer
	if status := call(t.Context(), []string{"run", "-h"}, &out, &errs); status != 0 || strings.Contains(errs.String(), "-key ") {
		t.Errorf("status %d: %s", status, &errs)
	}
	for _, args := range [][]string{{}, {"fly"}, {"run", "-fly"}, {"run"}, {"decide"}} {
		if status := call(t.Context(), args, &out, &errs); status != 2 {
			t.Errorf("%s: status %d", args, status)
		}
	}
}

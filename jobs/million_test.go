package jobs_test

import (
	"database/sql"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/jobs"
	"github.com/go-open311/open311/open311test"
	"github.com/go-open311/open311/servers"
)

// TestMillion harvests a large city by one process into each database, and compares that with putting the same rows
// into the same table by plain statements. OPEN311_JOBS_ROWS says how large.
func TestMillion(t *testing.T) {
	n := 2000
	if rows, err := strconv.Atoi(os.Getenv("OPEN311_JOBS_ROWS")); err == nil {
		n = rows
	} else {
		t.Parallel()
	}
	quirks := open311test.Quirks{UpdatedFilters: true, Always: true, Span: -1, OpenRanges: true, Paging: open311test.ByPage, PageSize: 500, MaxRows: 1000}
	rows := open311test.NewServer(t, open311test.WithSize(n/5), open311test.WithYears(5)).Requests()
	for i := range rows {
		rows[i].Status = open311.StatusOpen // so that the feed remembers all of them
	}
	city := open311test.NewServer(t, open311test.WithRequests(rows...), open311test.WithQuirks(quirks))
	test := func(t *testing.T, name string) {
		c := childConfig{DB: name, Cities: []servers.Server{row("large", city)}, Every: time.Hour, Timeout: 20 * time.Minute, Leads: true, Rows: 5000}
		db := open(t, name)
		began := time.Now()
		cmd := child(t, c)
		eventually(t, time.Hour, "the city is harvested", func() bool {
			var done int
			return db.SQL().QueryRowContext(t.Context(), "SELECT count(*) FROM open311_server WHERE harvested IS NOT NULL").Scan(&done) == nil && done == 1
		})
		harvested := time.Since(began)
		eventually(t, time.Hour, "the city is followed", func() bool {
			var done int
			return db.SQL().QueryRowContext(t.Context(), "SELECT count(*) FROM open311_server WHERE followed IS NOT NULL").Scan(&done) == nil && done == 1
		})
		followed, peak := time.Since(began)-harvested, peakOf(t, cmd.Process.Pid)
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); err != nil {
			t.Fatal(err)
		}
		cpu := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
		var stored int
		if err := db.SQL().QueryRowContext(t.Context(), "SELECT count(*) FROM open311_request").Scan(&stored); err != nil || stored != n {
			t.Fatalf("%d rows, want %d: %v", stored, n, err)
		}
		plain, sink := pairedInsert(t, db)
		rate := func(d time.Duration) float64 { return float64(n) / d.Seconds() }
		t.Logf("%d rows: harvest %.0f rows/s in %s, first poll %s, %.1f s of CPU, %d MB; sink alone %.0f rows/s; plain batches %.0f rows/s: %.1f and %.1f times as long",
			n, rate(harvested), harvested.Round(time.Millisecond), followed.Round(time.Millisecond), cpu.Seconds(), peak, rate(sink), rate(plain),
			harvested.Seconds()/plain.Seconds(), sink.Seconds()/plain.Seconds())
	}
	databases(t, test)
}

// A poll of a quiet city costs few calls, and little time of the processor.
func TestCostOfPolls(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, name string) {
		const cities, polls = 6, 4
		city := open311test.NewServer(t, open311test.WithSize(200), open311test.WithClock(time.Now), open311test.WithQuirks(open311test.Quirks{UpdatedFilters: true}))
		c := childConfig{DB: name, Every: time.Second, Timeout: time.Minute, Rows: 1000, Leads: true}
		for i := range cities {
			c.Cities = append(c.Cities, row("city-"+strconv.Itoa(i), city))
		}
		db := open(t, name)
		cmd := child(t, c)
		number := func(query string) (n int) {
			if err := db.SQL().QueryRowContext(t.Context(), query).Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		eventually(t, time.Minute, "all cities are followed", func() bool {
			return number("SELECT count(*) FROM open311_server WHERE followed IS NOT NULL") == cities
		})
		const done = "SELECT count(*) FROM river_job WHERE kind = 'open311_follow' AND state = 'completed'"
		before, calls, cpu := number(done), len(city.Calls()), cpuOf(t, cmd.Process.Pid)
		eventually(t, time.Minute, "they are polled some times", func() bool { return number(done) >= before+cities*polls })
		n := number(done) - before
		perPoll := float64(len(city.Calls())-calls) / float64(n)
		t.Logf("%d polls: %.2f calls, %s of CPU each", n, perPoll, ((cpuOf(t, cmd.Process.Pid) - cpu) / time.Duration(n)).Round(10*time.Microsecond))
		if perPoll > 3 {
			t.Errorf("a poll of a quiet city takes %.2f calls", perPoll)
		}
	})
}

// peakOf is the most memory that a process has taken so far, in MB, as far as the system tells. What it tells of one that has
// ended counts the process that started it, too.
func peakOf(t *testing.T, pid int) int {
	t.Helper()
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), "VmHWM:")
	n, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		t.Fatal(err)
	}
	return n / 1024
}

// cpuOf is what a process has used of the processor, as far as the system tells.
func cpuOf(t *testing.T, pid int) time.Duration {
	t.Helper()
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	const tick = 10 * time.Millisecond
	var ticks int64
	for _, f := range fields[11:13] {
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		ticks += n
	}
	return time.Duration(ticks) * tick
}

// pairedInsert puts the rows of the table into an empty one once more, by the sink as shards do and, into a table of their
// own, by plain statements of a hundred rows; five hundred rows a transaction. The two take turns, so that whatever else
// the machine does holds up both alike.
func pairedInsert(t *testing.T, db *jobs.DB) (plain, sink time.Duration) {
	clear := "DELETE FROM open311_request"
	if isPostgres(db) {
		clear = "TRUNCATE open311_request"
	}
	execute(t, db, "CREATE TABLE source AS SELECT * FROM open311_request", "CREATE UNIQUE INDEX source_id ON source (id)", clear,
		"CREATE TABLE plain AS SELECT * FROM open311_request", "CREATE UNIQUE INDEX plain_key ON plain (server, id)")
	for last := ""; ; {
		rows := copyRows(t, db, last)
		if len(rows) == 0 {
			return plain, sink
		}
		last = rows[len(rows)-1][1].(string)
		for part := range slices.Chunk(rows, 500) {
			began := time.Now()
			within(t, db, func(tx *sql.Tx) error { return plainInsert(t, db, tx, part) })
			plain += time.Since(began)
			requests := decoded(t, part)
			began = time.Now()
			within(t, db, func(tx *sql.Tx) error {
				return db.Tables().Write(t.Context(), tx, &jobs.Batch{Server: "large", Seen: time.Now(), Requests: requests})
			})
			sink += time.Since(began)
		}
	}
}

func within(t *testing.T, db *jobs.DB, do func(*sql.Tx) error) {
	t.Helper()
	tx, err := db.SQL().BeginTx(t.Context(), nil)
	if err == nil {
		err = errors.Join(do(tx), tx.Commit())
	}
	if err != nil {
		t.Fatal(err)
	}
}

func plainInsert(t *testing.T, db *jobs.DB, tx *sql.Tx, rows [][]any) error {
	const many = 100
	for part := range slices.Chunk(rows, many) {
		var marks []string
		var args []any
		for _, row := range part {
			one := make([]string, len(row))
			for j := range row {
				if one[j] = "$" + strconv.Itoa(len(args)+j+1); j == 9 && isPostgres(db) {
					one[j] += "::jsonb"
				}
			}
			marks, args = append(marks, "("+strings.Join(one, ",")+")"), append(args, row...)
		}
		statement := "INSERT INTO plain (" + requestColumns + ") VALUES " + strings.Join(marks, ",")
		if _, err := tx.ExecContext(t.Context(), db.Statement(statement), args...); err != nil {
			return err
		}
	}
	return nil
}

const requestColumns = "server, id, status, service_code, service_name, requested, updated, lat, long, doc, sum, print, first_seen, last_seen"

func isPostgres(db *jobs.DB) bool { return db.Statement("$1") == "$1" }

func execute(t *testing.T, db *jobs.DB, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if _, err := db.SQL().ExecContext(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
}

// copyRows reads some rows behind one.
func copyRows(t *testing.T, db *jobs.DB, last string) (some [][]any) {
	t.Helper()
	rows, err := db.SQL().QueryContext(t.Context(), db.Statement("SELECT "+requestColumns+" FROM source WHERE id > $1 ORDER BY id LIMIT 5000"), last)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		row := make([]any, 14)
		to := make([]any, len(row))
		for i := range row {
			to[i] = &row[i]
		}
		if err := rows.Scan(to...); err != nil {
			t.Fatal(err)
		}
		if doc, ok := row[9].([]byte); ok {
			row[9] = string(doc)
		}
		some = append(some, row)
	}
	return some
}

// decoded returns the requests of rows, as a listing would have brought them.
func decoded(t *testing.T, rows [][]any) (requests []*open311.ServiceRequest) {
	for _, row := range rows {
		r := new(open311.ServiceRequest)
		if err := json.Unmarshal([]byte(row[9].(string)), r); err != nil {
			t.Fatal(err)
		}
		requests = append(requests, r)
	}
	return requests
}

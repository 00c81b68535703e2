package guides

import (
	"database/sql"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/open311test"
)

func TestHourly(t *testing.T) {
	now := time.Date(2026, 7, 1, 8, 0, 0, 0, time.UTC)
	city := open311test.NewServer(t, open311test.WithoutNetwork(), open311test.WithClock(func() time.Time { return now }), open311test.WithSize(20))
	path := t.TempDir() + "/feed.sqlite"
	run := func(want int) {
		t.Helper()
		db, err := sql.Open("sqlite", path)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if _, err := db.Exec(Schema); err != nil {
			t.Fatal(err)
		}
		if n, err := Hourly(t.Context(), city.Client(), Store{db, "quillhaven"}); err != nil || n != want {
			t.Errorf("%d changes, want %d: %v", n, want, err)
		}
		var rows int
		if err := db.QueryRow(`SELECT count(*) FROM requests`).Scan(&rows); err != nil || rows != want {
			t.Errorf("%d rows are stored, want %d: %v", rows, want, err)
		}
	}
	run(0) // it takes stock
	city.Put(open311.ServiceRequest{ID: "new", Status: "open", ServiceCode: city.Services()[0].Code, RequestedDatetime: now, UpdatedDatetime: now})
	now = now.Add(time.Hour)
	run(1)
}

package guides

import (
	"database/sql"
	"os"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/open311test"
)

func TestHourly(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { hourly(t, "sqlite", t.TempDir()+"/feed.sqlite") })
	t.Run("postgres", func(t *testing.T) {
		address := os.Getenv("OPEN311_TEST_POSTGRES")
		if address == "" {
			t.Skip("OPEN311_TEST_POSTGRES names no database; .ci/postgres starts one")
		}
		hourly(t, "pgx", address)
	})
}

func hourly(t *testing.T, driver, address string) {
	now := time.Date(2026, 7, 1, 8, 0, 0, 0, time.UTC)
	city := open311test.NewServer(t, open311test.WithoutNetwork(), open311test.WithClock(func() time.Time { return now }), open311test.WithSize(20))
	open := func() *sql.DB {
		db, err := sql.Open(driver, address)
		if err != nil {
			t.Fatal(err)
		}
		return db
	}
	t.Cleanup(func() {
		db := open()
		defer db.Close()
		_, _ = db.Exec(`DROP TABLE feeds; DROP TABLE requests;`)
	})
	run := func(wantChanges int, wantStatus string) {
		t.Helper()
		db := open() // each run knows nothing but what is in the database
		defer db.Close()
		if _, err := db.Exec(Schema); err != nil {
			t.Fatal(err)
		}
		if n, err := Hourly(t.Context(), city.Client(), Store{db, "quillhaven"}); err != nil || n != wantChanges {
			t.Errorf("%d changes, want %d: %v", n, wantChanges, err)
		}
		var status string
		err := db.QueryRow(`SELECT status FROM requests WHERE city = 'quillhaven' AND id = 'new'`).Scan(&status)
		if err != nil && err != sql.ErrNoRows || status != wantStatus {
			t.Errorf("the status that is stored is %q, want %q: %v", status, wantStatus, err)
		}
	}
	run(0, "") // it takes stock
	city.Put(open311.ServiceRequest{ID: "new", Status: "open", ServiceCode: city.Services()[0].Code, RequestedDatetime: now, UpdatedDatetime: now})
	now = now.Add(time.Hour)
	run(1, "open")
	city.Edit("new", func(r *open311.ServiceRequest) { r.Status, r.UpdatedDatetime = "closed", now })
	now = now.Add(time.Hour)
	run(1, "closed")
	run(0, "closed")
}

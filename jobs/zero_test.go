package jobs

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"github.com/go-open311/open311/internal/zerotest"
)

func TestZeroValues(t *testing.T) {
	zerotest.Run(t, []any{Check{}, DB{}, File{}, Follow{}, Harvest{}, Runner{}, Shard{}, Sinks{}})
	zerotest.Funcs(t, map[string]any{"New": New, "Open": Open})
}

// The address of a database may hold a password.
func TestDBShowsNoPassword(t *testing.T) {
	const password = "pw-311-secret"
	unused, err := sql.Open("pgx", "postgres://open311:"+password+"@db.example/cities")
	if err != nil {
		t.Fatal(err)
	}
	defer unused.Close()
	db := &DB{sql: unused}
	for _, v := range []any{db, []*DB{db}, struct{ db *DB }{db}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d"} {
			if text := fmt.Sprintf(verb, v); strings.Contains(text, password) {
				t.Errorf("%s prints %s", verb, text)
			}
		}
	}
}

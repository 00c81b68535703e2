package jobs

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver for PostgreSQL
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"modernc.org/sqlite" // the driver for SQLite
	sqlite3 "modernc.org/sqlite/lib"
)

// DB is the database that a fleet shares: its queue, and all that its jobs know. It is safe for concurrent use.
type DB struct {
	sql      *sql.DB
	listener *pgxpool.Pool // of PostgreSQL: one connection, which hears of new jobs
	driver   riverdriver.Driver[*sql.Tx]
	boot     string // what quickly has done lasts as long as this; "" where that is not known
}

// connections are how many a process opens to PostgreSQL, besides the one that listens.
const connections = 5

// Open opens a database and brings its tables up to date. The name is a URL such as postgres://host/name, or settings
// such as "host=/run/postgresql dbname=cities"; any other name is a file of SQLite, for the processes of one machine. A
// password is better left to the environment (PGPASSWORD) or to ~/.pgpass.
func Open(ctx context.Context, name string) (*DB, error) {
	db, err := open(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("jobs: the database: %w", err)
	}
	if err := db.Migrate(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("jobs: the tables of the database: %w", err), db.Close())
	}
	return db, nil
}

func open(ctx context.Context, name string) (*DB, error) {
	switch {
	case name == "":
		return nil, errors.New("it has no name")
	case strings.HasPrefix(name, "postgres://"), strings.HasPrefix(name, "postgresql://"), strings.Contains(name, "="):
		return openPostgres(ctx, name)
	}
	return openSQLite(ctx, name)
}

func openPostgres(ctx context.Context, name string) (*DB, error) {
	config, err := pgxpool.ParseConfig(name)
	if err != nil {
		return nil, err
	}
	config.MaxConns = 1
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("pgx", name)
	if err != nil {
		pool.Close()
		return nil, err
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return &DB{sql: db, listener: pool, driver: riverdatabasesql.NewWithPgxListener(db, pool), boot: "unlogged"}, nil
}

// openSQLite opens a file. A second writer waits for the first; transactions take their place in the row of writers when
// they begin, since one that only reads at first could be refused later.
func openSQLite(ctx context.Context, name string) (*DB, error) {
	settings := url.Values{"_txlock": {"immediate"},
		"_pragma": {"busy_timeout(30000)", "journal_mode(wal)", "synchronous(full)"}}
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: filepath.ToSlash(name)}).EscapedPath()+"?"+settings.Encode())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1) // as River's driver wants it
	if err := connect(ctx, db); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &DB{sql: db, driver: riversqlite.New(db), boot: boot()}, nil
}

// boot names the time since the machine was started; "" where the system does not say.
func boot() string {
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(id))
}

// connect makes the first connection to a file. While another process changes the mode of a new one, SQLite refuses that
// at once, however long it is told to wait.
func connect(ctx context.Context, db *sql.DB) error {
	const tries, pause = 600, 50 * time.Millisecond
	for try := 1; ; try++ {
		err := db.PingContext(ctx)
		if busy, ok := errors.AsType[*sqlite.Error](err); !ok || busy.Code() != sqlite3.SQLITE_BUSY || try == tries {
			return err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// errNoDB and errNoRunner are what nil and zero values answer.
var (
	errNoDB     = errors.New("jobs: there is no database: Open makes a DB")
	errNoRunner = errors.New("jobs: there is no runner: New makes one")
)

// nowhere is the database of a zero DB: it has no connections.
type nowhere struct{}

func (nowhere) Connect(context.Context) (driver.Conn, error) { return nil, errNoDB }
func (nowhere) Driver() driver.Driver                        { return nil }

var nothing = sync.OnceValue(func() *sql.DB { return sql.OpenDB(nowhere{}) })

// Close closes the database.
func (d *DB) Close() error {
	if d == nil || d.sql == nil {
		return nil
	}
	if d.listener != nil {
		d.listener.Close()
	}
	return d.sql.Close()
}

// SQL returns the database itself, for queries of one's own and for [Runner.FileTx].
func (d *DB) SQL() *sql.DB {
	if d == nil || d.sql == nil {
		return nothing()
	}
	return d.sql
}

func (d *DB) postgres() bool { return d != nil && d.listener != nil }

// q returns a statement as the database wants it. Statements are written with PostgreSQL's numbered parameters.
func (d *DB) q(statement string) string {
	if d.postgres() {
		return statement
	}
	return strings.ReplaceAll(statement, "$", "?")
}

// within runs f in a transaction. No call to a city is made in one: a slow city would keep others from writing.
func (d *DB) within(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := d.SQL().BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := f(tx); err != nil {
		return errors.Join(err, ignoreDone(tx.Rollback()))
	}
	return tx.Commit()
}

// quickly runs f on a connection on which statements are done before they are on the disk. They survive this process; after a
// crash of the machine boot is another one. PostgreSQL does so by itself for tables that are unlogged, and empties these
// after a crash of the server.
func (d *DB) quickly(ctx context.Context, f func(*sql.Conn) error) error {
	conn, err := d.SQL().Conn(ctx)
	if err != nil {
		return err
	}
	if d.postgres() {
		return errors.Join(f(conn), conn.Close())
	}
	_, err = conn.ExecContext(ctx, "PRAGMA synchronous = normal")
	if err == nil {
		err = f(conn)
	}
	if _, failed := conn.ExecContext(context.WithoutCancel(ctx), "PRAGMA synchronous = full"); failed != nil {
		// Nobody else may get it as it is.
		return errors.Join(err, failed, ignoreDone(conn.Raw(func(any) error { return driver.ErrBadConn })))
	}
	return errors.Join(err, conn.Close())
}

// ignoreDone leaves out that a transaction has ended already: it has with its context.
func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) || errors.Is(err, driver.ErrBadConn) {
		return nil
	}
	return err
}

// layout is how times are stored in SQLite: a text that its functions read and that sorts as times do.
const layout = "2006-01-02T15:04:05.000Z"

// at returns a time as the database stores it; nil for none.
func (d *DB) at(t time.Time) any {
	switch {
	case t.IsZero():
		return nil
	case d.postgres():
		return t
	}
	return t.UTC().Format(layout)
}

// moment reads a time that the database has stored.
type moment struct{ time.Time }

// Scan implements sql.Scanner.
func (m *moment) Scan(v any) (err error) {
	switch v := v.(type) {
	case nil:
		m.Time = time.Time{}
	case time.Time:
		m.Time = v.UTC()
	case string:
		m.Time, err = time.Parse(layout, v)
	default:
		err = fmt.Errorf("jobs: %T is no time", v)
	}
	return err
}

package jobs

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/riverqueue/river/rivermigrate"
)

//go:embed migrations
var migrations embed.FS

// migrationLock is the number of the lock that PostgreSQL gives to one migration at a time.
const migrationLock = 311_000_001

// Migrate brings the tables up to date: River's and those of this package. It can be run again, and by several
// processes at once; [Open] runs it. Where PostGIS is there, requests get a column place.
func (d *DB) Migrate(ctx context.Context) error {
	if d == nil || d.driver == nil {
		return errNoDB
	}
	river, err := rivermigrate.New(d.driver, nil)
	if err != nil {
		return err
	}
	if !d.postgres() {
		return d.within(ctx, func(tx *sql.Tx) error {
			//nolint:staticcheck // the steps of PostgreSQL need transactions of their own; those of SQLite are one, so that no other process begins them
			if _, err := river.MigrateTx(ctx, tx, rivermigrate.DirectionUp, nil); err != nil {
				return err
			}
			return d.migrate(ctx, tx)
		})
	}
	// Some steps of River's need a transaction of their own: the lock has to outlive them.
	conn, err := d.SQL().Conn(ctx)
	if err != nil {
		return err
	}
	if _, err = conn.ExecContext(ctx, "SELECT pg_advisory_lock($1)", migrationLock); err == nil {
		if _, err = river.Migrate(ctx, rivermigrate.DirectionUp, nil); err == nil {
			err = d.within(ctx, func(tx *sql.Tx) error { return d.migrate(ctx, tx) })
		}
		_, unlocked := conn.ExecContext(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", migrationLock)
		err = errors.Join(err, unlocked)
	}
	return errors.Join(err, conn.Close())
}

func (d *DB) migrate(ctx context.Context, tx *sql.Tx) error {
	dir := "migrations/sqlite/"
	if d.postgres() {
		dir = "migrations/postgres/"
	}
	if _, err := tx.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS open311_schema (version bigint PRIMARY KEY)"); err != nil {
		return err
	}
	var version int
	if err := tx.QueryRowContext(ctx, "SELECT coalesce(max(version), 0) FROM open311_schema").Scan(&version); err != nil {
		return err
	}
	for {
		statements, err := migrations.ReadFile(fmt.Sprintf("%s%d.sql", dir, version+1))
		if errors.Is(err, fs.ErrNotExist) {
			break
		}
		if err != nil {
			return err
		}
		version++
		if _, err := tx.ExecContext(ctx, string(statements)); err != nil {
			return fmt.Errorf("version %d: %w", version, err)
		}
		if _, err := tx.ExecContext(ctx, d.q("INSERT INTO open311_schema (version) VALUES ($1)"), version); err != nil {
			return err
		}
	}
	always, err := migrations.ReadFile(dir + "always.sql")
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		_, err = tx.ExecContext(ctx, string(always))
	}
	return err
}

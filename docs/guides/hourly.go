package guides

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"github.com/go-open311/open311"
)

// Schema makes the tables of a Store.
const Schema = `
CREATE TABLE IF NOT EXISTS feeds (city TEXT PRIMARY KEY, checkpoint TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS requests (city TEXT, id TEXT, status TEXT, document TEXT NOT NULL, PRIMARY KEY (city, id));`

// Store keeps the requests of a city, and the checkpoint of the feed that brings them, in one database.
type Store struct {
	DB   *sql.DB
	City string
}

// Load returns the checkpoint: the zero one before the first run.
func (s Store) Load() (c open311.Checkpoint, err error) {
	var text []byte
	err = s.DB.QueryRow(`SELECT checkpoint FROM feeds WHERE city = $1`, s.City).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return c, nil
	}
	if err != nil {
		return c, err
	}
	return c, json.Unmarshal(text, &c)
}

// Save stores a checkpoint without changes.
func (s Store) Save(c open311.Checkpoint) error {
	return s.SaveChanges(context.Background(), c, nil)
}

// SaveChanges stores a checkpoint and the changes up to it in one transaction: after a crash both are there, or neither.
func (s Store) SaveChanges(ctx context.Context, c open311.Checkpoint, changes []*open311.Change) error {
	tx, err := s.DB.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	for _, change := range changes {
		if err := s.store(ctx, tx, change); err != nil {
			return err
		}
	}
	text, err := json.Marshal(c)
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO feeds (city, checkpoint) VALUES ($1, $2)
		ON CONFLICT (city) DO UPDATE SET checkpoint = excluded.checkpoint`, s.City, string(text)); err != nil {
		return err
	}
	return tx.Commit()
}

// store brings the row of a request up to date.
func (s Store) store(ctx context.Context, tx *sql.Tx, change *open311.Change) error {
	r := change.Request
	if change.Kind == open311.Gone {
		_, err := tx.ExecContext(ctx, `DELETE FROM requests WHERE city = $1 AND id = $2`, s.City, r.ID)
		return err
	}
	document, err := json.Marshal(r)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO requests (city, id, status, document) VALUES ($1, $2, $3, $4)
		ON CONFLICT (city, id) DO UPDATE SET status = excluded.status, document = excluded.document`,
		s.City, r.ID, string(r.Status), string(document))
	return err
}

// Hourly is one run of the job. It returns how many changes it has stored.
func Hourly(ctx context.Context, c *open311.Client, store Store) (changes int, err error) {
	feed, err := c.Requests.Feed(open311.FeedOptions{Store: store})
	if err != nil {
		return 0, err
	}
	for _, err := range feed.Poll(ctx) {
		if err != nil {
			return changes, err
		}
		changes++ // when the loop goes on, the feed gives the change to SaveChanges
	}
	return changes, nil
}

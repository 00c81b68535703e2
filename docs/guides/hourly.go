package guides

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"github.com/go-open311/open311"
)

// Schema is what Store needs.
const Schema = `
CREATE TABLE IF NOT EXISTS feeds (city TEXT PRIMARY KEY, checkpoint TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS requests (city TEXT, id TEXT, status TEXT, document TEXT NOT NULL, PRIMARY KEY (city, id));`

// Store keeps the checkpoint of a feed and what the feed tells in one database.
type Store struct {
	DB   *sql.DB
	City string
}

// Load reads the checkpoint; the zero one before the first run.
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
		document, err := json.Marshal(change.Request)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO requests (city, id, status, document) VALUES ($1, $2, $3, $4)
			ON CONFLICT (city, id) DO UPDATE SET status = excluded.status, document = excluded.document`,
			s.City, change.Request.ID, string(change.Request.Status), string(document)); err != nil {
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

// Hourly is one run of a job that keeps nothing in memory: what it knows is in the database.
func Hourly(ctx context.Context, c *open311.Client, store Store) (changes int, err error) {
	feed, err := c.Requests.Feed(open311.FeedOptions{Store: store})
	if err != nil {
		return 0, err
	}
	for _, err := range feed.Poll(ctx) {
		if err != nil {
			return changes, err
		}
		changes++ // SaveChanges stores it
	}
	return changes, nil
}

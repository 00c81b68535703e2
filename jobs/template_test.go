package jobs_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/go-open311/open311/jobs"
)

// templates are a database of each kind whose tables are there. They are made when the first test wants one, and copied:
// making the tables anew takes longer than most tests.
var templates template

type template struct {
	mu      sync.Mutex
	text    []byte // the file of SQLite
	name    string // in PostgreSQL
	address string
}

// prepare makes the tables of a database.
func prepare(name string) error {
	db, err := jobs.Open(context.Background(), name)
	if err != nil {
		return err
	}
	return db.Close()
}

func (t *template) sqlite() ([]byte, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.text != nil {
		return t.text, nil
	}
	dir, err := os.MkdirTemp("", "jobs")
	if err != nil {
		return nil, err
	}
	name := filepath.Join(dir, "template.sqlite")
	if err = prepare(name); err == nil {
		t.text, err = os.ReadFile(name)
	}
	return t.text, errors.Join(err, os.RemoveAll(dir))
}

func (t *template) postgres(address string) (name string, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.name != "" {
		return t.name, nil
	}
	name = fmt.Sprintf("jobs_%d_template", os.Getpid())
	if err := execAt(address, "CREATE DATABASE "+name); err != nil {
		return "", err
	}
	t.name, t.address = name, address
	return name, prepare(named(address, name))
}

// drop drops the one in PostgreSQL, if there is one.
func (t *template) drop() error {
	if t.name == "" {
		return nil
	}
	return execAt(t.address, "DROP DATABASE "+t.name+" WITH (FORCE)")
}

func execAt(address, statement string) error {
	db, err := sql.Open("pgx", address)
	if err != nil {
		return err
	}
	_, err = db.Exec(statement)
	return errors.Join(err, db.Close())
}

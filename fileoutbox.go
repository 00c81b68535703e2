package open311

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"time"

	"github.com/go-open311/open311/internal/outbox"
)

// FileOutbox returns an outbox that keeps each filing in a file of the directory: written beside the old one, synced
// and put in its place, readable by its owner alone. What is done is moved to a directory "done" below it, where it
// can be deleted. A directory is for one process at a time.
func FileOutbox(dir string) Outbox { return fileOutbox{outbox.Dir(dir)} }

type fileOutbox struct{ dir outbox.Dir }

func (o fileOutbox) Put(ctx context.Context, f *Filing) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	document, err := json.Marshal(storedFiling{f, outbox.Boot()})
	if err != nil {
		return err
	}
	return o.dir.Write(f.ID, document, f.State.done())
}

func (o fileOutbox) Get(_ context.Context, id string) (*Filing, error) {
	document, err := o.dir.Read(id)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("open311: filing %s: %w", id, ErrNotFound)
	}
	return readFiling(document, err)
}

func (o fileOutbox) Pending(ctx context.Context) iter.Seq2[*Filing, error] {
	return func(yield func(*Filing, error) bool) {
		names, err := o.dir.Open()
		if err != nil {
			yield(nil, err)
			return
		}
		for _, name := range names {
			if err := ctx.Err(); err != nil {
				yield(nil, err)
				return
			}
			document, finished, err := o.dir.ReadOpen(name)
			if finished {
				continue
			}
			f, err := readFiling(document, err)
			if err != nil {
				err = fmt.Errorf("open311: the outbox: %s: %w", name, err)
			}
			if !yield(f, err) {
				return
			}
		}
	}
}

// Filed yields the filings whose files were written since then, and that are FilingFiled.
func (o fileOutbox) Filed(ctx context.Context, since time.Time) iter.Seq2[*Filing, error] {
	return func(yield func(*Filing, error) bool) {
		for path, err := range o.dir.Done(since) {
			var document []byte
			if err = cmp.Or(ctx.Err(), err); err == nil {
				document, err = outbox.ReadFile(path)
			}
			if errors.Is(err, fs.ErrNotExist) {
				continue // it was deleted just now
			}
			f, err := readFiling(document, err)
			if err != nil {
				err = fmt.Errorf("open311: the outbox: %s: %w", path, err)
			} else if f.State != FilingFiled {
				continue
			}
			if !yield(f, err) {
				return
			}
		}
	}
}

// storedFiling is what a file holds.
type storedFiling struct {
	*Filing
	Boot string // see outbox.Boot
}

func (o fileOutbox) Leave(_ context.Context, id string) error { return o.dir.Leave(id) }

func (o fileOutbox) Left(_ context.Context, id string) bool {
	document, err := o.dir.Read(id)
	var stored storedFiling
	if err != nil || json.Unmarshal(document, &stored) != nil {
		return true
	}
	return o.dir.Left(id, stored.Boot)
}

func readFiling(document []byte, err error) (*Filing, error) {
	if err != nil {
		return nil, err
	}
	f := new(Filing)
	if err := json.Unmarshal(document, f); err != nil {
		return nil, err
	}
	return f, nil
}

package jobs

import (
	"cmp"
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/riverqueue/river"

	"github.com/go-open311/open311"
)

// File puts a report into the outbox and into the queue, in one transaction, and returns its ID: from then on it is
// filed, refused, or waits for a person, whatever becomes of this process. A filing with an ID that is there already
// is left as it is. Files are sent from where [open311.Media.Path] says, which every machine of the fleet has to see.
func (r *Runner) File(ctx context.Context, city string, f *open311.Filing) (id string, err error) {
	if r == nil {
		return "", errNoRunner
	}
	err = r.db.within(ctx, func(tx *sql.Tx) error {
		id, err = r.FileTx(ctx, tx, city, f)
		return err
	})
	return id, err
}

// FileTx is [Runner.File] in a transaction of the caller's own, with the rest of what a form stores.
func (r *Runner) FileTx(ctx context.Context, tx *sql.Tx, city string, f *open311.Filing) (id string, err error) {
	if _, err := r.city(city); err != nil {
		return "", err
	}
	switch {
	case f == nil || f.Report == nil:
		return "", errors.New("jobs: there is nothing to file: the filing has no Report")
	case tx == nil:
		return "", errors.New("jobs: FileTx has no transaction to file in: File makes one")
	}
	for _, m := range f.Report.Media {
		if m.Path == "" {
			return "", fmt.Errorf("jobs: the file %q has no Path: another process could not send it", m.Name)
		}
	}
	own := *f
	own.ID = cmp.Or(own.ID, strings.ToLower(rand.Text()))
	box := &outbox{db: r.db, city: city, revisions: map[string]int64{}}
	if err := box.put(ctx, tx, &own); err != nil && !errors.Is(err, errOvertaken) {
		return "", err
	} else if err != nil {
		return own.ID, nil // it is there
	}
	_, err = r.river.InsertTx(ctx, tx, File{City: city, ID: own.ID}, nil)
	return own.ID, err
}

// Decide is a person's word about a report that waits for one: receipt is that of the report that is there, nil means
// that it is not there and is to be sent again.
func (r *Runner) Decide(ctx context.Context, city, id string, receipt *open311.Receipt) error {
	if r == nil || r.river == nil {
		return errNoRunner
	}
	box := &outbox{db: r.db, city: city, revisions: map[string]int64{}}
	f, err := box.Get(ctx, id)
	if err != nil {
		return err
	}
	if f.State != open311.FilingWaiting {
		return fmt.Errorf("jobs: filing %s does not wait for a person: it is %s", id, f.State)
	}
	f.State, f.Changed, f.Candidates, f.Error = open311.FilingReady, time.Now(), nil, ""
	if receipt != nil {
		f.State, f.Receipt = open311.FilingFiled, receipt
	}
	return r.db.within(ctx, func(tx *sql.Tx) error {
		if err := box.put(ctx, tx, f); err != nil || receipt != nil {
			return err
		}
		_, err := r.river.InsertTx(ctx, tx, File{City: city, ID: id}, nil)
		return err
	})
}

// Forget deletes reports, with all that their reporters have written, that were filed or refused before a time.
func (d *DB) Forget(ctx context.Context, before time.Time) (n int64, err error) {
	res, err := d.SQL().ExecContext(ctx, d.q("DELETE FROM open311_filing WHERE state IN ($1, $2) AND changed < $3"),
		string(open311.FilingFiled), string(open311.FilingRefused), d.at(before))
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

type filer struct {
	river.WorkerDefaults[File]
	r *Runner
}

// Work implements river.Worker.
func (w *filer) Work(ctx context.Context, job *river.Job[File]) error {
	began := time.Now()
	err := w.work(ctx, job)
	return w.r.settle(ctx, Result{Kind: job.Kind, City: job.Args.City, Err: err}, began)
}

func (w *filer) work(ctx context.Context, job *river.Job[File]) error {
	city := job.Args.City
	s, err := w.r.open(ctx, city)
	if err != nil {
		return err
	}
	box := &outbox{db: w.r.db, city: city, revisions: map[string]int64{}}
	f, err := box.Get(ctx, job.Args.ID)
	if errors.Is(err, open311.ErrNotFound) {
		return river.JobCancel(err)
	}
	if err != nil {
		return err
	}
	_, err = s.Requests.File(ctx, box, f)
	switch f.State {
	case open311.FilingFiled:
		if err != nil {
			return err // the outbox does not know it yet
		}
		return complete(ctx, w.r, job, city, func(*sql.Tx) error { return nil })
	case open311.FilingRefused:
		return river.JobCancel(fmt.Errorf("jobs: filing %s: %w", f.ID, err))
	case open311.FilingToken:
		if err == nil {
			return river.JobSnooze(nextLook(time.Since(sent(f))))
		}
	case open311.FilingWaiting:
		if err != nil && errors.Is(err, open311.ErrOutcomeUnknown) {
			return w.wait(ctx, job, f, err)
		}
	}
	if err == nil {
		err = fmt.Errorf("jobs: filing %s is %s", f.ID, f.State) // it is tried again
	}
	return err
}

// lookFor is for how long a report is looked for that may have been filed, before only a person can tell. Many cities
// show a report later.
const lookFor = 48 * time.Hour

// wait looks again later, or leaves the report to a person: [Runner.Decide] goes on with it.
func (w *filer) wait(ctx context.Context, job *river.Job[File], f *open311.Filing, cause error) error {
	age := time.Since(sent(f))
	if age < lookFor {
		return river.JobSnooze(max(time.Minute, nextLook(age)))
	}
	if err := w.r.db.fail(ctx, job.Args.City, cause); err != nil {
		return err
	}
	return river.JobCancel(fmt.Errorf("jobs: filing %s waits for a person: %w", f.ID, cause))
}

func sent(f *open311.Filing) time.Time {
	if n := len(f.Attempts); n > 0 {
		return f.Attempts[n-1].Sent
	}
	return f.Changed
}

// nextLook is when to look again at what has been pending for some time: soon at first, and once an hour in the end.
func nextLook(age time.Duration) time.Duration {
	return min(max(age/2, 2*time.Second), time.Hour)
}

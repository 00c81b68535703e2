package jobs

import (
	"context"
	"database/sql"
	"time"

	"github.com/go-open311/open311"
)

// Batch is what a job has read of a city.
type Batch struct {
	Server string    // the key of the city
	Seen   time.Time // when it was read
	// Requests are those of a listing, as they are now. Rows without ID have one of the contents.
	Requests []*open311.ServiceRequest
	// Changes are what a feed has told, in its order.
	Changes []*open311.Change
}

// Sink takes what jobs have read. Write is called in the transaction in which the job's progress is stored, after
// all calls to the city were made: what a sink does with tx happens exactly once; what it does elsewhere happens again
// if the transaction fails. An error undoes the batch, and the job is tried again.
type Sink interface {
	Write(ctx context.Context, tx *sql.Tx, b *Batch) error
}

// Sinks writes to each of several sinks, in order.
type Sinks []Sink

// Write implements Sink.
func (s Sinks) Write(ctx context.Context, tx *sql.Tx, b *Batch) error {
	for _, one := range s {
		if err := one.Write(ctx, tx, b); err != nil {
			return err
		}
	}
	return nil
}

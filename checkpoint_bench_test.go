package open311

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-open311/open311/internal/feed"
)

// rowLists is a server that lists the same rows whatever it is asked.
type rowLists struct {
	feed.Lists // what a poll of it does not call
	rows       []feed.Sighting
}

func (l *rowLists) Requested(_ context.Context, _ feed.Ask, see func(feed.Sighting) bool) (feed.Answer, error) {
	for _, s := range l.rows {
		see(s)
	}
	return feed.Answer{Complete: true, Answered: true}, nil
}

func (l *rowLists) Recall(feed.Habits) {}

func (l *rowLists) Habits() feed.Habits { return feed.Habits{} }

// BenchmarkFileCheckpoint saves after each change, as a feed with a Store does.
func BenchmarkFileCheckpoint(b *testing.B) {
	for _, size := range []int{1_000, 50_000, 500_000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			now := time.Now()
			l := &rowLists{}
			for i := range size {
				at := now.Add(-time.Duration(i) * time.Minute)
				l.rows = append(l.rows, sighting(&ServiceRequest{ID: fmt.Sprintf("QH26-%06d", i), Status: StatusOpen, RequestedDatetime: at,
					UpdatedDatetime: at.Add(time.Duration(i%977) * time.Hour)}))
				l.rows[i].Inside = true
			}
			tracker, err := feed.New(feed.Config{Scope: "x", IDsPerCall: idChunk, State: stateWord}, l, feed.Snapshot{})
			if err != nil {
				b.Fatal(err)
			}
			poll := func(status Status) (*feed.Found, []*feed.Change) {
				for i := range l.rows {
					l.rows[i].Status = string(status)
				}
				pass, err := tracker.Poll(b.Context())
				if err != nil {
					b.Fatal(err)
				}
				return pass, pass.Changes()
			}
			stock, _ := poll(StatusOpen)
			stock.Commit()
			pass, list := poll(StatusClosed)
			if len(list) != size {
				b.Fatal(len(list))
			}
			f := FileCheckpoint(filepath.Join(b.TempDir(), "state.json"))
			for i := 0; b.Loop(); i++ {
				pass.Settle(list[i%size])
				if err := f.Save(Checkpoint{tracker.Snapshot()}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

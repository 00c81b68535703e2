package open311_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/open311test"
)

// TestFileCheckpointIsAddedTo: a change costs a line, a line that broke off does not count, and one that was
// changed is seen.
func TestFileCheckpointIsAddedTo(t *testing.T) {
	t.Parallel()
	city := feedCity(t, open311test.WithSize(300))
	path := filepath.Join(t.TempDir(), "state.json")
	f := newFeed(t, city.Client(), open311.FeedOptions{Store: open311.FileCheckpoint(path)})
	told(t, f)
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	city.Put(open311.ServiceRequest{ID: "n1"}, open311.ServiceRequest{ID: "n2"})
	told(t, f)
	after, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if added, ok := bytes.CutPrefix(after, before); !ok || len(added) == 0 || len(added) > 4<<10 {
		t.Errorf("a file of %d bytes has become one of %d that begins in another way, or is much longer", len(before), len(after))
	}
	again := func(text []byte) ([]string, error) {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := city.Client().Requests.Feed(open311.FeedOptions{Store: open311.FileCheckpoint(path)})
		if err != nil {
			return nil, err
		}
		return told(t, f), nil
	}
	torn := after[:len(after)-10]
	for range 2 { // the second time of what was written behind it
		if got, err := again(torn); err != nil || slices.Contains(got, "created n1") {
			t.Errorf("a line that broke off: told %v, %v", got, err)
		}
		if torn, err = os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
	}
	turned := slices.Clone(after)
	turned[len(before)+20] ^= 1
	if _, err := again(turned); !errors.Is(err, open311.ErrCheckpoint) {
		t.Errorf("a line that was changed: %v", err)
	}
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

// TestFileCheckpointFollowsNoLink: neither where the file should be, nor by the name it is written under.
func TestFileCheckpointFollowsNoLink(t *testing.T) {
	t.Parallel()
	city := feedCity(t)
	dir := t.TempDir()
	victim, path := filepath.Join(dir, "victim"), filepath.Join(dir, "state.json")
	if err := errors.Join(os.WriteFile(victim, []byte("precious"), 0o600), os.Symlink(victim, path), os.Symlink(victim, path+".new")); err != nil {
		t.Skip(err)
	}
	if _, err := city.Client().Requests.Feed(open311.FeedOptions{Store: open311.FileCheckpoint(path)}); !errors.Is(err, open311.ErrCheckpoint) {
		t.Errorf("a link is read: %v", err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	told(t, newFeed(t, city.Client(), open311.FeedOptions{Store: open311.FileCheckpoint(path)}))
	if b, err := os.ReadFile(victim); err != nil || string(b) != "precious" {
		t.Errorf("what the link leads to has become %.20q, %v", b, err)
	}
	link := path + ".link" // to a good checkpoint
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	if _, err := city.Client().Requests.Feed(open311.FeedOptions{Store: open311.FileCheckpoint(link)}); !errors.Is(err, open311.ErrCheckpoint) {
		t.Errorf("a link to a checkpoint is read: %v", err)
	}
}

// changeStore keeps changes and checkpoint together.
type changeStore struct {
	last  open311.Checkpoint
	told  []string
	saves int
	fail  bool
}

func (s *changeStore) Load() (open311.Checkpoint, error) { return s.last, nil }

func (s *changeStore) Save(open311.Checkpoint) error { return errors.New("SaveChanges is to be asked") }

func (s *changeStore) SaveChanges(_ context.Context, c open311.Checkpoint, changes []*open311.Change) error {
	if s.fail {
		return errors.New("the database is down")
	}
	for _, ch := range changes {
		s.told = append(s.told, string(ch.Kind)+" "+ch.Request.ID)
	}
	s.saves++
	s.last = c
	return nil
}

// TestSaveChanges: the changes come with the checkpoint, also those that could not be stored the first time; a
// quiet poll stores nothing.
func TestSaveChanges(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		city := feedCity(t, open311test.WithRequests())
		s := &changeStore{}
		f := newFeed(t, city.Client(), open311.FeedOptions{Store: s})
		told(t, f)
		saves := s.saves
		for range 5 {
			time.Sleep(10 * time.Minute)
			told(t, f)
		}
		if s.saves != saves {
			t.Errorf("quiet polls were saved %d times", s.saves-saves)
		}
		s.fail = true
		for i := range 2 {
			city.Put(open311.ServiceRequest{ID: fmt.Sprint(i)})
			for _, err := range f.Poll(t.Context()) {
				s.fail = err == nil
			}
		}
		told(t, f)
		if want := []string{"created 0", "created 1"}; !slices.Equal(s.told, want) {
			t.Errorf("stored %v, want %v", s.told, want)
		}
	})
}

// TestFeedKnown begins with a finished listing: what has changed since is told, and no stock is taken.
func TestFeedKnown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		city := feedCity(t, open311test.WithSize(50))
		rows := city.Requests()
		time.Sleep(time.Hour)
		city.Edit(rows[0].ID, func(r *open311.ServiceRequest) { r.StatusNotes = "Seen." })
		city.Put(open311.ServiceRequest{ID: "new"})
		f := newFeed(t, city.Client(), open311.FeedOptions{Follow: time.Minute, Known: func(yield func(*open311.ServiceRequest) bool) {
			for i := range rows {
				if !yield(&rows[i]) {
					return
				}
			}
		}})
		time.Sleep(time.Hour)
		got := told(t, f)
		slices.Sort(got)
		if want := []string{"created new", "updated " + rows[0].ID}; !slices.Equal(got, want) {
			t.Errorf("told %v, want %v", got, want)
		}
	})
}

// pollObserver counts the polls that an Observer is told of, and asks what they did as they end.
type pollObserver struct {
	feed         *open311.Feed
	polls, calls int
	last         open311.PollReport
}

func (o *pollObserver) Call(ctx context.Context, info open311.CallInfo) (context.Context, func(open311.CallResult)) {
	switch {
	case info.Op == "poll requests":
		o.polls++
		return ctx, func(open311.CallResult) { o.last = o.feed.Last() }
	case info.Attempt == 0:
		o.calls++
	}
	return ctx, nil
}

func TestFeedLast(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		city := feedCity(t, open311test.WithSize(50))
		o := &pollObserver{}
		f := newFeed(t, city.Client(open311.WithObserver(o)), open311.FeedOptions{})
		if o.feed = f; !f.Last().Began.IsZero() {
			t.Errorf("before the first poll: %+v", f.Last())
		}
		told(t, f)
		r := f.Last()
		if r.Err != nil || !r.Audit || r.Calls == 0 || r.Known == 0 || r.ProvenTo.IsZero() || r.NextAudit.Sub(r.Began).Round(time.Minute) != 24*time.Hour || !slices.Contains(r.Lists, "requested") {
			t.Errorf("%+v", r)
		}
		if o.polls != 1 || o.calls == 0 || !o.last.Ended.Equal(r.Ended) {
			t.Errorf("%+v", o)
		}
		if got := (&open311.Feed{}).Last(); !got.Began.IsZero() {
			t.Errorf("%+v", got)
		}
	})
}

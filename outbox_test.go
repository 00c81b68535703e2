package open311_test

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/open311test"
)

// memoryOutbox keeps filings as JSON, and the states in which each was stored.
type memoryOutbox struct {
	states []open311.FilingState
	last   []byte
	fail   open311.FilingState // storing in this state fails
}

func (o *memoryOutbox) Put(_ context.Context, f *open311.Filing) error {
	if f.State == o.fail {
		return errors.New("the disk is full")
	}
	o.states = append(o.states, f.State)
	text, err := json.Marshal(f)
	o.last = text
	return err
}

func (o *memoryOutbox) Pending(context.Context) iter.Seq2[*open311.Filing, error] {
	return func(yield func(*open311.Filing, error) bool) {
		f := new(open311.Filing)
		err := json.Unmarshal(o.last, f)
		if err == nil && f.State != open311.FilingFiled && f.State != open311.FilingRefused {
			yield(f, nil)
		}
	}
}

func (o *memoryOutbox) path() string {
	var words []string
	for _, s := range o.states {
		words = append(words, string(s))
	}
	return strings.Join(words, " ")
}

// A filing is stored before it is sent, and what came of it afterwards.
func TestFile(t *testing.T) {
	for name, tt := range map[string]struct {
		service string
		fail    open311.FilingState
		fault   func(*open311test.Server)
		want    string // the states that are stored, by all calls of File
		there   int
	}{
		"filed":                   {"0102", "", nil, "ready sending filed", 1},
		"the receipt is lost":     {"0102", "", func(s *open311test.Server) { s.Fail(open311test.FileRequest, open311test.Truncate(10)) }, "ready sending sending filed", 1},
		"refused":                 {"none", "", nil, "ready sending refused", 0},
		"a token, and its id":     {"0801", "", nil, "ready sending token filed", 1},
		"the outbox is full":      {"0102", open311.FilingSending, nil, "ready ready ready", 0},
		"it was full from the on": {"0102", open311.FilingReady, nil, "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			city := open311test.NewServer(t, open311test.WithClock(time.Now), open311test.WithSize(50))
			if tt.fault != nil {
				tt.fault(city)
			}
			c := city.Client()
			box := &memoryOutbox{fail: tt.fail}
			n := numbered(7)
			n.ServiceCode = tt.service
			f := &open311.Filing{Report: n}
			_, first := c.Requests.File(t.Context(), box, f)
			_, _ = c.Requests.File(t.Context(), box, f) // the first poll of a token comes too early
			_, second := c.Requests.File(t.Context(), box, f)
			if box.path() != tt.want || len(city.Filed()) != tt.there {
				t.Errorf("%s, %d there; want %s, %d: %v, %v", box.path(), len(city.Filed()), tt.want, tt.there, first, second)
			}
		})
	}
}

// leavingOutbox can tell whether a report has left.
type leavingOutbox struct {
	memoryOutbox
	refuses, left bool
	ended         []bool // of the attempts that were stored as being sent, whether they had ended
}

func (o *leavingOutbox) Put(ctx context.Context, f *open311.Filing) error {
	if n := len(f.Attempts); n > 0 && f.State == open311.FilingSending {
		o.ended = append(o.ended, !f.Attempts[n-1].Ended.IsZero())
	}
	return o.memoryOutbox.Put(ctx, f)
}

func (o *leavingOutbox) Leave(context.Context, string) error {
	if o.refuses {
		return errors.New("another process has taken over")
	}
	o.left = true
	return nil
}

func (o *leavingOutbox) Left(context.Context, string) bool { return o.left }

// What an outbox does not let go is not sent, and is sent later without a question: it has not left.
func TestFileAsksBeforeItLeaves(t *testing.T) {
	city := open311test.NewServer(t, open311test.WithClock(time.Now), open311test.WithSize(50))
	box := &leavingOutbox{refuses: true}
	f := &open311.Filing{ID: "a", Report: numbered(7)}
	if _, err := city.Client().Requests.File(t.Context(), box, f); err == nil || errors.Is(err, open311.ErrOutcomeUnknown) || len(city.Filed()) != 0 {
		t.Fatalf("%v, %d there", err, len(city.Filed()))
	}
	box.refuses = false
	for f, err := range box.Pending(t.Context()) {
		if err != nil || f.State != open311.FilingSending {
			t.Fatalf("%v, %v", f, err)
		}
		if _, err := city.Client().Requests.File(t.Context(), box, f); err != nil || !box.left || len(city.Filed()) != 1 {
			t.Errorf("%v, %d there", err, len(city.Filed()))
		}
	}
}

// A transport that answers without having read the report does not say when that has left: it is stored as ended at once, or a
// process that dies then would send it again.
func TestFileThatWasNotSeenLeaving(t *testing.T) {
	c := stubClient(t, func(r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodPost {
			return stubReply(r, 500, "text/html", htmlPage), nil
		}
		return stubReply(r, 200, "application/json", `[]`), nil
	}, open311.WithFormat(open311.FormatJSON))
	box := &leavingOutbox{}
	if _, err := c.Requests.File(t.Context(), box, &open311.Filing{ID: "a", Report: numbered(1)}); !errors.Is(err, open311.ErrOutcomeUnknown) {
		t.Fatal(err)
	}
	if len(box.ended) == 0 || !box.ended[0] {
		t.Errorf("it was stored as %v", box.ended)
	}
}

// A report in doubt that is not to be found waits for a person, whose word is followed.
func TestFileWaitsForAPerson(t *testing.T) {
	posts := 0
	c := stubClient(t, func(r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodPost {
			posts++
			if posts == 1 {
				return stubReply(r, 500, "text/html", htmlPage), nil
			}
			return stubReply(r, 200, "application/json", `[{"service_request_id":"9"}]`), nil
		}
		return stubReply(r, 200, "application/json", `[]`), nil
	}, open311.WithFormat(open311.FormatJSON), open311.WithDialect(open311.Dialect{Whole: true}))
	box, f := &memoryOutbox{}, &open311.Filing{ID: "a", Report: numbered(1)}
	for range 3 {
		if _, err := c.Requests.File(t.Context(), box, f); !errors.Is(err, open311.ErrOutcomeUnknown) || posts != 1 {
			t.Fatalf("%v, %d POSTs, %v", f, posts, err)
		}
	}
	f.State = open311.FilingReady
	if r, err := c.Requests.File(t.Context(), box, f); err != nil || r.ID != "9" || posts != 2 {
		t.Errorf("%v, %d POSTs, %v", r, posts, err)
	}
	if r, err := c.Requests.File(t.Context(), box, f); err != nil || r.ID != "9" || posts != 2 {
		t.Errorf("again: %v, %d POSTs, %v", r, posts, err)
	}
}

// Two reports of the same words and place, filed one after the other: where the process dies within the second, the first
// one's request is not taken for its own, though nothing tells them apart but the first one's receipt.
func TestFileTellsTwinsApart(t *testing.T) {
	sent := time.Now().Add(-time.Minute)
	now := sent
	city := open311test.NewServer(t, open311test.WithClock(func() time.Time { return now }), open311test.WithSize(50))
	dir := t.TempDir()
	c, box := city.Client(), open311.FileOutbox(dir)
	first, err := c.Requests.File(t.Context(), box, &open311.Filing{ID: "first", Report: numbered(0)})
	if err != nil {
		t.Fatal(err)
	}
	now = sent.Add(50 * time.Second)
	rat := &open311.NewRequest{ServiceCode: "0102", Location: &open311.Point{Lat: 43.2, Long: -68.2}, Description: "A rat"}
	if _, err := c.Requests.Create(t.Context(), rat); err != nil {
		t.Fatal(err)
	}
	f := &open311.Filing{ID: "second", Report: numbered(0), State: open311.FilingSending, Attempts: []open311.FilingAttempt{{Sent: sent}}}
	if err := box.Put(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	if err := box.(interface {
		Leave(context.Context, string) error
	}).Leave(t.Context(), "second"); err != nil {
		t.Fatal(err)
	}
	broken := filepath.Join(dir, "done", "broken.json")
	if err := os.WriteFile(broken, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Requests.File(t.Context(), box, f); !errors.Is(err, open311.ErrOutcomeUnknown) || !strings.Contains(err.Error(), broken) {
		t.Errorf("with a file that cannot be read: %v", err)
	}
	if err := os.Remove(broken); err != nil {
		t.Fatal(err)
	}
	if r, err := c.Requests.File(t.Context(), box, f); err != nil || r.ID == first.ID || len(city.Filed()) != 3 {
		t.Errorf("%v, which is the first one's: %v; %d are filed, %v", r, first, len(city.Filed()), err)
	}
}

// That a request is the receipt of a report which it is not like proves nothing: ids are those of one city, and a receipt may be
// a mistake. The report is neither sent again nor taken for done; a person is asked.
func TestFileAsksWhoseReceipt(t *testing.T) {
	sent := time.Now().Add(-time.Minute)
	now := sent
	city := open311test.NewServer(t, open311test.WithClock(func() time.Time { return now }), open311test.WithSize(50))
	c, box := city.Client(), open311.FileOutbox(t.TempDir())
	own, err := c.Requests.Create(t.Context(), numbered(0))
	if err != nil {
		t.Fatal(err)
	}
	now = sent.Add(50 * time.Second)
	rat := &open311.NewRequest{ServiceCode: "0102", Location: &open311.Point{Lat: 43.2, Long: -68.2}, Description: "A rat"}
	if _, err := c.Requests.Create(t.Context(), rat); err != nil {
		t.Fatal(err)
	}
	for name, report := range map[string]*open311.NewRequest{"another report": numbered(7), "no report": nil} {
		f := &open311.Filing{ID: "own", Report: numbered(0), State: open311.FilingWaiting, Attempts: []open311.FilingAttempt{{Sent: sent, Ended: sent.Add(time.Second)}}}
		other := &open311.Filing{ID: "other", Report: report, State: open311.FilingFiled, Receipt: own, Attempts: f.Attempts}
		if err := box.Put(t.Context(), other); err != nil {
			t.Fatal(err)
		}
		_, err := c.Requests.File(t.Context(), box, f)
		if !errors.Is(err, open311.ErrOutcomeUnknown) || len(city.Filed()) != 2 || len(f.Candidates) == 0 || f.Candidates[0].Request.ID != own.ID {
			t.Errorf("%s: %v, %d are filed, candidates %v", name, err, len(city.Filed()), f.Candidates)
		}
	}
}

// What a filing needs survives as JSON, files by their paths; a file without one cannot.
func TestFilingIsJSON(t *testing.T) {
	dir := t.TempDir()
	photo := filepath.Join(dir, "photo.jpg")
	if err := os.WriteFile(photo, []byte("\xff\xd8\xff\xe0 a photo"), 0o600); err != nil {
		t.Fatal(err)
	}
	city := open311test.NewServer(t)
	n := numbered(2)
	n.Media = []open311.Media{{Path: photo}}
	text, err := json.Marshal(&open311.Filing{ID: "x", Report: n, State: open311.FilingReady})
	if err != nil {
		t.Fatal(err)
	}
	f := new(open311.Filing)
	if err := json.Unmarshal(text, f); err != nil {
		t.Fatal(err)
	}
	if _, err := city.Client().Requests.File(t.Context(), open311.FileOutbox(dir), f); err != nil {
		t.Fatal(err)
	}
	got := city.Filed()[0].Files[0]
	if d := cmp.Diff([]string{"photo.jpg", "image/jpeg"}, []string{got.Name, got.ContentType}); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	n.Media = []open311.Media{mediaOf("a.txt", "text", 0)}
	if _, err := city.Client().Requests.File(t.Context(), open311.FileOutbox(dir), &open311.Filing{Report: n}); !errors.Is(err, open311.ErrInvalid) {
		t.Errorf("a file without a path: %v", err)
	}
}

package conformance

import (
	"context"
	"encoding/json"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/open311test"
)

// mutation is one way to be wrong, which has to be found by one requirement.
type mutation struct {
	id      string
	name    string // what the server does, where the id does not tell
	was     string // the verdict before there was a rule for it, or before an old rule saw it; "" if one found it at once
	option  open311test.Option
	follows []string // requirements that cannot but break as well
	blinds  []string // patterns of those that cannot be judged any more
	many    bool     // of a server of several jurisdictions
	size    int      // requests in the city
}

const (
	testKey  = "k-311-secret"
	testSize = 200
)

// mutated starts a city that does everything this package knows of, with one thing wrong.
func mutated(t *testing.T, m mutation) Target {
	opts := []open311test.Option{
		open311test.WithoutNetwork(), open311test.WithAPIKey(testKey), open311test.WithSize(max(m.size, testSize)),
		open311test.WithQuirks(everything()),
	}
	if m.many {
		opts = append(opts, open311test.WithJurisdictions("a.example", "b.example"))
	}
	if m.option != nil {
		opts = append(opts, m.option)
	}
	city := open311test.NewServer(t, opts...)
	requests := city.Requests()
	city.PutUpdates(
		open311.Update{RequestID: requests[0].ID, Status: open311.StatusOpen, UpdatedDatetime: city.Now().Add(-time.Hour), Description: "seen"},
		open311.Update{RequestID: requests[0].ID, Status: open311.StatusClosed, UpdatedDatetime: city.Now().Add(-time.Hour / 2), Description: "done"},
		open311.Update{RequestID: requests[1].ID, Status: open311.StatusClosed, UpdatedDatetime: city.Now().Add(-time.Hour / 4), Description: "done, too"},
	)
	target := Target{
		Endpoint: city.URL, APIKey: testKey, AllowCreate: true, Pace: -1, Now: city.Now,
		HTTPClient: &http.Client{Transport: city.Transport()},
	}
	if m.many {
		target.Jurisdiction = "a.example"
	}
	return target
}

// everything is the specification and all extensions.
func everything() open311test.Quirks {
	return open311test.Quirks{
		Name: "everything", Paging: open311test.ByPage, FirstPage: 1, SizeParam: "page_size", UpdatedFilters: true,
		Extended: map[string]json.RawMessage{"extended_attributes": json.RawMessage(`{"ward":"4"}`)},
	}
}

// quirk is everything with one thing otherwise.
func quirk(change func(*open311test.Quirks)) open311test.Option {
	q := everything()
	change(&q)
	return open311test.WithQuirks(q)
}

var baseline = struct {
	sync.Mutex
	of map[bool]map[string]Status
}{of: make(map[bool]map[string]Status)}

// statusesOf checks the city without a mutation, once.
func statusesOf(t *testing.T, many bool) map[string]Status {
	baseline.Lock()
	defer baseline.Unlock()
	if got := baseline.of[many]; got != nil {
		return got
	}
	r, err := Check(context.Background(), mutated(t, mutation{many: many}))
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string]Status)
	for _, res := range r.Results {
		got[res.ID] = res.Status
		if res.Status != Pass && res.Status != Unsupported {
			t.Errorf("without a mutation %s is %s: %+v", res.ID, res.Status, res.Findings)
		}
	}
	baseline.of[many] = got
	return got
}

// tally counts, over all mutations, what was found and what should have been.
type tally struct {
	sync.Mutex
	hits, extra, missed int
	most                int // findings of one mutation
}

// TestMutations breaks every requirement and wants that one found, and no other: precision and recall of 100 %.
// The race detector makes it slow, and finds nothing in the last run that it did not find in the 25th: with
// it, every eighth of the table is run.
func TestMutations(t *testing.T) {
	one, many := statusesOf(t, false), statusesOf(t, true)
	var sum tally
	seen := make(map[string]bool)
	table := mutations(t)
	for _, m := range table {
		seen[m.id] = true
	}
	for _, r := range Requirements() {
		if one[r.ID] != Pass && many[r.ID] != Pass {
			t.Errorf("%s passes nowhere: one jurisdiction %s, many %s", r.ID, one[r.ID], many[r.ID])
		}
		if !seen[r.ID] {
			t.Errorf("no mutation breaks %s", r.ID)
		}
	}
	ran := 0
	t.Run("table", func(t *testing.T) {
		for i, m := range table {
			if raceEnabled && i%8 != 0 {
				continue
			}
			ran++
			t.Run(strings.TrimSpace(m.id+" "+m.name), func(t *testing.T) {
				t.Parallel()
				sum.judge(t, m)
			})
		}
	})
	found := sum.hits + sum.extra
	if sum.extra+sum.missed > 0 {
		t.Error("precision and recall have to be 100 %")
	}
	t.Logf("%d mutations for %d requirements: %d findings, %d of them expected, %d missed: precision %.1f %%, recall %.1f %%; %.2f findings a mutation, %d at most",
		ran, len(catalogue), found, sum.hits, sum.missed, percent(sum.hits, found), percent(sum.hits, sum.hits+sum.missed), float64(found)/float64(max(ran, 1)), sum.most)
}

func percent(n, of int) float64 {
	if of == 0 {
		return 0
	}
	return 100 * float64(n) / float64(of)
}

func (sum *tally) judge(t *testing.T, m mutation) {
	was := statusesOf(t, m.many)
	r, err := Check(context.Background(), mutated(t, m))
	if err != nil {
		t.Fatal(err)
	}
	wellFounded(t, r)
	want := append([]string{m.id}, m.follows...)
	due := want
	if m.name != "" { // what else follows depends on where it is seen first
		due = want[:1]
	}
	var broken, lost []string
	for _, res := range r.Results {
		switch st := res.Status; {
		case st == was[res.ID]:
		case st == Unsupported && becauseOf(res.Reason, want):
		case st == Unsupported && was[res.ID] == Pass && !slices.Contains(want, res.ID) && m.blinding(res.ID):
		case st == Fail || st == Warn || st == Unsupported && (res.Level == May || res.Level == DeFacto) && (m.name == "" || slices.Contains(want, res.ID)):
			broken = append(broken, res.ID)
		case st == Unsupported:
			lost = append(lost, res.ID)
		default:
			t.Errorf("%s was %s and is %s: %s %+v", res.ID, was[res.ID], st, res.Reason, res.Findings)
		}
	}
	sum.Lock()
	for _, id := range broken {
		if slices.Contains(want, id) {
			sum.hits++
		} else {
			sum.extra++
		}
	}
	sum.missed += len(missing(due, broken))
	sum.most = max(sum.most, len(broken))
	if m.name != "" && len(broken) > 3 {
		t.Errorf("%s: one fault, %d findings: %s", m.name, len(broken), strings.Join(broken, " "))
	}
	sum.Unlock()
	if d := missing(due, broken); len(d) > 0 {
		t.Errorf("%s %s: did not break: %s", m.id, m.name, strings.Join(d, " "))
	}
	if d := missing(broken, want); len(d) > 0 {
		t.Errorf("%s %s: broke as well: %s", m.id, m.name, strings.Join(d, " "))
		for _, id := range d {
			res, _ := r.Result(id)
			t.Logf("%s: %s %+v", id, res.Reason, res.Findings)
		}
	}
	for _, id := range lost {
		if m.name == "" && !m.blinding(id) {
			res, _ := r.Result(id)
			t.Errorf("%s: can no longer be judged: %s: %s", m.id, id, res.Reason)
		}
	}
}

func (m mutation) blinding(id string) bool {
	return slices.ContainsFunc(m.blinds, func(p string) bool { ok, _ := path.Match(p, id); return ok })
}

// wellFounded: what is said to be the cause was found, or has a cause of its own that was.
func wellFounded(t *testing.T, r *Report) {
	t.Helper()
	for _, res := range r.Results {
		for _, part := range strings.Split(res.Reason, "because of ")[1:] {
			for seen := 0; ; seen++ {
				id, _, _ := strings.Cut(part, ";")
				cause, ok := r.Result(strings.TrimSpace(id))
				if len(cause.Findings) > 0 || ok && cause.Level != Must && cause.Level != Should {
					break
				}
				var more bool
				if _, part, more = strings.Cut(cause.Reason, "because of "); !more || seen > len(r.Results) {
					t.Errorf("%s is said to be %s, and %q is %s: %s", res.ID, res.Reason, id, cause.Status, cause.Reason)
					break
				}
			}
		}
	}
}

// becauseOf: what was not judged because of a requirement that is to be found broken is as it should be.
func becauseOf(reason string, want []string) bool {
	_, reason, ok := strings.Cut(reason, "because of ")
	id, _, _ := strings.Cut(reason, ";")
	return ok && slices.Contains(want, strings.TrimSpace(id))
}

package open311

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-open311/open311/internal/match"
)

// Candidate is a request that may be a report, and why.
type Candidate struct {
	Request ServiceRequest `json:"request"`
	Score   float64        `json:"score,omitempty"`   // from 0 to 1; RequestClient.FindSimilar gives those of 0.5 and more
	Reasons []string       `json:"reasons,omitempty"` // what was weighed, in words
}

// FindSimilar looks for requests that may be the report n: of the same service and no older than within,
// at the same place or with the same text. It is the look that an error which matches [ErrOutcomeUnknown]
// asks for before the report is filed again:
//
//	if unknown, ok := errors.AsType[*open311.UnknownOutcomeError](err); ok {
//		found, err := c.Requests.FindSimilar(ctx, report, time.Since(unknown.Sent)+time.Hour)
//		...
//	}
//
// Cities show reports again in other words, at other places and under other dates; how that is weighed, see
// [RequestClient.Candidates], which also says how sure it is.
//
// That nothing is found is no proof: a batch service lists a request only once its token has an id, a
// blackbox service never does, and many cities look at a report before they show it. An error means that not
// all could be looked at; what was found before it is returned with it.
func (r *RequestClient) FindSimilar(ctx context.Context, n *NewRequest, within time.Duration, opts ...CallOption) ([]ServiceRequest, error) {
	candidates, err := r.Candidates(ctx, n, within, opts...)
	var found []ServiceRequest
	for _, c := range candidates {
		if c.Score >= match.Found {
			found = append(found, c.Request)
		}
	}
	return found, err
}

// Candidates returns the requests of the last time that may be the report n, the likeliest first. Time, text and
// place are weighed:
//
//   - the time by the server's clock, in whatever zone it labels it; to the second if this client, or one
//     derived from it, has sent the report itself;
//   - the text whatever became of it: escaped, cut, framed, in another case, without accents, quotes or emoji,
//     read in another character set, with numbers and addresses blanked, or held back until somebody has read it;
//   - the place, which may have moved to the middle of the street, or be rounded.
//
// With [Dialect.RequestIDParam] the id decides. What a request does not say does not speak against it. The first
// page of the list is read and, if that leaves a doubt, the list of the time in question: a few calls. The errors
// are those of [RequestClient.All]; one that matches [ErrTruncated] also comes where the list is too long. That a list
// could not be proven to be whole is no error where a likely candidate was found.
func (r *RequestClient) Candidates(ctx context.Context, n *NewRequest, within time.Duration, opts ...CallOption) ([]Candidate, error) {
	switch {
	case n == nil || n.ServiceCode == "":
		return nil, invalid("ServiceCode", ProblemMissing, "is missing")
	case within <= 0:
		return nil, invalid("within", ProblemValue, "must be more than nothing")
	}
	c, err := r.conn().withOptions(opts)
	if err != nil {
		return nil, err
	}
	l := &look{c: c, n: n, now: time.Now()}
	l.span = match.Span{From: l.now.Add(-within), To: l.now}
	found, _, err := l.run(ctx)
	return found, err
}

// look is one look for a report.
type look struct {
	c    *conn
	n    *NewRequest
	own  string // the id that it was sent with, where the server keeps one
	span match.Span
	now  time.Time

	others   map[string]*Filing // by the ids of the requests that are their receipts
	response Response           // the last answer
	ahead    time.Duration      // what the server's clock is ahead of that of this machine
	rows     []ServiceRequest
	known    map[string]bool // the ids in rows
}

const (
	stampMargin  = 26 * time.Hour // what zones, and dates without a time, may put between a stamp and the time it means
	lookCalls    = 16             // that one look makes at most where the span is short
	shortLook    = 48 * time.Hour
	worthTelling = 0.02 // the least score of a candidate
	sure         = 0.9  // a score that makes a further look needless
)

// run reads what there is and weighs it. whole reports whether all of the span was read.
func (l *look) run(ctx context.Context) (found []Candidate, whole bool, err error) {
	l.known = make(map[string]bool)
	caller := l.c.call
	own := *l.c
	own.call = &callOptions{response: &l.response}
	if caller != nil {
		own.call.params, own.call.header, own.call.extensions = caller.params, caller.header, caller.extensions
	}
	l.c = &own
	defer func() {
		if caller != nil && caller.response != nil {
			*caller.response = l.response
		}
	}()
	whole, err = l.firstPage(ctx)
	if err == nil {
		found = l.weigh()
	}
	if err == nil && (whole || len(found) > 0 && found[0].Score >= sure) || ctx.Err() != nil {
		return found, whole, err
	}
	err = l.all(ctx)
	found = l.weigh()
	if likely(found) && (errors.Is(err, ErrUnproven) || errors.Is(err, errLongLook)) {
		return found, false, nil // that there may be more does not matter then
	}
	return found, err == nil, err
}

// errLongLook is the error of a look that would take too many calls.
var errLongLook = fmt.Errorf("open311: looking for a report: %d calls have not read the list of its time to the end: %w", lookCalls, ErrTruncated)

// firstPage reads what the server gives without dates: at most the newest requests first. whole reports whether
// they are in that order and reach back to the beginning of the span.
func (l *look) firstPage(ctx context.Context) (whole bool, err error) {
	page, err := (&RequestClient{l.c}).List(ctx, &Query{ServiceCodes: []string{l.n.ServiceCode}})
	if err != nil {
		return false, err
	}
	whole = len(page.Requests) > 0 && page.Skipped == 0
	var last time.Time
	for i := range page.Requests {
		at := page.Requests[i].RequestedDatetime
		if at.IsZero() || i > 0 && at.After(last) {
			whole = false
		}
		last = at
		l.add(&page.Requests[i])
	}
	return whole && last.Before(l.begin()), nil
}

// begin is the time from which on stamps may belong to the span.
func (l *look) begin() time.Time { return l.span.From.Add(-stampMargin) }

// all reads the requests since the beginning of the span.
func (l *look) all(ctx context.Context) error {
	q := &Query{ServiceCodes: []string{l.n.ServiceCode}, Start: l.begin()}
	if q.Start.Year() < 1990 {
		q.Start = time.Time{} // all there is: the listing finds out where that begins
	}
	own := *l.c
	var calls *callCounter
	if l.now.Sub(l.span.From) <= shortLook {
		var cancel context.CancelCauseFunc
		ctx, cancel = context.WithCancelCause(ctx)
		defer cancel(nil)
		calls = &callCounter{cancel: cancel}
		own.cfg.observers = append(slices.Clip(own.cfg.observers), calls)
	}
	for request, err := range (&RequestClient{&own}).All(ctx, q) {
		if err != nil {
			if calls != nil && calls.n > lookCalls {
				return errLongLook
			}
			return err
		}
		l.add(request)
	}
	return nil
}

// callCounter ends a look that takes too many calls.
type callCounter struct {
	n      int
	cancel context.CancelCauseFunc
}

func (o *callCounter) Call(ctx context.Context, info CallInfo) (context.Context, func(CallResult)) {
	if info.Attempt == 0 {
		if o.n++; o.n > lookCalls {
			o.cancel(ErrTruncated)
		}
	}
	return ctx, func(CallResult) {}
}

// add keeps a request that has not been seen.
func (l *look) add(r *ServiceRequest) {
	if r.ServiceCode != "" && !strings.EqualFold(r.ServiceCode, l.n.ServiceCode) || r.ID != "" && l.known[r.ID] {
		return
	}
	l.known[r.ID] = true
	l.rows = append(l.rows, *r)
}

// weigh returns the candidates among what was read, the likeliest first.
func (l *look) weigh() []Candidate {
	if date, err := http.ParseTime(l.response.Header.Get("Date")); err == nil {
		if l.ahead = date.Sub(l.response.Received); l.ahead.Abs() < 2*time.Second {
			l.ahead = 0 // dates are in whole seconds
		}
	}
	report := l.n.matched()
	report.Sent = match.Span{From: l.span.From.Add(l.ahead), To: l.span.To.Add(l.ahead)}
	if p, ok := l.c.learned.posted.Get(l.n.digest()); ok && l.own == "" {
		report.Posted = match.Span{From: p.From.Add(l.ahead), To: p.To.Add(l.ahead)}
		l.own = p.Own
	}
	if l.c.dialect.RequestIDParam != "" {
		report.Own = l.own
	}
	records := make([]match.Record, len(l.rows))
	for i := range l.rows {
		records[i] = l.rows[i].matched(l.c.dialect.RequestIDParam)
	}
	ranking := match.Rank(report, records, l.now.Add(l.ahead))
	var out []Candidate
	for i := range records {
		v := ranking.Weigh(&records[i])
		if f := l.others[l.rows[i].ID]; f != nil && v.Score >= worthTelling {
			v = l.disputed(v, f, report, records, i)
		}
		if v.Score >= worthTelling {
			out = append(out, Candidate{Request: l.rows[i], Score: v.Score, Reasons: v.Reasons})
		}
	}
	slices.SortStableFunc(out, func(a, b Candidate) int { return cmp.Compare(b.Score, a.Score) })
	return out
}

// disputed weighs a record anew that is the receipt of another filing. It is that one's if it is as like that one's report as
// it is like ours. Else that one may have got it by mistake, or from another city with the same ids, and a person has to say.
func (l *look) disputed(ours match.Verdict, f *Filing, report *match.Report, records []match.Record, i int) match.Verdict {
	if f.Report != nil {
		theirs := f.Report.matched()
		theirs.Sent, theirs.Posted = report.Sent, report.Posted // what tells them apart is the text and the place
		if report.Own != "" {
			theirs.Own = f.ID
		}
		if match.Rank(theirs, records, l.now.Add(l.ahead)).Weigh(&records[i]).Score >= ours.Score {
			return match.Verdict{}
		}
	}
	ours.Score = min(ours.Score, match.Doubted)
	ours.Reasons = append(ours.Reasons, "it is the receipt of another report, too")
	return ours
}

// likely reports whether there is a candidate to be taken seriously.
func likely(found []Candidate) bool { return len(found) > 0 && found[0].Score >= match.Found }

package open311

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"strings"
	"time"

	"github.com/go-open311/open311/internal/match"
)

// Filing is a report on its way to a city, with all that is needed to go on where a process has died. It can be
// stored as JSON, with the reporter's data; media by [Media.Path]. Printing it shows none of them.
type Filing struct {
	// ID is what the filing is stored under, and the report's own id where the server keeps one: see
	// Dialect.RequestIDParam. RequestClient.File chooses one where it is "".
	ID         string          `json:"id,omitempty"`
	Report     *NewRequest     `json:"report,omitempty"`
	State      FilingState     `json:"state,omitempty"`
	Attempts   []FilingAttempt `json:"attempts,omitempty"`
	Receipt    *Receipt        `json:"receipt,omitempty"`
	Candidates []Candidate     `json:"candidates,omitempty"` // for the person who has to say whether the report is there
	Error      string          `json:"error,omitempty"`      // why it is refused, or waits; no personal data
	Changed    time.Time       `json:"changed,omitzero"`
}

// FilingState is how far a report has come.
type FilingState string

// The states of a report. In those before FilingFiled it is pending: [RequestClient.File] goes on with it.
const (
	FilingReady   FilingState = "ready"   // nothing of it has been sent, or it is certain that it was not filed
	FilingSending FilingState = "sending" // it may have been sent, and what came of it is not known
	FilingWaiting FilingState = "waiting" // it may have been filed, and is not to be found: a person has to say
	FilingToken   FilingState = "token"   // it is filed, and its token has no id yet
	FilingFiled   FilingState = "filed"   // it is filed: see Receipt
	FilingRefused FilingState = "refused" // the city does not take it as it is, or this client does not: see Error
)

// done reports whether there is nothing left to do.
func (s FilingState) done() bool { return s == FilingFiled || s == FilingRefused }

// FilingAttempt is one attempt to send a report. Ended is zero if the process died meanwhile.
type FilingAttempt struct {
	Sent  time.Time `json:"sent,omitzero"`
	Ended time.Time `json:"ended,omitzero"`
	Error string    `json:"error,omitempty"` // what came of it; "" for a receipt
}

// Outbox keeps filings: in files ([FileOutbox]), or in the caller's database. Put stores one under its ID, in place
// of the one that was there, and returns only when a crash cannot take it any more. Pending yields those that are
// not FilingFiled or FilingRefused.
//
// One that also has
//
//	Get(ctx context.Context, id string) (*Filing, error)
//
// is asked for what it knows of a new filing with an ID, which is then not filed a second time; the error for none
// matches [ErrNotFound]. And one that has
//
//	Leave(ctx context.Context, id string) error
//	Left(ctx context.Context, id string) bool
//
// can prove that a process died between Put of a filing as FilingSending and its first byte. Leave is called before that
// byte, and notes that it leaves, faster than Put may be: the note has to survive this process. Left reports whether the
// note may be there, or may have been lost. Once it is not, a Leave that is late has to fail. And of one that has
//
//	Filed(ctx context.Context, since time.Time) iter.Seq2[*Filing, error]
//
// no request is taken for a report that is the receipt of another one, and as like that: Filed yields at least those that
// have become FilingFiled since then, with their Report, for the same city. Without it, two reports that are sent within seconds from places beside each other,
// and in the same words, are told from each other by the numbers in them alone.
type Outbox interface {
	Put(ctx context.Context, f *Filing) error
	Pending(ctx context.Context) iter.Seq2[*Filing, error]
}

// File files a report once, whatever happens to this process: it stores the filing before anything is sent, and
// again when the answer is there. After a crash, give what [Outbox] has pending to File again, at any interval:
//
//	for f, err := range box.Pending(ctx) {
//		...
//		receipt, err := c.Requests.File(ctx, box, f)
//		...
//	}
//
// A report that may have been sent before is looked for first, as by [RequestClient.Candidates].
//
//   - If the city has it, its request is the receipt.
//   - If the city certainly does not have it, it is sent. That is certain if nothing had left this machine, or if the
//     complete list of that time lacks it and already shows what others have filed well after it.
//   - Else it waits for a person: the filing gets Candidates, and the error matches [ErrOutcomeUnknown]. Each further
//     File looks again, since many cities show a report later. The person decides by setting State: FilingFiled, or
//     FilingReady to have it sent again.
//
// A receipt with a token and no id is returned as it is; each further File asks once whether the token has an id by
// now. A filing that is done gives its receipt, or its refusal, again. Any other error means that nothing was filed: the
// state is FilingRefused after an error that matches [ErrInvalid] or a refusal of the server, else FilingReady.
//
// A filing is for one goroutine, and one process, at a time.
func (r *RequestClient) File(ctx context.Context, box Outbox, f *Filing, opts ...CallOption) (*Receipt, error) {
	switch {
	case box == nil:
		return nil, invalid("Outbox", ProblemMissing, "is nil")
	case f == nil || f.Report == nil:
		return nil, invalid("Filing", ProblemMissing, "has no Report")
	}
	c, err := r.conn().withOptions(opts)
	if err != nil {
		return nil, err
	}
	w := &filer{c: c, box: box, f: f}
	if err := w.recall(ctx); err != nil {
		return nil, err
	}
	switch f.State {
	case FilingFiled:
		return f.Receipt, nil
	case FilingRefused:
		return nil, fmt.Errorf("open311: report %s was refused: %s", f.ID, f.Error)
	case FilingToken:
		return w.resolve(ctx)
	case FilingSending, FilingWaiting:
		if receipt, err := w.search(ctx, nil); receipt != nil || err != nil {
			return receipt, err
		}
	}
	return w.send(ctx)
}

// filer goes on with one filing.
type filer struct {
	c   *conn
	box Outbox
	f   *Filing
}

// recall fills in what an outbox knows of a filing that the caller has made anew.
func (w *filer) recall(ctx context.Context) error {
	known, ok := w.box.(interface {
		Get(context.Context, string) (*Filing, error)
	})
	if !ok || w.f.ID == "" || w.f.State != "" {
		return nil
	}
	stored, err := known.Get(ctx, w.f.ID)
	switch {
	case errors.Is(err, ErrNotFound):
		return nil
	case err != nil:
		return fmt.Errorf("open311: nothing was sent: the outbox: %w", err)
	}
	*w.f = *stored
	return nil
}

// put stores the filing in a state.
func (w *filer) put(ctx context.Context, state FilingState) error {
	w.f.State, w.f.Changed = state, time.Now()
	return w.box.Put(ctx, w.f)
}

// send sends the report. It is marked as sending after all is ready and before the first byte of it leaves.
func (w *filer) send(ctx context.Context) (*Receipt, error) {
	f := w.f
	if f.ID == "" {
		f.ID = strings.ToLower(rand.Text())
	}
	f.Error, f.Candidates = "", nil
	if err := asError(keepable(f.Report)); err != nil {
		return nil, w.refused(ctx, err)
	}
	if err := w.put(ctx, FilingReady); err != nil {
		return nil, fmt.Errorf("open311: nothing was sent: the outbox: %w", err)
	}
	m := &marker{w: w, ctx: ctx}
	receipt, err := w.c.file(ctx, f.Report, f.ID, m.mark)
	if m.err != nil {
		f.Attempts, f.State = f.Attempts[:len(f.Attempts)-1], FilingReady
		return nil, fmt.Errorf("open311: nothing was sent: the outbox: %w", m.err)
	}
	var unknown *UnknownOutcomeError
	switch {
	case m.marked || !errors.As(err, &unknown):
	case unknown.Header != nil: // a transport that does not say what it reads
		m.answered = true
		if err := m.mark(); err != nil {
			return nil, errors.Join(unknown, err)
		}
	default:
		err = fmt.Errorf("%w (nothing of the report was sent)", unknown.Err) // no more than a header can have left
	}
	if m.marked {
		last := &f.Attempts[len(f.Attempts)-1]
		if last.Ended = time.Now(); err != nil {
			last.Error = err.Error()
		}
	}
	return w.settle(ctx, receipt, err)
}

// marker stores that a report is being sent, before the first byte of it leaves.
type marker struct {
	w        *filer
	ctx      context.Context
	answered bool // the report has left long ago
	marked   bool
	err      error
}

func (m *marker) mark() error {
	if m.marked || m.err != nil {
		return m.err
	}
	f := m.w.f
	attempt := FilingAttempt{Sent: time.Now()}
	if m.answered {
		attempt.Ended = attempt.Sent
	}
	f.Attempts = append(f.Attempts, attempt)
	m.err = m.w.put(m.ctx, FilingSending)
	if box, ok := m.w.box.(leaver); ok && m.err == nil {
		m.err = box.Leave(m.ctx, f.ID)
	}
	m.marked = m.err == nil
	return m.err
}

// settle stores what came of sending. It does so although the caller may have given up meanwhile.
func (w *filer) settle(ctx context.Context, receipt *Receipt, err error) (*Receipt, error) {
	stored := context.WithoutCancel(ctx)
	switch {
	case err == nil:
		return w.filed(stored, receipt)
	case errors.Is(err, ErrOutcomeUnknown):
		if putErr := w.put(stored, FilingSending); putErr != nil {
			return nil, errors.Join(err, putErr)
		}
		receipt, searchErr := w.search(ctx, err)
		if receipt == nil && searchErr == nil {
			return nil, err // it is certain by now that it is not there; the next File sends it
		}
		return receipt, searchErr
	case refuses(err):
		return nil, w.refused(stored, err)
	}
	w.f.Error = err.Error()
	return nil, errors.Join(err, w.put(stored, FilingReady))
}

// refuses reports whether an error will be the same the next time: the report is wrong.
func refuses(err error) bool {
	var ae *APIError
	return errors.Is(err, ErrInvalid) || errors.As(err, &ae) && ae.StatusCode >= 400 && ae.StatusCode < 500 &&
		!errors.Is(err, ErrForbidden) && !errors.Is(err, ErrRateLimited)
}

func (w *filer) refused(ctx context.Context, err error) error {
	w.f.Error = err.Error()
	if w.f.State == "" && w.f.Attempts == nil {
		return err // it is in no outbox yet, and need not be
	}
	if putErr := w.put(ctx, FilingRefused); putErr != nil {
		return errors.Join(err, putErr)
	}
	return err
}

// filed stores a receipt.
func (w *filer) filed(ctx context.Context, receipt *Receipt) (*Receipt, error) {
	w.f.Receipt, w.f.Candidates, w.f.Error = receipt, nil, ""
	state := FilingFiled
	if receipt.ID == "" && receipt.Token != "" {
		state = FilingToken
	}
	if err := w.put(ctx, state); err != nil {
		return receipt, fmt.Errorf("open311: the report is filed, and the outbox does not know it: %w", err)
	}
	return receipt, nil
}

// resolve asks for the id that belongs to the token.
func (w *filer) resolve(ctx context.Context) (*Receipt, error) {
	id, err := resolve(ctx, w.c, w.f.Receipt.Token)
	switch {
	case errors.Is(err, ErrPending):
		return w.f.Receipt, nil
	case err != nil:
		return w.f.Receipt, err
	}
	w.f.Receipt.ID = id
	return w.filed(ctx, w.f.Receipt)
}

const (
	attemptLength = 15 * time.Second // that an attempt is taken to have lasted whose end nobody has seen
	showsLater    = 10 * time.Second // a report of others that is newer by that much shows that ours would be there
	showsSoon     = 2 * time.Second  // for such a report to appear, where the process died just now
)

// search looks for a report that may have been sent. It returns neither a receipt nor an error if the report
// certainly is not there. why is the error that leaves it in doubt, if there is one.
func (w *filer) search(ctx context.Context, why error) (*Receipt, error) {
	f := w.f
	if len(f.Attempts) == 0 || w.neverLeft(ctx) {
		return nil, nil
	}
	first, last := f.Attempts[0], f.Attempts[len(f.Attempts)-1]
	shown, died := last.Ended, last.Ended.IsZero()
	if died {
		shown, last.Ended = last.Sent, last.Sent.Add(attemptLength)
	}
	again := func() (l *look, found []Candidate, whole bool, err error) {
		l = &look{c: w.c, n: f.Report, own: f.ID, now: time.Now(), span: match.Span{From: first.Sent, To: last.Ended}}
		if l.others, err = w.others(ctx, l.begin()); err == nil {
			found, whole, err = l.run(ctx)
		}
		return
	}
	l, found, whole, err := again()
	if died && err == nil && whole && !likely(found) && wait(ctx, time.Until(last.Sent.Add(showsLater+showsSoon))) {
		l, found, whole, err = again()
	}
	if why == nil {
		why = &UnknownOutcomeError{ServiceCode: f.Report.ServiceCode, Sent: first.Sent,
			Err: fmt.Errorf("open311: report %s was sent, and what came of it is not known", f.ID)}
	}
	switch {
	case len(found) > 0 && found[0].Score >= sure:
		return w.filed(context.WithoutCancel(ctx), &Receipt{ID: found[0].Request.ID, Token: found[0].Request.Token, ServiceNotice: found[0].Request.ServiceNotice})
	case err != nil:
		return nil, fmt.Errorf("%w; and looking for it: %w", why, err)
	case whole && !likely(found) && l.wouldShow(shown):
		f.Error = ""
		return nil, w.put(ctx, FilingReady)
	}
	f.Candidates, f.Error = found, why.Error()
	return nil, errors.Join(why, w.put(ctx, FilingWaiting))
}

// others returns the other filings by the ids of the requests that are their receipts.
func (w *filer) others(ctx context.Context, since time.Time) (map[string]*Filing, error) {
	box, ok := w.box.(interface {
		Filed(ctx context.Context, since time.Time) iter.Seq2[*Filing, error]
	})
	if !ok {
		return nil, nil
	}
	others := make(map[string]*Filing)
	for f, err := range box.Filed(ctx, since) {
		if err != nil {
			return nil, err
		}
		if f.ID != w.f.ID && f.Receipt != nil && f.Receipt.ID != "" {
			others[f.Receipt.ID] = f
		}
	}
	return others, nil
}

// wait waits, and reports whether there was time for it, and need.
func wait(ctx context.Context, d time.Duration) bool {
	if d > 0 {
		sleep(ctx, d)
	}
	return d > 0 && ctx.Err() == nil
}

// leaver is an outbox that can tell.
type leaver interface {
	Leave(ctx context.Context, id string) error
	Left(ctx context.Context, id string) bool
}

// neverLeft reports whether the process died between marking the report as sending and sending it.
func (w *filer) neverLeft(ctx context.Context) bool {
	box, ok := w.box.(leaver)
	return ok && w.f.State == FilingSending && w.f.Attempts[len(w.f.Attempts)-1].Ended.IsZero() && !box.Left(ctx, w.f.ID)
}

// wouldShow reports whether a report that was filed by then would have been among the rows: they show requests that
// were filed well after it, or the ids that clients give them.
func (l *look) wouldShow(then time.Time) bool {
	then = then.Add(l.ahead + showsLater)
	for i := range l.rows {
		if l.rows[i].RequestedDatetime.After(then) {
			return true
		}
	}
	return false
}

// Format prints a filing without the reporter's data, whatever the verb.
func (f Filing) Format(s fmt.State, _ rune) {
	fmt.Fprintf(s, "open311.Filing{ID: %q, State: %q, %d attempts, Error: %q}", f.ID, f.State, len(f.Attempts), f.Error)
}

// LogValue keeps the reporter's data out of logs, whatever the handler.
func (f Filing) LogValue() slog.Value {
	return slog.GroupValue(slog.String("id", f.ID), slog.String("state", string(f.State)), slog.Int("attempts", len(f.Attempts)), slog.String("error", f.Error))
}

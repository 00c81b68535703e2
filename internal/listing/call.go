package listing

import (
	"context"
	"errors"
	"io"
	"time"
)

// errStop ends a listing because the caller's loop has ended.
var errStop = errors.New("stopped")

// caller makes the calls of one listing, and gives their rows to the caller.
type caller struct {
	ctx     context.Context
	src     Source
	ahead   *prefetch
	wanted  span
	started int64 // by this machine's clock
	skew    int64 // by how much the server's is ahead of that
	answers
	latest *response
	seen   dedupe // all rows
	rows   int    // different ones that came
	given  int    // those that the caller has
	calls  int
}

func newCaller(ctx context.Context, src Source, wanted span, ahead int) *caller {
	return &caller{ctx: ctx, src: src, ahead: newPrefetch(ctx, src, ahead), wanted: wanted, started: time.Now().Unix(), answers: answers{to: map[string]*asked{}}}
}

// call makes one call. wide says that it asks for more than the query does: rows without a date do not count then. note is
// what its rows come for: noted as they come, they need not be looked for again.
func (c *caller) call(s Slice, wide bool, note tag) (*response, error) {
	var r *response
	for attempt := 1; ; attempt++ {
		var err error
		if r, err = c.once(s, wide, note, r); err != nil {
			return r, err
		}
		if r.fault&Broken == 0 || c.ctx.Err() != nil || !c.src.Again(c.ctx, attempt) {
			break
		}
	}
	c.tell(r.meta.Clock)
	c.calls++
	c.latest = r
	c.keep(r)
	more := c.src.Turn(r.meta, r.err)
	if r.meta.Own = nil; !more { // answers are kept for what their rows prove, and not what stood beside these
		return r, errStop
	}
	return r, nil
}

// minSkew is by how much clocks may differ without being taken for wrong: headers have whole seconds, and answers take
// their time.
const minSkew = minute

// tell notes the time by the server's clock, from the first answer that has it. The server dates the requests, so that
// its clock says what the present is.
func (c *caller) tell(t time.Time) {
	if skew := t.Unix() - time.Now().Unix(); c.calls == 0 && !t.IsZero() && (skew > minSkew || skew < -minSkew) {
		c.skew = skew
	}
}

// clock is the present by the server's clock.
func (c *caller) clock() int64 { return time.Now().Unix() + c.skew }

// began is when the listing began, by the same clock: what is newer has arrived meanwhile.
func (c *caller) began() int64 { return c.started + c.skew }

// once opens a slice and reads the answer. before is the one that broke off before it, if that is why it is asked for again.
func (c *caller) once(s Slice, wide bool, note tag, before *response) (*response, error) {
	if before != nil {
		c.seen.takeBack(before)
	} else {
		before = &response{}
	}
	answer, err := c.open(&s)
	if err != nil {
		return c.response(s, note, before, received{}, Meta{Total: -1}, err), nil
	}
	got, given := received{}, c.given
	if c.latest != nil { // the next answer may be as long
		got.rows = make([]Row, 0, len(c.latest.rows))
	}
	for {
		row, err := answer.Next()
		if err != nil {
			got.given = c.given - given
			return c.response(s, note, before, got, answer.Close(), err), nil
		}
		if c.take(&got, &row, wide, note) && !answer.Give() {
			answer.Abort()
			return c.response(s, note, before, got, Meta{Total: -1}, io.EOF), errStop
		}
	}
}

// received is what has come of an answer.
type received struct {
	rows    []Row // different ones
	twins   twins
	sent    int // all, those that come twice included
	given   int // rows that the caller had not been given before
	arrived int // those of them that are newer than the listing
}

// take notes a row that has come. It reports whether it is to be given to the caller.
func (c *caller) take(got *received, row *Row, wide bool, note tag) bool {
	got.sent++
	slot := c.seen.slot(slotKey(row.Key))
	row.had = tag(*slot & allTags)
	known, arrived := row.had&came != 0, row.after(c.began())
	if !known && !arrived {
		c.rows++
	}
	fresh := row.had&given == 0 && c.fits(row, wide)
	*slot |= uint64(came | note)
	if !got.twins.has(got.rows, row.Key, known) {
		got.rows = append(got.rows, *row)
	}
	if fresh {
		*slot |= uint64(given)
		c.given++
		if arrived {
			got.arrived++
		}
	}
	return fresh
}

// response is what an answer comes to that has ended with err.
func (c *caller) response(s Slice, note tag, before *response, got received, meta Meta, err error) *response {
	echoes, fault := 0, Fault(0)
	if err != io.EOF {
		fault = c.src.Fault(err)
	} else if err = nil; c.latest != nil && len(got.rows) > 0 && printOf(got.rows) == c.latest.print() {
		echoes = c.latest.echoes + 1
	}
	return &response{slice: s, rows: got.rows, sent: got.sent + meta.Skipped + meta.Null, given: before.given + got.given, arrived: before.arrived + got.arrived,
		meta: meta, err: err, fault: fault, number: c.calls + 1, echoes: echoes, noted: note}
}

func (c *caller) open(s *Slice) (Rows, error) {
	if rows, err, ok := c.ahead.take(s); ok {
		return rows, err
	}
	return c.src.Open(c.ctx, s)
}

// fits reports whether a row is what the query asks for.
func (c *caller) fits(row *Row, wide bool) bool {
	return row.Fits && (row.dated() && c.wanted.has(row.At) || !row.dated() && !wide)
}

package listing

import (
	"context"
	"errors"
	"io"
	"time"
)

// response is what one call brought.
type response struct {
	slice   Slice
	rows    []Row // different ones
	sent    int   // all of the answer, with those that cannot be read, say nothing or come twice
	given   int   // rows that the caller had not been given before
	arrived int   // those of them that are newer than the listing
	meta    Meta
	err     error
	fault   Fault
	number  int  // of the call
	echo    bool // its rows are those of the call before it: perhaps a cache's, or the server does not heed what has changed
	noted   tag  // what its rows were noted for as they came, and nobody has counted yet
}

// errStop ends a listing because the caller's loop has ended.
var errStop = errors.New("stopped")

// caller makes the calls of one listing, and gives their rows to the caller.
type caller struct {
	ctx    context.Context
	src    Source
	wanted span
	began  int64  // what is newer has arrived meanwhile
	skew   int64  // by how much the server's clock is ahead of this machine's
	seen   dedupe // all rows
	given  int    // rows that the caller has
	length int    // of the answer before, as long as which the next one may be
	rows   int    // different rows that came
	calls  int
	asked  map[string]*asked
	held   int         // rows kept in asked
	latest fingerprint // of the answer before
	echoes int         // how many in a row have been the same as that
	order  []string    // in which slices were asked for
	good   *response   // the last answer with rows
	ahead  *prefetch
}

// asked is a slice that was asked for.
type asked struct {
	times int
	r     *response
}

// maxTimes is how often a slice is asked for: once more tells a passing fault from a lasting one.
const maxTimes = 2

// maxHeld bounds the rows of answers that are kept, so that a question that comes again costs no call.
const maxHeld = 1 << 13

func newCaller(ctx context.Context, src Source, wanted span) *caller {
	return &caller{ctx: ctx, src: src, wanted: wanted, began: time.Now().Unix(), asked: map[string]*asked{}}
}

// last returns the answer to a slice if it is still known; nil: it is not.
func (c *caller) last(s *Slice) *response {
	if a := c.asked[s.key()]; a != nil {
		return a.r
	}
	return nil
}

// times says how often a slice was asked for.
func (c *caller) times(s *Slice) int {
	if a := c.asked[s.key()]; a != nil {
		return a.times
	}
	return 0
}

// call makes one call. wide says that it asks for more than the query does: rows without a date do not count then. note is
// what its rows come for: noted as they come, they need not be looked for again.
func (c *caller) call(s Slice, wide bool, note tag) (*response, error) {
	var r *response
	for attempt := 1; ; attempt++ {
		if r != nil {
			c.seen.takeBack(r)
		}
		next, err := c.once(s, wide, note)
		if r != nil {
			next.given += r.given
			next.arrived += r.arrived
		}
		if r = next; err != nil {
			return r, err
		}
		if r.fault&Broken == 0 || c.ctx.Err() != nil || !c.src.Again(c.ctx, attempt) {
			break
		}
	}
	c.tell(r.meta.Clock)
	c.calls++
	r.number = c.calls
	print := r.print()
	if print.rows == 0 || print != c.latest {
		c.echoes = -1
	}
	c.echoes++
	r.echo, c.latest = c.echoes > 0, print
	c.keep(s.key(), r)
	if r.err == nil && len(r.rows) > 0 {
		c.good = r
	}
	if !c.src.Turn(r.meta, r.err) {
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
		c.began += skew
	}
}

// clock is the present by the server's clock.
func (c *caller) clock() int64 { return time.Now().Unix() + c.skew }

// once opens a slice and reads the answer.
func (c *caller) once(s Slice, wide bool, note tag) (*response, error) {
	r := &response{slice: s, meta: Meta{Total: -1}, noted: note}
	rows, err := c.open(&s)
	if err != nil {
		r.fail(c.src, err)
		return r, nil
	}
	var twins twins
	r.rows = make([]Row, 0, c.length)
	defer func() { c.length = len(r.rows) }()
	for {
		row, err := rows.Next()
		if err != nil {
			r.meta = rows.Close()
			r.sent += r.meta.Skipped + r.meta.Null
			if err != io.EOF {
				r.fail(c.src, err)
			}
			return r, nil
		}
		r.sent++
		slot := c.seen.slot(slotKey(row.Key))
		row.had = tag(*slot & allTags)
		known := row.had&came != 0
		if !known && !row.after(c.began) {
			c.rows++
		}
		fresh := row.had&given == 0 && c.fits(&row, wide)
		*slot |= uint64(came | note)
		if fresh {
			*slot |= uint64(given)
		}
		if !twins.has(r.rows, row.Key, known) {
			r.rows = append(r.rows, row)
		}
		if !fresh {
			continue
		}
		r.given++
		c.given++
		if row.after(c.began) {
			r.arrived++
		}
		if !rows.Give() {
			rows.Abort()
			return r, errStop
		}
	}
}

// after reports whether a row is newer than a time.
func (r *Row) after(t int64) bool { return r.At > t }

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

// fingerprint tells answers apart.
type fingerprint struct{ first, last, rows uint64 }

// print returns the fingerprint of an answer; the zero one if it has no rows.
func (r *response) print() fingerprint {
	if r.err != nil || len(r.rows) == 0 {
		return fingerprint{}
	}
	return fingerprint{r.rows[0].Key, r.rows[len(r.rows)-1].Key, uint64(len(r.rows))}
}

// different is how many different rows an answer had, with those that cannot be told apart.
func (r *response) different() int { return len(r.rows) + r.meta.Skipped + r.meta.Null }

func (r *response) fail(src Source, err error) {
	r.err, r.fault = err, src.Fault(err)
}

// keep remembers an answer; the rows of old ones are forgotten.
func (c *caller) keep(key string, r *response) {
	a := c.asked[key]
	if a == nil {
		a = &asked{}
		c.asked[key] = a
	}
	a.times++
	if a.r != nil && a.r.err == nil && r.err != nil {
		return // that it fails now takes nothing back
	}
	if a.r != nil {
		c.held -= len(a.r.rows)
	}
	a.r = r
	c.held += len(r.rows)
	c.order = append(c.order, key)
	for c.held > maxHeld && len(c.order) > 1 {
		if old := c.asked[c.order[0]]; old.r != nil && old.r != r {
			c.held -= len(old.r.rows)
			old.r = nil
		}
		c.order = c.order[1:]
	}
}

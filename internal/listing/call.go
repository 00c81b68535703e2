package listing

import (
	"io"
	"time"
)

// Response is what one call has brought.
type Response struct {
	Meta
	Rows int // different rows in the answer

	fresh          int       // those of them that were not known before
	arrived        int       // those of the fresh ones that have arrived since the list began
	sent           int       // all rows in it: some servers give one several times
	known          bool      // the first row was known before
	hasFirst       bool      // the row that the span's first answer began with is in it
	oldest, newest time.Time // of their times; zero if none has one
	outside        int       // rows that do not lie in the span that was asked for
	falling        bool      // sorted newest first
	rising         bool      // sorted oldest first
	last           time.Time // of the row read last
}

func (res *Response) note(t time.Time, s *Slice) {
	res.Rows++
	if t.IsZero() {
		return
	}
	if !res.last.IsZero() {
		res.falling = res.falling && !t.After(res.last)
		res.rising = res.rising && !t.Before(res.last)
	}
	res.last = t
	if res.oldest.IsZero() || t.Before(res.oldest) {
		res.oldest = t
	}
	if t.After(res.newest) {
		res.newest = t
	}
	if !s.Start.IsZero() && t.Before(s.Start.Add(-maxSkew)) || !s.End.IsZero() && t.After(s.End.Add(maxSkew)) {
		res.outside++
	}
}

// Fetch makes the call for a slice and gives its records to the caller. It returns ErrStop when the
// caller has had enough. An answer that breaks off is asked for again; what came through counts.
func (l *Lister) Fetch(s Slice) (*Response, error) {
	if l.idle > maxIdleCalls {
		return nil, l.pageGap(&s, errIdle)
	}
	fresh, known := 0, true // in the attempts that broke off
	for attempt := 1; ; attempt++ {
		res, err := l.fetchOnce(&s)
		if res != nil {
			res.fresh += fresh
			res.known = res.known && known
			fresh, known = res.fresh, res.known || res.sent == 0
		}
		if err == nil {
			l.noteAnswer(&s, res)
		}
		if l.is(err, Cut) && l.ctx.Err() == nil && l.source.Again(l.ctx, attempt) {
			continue
		}
		if l.Turn != nil && err != ErrStop && res != nil && !l.Turn(res, err) {
			return res, ErrStop
		}
		return res, err
	}
}

// noteAnswer counts an answer that was read to its end.
func (l *Lister) noteAnswer(s *Slice, res *Response) {
	l.calls++
	if l.idle++; res.fresh > 0 {
		l.idle = 0
	}
	if res.Rows > 0 && s.Next == "" {
		worked := *s
		l.good = &worked
	}
	if res.Rows > l.Most {
		l.Most, l.often = res.Rows, 0
	}
	if res.Rows == l.Most && res.fresh > 0 {
		l.often++
	}
}

func (l *Lister) fetchOnce(s *Slice) (*Response, error) {
	rows, err := l.open(s)
	if err != nil {
		return nil, err
	}
	res := &Response{falling: true, rising: true}
	l.pageKeys.reset()
	for {
		var row Row
		if row, err = rows.Next(); err != nil {
			break
		}
		if l.take(res, row, s) && !rows.Give() {
			rows.Abort()
			res.Total = -1
			return res, ErrStop
		}
	}
	res.Meta = rows.Close()
	if err != io.EOF {
		return res, err
	}
	if res.Unread != nil {
		return res, l.NoteGap(res.Unread, s.Start, s.End, l.source.Describe(*s))
	}
	return res, nil
}

// open makes the call for a slice, or waits for the answer that was asked for ahead.
func (l *Lister) open(s *Slice) (Rows, error) {
	if page := l.prefetch.take(s); page != nil {
		<-page.done
		return page.rows, page.err
	}
	return l.source.Open(l.ctx, *s)
}

// take notes a row, and reports whether it is one that the caller has not had.
func (l *Lister) take(res *Response, row Row, s *Slice) bool {
	res.sent++
	fresh := l.seen.add(row.Key)
	res.known = res.known || res.sent == 1 && !fresh
	if l.firstKey == 0 {
		l.firstKey = row.Key
	}
	res.hasFirst = res.hasFirst || row.Key == l.firstKey
	if !l.pageKeys.add(row.Key, fresh) {
		return false
	}
	res.note(row.At, s)
	if !fresh {
		return false
	}
	res.fresh++
	if !l.newestAtStart.IsZero() && row.At.After(l.newestAtStart) {
		res.arrived++
	}
	return true
}

package open311

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/go-open311/open311/internal/content"
	"github.com/go-open311/open311/internal/plain"
	"github.com/go-open311/open311/internal/retry"
	"github.com/go-open311/open311/internal/wire"
)

// stream is an answer whose records are being read.
type stream[T any] struct {
	c      *conn
	k      *call
	a      *answer
	rd     *wire.Reader[T]
	first  T     // the first record: it was read to see whether the answer can be read
	primed bool  // first has not been given away yet
	ended  error // what the first read ended with: io.EOF for an empty list
	total  int   // attempts of all formats
	meta   Extra // what stood beside the list, once the stream is closed

	skipped     int     // rows that gave no record, once the stream is closed
	blank       int     // those of them that say nothing
	skippedErrs []error // what was wrong with the first of the others, and where

	rows, warnings int
	body           countedBody
	options        wire.Options
}

// stream opens the answer to a GET. It tries the other format if the one asked for first does not work.
func openStream[T any](ctx context.Context, c *conn, k *call, t *wire.Table[T]) (*stream[T], error) {
	var firstErr error
	attempts, tried := 0, 0
	for i, f := range c.formats() {
		s, err := openFormat(ctx, c, k, t, f)
		tried++
		if err == nil {
			s.total = attempts + s.a.attempts
			return s, nil
		}
		if i == 0 {
			firstErr = err
		} else if moreTelling(err, firstErr) {
			firstErr = err
		}
		if ctx.Err() != nil || !c.otherFormat(err, f) {
			break
		}
	}
	if de, ok := errors.AsType[*DecodeError](firstErr); ok {
		de.formats = tried
	}
	return nil, firstErr
}

// moreTelling reports whether the error of the second format says more than that of the first: that
// of a server which explains itself.
func moreTelling(second, first error) bool {
	var a, b *APIError
	return errors.As(second, &b) && len(b.Faults) > 0 && !(errors.As(first, &a) && len(a.Faults) > 0)
}

// otherFormat reports whether an error may mean that the server does not speak the format f. An error
// list in f says that it does.
func (c *conn) otherFormat(err error, f Format) bool {
	if _, ok := errors.AsType[*DecodeError](err); ok {
		return !errors.Is(err, context.Canceled) && !isCut(err) && !isCap(err) && !c.cfg.strict
	}
	var ae *APIError
	if !errors.As(err, &ae) {
		return false
	}
	if ae.StatusCode == http.StatusNotAcceptable || ae.StatusCode == http.StatusUnsupportedMediaType {
		return true // about the format, in whatever form a framework says it
	}
	if len(ae.Faults) > 0 {
		if ae.format == f || bodyFormat(ae.Body) == f {
			c.works(f)
			return false
		}
		return ae.StatusCode != http.StatusUnauthorized && ae.StatusCode != http.StatusForbidden
	}
	switch ae.StatusCode {
	case http.StatusNotFound:
		return true
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests:
		return false
	}
	page := len(ae.Body) > 0 && bodyFormat(ae.Body) == FormatAuto
	if ae.StatusCode >= 500 || ae.StatusCode == http.StatusRequestTimeout {
		// A server in trouble sends anything; only a page may mean that it knows no such format.
		return page && bytes.HasPrefix(bytes.TrimSpace(ae.Body), []byte{'<'})
	}
	return page
}

func openFormat[T any](ctx context.Context, c *conn, k *call, t *wire.Table[T], f Format) (*stream[T], error) {
	a, err := c.send(ctx, k, f)
	if err != nil {
		return nil, err
	}
	_, label := mediaType(a.resp.Header)
	s := &stream[T]{c: c, k: k, a: a, body: countedBody{ReadCloser: a.resp.Body}}
	s.options = wire.Options{MaxBytes: c.cfg.maxResponse, Location: c.cfg.location, Strict: c.cfg.strict, Label: label,
		CharsetReader: c.cfg.charset, Keep: k.keep, Lend: k.lend, Hide: c.hide.Bytes, Relabel: c.dialect.StampLocation}
	o := &s.options
	a.resp.Body = &s.body
	o.Complete = func() { retry.Complete(s.body.ReadCloser) }
	if warn := c.cfg.warnings; warn != nil || a.counts() {
		o.Warn = func(w wire.Warning) {
			if s.warnings += max(1, w.More); warn != nil {
				warn(ctx, Warning{Op: k.op, URL: a.url(), Path: plain.Line(c.hide.Text(w.Path)), Kind: WarningKind(w.Kind), Detail: plain.Line(c.hide.Text(w.Detail))})
			}
		}
	}
	s.rd = t.Read(k.heard.Listen(a.resp, a.received, content.Decode(a.resp)), o)
	switch err := s.rd.Next(&s.first); err {
	case nil:
		s.rows, s.primed = 1, true
	case io.EOF:
		s.ended = err
	default:
		s.ended = s.describe(err)
		c.answered(a, formatOf(s.rd.Format()))
		s.abort()
		return nil, s.ended
	}
	s.checkLabel(ctx)
	if k.inspect != nil && s.primed && c.cfg.warnings != nil {
		if path, detail := k.inspect(&s.first); detail != "" {
			s.warnings++
			c.cfg.warnings(ctx, Warning{Op: k.op, URL: a.url(), Path: path, Kind: WarnValue, Detail: plain.Line(c.hide.Text(detail))})
		}
	}
	c.answered(a, formatOf(s.rd.Format()))
	if got := formatOf(s.rd.Format()); got == f || c.dialect.NoSuffix {
		c.works(f)
	}
	return s, nil
}

// checkLabel warns of a Content-Type that is not that of the document.
func (s *stream[T]) checkLabel(ctx context.Context) {
	if s.c.cfg.warnings == nil || s.a.resp.Header.Get("Content-Type") == "" {
		return
	}
	word := formatOf(s.rd.Format()).String()
	if t, _ := mediaType(s.a.resp.Header); isLabel(t, word) {
		return
	}
	s.c.cfg.warnings(ctx, Warning{Op: s.k.op, URL: s.a.url(), Path: "Content-Type", Kind: WarnLabel,
		Detail: "the document is " + word + ", its label " + oneLine(s.c.hide.Text(s.a.resp.Header.Get("Content-Type")))})
}

func formatOf(f wire.Format) Format {
	switch f {
	case wire.JSON:
		return FormatJSON
	case wire.XML:
		return FormatXML
	}
	return FormatAuto
}

// next reads the next record into dst; io.EOF at the end.
func (s *stream[T]) next(dst *T) error {
	switch {
	case s.ended != nil:
		return s.ended
	case s.primed:
		*dst = s.first
		s.primed = false
		return nil
	}
	err := s.rd.Next(dst)
	switch err {
	case nil:
		s.rows++
	case io.EOF:
	default:
		err = s.describe(err)
	}
	s.ended = err
	return err
}

// close ends the stream, and keeps the connection if little is left of the answer.
func (s *stream[T]) close() {
	s.meta, s.skipped, s.blank = s.rd.Meta(), s.rd.Skipped(), s.rd.Blank()
	for _, err := range s.rd.SkippedErrs() {
		s.skippedErrs = append(s.skippedErrs, s.describe(err))
	}
	s.rd.Close()
	_ = retry.Drain(s.body.ReadCloser)
	s.done()
}

// abort ends the stream without waiting for what is left of the answer.
func (s *stream[T]) abort() {
	s.rd.Close()
	s.done()
}

// done closes the body and tells those who look what was read.
func (s *stream[T]) done() {
	s.a.resp.Body.Close()
	err := s.ended
	if err == io.EOF {
		err = nil
	}
	s.a.end(s.rows, s.warnings, s.body.n, err)
}

// countedBody counts the bytes that are read.
type countedBody struct {
	io.ReadCloser
	n int64
}

func (b *countedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.n += int64(n)
	return n, err
}

// describe turns an error of the decoder into one that says which call it was.
func (s *stream[T]) describe(err error) error {
	if fe, ok := err.(*wire.FaultError); ok {
		return &APIError{StatusCode: s.a.resp.StatusCode, Method: s.k.method, URL: s.a.url(), Attempts: s.a.attempts,
			Header: s.c.hide.Header(s.a.resp.Header), Faults: s.c.faults(fe.Faults), format: formatOf(s.rd.Format())}
	}
	var we *wire.Error
	if !errors.As(err, &we) {
		return s.c.transportError(s.k, s.a.url(), err)
	}
	ct := s.a.resp.Header.Get("Content-Type")
	if ct == "" {
		ct = "no content type"
	}
	return &DecodeError{
		Format: formatOf(we.Format), URL: s.a.url(), Path: plain.Line(s.c.hide.Text(we.Path)), Offset: we.Offset, Snippet: plain.Line(s.c.hide.Snippet([]byte(we.Snippet), 200)),
		Method: s.k.method, StatusCode: s.a.resp.StatusCode, ContentType: plain.Line(s.c.hide.Text(ct)), cut: we.Cut,
		Err: s.c.hide.Error(we.Err),
	}
}

// unread returns the error of the first row that is in the answer and could not be read, or nil. The
// stream is closed.
func (s *stream[T]) unread() error {
	if len(s.skippedErrs) == 0 {
		return nil
	}
	return s.skippedErrs[0]
}

// adopt gives what stood beside a list to the Extra of one record in it, under its own name: where there
// is no better place.
func (s *stream[T]) adopt(to *Extra) {
	for name, raw := range s.meta {
		if _, taken := (*to)[name]; taken {
			continue
		}
		if *to == nil {
			*to = Extra{}
		}
		(*to)[name] = raw
	}
}

// isCut reports whether an answer ended, or broke off, too early: asking again may help.
func isCut(err error) bool {
	var de *DecodeError
	return errors.As(err, &de) && de.cut
}

// isCap reports whether an answer was larger than the limits.
func isCap(err error) bool {
	var se *wire.SizeError
	return errors.As(err, &se) || errors.Is(err, wire.ErrDepth) || errors.Is(err, wire.ErrRecord) || errors.Is(err, wire.ErrValues)
}

// collect reads every record of the answer to a GET. prepare is called for the place of each record
// before it is read; nil for nothing. An answer that breaks off is asked for again, as often as the
// retry policy has it.
func collect[T any](ctx context.Context, c *conn, k *call, t *wire.Table[T], prepare func(*T)) ([]T, *stream[T], error) {
	k.keep = true
	list := make([]T, 0, 2) // mostly one record, or many
	for attempt := 1; ; attempt++ {
		list = list[:0]
		s, err := openStream(ctx, c, k, t)
		for err == nil {
			var zero T
			list = append(list, zero)
			if prepare != nil {
				prepare(&list[len(list)-1])
			}
			err = s.next(&list[len(list)-1])
		}
		if s != nil {
			list = list[:len(list)-1]
			if err == io.EOF {
				s.close()
			} else {
				s.abort()
			}
		}
		if err == io.EOF {
			return list, s, nil
		}
		if !isCut(err) || !c.calls.Again(ctx, attempt) {
			return nil, nil, err
		}
	}
}

// missing is the error of an answer that does not hold what was asked for.
func (s *stream[T]) missing(what string) error {
	return fmt.Errorf("open311: %s %s: %s: %w", s.k.method, s.a.url(), s.c.hide.Text(what), ErrNotFound)
}

// header returns the header of the answer.
func (s *stream[T]) header() http.Header { return s.a.resp.Header }

// url returns the address of the call, redacted.
func (s *stream[T]) url() string { return s.a.url() }

// settled returns a function that shows the answer to a caller who wants to know, nil if nobody does; see [CallResponse].
// It keeps nothing else of the stream alive: answers that are read ahead wait for their turn without their bodies.
func (s *stream[T]) settled(c *conn) func() {
	if c.call == nil || c.call.response == nil {
		return nil
	}
	seen := c.responseOf(s.a, formatOf(s.rd.Format()))
	return func() { *c.call.response = seen }
}

// isEmpty reports whether an error is what the server has for an empty list.
func (c *conn) isEmpty(err error) bool {
	return c.dialect.NotFoundIsEmpty && errors.Is(err, ErrNotFound)
}

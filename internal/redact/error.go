package redact

import (
	"log/slog"
	"net/url"
	"reflect"

	"github.com/go-open311/open311/internal/plain"
)

// Error returns err with a text that holds no secret, and nothing that a
// terminal would obey, and so with every error inside it. errors.Is still finds the causes; errors.As finds a *url.Error
// with a redacted URL, any error that had nothing to hide, and net.Error. An
// error with nothing to hide is returned as it is; nil gives nil.
func (s *Set) Error(err error) error {
	out, _ := s.rebuild(err)
	return out
}

// rebuild copies the tree of errors where something in it must be hidden, and
// reports whether it had to. An error that was not touched keeps its type.
func (s *Set) rebuild(err error) (error, bool) {
	if err == nil {
		return nil, false
	}
	if u, ok := err.(*url.Error); ok { // this node, not one below it
		inner, changed := s.rebuild(u.Err)
		clean := s.URL(u.URL)
		if !changed && clean == u.URL {
			return err, false
		}
		// A new *url.Error: the old one would give its URL to errors.As.
		return &url.Error{Op: u.Op, URL: clean, Err: inner}, true
	}
	text := err.Error()
	h := hidden{text: plain.Text(s.Text(text)), was: err}
	changed := h.text != text
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		inner, c := s.rebuild(e.Unwrap())
		if c || changed {
			return one(h, inner), true
		}
	case interface{ Unwrap() []error }:
		inner := make([]error, 0, 2)
		for _, child := range e.Unwrap() {
			if child == nil {
				continue
			}
			clean, c := s.rebuild(child)
			inner = append(inner, clean)
			changed = changed || c
		}
		if changed {
			return &hiddenMany{h, inner}, true
		}
	}
	if changed {
		return one(h, nil), true
	}
	return err, false
}

// hidden is an error whose text was changed. The original is kept for Is, and
// never handed out.
type hidden struct {
	text string
	was  error
}

// Error returns the redacted text.
func (h *hidden) Error() string { return h.text }

// GoString keeps the original out of %#v.
func (h *hidden) GoString() string { return "redact.Error(" + h.text + ")" }

// LogValue keeps the original out of handlers that print structs.
func (h *hidden) LogValue() slog.Value { return slog.StringValue(h.text) }

// Is compares this node only: errors.Is walks the redacted tree itself.
func (h *hidden) Is(target error) bool {
	if t := reflect.TypeOf(target); t != nil && t.Comparable() && h.was == target {
		return true
	}
	is, ok := h.was.(interface{ Is(error) bool })
	return ok && is.Is(target)
}

// hiddenOne stands for an error around another one, or none.
type hiddenOne struct {
	hidden
	inner error
}

func (h *hiddenOne) Unwrap() error { return h.inner }

// hiddenTimeout is a net.Error too: (*url.Error).Timeout asks the error right
// inside it and unwraps nothing.
type hiddenTimeout struct{ hiddenOne }

func (h *hiddenTimeout) Timeout() bool {
	t, ok := h.was.(interface{ Timeout() bool })
	return ok && t.Timeout()
}

func (h *hiddenTimeout) Temporary() bool {
	t, ok := h.was.(interface{ Temporary() bool })
	return ok && t.Temporary()
}

func one(h hidden, inner error) error {
	if _, ok := h.was.(interface{ Timeout() bool }); ok {
		return &hiddenTimeout{hiddenOne{h, inner}}
	}
	return &hiddenOne{h, inner}
}

// hiddenMany stands for an error around several.
type hiddenMany struct {
	hidden
	inner []error
}

func (h *hiddenMany) Unwrap() []error { return h.inner }

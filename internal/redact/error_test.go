package redact

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"strings"
	"testing"
)

type custom struct{ detail string }

func (c *custom) Error() string        { return "custom " + c.detail }
func (c *custom) Is(target error) bool { return target == fs.ErrInvalid }

type slow struct{ detail string }

func (s slow) Error() string { return "slow " + s.detail }
func (slow) Timeout() bool   { return true }
func (slow) Temporary() bool { return false }

// awkward is an error whose type cannot be compared.
type awkward struct{ parts []string }

func (a awkward) Error() string { return strings.Join(a.parts, " ") }

func TestErrorHidesAndKeepsCauses(t *testing.T) {
	t.Parallel()
	const secret = "topsecret"
	s := New(secret)
	address := "https://h/r.json?api_key=" + secret
	get := func(err error) error { return &url.Error{Op: "Get", URL: address, Err: err} }
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", fs.ErrPermission)}
	for name, c := range map[string]struct {
		err     error
		is      error
		timeout bool
	}{
		"url.Error":        {get(context.Canceled), context.Canceled, false},
		"refused":          {fmt.Errorf("after 4 attempts: %w", get(refused)), fs.ErrPermission, false},
		"deadline":         {get(context.DeadlineExceeded), context.DeadlineExceeded, true},
		"text":             {fmt.Errorf("bad %s: %w", secret, context.Canceled), context.Canceled, false},
		"joined":           {errors.Join(errors.New(secret), get(fs.ErrExist), nil), fs.ErrExist, false},
		"custom Is":        {&custom{secret}, fs.ErrInvalid, false},
		"time-out":         {fmt.Errorf("x: %w", slow{secret}), slow{secret}, true},
		"timed out url":    {get(slow{secret}), slow{secret}, true},
		"cannot compare":   {fmt.Errorf("%w %w", awkward{[]string{secret}}, fs.ErrClosed), fs.ErrClosed, false},
		"hidden by parent": {quiet{get(fs.ErrClosed)}, fs.ErrClosed, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := s.Error(c.err)
			if !errors.Is(got, c.is) {
				t.Errorf("%v is no longer %v", got, c.is)
			}
			var ne net.Error
			if errors.As(got, &ne) != errors.As(c.err, new(net.Error)) || ne != nil && ne.Timeout() != c.timeout {
				t.Errorf("net.Error: %v", ne)
			}
			var to interface{ Timeout() bool }
			if errors.As(got, &to) && to.Timeout() != c.timeout {
				t.Errorf("Timeout() = %v", to.Timeout())
			}
			var ue *url.Error
			if errors.As(got, &ue) && (ue.URL != "https://h/r.json?api_key=REDACTED" || ue.Op != "Get") {
				t.Errorf("url.Error %+v", *ue)
			}
			printed := fmt.Sprintf("%#v %#v %+v", got, ne, ue)
			for _, err := range tree(got) {
				printed += err.Error() + fmt.Sprintf("%v %+v %#v %q", err, err, err, err)
			}
			if strings.Contains(printed, secret) {
				t.Errorf("the secret is in %s", printed)
			}
		})
	}
}

// quiet does not print the error inside it.
type quiet struct{ inner error }

func (quiet) Error() string   { return "quiet" }
func (q quiet) Unwrap() error { return q.inner }

// tree lists err and everything a caller can unwrap from it.
func tree(err error) []error {
	all := []error{err}
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		if inner := e.Unwrap(); inner != nil {
			all = append(all, tree(inner)...)
		}
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			all = append(all, tree(inner)...)
		}
	}
	return all
}

func TestErrorLeavesTheInnocentAlone(t *testing.T) {
	t.Parallel()
	s := New("topsecret")
	if s.Error(nil) != nil {
		t.Error("nil became an error")
	}
	for _, err := range []error{
		context.Canceled, fmt.Errorf("a: %w", fs.ErrExist), errors.Join(fs.ErrExist, fs.ErrClosed),
		&url.Error{Op: "Get", URL: "https://h/x", Err: fs.ErrExist},
	} {
		if got := s.Error(err); got != err {
			t.Errorf("%#v became %#v", err, got)
		}
	}
	var op *net.OpError
	dirty := &url.Error{Op: "Get", URL: "https://h/?api_key=1", Err: &net.OpError{Op: "dial", Err: fs.ErrClosed}}
	if !errors.As(s.Error(dirty), &op) || op.Op != "dial" {
		t.Error("the innocent inner error lost its type")
	}
}

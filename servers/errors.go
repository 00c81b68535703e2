package servers

import (
	"errors"
	"fmt"
	"strings"

	"github.com/go-open311/open311"
)

// ErrNoTestServer is what OpenTest's error matches where no test server is known.
var ErrNoTestServer = errors.New("no test server is known")

// UnknownError says that no server has the name. It matches [open311.ErrNotFound].
type UnknownError struct {
	Name string
	Near []string // keys of at most five servers that may have been meant, the nearest first
}

// Error names what was looked for, and the near ones.
func (e *UnknownError) Error() string {
	if e == nil {
		e = new(UnknownError)
	}
	text := fmt.Sprintf("servers: no server is called %q", e.Name)
	if len(e.Near) > 0 {
		text += "; did you mean " + strings.Join(e.Near, ", ") + "?"
	}
	return text
}

// Is matches [open311.ErrNotFound].
func (e *UnknownError) Is(target error) bool { return target == open311.ErrNotFound }

// AmbiguousError says that several servers could be meant by a name: they share it, or their names
// begin with it.
type AmbiguousError struct {
	Name    string
	Matches []string // their keys, sorted
}

// Error names what was looked for, and the servers.
func (e *AmbiguousError) Error() string {
	if e == nil {
		e = new(AmbiguousError)
	}
	return fmt.Sprintf("servers: %q may mean %s; say which", e.Name, strings.Join(e.Matches, ", "))
}

// RetiredError says that a server is gone. Whoever knows better can still try it:
// open311.New(e.Server.BaseURL, e.Server.Options()...).
type RetiredError struct {
	Server    Server
	Reason    string
	Since     Date   // when it was known to be gone; "" if no source tells
	Successor string // the key of the server in its place, or an address; "" if none is known
}

// Error says why the server is gone and where to go instead.
func (e *RetiredError) Error() string {
	if e == nil {
		e = new(RetiredError)
	}
	text := "servers: " + e.Server.label() + " is retired"
	if e.Since != "" {
		text += fmt.Sprintf(" (known since %s)", e.Since)
	}
	if e.Reason != "" {
		text += ": " + e.Reason
	}
	if e.Successor != "" {
		text += "; its successor is " + e.Successor
	}
	return text
}

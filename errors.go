package open311

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-open311/open311/internal/plain"
	"github.com/go-open311/open311/internal/wire"
)

// Fault is one row of a server's error answer (GeoReport v2, Errors). The code is usually the HTTP
// status, but some servers send words, or nothing.
type Fault struct{ Code, Description string }

// APIError is an answer that refuses a call: a status of 400 or more, a redirect that is not
// followed, or an error list under a status of 200. It matches [ErrNotFound], [ErrInvalid],
// [ErrForbidden] and [ErrRateLimited] by status.
type APIError struct {
	StatusCode int
	Method     string
	URL        string        // redacted
	Faults     []Fault       // what the server says, if it says it in a form that can be read
	RetryAfter time.Duration // how long the server wants us to wait; 0 if it does not say
	Attempts   int           // how many times the call was made
	Header     http.Header   // redacted
	Body       []byte        // the first 8 KiB at most, redacted

	format Format // of the error list, if it came with a status of success
}

// oneLine makes one short line of what a server has said: 200 bytes of plain text.
func oneLine(s string) string { return wire.Snippet([]byte(plain.Line(s)), 0) }

// Error names the call, the status, and what the server says, or how its answer begins.
func (e *APIError) Error() string {
	e = orZero(e)
	var b strings.Builder
	fmt.Fprintf(&b, "open311: %s %s: %d", e.Method, e.URL, e.StatusCode)
	if text := http.StatusText(e.StatusCode); text != "" {
		b.WriteString(" " + text)
	}
	if ct := e.Header.Get("Content-Type"); ct != "" && len(e.Faults) == 0 {
		b.WriteString(" (" + oneLine(ct) + ")")
	}
	if to := e.Header.Get("Location"); to != "" && e.StatusCode >= 300 && e.StatusCode < 400 {
		fmt.Fprintf(&b, ": the server points to %q; use that address if you trust it", oneLine(to))
	}
	for i, f := range e.Faults {
		if i == 5 {
			fmt.Fprintf(&b, "; and %d more", len(e.Faults)-i)
			break
		}
		b.WriteString([]string{": ", "; "}[min(i, 1)])
		b.WriteString(cmp.Or(oneLine(f.Description), "no description"))
		if f.Code != "" && f.Code != strconv.Itoa(e.StatusCode) {
			b.WriteString(" (code " + oneLine(f.Code) + ")")
		}
	}
	if len(e.Faults) == 0 && len(e.Body) > 0 {
		b.WriteString(": the answer begins " + strconv.Quote(oneLine(string(e.Body))))
	}
	if e.RetryAfter > 0 {
		fmt.Fprintf(&b, "; retry after %s", e.RetryAfter)
	}
	if e.Attempts > 1 {
		fmt.Fprintf(&b, " (%d attempts)", e.Attempts)
	}
	return plain.Line(b.String())
}

// Is tells what the status means; see [ErrNotFound] and its neighbours.
func (e *APIError) Is(target error) bool {
	e = orZero(e)
	status := e.StatusCode
	if status < 300 && len(e.Faults) > 0 {
		// The error that came with a status of success says by its code what it is.
		status, _ = strconv.Atoi(e.Faults[0].Code)
	}
	switch target {
	case ErrNotFound:
		return status == http.StatusNotFound || status == http.StatusGone
	case ErrInvalid:
		return status == http.StatusBadRequest || status == http.StatusUnprocessableEntity
	case ErrForbidden:
		return status == http.StatusUnauthorized || status == http.StatusForbidden || status >= 500 && e.saysForbidden()
	case ErrRateLimited:
		return status == http.StatusTooManyRequests
	}
	return false
}

// saysForbidden reports whether a server that answers every error with 500 (Klarschiff) says by the code of the
// first one that the key is wrong.
func (e *APIError) saysForbidden() bool {
	return len(e.Faults) > 0 && (e.Faults[0].Code == "401" || e.Faults[0].Code == "403")
}

// LogValue groups what a log line should have. It holds no key and no personal data.
func (e *APIError) LogValue() slog.Value {
	e = orZero(e)
	return slog.GroupValue(
		slog.String("method", e.Method), slog.String("url", e.URL), slog.Int("status", e.StatusCode),
		slog.Any("faults", e.Faults), slog.Int("attempts", e.Attempts), slog.Duration("retry_after", e.RetryAfter))
}

// DecodeError is an answer that cannot be read, or, with [WithStrict], one that had to be repaired.
type DecodeError struct {
	Format  Format // what the answer was read as; FormatAuto if it is neither JSON nor XML
	URL     string // redacted
	Path    string // where in the document, as far as it was read
	Offset  int64  // in bytes of the decoded, UTF-8 text
	Snippet string // what stands there, redacted
	Err     error  // what is wrong

	Method      string
	StatusCode  int
	ContentType string

	cut     bool // the answer ended, or broke off, too early
	formats int  // in how many the answer was asked for
}

// Error says what is wrong, where, and what stands there.
func (e *DecodeError) Error() string {
	e = orZero(e)
	var b strings.Builder
	fmt.Fprintf(&b, "open311: %s %s: %d, %s: ", e.Method, e.URL, e.StatusCode, oneLine(e.ContentType))
	if e.Path != "" {
		b.WriteString(e.Path + ": ")
	}
	b.WriteString(reason(e.Err))
	if e.Snippet != "" {
		fmt.Fprintf(&b, ", at byte %d: %q", e.Offset, e.Snippet)
	}
	return plain.Line(b.String())
}

// Unwrap returns the cause.
func (e *DecodeError) Unwrap() error { return orZero(e).Err }

// Gap is something that a listing could not get.
type Gap struct {
	Start, End time.Time // the window of requested_datetime, if that is how the listing went
	Query      string    // the parameters of the call that failed, redacted
	Err        error     // why
}

// TruncatedError says what is missing in a listing, or could not be proven to be there. It matches [ErrTruncated] and
// the causes of its gaps, and [ErrUnproven] if no gap has another cause.
type TruncatedError struct{ Gaps []Gap }

// Error lists the gaps.
func (e *TruncatedError) Error() string {
	e = orZero(e)
	var b strings.Builder
	fmt.Fprintf(&b, "open311: the listing is not complete, %d gap(s)", len(e.Gaps))
	for i, g := range e.Gaps {
		if i == 3 {
			fmt.Fprintf(&b, "; and %d more", len(e.Gaps)-i)
			break
		}
		b.WriteString([]string{": ", "; "}[min(i, 1)])
		if !g.Start.IsZero() || !g.End.IsZero() {
			fmt.Fprintf(&b, "%s to %s: ", formatBound(g.Start), formatBound(g.End))
		} else if g.Query != "" {
			b.WriteString(g.Query + ": ")
		}
		fmt.Fprintf(&b, "%v", g.Err)
	}
	return plain.Text(b.String())
}

// Is matches [ErrTruncated], and [ErrUnproven] if none of the gaps says more than that.
func (e *TruncatedError) Is(target error) bool {
	return target == ErrTruncated || target == ErrUnproven && e.unproven()
}

// unproven reports whether nothing speaks for a loss.
func (e *TruncatedError) unproven() bool {
	return e != nil && len(e.Gaps) > 0 && !slices.ContainsFunc(e.Gaps, func(g Gap) bool { return !errors.Is(g.Err, ErrUnproven) })
}

// Unwrap returns the causes of the gaps.
func (e *TruncatedError) Unwrap() []error {
	e = orZero(e)
	errs := make([]error, 0, len(e.Gaps))
	for _, g := range e.Gaps {
		if g.Err != nil && (!errors.Is(g.Err, ErrUnproven) || e.unproven()) {
			errs = append(errs, g.Err)
		}
	}
	return errs
}

// reason is the text of a cause. Errors that a program makes itself may have none.
func reason(err error) string {
	if err == nil {
		return "no cause is given"
	}
	return err.Error()
}

func formatBound(t time.Time) string {
	if t.IsZero() {
		return "…"
	}
	return t.UTC().Format(time.RFC3339)
}

// UnknownOutcomeError is the error of a report, or an update, that may have been filed. It matches
// [ErrOutcomeUnknown] and its cause, and says what is needed to look for the report before it is filed
// again, which is what [RequestClient.FindSimilar] does. That of [Client.Do] has the cause only.
type UnknownOutcomeError struct {
	ServiceCode string
	Sent        time.Time // when the first attempt began, by the clock of this machine
	Err         error     // why it is not known: an *APIError, a *DecodeError, an error of the network

	// What the answer said, if there was one. Candidates are ids that it has elsewhere than a receipt has its id: in the
	// Location header, or in fields of other names. One of them may be the id of the report.
	Candidates []string
	Header     http.Header // redacted
	Body       []byte      // the first 8 KiB at most, redacted
}

// Error says why it is not known, and what to do about it.
func (e *UnknownOutcomeError) Error() string {
	return plain.Text(reason(orZero(e).Err)) + " (outcome unknown: it may have been filed; look for it before filing it again)"
}

// Is matches [ErrOutcomeUnknown].
func (e *UnknownOutcomeError) Is(target error) bool { return target == ErrOutcomeUnknown }

// Unwrap returns the cause.
func (e *UnknownOutcomeError) Unwrap() error { return orZero(e).Err }

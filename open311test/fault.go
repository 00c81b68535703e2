package open311test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Op names an operation in [Handler.Fail].
type Op string

// The operations, in the words that [open311.Warning] has for them.
const (
	AnyCall       Op = "any call"
	ListServices  Op = "GET services"
	GetDefinition Op = "GET services/{code}"
	FileRequest   Op = "POST requests"
	ResolveToken  Op = "GET tokens/{token}"
	ListRequests  Op = "GET requests"
	GetRequest    Op = "GET requests/{id}"
	GetDiscovery  Op = "GET discovery"
	ListUpdates   Op = "GET servicerequestupdates"
	FileUpdate    Op = "POST servicerequestupdates"
)

// Fault is something that goes wrong with a call, as data. The functions and variables of this
// package make them; Times, WithProbability and Header change a copy.
type Fault struct {
	what   trouble
	status int
	n      int           // bytes, for Truncate
	d      time.Duration // for Delay, SlowBody
	label  string        // for WrongContentType
	header [][2]string
	times  int     // 0: once
	chance float64 // 0: certain
	seed   uint64
}

type trouble uint8

const (
	troubleNone trouble = iota
	troubleStatus
	troublePage
	troubleEmpty
	troubleReset
	troubleTruncate
	troubleDelay
	troubleSlow
	troubleGzip
	troubleLabel
	troubleWrongID
	troubleDuplicate
	troubleStale
)

// Faults that need no arguments.
var (
	// Pass is no fault: the call is answered as it should be. It lets the third call fail, say.
	Pass = Fault{what: troubleNone}
	// Reset closes the connection with a reset before anything is answered. The operation is not
	// carried out. Note that net/http itself repeats a GET whose connection had been in use before; it
	// does not without keep-alive, or through Handler.Transport.
	Reset = Fault{what: troubleReset}
	// GzipError labels the answer gzip, which it is not: a proxy that unpacks and forgets to say so.
	GzipError = Fault{what: troubleGzip}
	// WrongID answers for another request, service or token than the one asked for (georeport-server);
	// a receipt has an empty id. Lists are not affected.
	WrongID = Fault{what: troubleWrongID}
	// Duplicate has every record of the answer twice: pages that shifted.
	Duplicate = Fault{what: troubleDuplicate}
	// Stale answers with the city as it was when Fail was called, as a replica does that lags behind.
	// POSTs are not affected.
	Stale = Fault{what: troubleStale}
)

// Status refuses the call with a status, and the city's kind of error. The operation is not carried out.
func Status(code int) Fault { return Fault{what: troubleStatus, status: code} }

// HTML answers with a page and any status, 200 too. The operation is not carried out.
func HTML(code int) Fault { return Fault{what: troublePage, status: code} }

// Empty answers with a status and no body. The operation is not carried out.
func Empty(code int) Fault { return Fault{what: troubleEmpty, status: code} }

// RetryAfter is a 503 that says when to come back, in whole seconds. For a 429 there is
// Status(429).Header("Retry-After", "5").
func RetryAfter(d time.Duration) Fault {
	return Status(http.StatusServiceUnavailable).Header("Retry-After", strconv.Itoa(int((d+time.Second-1)/time.Second)))
}

// Truncate carries the operation out and breaks the connection after n bytes of the answer's body;
// below 0, that many bytes before its end. At least one byte is missing.
func Truncate(n int) Fault { return Fault{what: troubleTruncate, n: n} }

// Delay waits before the call is answered as it should be, or until the caller has gone; the wait is on
// the real clock, or that of a testing/synctest bubble.
func Delay(d time.Duration) Fault { return Fault{what: troubleDelay, d: d} }

// SlowBody sends the head of the right answer at once, and its body in eight parts with a pause before
// each.
func SlowBody(pause time.Duration) Fault { return Fault{what: troubleSlow, d: pause} }

// WrongContentType sends the right answer under another label: text/html around JSON (DiUS).
func WrongContentType(label string) Fault { return Fault{what: troubleLabel, label: label} }

// Times makes the fault happen to n calls in a row.
func (f Fault) Times(n int) Fault {
	f.times = n
	return f
}

// WithProbability makes the fault happen to a part of the calls, from 0 to 1, and for as long as the
// city is there. The random numbers begin with the seed; one is used for each call that could be hit.
// Such a fault comes after those that are certain, and may go unused.
func (f Fault) WithProbability(p float64, seed uint64) Fault {
	f.chance, f.seed = p, seed
	return f
}

// Header adds a header to the answer.
func (f Fault) Header(name, value string) Fault {
	f.header = append(slices.Clip(f.header), [2]string{name, value})
	return f
}

// String describes the fault.
func (f Fault) String() string {
	var s strings.Builder
	s.WriteString([...]string{"pass", "status", "HTML", "empty", "reset", "truncate", "delay", "slow body", "gzip error",
		"content type", "wrong id", "duplicate", "stale"}[f.what])
	switch f.what {
	case troubleStatus, troublePage, troubleEmpty:
		s.WriteString(" " + strconv.Itoa(f.status))
	case troubleTruncate:
		s.WriteString(" " + strconv.Itoa(f.n))
	case troubleDelay, troubleSlow:
		s.WriteString(" " + f.d.String())
	case troubleLabel:
		s.WriteString(" " + f.label)
	}
	for _, h := range f.header {
		s.WriteString(", " + h[0] + ": " + h[1])
	}
	if f.chance > 0 {
		s.WriteString(fmt.Sprintf(", %g of the calls", f.chance))
	}
	return s.String()
}

// Fail makes calls of an operation go wrong: the first call from now on with the first fault, and so
// on. Faults that are given later come behind those that are still waiting; faults of the operation
// come before those of [AnyCall]. When they are used up the city answers as it should.
//
// A [Server] reports faults that were not used as an error when its test ends. Calls that fail are
// among [Handler.Calls] like all others.
func (h *Handler) Fail(op Op, faults ...Fault) {
	h = h.made()
	for _, f := range faults {
		s := &scheduled{Fault: f, left: max(f.times, 1)}
		if f.what == troubleStale {
			s.past = h.frozen()
		}
		if f.chance > 0 {
			s.rng = rand.New(rand.NewPCG(f.seed, 311))
		}
		h.faults.add(op, s)
	}
}

// Pending returns the faults of [Handler.Fail] that have not happened yet, one line each, without those
// that have a probability.
func (h *Handler) Pending() []string {
	h = h.made()
	return h.faults.pending()
}

// ClearFaults forgets all faults.
func (h *Handler) ClearFaults() {
	h = h.made()
	h.faults.mu.Lock()
	defer h.faults.mu.Unlock()
	h.faults.certain, h.faults.likely = nil, nil
	h.faults.armed.Store(false)
}

// scheduled is a fault that is waiting for its call.
type scheduled struct {
	Fault
	op   Op
	left int
	rng  *rand.Rand
	past *Handler // for Stale
}

// faultLine is the faults that wait.
type faultLine struct {
	armed   atomic.Bool // so that a city without faults pays nothing for them
	mu      sync.Mutex
	certain []*scheduled
	likely  []*scheduled
}

func (l *faultLine) idle() bool { return !l.armed.Load() }

func (l *faultLine) add(op Op, s *scheduled) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s.op = op
	if s.rng != nil {
		l.likely = append(l.likely, s)
	} else {
		l.certain = append(l.certain, s)
	}
	l.armed.Store(true)
}

// next returns the fault for a call, or nil.
func (l *faultLine) next(op Op) *scheduled {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, want := range []Op{op, AnyCall} {
		for i, s := range l.certain {
			if s.op != want {
				continue
			}
			if s.left--; s.left == 0 {
				l.certain = append(l.certain[:i:i], l.certain[i+1:]...)
				l.armed.Store(len(l.certain)+len(l.likely) > 0)
			}
			return s
		}
	}
	for _, s := range l.likely {
		if (s.op == op || s.op == AnyCall) && s.rng.Float64() < s.chance {
			return s
		}
	}
	return nil
}

func (l *faultLine) pending() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var lines []string
	for _, s := range l.certain {
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s: %s, %d left", s.op, s.Fault, s.left)))
	}
	return lines
}

package open311test

import (
	"bytes"
	"context"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"time"
)

// operationOf returns the operation that a call is for, in a dialect too; AnyCall for a call to
// nothing that there is.
func (h *Handler) operationOf(r *http.Request) Op {
	c := &conversation{speaker: h.voice(), h: h, r: r}
	escaped, early := c.route()
	if early != nil {
		return AnyCall
	}
	t, ok := parsePath(escaped, h.base)
	if !ok {
		return AnyCall
	}
	op, _ := find(r.Method, t)
	if op == nil {
		return AnyCall
	}
	name := Op(op.method + " " + op.resource)
	for _, item := range []Op{GetDefinition, ResolveToken, GetRequest} {
		if op.item && len(item) > len(name) && item[:len(name)+1] == name+"/" {
			return item
		}
	}
	return name
}

// voice returns the city's dialect.
func (h *Handler) voice() *speaker {
	if h.speech != nil {
		return h.speech
	}
	return &speaker{}
}

// twistKey is under which a fault's twist is in the context of a call.
type twistKey struct{}

func twistOf(r *http.Request) (twist, bool) {
	tw, ok := r.Context().Value(twistKey{}).(twist)
	return tw, ok
}

// frozen returns the city as it is now.
func (h *Handler) frozen() *Handler {
	now := h.clock()
	h.store.settle(now)
	cfg := *h.config
	cfg.clock = func() time.Time { return now }
	h.store.mu.RLock()
	defer h.store.mu.RUnlock()
	past := newStore(h.store.rule)
	past.services, past.forms, past.desks = slices.Clone(h.store.services), maps.Clone(h.store.forms), h.store.desks
	past.catalogs, past.changed = maps.Clone(h.store.catalogs), h.store.changed
	past.list, past.byID, past.lastID = slices.Clone(h.store.list), maps.Clone(h.store.byID), h.store.lastID
	past.updates.list = slices.Clone(h.store.updates.list)
	past.tickets = make(map[string]*ticket, len(h.store.tickets))
	for token, t := range h.store.tickets {
		copied := *t
		past.tickets[token] = &copied
	}
	return &Handler{config: &cfg, store: past, speech: h.speech}
}

// fail answers a call as the fault has it.
func (h *Handler) fail(w http.ResponseWriter, r *http.Request, f *scheduled) {
	for _, x := range f.header {
		w.Header().Set(x[0], x[1])
	}
	switch f.what {
	case troubleStatus, troublePage, troubleEmpty:
		h.refuse(w, r, f)
	case troubleReset:
		reset(w)
	case troubleTruncate, troubleSlow, troubleGzip, troubleLabel:
		h.spoil(w, r, f)
	case troubleDelay:
		if sleep(r.Context(), f.d) == nil {
			h.next.ServeHTTP(w, r)
		}
	case troubleWrongID, troubleDuplicate, troubleStale:
		tw := twist{wrongID: f.what == troubleWrongID, duplicate: f.what == troubleDuplicate}
		if r.Method != http.MethodPost {
			tw.stale = f.past
		}
		h.next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), twistKey{}, tw)))
	default:
		h.next.ServeHTTP(w, r)
	}
}

// refuse answers without asking the city.
func (h *Handler) refuse(w http.ResponseWriter, r *http.Request, f *scheduled) {
	c := &conversation{speaker: h.voice(), h: h, r: r}
	escaped, early := c.route()
	if early == nil {
		t, _ := parsePath(escaped, h.base)
		c.f = t.format
	}
	c.label = ""
	a := answer{status: f.status}
	switch f.what {
	case troublePage:
		a = c.page(f.status)
	case troubleStatus:
		a = c.refuse(fault{f.status, "this city was told to fail"})
	}
	label := c.label
	if label == "" {
		label = c.contentType(c.f)
	}
	if len(a.body) > 0 {
		w.Header().Set("Content-Type", label)
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	w.WriteHeader(f.status)
	if r.Method != http.MethodHead && f.status >= 200 && f.status != http.StatusNoContent && f.status != http.StatusNotModified {
		_, _ = w.Write(a.body) // a caller who has gone does not want to know
	}
}

// reset closes the connection without a word.
func reset(w http.ResponseWriter) {
	hijacker, ok := w.(http.Hijacker)
	if !ok {
		panic(http.ErrAbortHandler) // Transport makes a connection error of it
	}
	conn, _, err := hijacker.Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // what is not sent is thrown away, and the other side gets a reset
	}
	_ = conn.Close()
}

// pacer is a writer that can send its body slowly by itself: that of Transport.
type pacer interface{ pace(pause time.Duration) }

const slowParts = 8

// spoil has the call answered, and damages the answer.
func (h *Handler) spoil(w http.ResponseWriter, r *http.Request, f *scheduled) {
	rec := httptest.NewRecorder()
	h.next.ServeHTTP(rec, r)
	maps.Copy(w.Header(), rec.Header())
	for _, x := range f.header {
		w.Header().Set(x[0], x[1])
	}
	body := rec.Body.Bytes()
	switch f.what {
	case troubleGzip:
		w.Header().Set("Content-Encoding", "gzip")
	case troubleLabel:
		w.Header().Set("Content-Type", f.label)
	case troubleTruncate:
		truncate(w, rec.Code, body, f.n)
	case troubleSlow:
		w.WriteHeader(rec.Code)
		if p, ok := w.(pacer); ok {
			p.pace(f.d)
			_, _ = w.Write(body)
			return
		}
		drip(r.Context(), w, body, f.d)
		return
	}
	w.WriteHeader(rec.Code)
	_, _ = w.Write(body) // a caller who has gone does not want to know
}

// truncate sends the first n bytes of the body, and then closes the connection.
func truncate(w http.ResponseWriter, status int, body []byte, n int) {
	if n < 0 {
		n = max(0, len(body)+n)
	}
	n = min(n, max(0, len(body)-1))
	w.Header().Set("Content-Length", strconv.Itoa(max(1, len(body))))
	w.WriteHeader(status)
	_, _ = w.Write(body[:n])
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

// drip sends the body in parts, as long as the caller is there.
func drip(ctx context.Context, w http.ResponseWriter, body []byte, pause time.Duration) {
	flush := http.NewResponseController(w).Flush
	_ = flush()
	for part := range slices.Chunk(body, max(1, (len(body)+slowParts-1)/slowParts)) {
		if sleep(ctx, pause) != nil {
			panic(http.ErrAbortHandler)
		}
		if _, err := w.Write(bytes.Clone(part)); err != nil {
			return
		}
		_ = flush()
	}
}

// sleep waits, or returns an error when the caller has gone.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

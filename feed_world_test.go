package open311_test

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// world is a city that lives while a feed watches it: requests are filed, worked on, closed, reopened,
// removed, and some turn up late. It answers in process.
type world struct {
	mu     sync.Mutex
	rng    *rand.Rand
	ways   ways
	rows   []*wreq
	todo   []event // by time
	faulty bool
	calls  int
	served []string
	moved  int // how often anything has changed
	down   time.Time
}

// ways is how the city's server behaves.
type ways struct {
	updated  string        // updated_after: "ignored", "honoured", "changed" (without new ones), "refused", "empty"
	page     int           // page size; 0: no pages
	limit    int           // the most rows at once, if there are no pages
	ids      string        // a list of ids: "all", "first", "refused", "404" if one is unknown
	noDates  bool          // start_date and end_date are ignored
	onlyOpen bool          // lists have only open requests
	noStamps bool          // there is no updated_datetime
	odd      bool          // some updated_datetime lie before requested_datetime
	skew     time.Duration // of the server's clock
	late     time.Duration // how late requests turn up at most
	brief    bool          // lists cut the description short
}

type wreq struct {
	id, named string // named: the id it has once it has one
	requested time.Time
	updated   time.Time
	shown     time.Time // when it turns up
	version   int
	closed    bool
	removed   bool
	odd       bool
	hidden    bool // it was closed for some time
	nameless  bool // it has no id at first
	past      []wstate
}

// wstate is a state of a request, from a moment on.
type wstate struct {
	from    time.Time
	version int
	closed  bool
	removed bool
}

type event struct {
	at time.Time
	do func(at time.Time)
}

func (w *world) plan(at time.Time, do func(time.Time)) {
	i, _ := slices.BinarySearchFunc(w.todo, at, func(e event, t time.Time) int { return cmp.Or(e.at.Compare(t), -1) })
	w.todo = slices.Insert(w.todo, i, event{at, do})
}

func (w *world) between(lo, hi time.Duration) time.Duration {
	return lo + time.Duration(w.rng.Int64N(int64(hi-lo)+1))
}

// live makes what has happened up to now happen.
func (w *world) live() {
	now := time.Now()
	for len(w.todo) > 0 && !w.todo[0].at.After(now) {
		e := w.todo[0]
		w.todo = w.todo[1:]
		w.moved++
		e.do(e.at)
	}
}

func (w *world) keep(r *wreq, at time.Time) {
	r.hidden = r.hidden || r.closed
	r.past = append(r.past, wstate{at, r.version, r.closed, r.removed})
}

// stamp is what the server writes for a moment.
func (w *world) stamp(at time.Time) time.Time { return at.Add(w.ways.skew).Truncate(time.Second).UTC() }

// file plans the life of one request that is filed at a time.
func (w *world) file(n int, at time.Time) {
	r := &wreq{named: fmt.Sprintf("%02d-%04d", n*7%100, n), requested: w.stamp(at), shown: at}
	r.updated = r.requested
	if w.ways.odd && w.rng.IntN(8) == 0 {
		r.odd, r.updated = true, r.requested.Add(-w.between(time.Hour, 100*time.Hour))
	}
	if w.ways.late > 0 && w.rng.IntN(5) == 0 {
		r.shown = at.Add(w.between(0, w.ways.late))
	}
	r.id = r.named
	if r.nameless = w.rng.IntN(12) == 0; r.nameless {
		r.id = ""
	}
	w.rows = append(w.rows, r)
	w.plan(r.shown, func(t time.Time) { w.keep(r, t) })
	end := r.shown
	if r.nameless {
		end = end.Add(w.between(time.Minute, 10*time.Hour))
		w.plan(end, func(time.Time) { r.id = r.named })
	}
	edit := func(after time.Duration, f func()) {
		end = end.Add(after)
		w.plan(end, func(t time.Time) {
			if r.removed {
				return
			}
			f()
			r.version++
			if r.updated = w.stamp(t); r.odd {
				r.updated = r.updated.Add(-50 * time.Hour)
			}
			w.keep(r, t)
		})
	}
	for range w.rng.IntN(3) {
		edit(w.between(time.Second, 50*time.Hour), func() {})
	}
	if w.rng.IntN(4) > 0 {
		edit(w.between(time.Minute, 400*time.Hour), func() { r.closed = true })
		for range w.rng.IntN(3) {
			edit(w.between(time.Minute, 60*time.Hour), func() { r.closed = !r.closed })
		}
	}
	if w.rng.IntN(15) == 0 {
		w.plan(end.Add(w.between(time.Minute, 200*time.Hour)), func(t time.Time) { r.removed = true; w.keep(r, t) })
	}
}

var errNetwork = errors.New("connection reset")

// fault answers a call as a server in trouble does.
func (w *world) fault() (*simAnswer, error) {
	now := time.Now()
	if !w.faulty || !now.Before(w.down) && w.rng.IntN(25) > 0 {
		return nil, nil
	}
	if w.rng.IntN(4) == 0 {
		w.down = now.Add(w.between(0, 90*time.Second))
	}
	a := &simAnswer{header: http.Header{"Content-Type": {"application/json"}}, status: 200}
	switch w.rng.IntN(6) {
	case 0:
		return nil, errNetwork
	case 1:
		a.status = 503
	case 2:
		a.status = 500
	case 3:
		a.status = 429
		a.header.Set("Retry-After", "7")
	case 4:
		a.header.Set("Content-Type", "text/html")
		io.WriteString(a, "<html><body>Wartungsarbeiten</body></html>")
	case 5:
		io.WriteString(a, `[{"service_request_id":"99-99`)
	}
	return a, nil
}

func (w *world) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.live()
	w.calls++
	w.served = append(w.served, r.URL.Path+"?"+r.URL.RawQuery)
	a, err := w.fault()
	if err != nil {
		return nil, err
	}
	if a == nil {
		a = &simAnswer{header: http.Header{"Content-Type": {"application/json"}}, status: 200}
		w.answer(a, r)
	}
	return &http.Response{StatusCode: a.status, Header: a.header, ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Body: io.NopCloser(bytes.NewReader(a.body.Bytes())), ContentLength: int64(a.body.Len())}, nil
}

func (w *world) visible(r *wreq) bool { return !r.removed && !r.shown.After(time.Now()) }

func (w *world) answer(a *simAnswer, r *http.Request) {
	q := r.URL.Query()
	if _, id, ok := strings.Cut(r.URL.Path, "/requests/"); ok {
		for _, row := range w.rows {
			if row.id+".json" == id && w.visible(row) {
				w.write(a, []*wreq{row}, true)
				return
			}
		}
		a.status = 404
		io.WriteString(a, `[{"code":404,"description":"no such request"}]`)
		return
	}
	if ids := q.Get("service_request_id"); ids != "" {
		w.byID(a, strings.Split(ids, ","))
		return
	}
	if w.ways.updated == "refused" && q.Has("updated_after") {
		a.status = 400
		io.WriteString(a, `[{"code":400,"description":"unknown parameter"}]`)
		return
	}
	list := w.find(q)
	switch n, _ := strconv.Atoi(q.Get("page")); {
	case w.ways.page > 0:
		from := min(max(n-1, 0)*w.ways.page, len(list))
		list = list[from:min(from+w.ways.page, len(list))]
	case w.ways.limit > 0:
		list = list[:min(w.ways.limit, len(list))]
	}
	w.write(a, list, false)
}

func (w *world) find(q url.Values) []*wreq {
	bound := func(name string) time.Time { t, _ := time.Parse(time.RFC3339, q.Get(name)); return t }
	start, end, after := bound("start_date"), bound("end_date"), bound("updated_after")
	if w.ways.noDates {
		start, end = time.Time{}, time.Time{}
	}
	var list []*wreq
	for _, r := range w.rows {
		switch {
		case !w.visible(r), w.ways.onlyOpen && r.closed,
			!start.IsZero() && r.requested.Before(start), !end.IsZero() && r.requested.After(end):
			continue
		case after.IsZero():
		case w.ways.updated == "empty", w.ways.updated == "honoured" && r.updated.Before(after),
			w.ways.updated == "changed" && (r.version == 0 || r.updated.Before(after)):
			continue
		}
		list = append(list, r)
	}
	slices.SortStableFunc(list, func(a, b *wreq) int { return b.requested.Compare(a.requested) })
	return list
}

func (w *world) byID(a *simAnswer, ids []string) {
	if w.ways.ids == "refused" && len(ids) > 1 {
		a.status = 500
		return
	}
	if w.ways.ids == "first" {
		ids = ids[:1]
	}
	var list []*wreq
	for _, r := range w.rows {
		if r.id != "" && slices.Contains(ids, r.id) && w.visible(r) {
			list = append(list, r)
		}
	}
	if w.ways.ids == "404" && len(list) < len(ids) {
		a.status = 404
		io.WriteString(a, `[{"code":404,"description":"one is unknown"}]`)
		return
	}
	w.write(a, list, false)
}

func (w *world) write(a *simAnswer, list []*wreq, single bool) {
	b := []byte{'['}
	for i, r := range list {
		if i > 0 {
			b = append(b, ',')
		}
		id, status, text := "null", "open", "no. "+r.named
		if r.id != "" {
			id = strconv.Quote(r.id)
		}
		if r.closed {
			status = "closed"
		}
		if single && w.ways.brief {
			text += ", and all that the list has left out"
		}
		b = fmt.Appendf(b, `{"service_request_id":%s,"status":%q,"status_notes":"v%d","service_code":"A","description":%q,"requested_datetime":%q`,
			id, status, r.version, text, r.requested.Format(time.RFC3339))
		if !w.ways.noStamps {
			b = fmt.Appendf(b, `,"updated_datetime":%q`, r.updated.Format(time.RFC3339))
		}
		b = append(b, '}')
	}
	a.body.Write(append(b, ']'))
}

package open311

import (
	"context"
	"io"
	"net/http"
	"sync"
)

// prefetcher reads pages before their turn. It is there only with WithConcurrency; without, it is nil
// and all its methods do nothing.
type prefetcher struct {
	l      *lister
	n      int
	ctx    context.Context
	cancel context.CancelFunc
	wait   sync.WaitGroup
	pages  map[pieceKey]*prefetched
}

// pieceKey identifies a piece.
type pieceKey struct {
	start, end         int64
	page, offset, size int
}

func (p *piece) key() pieceKey {
	k := pieceKey{page: p.page, offset: p.offset, size: p.size}
	if !p.start.IsZero() {
		k.start = p.start.Unix()
	}
	if !p.end.IsZero() {
		k.end = p.end.Unix()
	}
	return k
}

func newPrefetcher(l *lister, n int) *prefetcher {
	ctx, cancel := context.WithCancel(l.ctx)
	return &prefetcher{l: l, n: n, ctx: ctx, cancel: cancel, pages: map[pieceKey]*prefetched{}}
}

// stop ends all reading and waits until it has ended.
func (f *prefetcher) stop() {
	if f != nil {
		f.cancel()
		f.wait.Wait()
	}
}

// want starts to read p and the pieces that follow it, n at a time in all.
func (f *prefetcher) want(p piece, step func(*piece)) {
	if f == nil {
		return
	}
	for range f.n {
		f.start(p)
		step(&p)
	}
}

// start starts to read p.
func (f *prefetcher) start(p piece) {
	key := p.key()
	if f.pages[key] != nil {
		return
	}
	page := &prefetched{done: make(chan struct{}), list: make([]ServiceRequest, 0, f.l.most+1)}
	f.pages[key] = page
	k := f.l.call(&p)
	f.wait.Go(func() { page.read(f.ctx, f.l.c, k) })
}

// forget drops what was read for another query.
func (f *prefetcher) forget() {
	if f != nil {
		clear(f.pages)
	}
}

// take returns the rows of p if they have been asked for before.
func (f *prefetcher) take(p *piece) *prefetched {
	if f == nil || p.next != nil {
		return nil
	}
	page := f.pages[p.key()]
	delete(f.pages, p.key())
	return page
}

// prefetched is the rows of a page that was read before its turn.
type prefetched struct {
	done   chan struct{}
	opened error // the call failed
	list   []ServiceRequest
	err    error // what the list ended with
	at     int
	header http.Header
	meta   Extra

	skipped int
	unread  []error
}

func (p *prefetched) read(ctx context.Context, c *conn, k *call) {
	defer close(p.done)
	s, err := openStream(ctx, c, k, requestTable)
	if err != nil {
		p.opened = err
		return
	}
	var points pointPool
	for err == nil {
		p.list = append(p.list, ServiceRequest{})
		r := &p.list[len(p.list)-1]
		points.lend(r)
		if err = s.next(r); err == nil {
			c.mapStatus(r)
		}
	}
	p.list = p.list[:len(p.list)-1]
	p.err = err
	s.close()
	p.header, p.meta, p.skipped, p.unread = s.a.resp.Header, s.meta, s.skipped, s.skippedErrs
}

func (p *prefetched) next() (*ServiceRequest, error) {
	if p.at == len(p.list) {
		return nil, p.err
	}
	p.at++
	return &p.list[p.at-1], nil
}

func (p *prefetched) given() {}

func (p *prefetched) close() (http.Header, Extra, int, []error) {
	return p.header, p.meta, p.skipped, p.unread
}

func (p *prefetched) abort() {}

// await waits until the page has been read. The error is that of the call.
func (p *prefetched) await() error {
	<-p.done
	if p.opened == nil && p.err == nil {
		p.err = io.EOF
	}
	return p.opened
}

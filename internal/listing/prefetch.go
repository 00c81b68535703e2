package listing

import (
	"context"
	"sync"
)

// prefetcher reads pages before their turn. It is there only where several calls may be made at a time;
// else it is nil and all its methods do nothing.
type prefetcher struct {
	l      *Lister
	n      int
	ctx    context.Context
	cancel context.CancelFunc
	wait   sync.WaitGroup
	pages  map[sliceKey]*prefetched
}

// prefetched is an answer that is read before its turn. rows and err are there once done is closed.
type prefetched struct {
	done chan struct{}
	rows Rows
	err  error
}

// sliceKey identifies a slice, other than one by a link.
type sliceKey struct {
	start, end         int64
	page, offset, size int
}

func (s *Slice) key() sliceKey {
	k := sliceKey{page: s.Page, offset: s.Offset, size: s.Size}
	if !s.Start.IsZero() {
		k.start = s.Start.Unix()
	}
	if !s.End.IsZero() {
		k.end = s.End.Unix()
	}
	return k
}

func newPrefetcher(l *Lister, n int) *prefetcher {
	ctx, cancel := context.WithCancel(l.ctx)
	return &prefetcher{l: l, n: n, ctx: ctx, cancel: cancel, pages: map[sliceKey]*prefetched{}}
}

// stop ends all reading and waits until it has ended.
func (f *prefetcher) stop() {
	if f != nil {
		f.cancel()
		f.wait.Wait()
	}
}

// startFrom starts to read s and the slices that follow it, n at a time in all.
func (f *prefetcher) startFrom(s Slice, step func(*Slice)) {
	if f == nil {
		return
	}
	for range f.n {
		f.start(s)
		step(&s)
	}
}

// start starts to read s.
func (f *prefetcher) start(s Slice) {
	key := s.key()
	if f.pages[key] != nil {
		return
	}
	page := &prefetched{done: make(chan struct{})}
	f.pages[key] = page
	read := f.l.source.Load(f.ctx, s, f.l.Most+1)
	f.wait.Go(func() {
		defer close(page.done)
		page.rows, page.err = read()
	})
}

// forget drops what was read for another query.
func (f *prefetcher) forget() {
	if f != nil {
		clear(f.pages)
	}
}

// take returns the answer for s if it has been asked for ahead.
func (f *prefetcher) take(s *Slice) *prefetched {
	if f == nil || s.Next != "" {
		return nil
	}
	key := s.key()
	page := f.pages[key]
	delete(f.pages, key)
	return page
}

package listing

import (
	"context"
	"sync"
)

// prefetch reads answers before their turn. Its methods do nothing on nil: then nothing is read ahead.
type prefetch struct {
	src    Source
	n      int // answers at a time
	ctx    context.Context
	cancel context.CancelFunc
	wait   sync.WaitGroup
	slots  chan struct{} // one for each answer that is being read or held
	ahead  map[string]*fetched
}

// fetched is an answer that was asked for before its turn.
type fetched struct {
	cancel context.CancelFunc
	done   chan struct{}
	slot   bool // it has one
	rows   Rows
	err    error
}

func newPrefetch(ctx context.Context, src Source, n int) *prefetch {
	if n < 2 {
		return nil
	}
	p := &prefetch{src: src, n: n, slots: make(chan struct{}, n), ahead: map[string]*fetched{}}
	p.ctx, p.cancel = context.WithCancel(ctx)
	return p
}

// want asks for the slices that come next, as many as there is room for, and drops what is not among them. have is how
// many answers have been read: no more are asked for ahead than that, so that a loop that ends early has not cost many
// calls.
func (p *prefetch) want(slices []Slice, have int) {
	next := make(map[string]bool, len(slices))
	for i := range slices {
		next[slices[i].key()] = true
	}
	for key, f := range p.ahead {
		if !next[key] {
			delete(p.ahead, key)
			p.drop(f)
		}
	}
	for _, s := range slices {
		key := s.key()
		if p.ahead[key] != nil {
			continue
		}
		if len(p.ahead) >= min(p.n, have) {
			return
		}
		p.ahead[key] = p.start(s)
	}
}

// start reads an answer as soon as there is a slot for it.
func (p *prefetch) start(s Slice) *fetched {
	f := &fetched{done: make(chan struct{})}
	ctx, cancel := context.WithCancel(p.ctx)
	f.cancel = cancel
	p.wait.Go(func() {
		defer close(f.done)
		select {
		case p.slots <- struct{}{}:
			f.slot = true
			f.rows, f.err = p.src.Load(ctx, &s)
		case <-ctx.Done():
			f.err = ctx.Err()
		}
	})
	return f
}

// drop ends the reading of an answer that nobody wants any more. Its slot is free once that has ended.
func (p *prefetch) drop(f *fetched) {
	f.cancel()
	p.wait.Go(func() {
		if p.finish(f); f.rows != nil {
			f.rows.Abort()
		}
	})
}

// finish waits for an answer, and frees its slot.
func (p *prefetch) finish(f *fetched) {
	<-f.done
	f.cancel()
	if f.slot {
		<-p.slots
	}
}

// take returns the answer to a slice if it was asked for.
func (p *prefetch) take(s *Slice) (rows Rows, err error, ok bool) {
	if p == nil {
		return nil, nil, false
	}
	key := s.key()
	f := p.ahead[key]
	if f == nil {
		return nil, nil, false
	}
	delete(p.ahead, key)
	p.finish(f)
	return f.rows, f.err, true
}

// stop ends all reading, and waits until it has ended.
func (p *prefetch) stop() {
	if p == nil {
		return
	}
	p.cancel()
	for _, f := range p.ahead {
		p.drop(f)
	}
	p.wait.Wait()
}

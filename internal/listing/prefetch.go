package listing

import (
	"context"
	"sync"
)

// prefetch reads answers before their turn. Its methods do nothing on nil: then nothing is read ahead.
type prefetch struct {
	src    Source
	n      int // answers at a time, and held
	ctx    context.Context
	cancel context.CancelFunc
	wait   sync.WaitGroup
	ahead  map[string]*fetched
}

// fetched is an answer that was asked for before its turn.
type fetched struct {
	done chan struct{}
	rows Rows
	err  error
}

func newPrefetch(ctx context.Context, src Source, n int) *prefetch {
	if n < 2 {
		return nil
	}
	p := &prefetch{src: src, n: n, ahead: map[string]*fetched{}}
	p.ctx, p.cancel = context.WithCancel(ctx)
	return p
}

// start asks for slices, as many as there is room for. have is how many answers have been read: no more are asked for
// ahead than that, so that a loop that ends early has not cost many calls.
func (p *prefetch) start(slices []Slice, have int) {
	for _, s := range slices {
		key := s.key()
		if p.ahead[key] != nil {
			continue
		}
		if len(p.ahead) >= min(p.n, have) {
			return
		}
		f := &fetched{done: make(chan struct{})}
		p.ahead[key] = f
		p.wait.Go(func() {
			defer close(f.done)
			f.rows, f.err = p.src.Load(p.ctx, &s)
		})
	}
}

// take returns the answer to a slice if it was asked for. If it was not, those that were are of no use any more.
func (p *prefetch) take(s *Slice) (rows Rows, err error, ok bool) {
	if p == nil {
		return nil, nil, false
	}
	key := s.key()
	f := p.ahead[key]
	if f == nil {
		clear(p.ahead)
		return nil, nil, false
	}
	delete(p.ahead, key)
	<-f.done
	return f.rows, f.err, true
}

// stop ends all reading, and waits until it has ended.
func (p *prefetch) stop() {
	if p != nil {
		p.cancel()
		p.wait.Wait()
	}
}

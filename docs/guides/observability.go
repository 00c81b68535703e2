package guides

import (
	"context"
	"log/slog"
	"sync"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/otel"
)

// Watched returns a client that writes spans, metrics and log lines for every call.
func Watched(endpoint string, opts ...open311.Option) (*open311.Client, error) {
	observer, err := otel.NewObserver() // with the global providers
	if err != nil {
		return nil, err
	}
	opts = append(opts, open311.WithObserver(observer), open311.WithLogger(slog.Default()))
	return open311.New(endpoint, opts...)
}

// Tally counts calls, for a status page of your own.
type Tally struct {
	mu     sync.Mutex
	Calls  int
	Failed int
	Rows   int
}

// Call implements open311.Observer.
func (t *Tally) Call(ctx context.Context, info open311.CallInfo) (context.Context, func(open311.CallResult)) {
	if info.Attempt > 0 { // one attempt of several: the call itself is told of as well
		return ctx, nil
	}
	return ctx, func(r open311.CallResult) {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.Calls++
		t.Rows += r.Rows
		if r.Err != nil {
			t.Failed++
		}
	}
}

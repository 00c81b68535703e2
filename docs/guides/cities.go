package guides

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/go-open311/open311"
)

// Harvest lists many cities at once, a few at a time, and gives each request to keep. It returns what each city lacks.
func Harvest(ctx context.Context, cities map[string]*open311.Client, atOnce int, q *open311.Query,
	keep func(city string, r *open311.ServiceRequest) error) error {
	var (
		wait  sync.WaitGroup
		mu    sync.Mutex
		errs  []error
		slots = make(chan struct{}, atOnce)
	)
	for name, c := range cities {
		wait.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			for r, err := range c.Requests.All(ctx, q) {
				if err == nil {
					mu.Lock()
					err = keep(name, r)
					mu.Unlock()
				}
				if err != nil {
					mu.Lock()
					errs = append(errs, fmt.Errorf("%s: %w", name, err))
					mu.Unlock()
					return
				}
			}
		})
	}
	wait.Wait()
	return errors.Join(errs...)
}

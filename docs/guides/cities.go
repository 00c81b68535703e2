package guides

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/servers"
)

// Open returns a client for each of these keys of the catalogue.
func Open(keys []string, opts ...open311.Option) (map[string]*open311.Client, error) {
	cities := map[string]*open311.Client{}
	for _, key := range keys {
		c, err := servers.Open(key, opts...)
		if err != nil {
			return nil, err
		}
		cities[key] = c
	}
	return cities, nil
}

// Harvest lists the requests of cities, atOnce cities at a time, and calls keep with each request, never twice at once. The
// error joins those of the cities that failed.
func Harvest(ctx context.Context, cities map[string]*open311.Client, atOnce int, q *open311.Query,
	keep func(city string, r *open311.ServiceRequest) error) error {
	var (
		wait  sync.WaitGroup
		mu    sync.Mutex
		errs  []error
		slots = make(chan struct{}, atOnce)
	)
	list := func(name string, c *open311.Client) error {
		for r, err := range c.Requests.All(ctx, q) {
			if err != nil {
				return err
			}
			mu.Lock()
			err = keep(name, r)
			mu.Unlock()
			if err != nil {
				return err
			}
		}
		return nil
	}
	for name, c := range cities {
		wait.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			if err := list(name, c); err != nil {
				mu.Lock()
				errs = append(errs, fmt.Errorf("%s: %w", name, err))
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	return errors.Join(errs...)
}

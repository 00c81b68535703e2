package guides

import (
	"context"
	"fmt"

	"github.com/go-open311/open311"
)

// Bot posts a text for each request that is closed.
type Bot struct {
	Feed *open311.Feed
	Post func(ctx context.Context, text string) error
}

// Once polls once, and posts what has changed since the last time.
func (b *Bot) Once(ctx context.Context) error {
	for change, err := range b.Feed.Poll(ctx) {
		if err != nil {
			return err
		}
		if change.Kind != open311.Closed {
			continue
		}
		r := change.Request
		if err := b.Post(ctx, fmt.Sprintf("Done: %s, %s", r.ServiceName, r.Address)); err != nil {
			return err // the loop body has not finished: the next poll gives this change again
		}
	}
	return nil
}

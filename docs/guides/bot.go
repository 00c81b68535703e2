package guides

import (
	"context"
	"fmt"

	"github.com/go-open311/open311"
)

// Bot tells what has been closed.
type Bot struct {
	Feed *open311.Feed
	Post func(ctx context.Context, text string) error
}

// Once looks once. A change whose text could not be posted is told again the next time.
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
			return err // the loop body has not finished: the change is not lost
		}
	}
	return nil
}

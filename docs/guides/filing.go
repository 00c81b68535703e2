package guides

import (
	"context"
	"errors"
	"log/slog"

	"github.com/go-open311/open311"
)

// Accept takes a report over from its reporter: once it has returned, a crash does not lose it.
func Accept(ctx context.Context, box open311.Outbox, id string, report *open311.NewRequest) error {
	return box.Put(ctx, &open311.Filing{ID: id, Report: report, State: open311.FilingReady})
}

// Drain files what is pending. Call it when the program starts, and every few minutes.
func Drain(ctx context.Context, c *open311.Client, box open311.Outbox) error {
	for filing, err := range box.Pending(ctx) {
		if err != nil {
			return err
		}
		receipt, err := c.Requests.File(ctx, box, filing)
		switch {
		case err == nil:
			slog.Info("filed", "filing", filing, "receipt", receipt)
		case errors.Is(err, open311.ErrOutcomeUnknown):
			slog.Warn("somebody has to look", "filing", filing, "candidates", len(filing.Candidates))
		case errors.Is(err, open311.ErrInvalid):
			slog.Error("refused", "filing", filing)
		default:
			slog.Info("later", "filing", filing, "err", err) // nothing was filed
		}
	}
	return ctx.Err()
}

package guides

import (
	"context"
	"errors"
	"log/slog"

	"github.com/go-open311/open311"
)

// Accept takes a report over from its reporter. Once it has returned nil, a crash does not lose the report.
func Accept(ctx context.Context, box open311.Outbox, id string, report *open311.NewRequest) error {
	if err := report.Validate(nil); err != nil {
		return err // while the reporter is still there to correct it
	}
	return box.Put(ctx, &open311.Filing{ID: id, Report: report, State: open311.FilingReady})
}

// Drain files what is pending. Call it when the program starts, and every few minutes.
func Drain(ctx context.Context, c *open311.Client, box open311.Outbox) error {
	for filing, err := range box.Pending(ctx) {
		if err != nil {
			slog.Error("cannot be read", "err", err) // the others are not held up
			continue
		}
		receipt, err := c.Requests.File(ctx, box, filing)
		switch {
		case err == nil:
			slog.Info("filed", "filing", filing, "receipt", receipt)
		case filing.State == open311.FilingRefused:
			slog.Error("refused", "filing", filing, "err", err)
		case errors.Is(err, open311.ErrOutcomeUnknown):
			slog.Warn("somebody has to look", "filing", filing, "candidates", len(filing.Candidates))
		default:
			slog.Info("later", "filing", filing, "err", err) // the next Drain goes on
		}
	}
	return ctx.Err()
}

package open311

import (
	"fmt"
	"log/slog"
	"net/url"

	"github.com/go-open311/open311/internal/redact"
)

// Format prints a query without the values of its Params, whatever the verb: one of them may be a key.
func (q Query) Format(f fmt.State, verb rune) { fmt.Fprintf(f, fmt.FormatString(f, verb), q.shown()) }

// LogValue keeps the values of Params out of logs, whatever the handler.
func (q Query) LogValue() slog.Value { return slog.AnyValue(q.shown()) }

// shownQuery is a query as it may be printed: without methods.
type shownQuery Query

func (q *Query) shown() shownQuery {
	c := shownQuery(*q)
	c.Params = shownParams(q.Params)
	return c
}

// shownParams returns parameters without their values.
func shownParams(params url.Values) url.Values {
	if params == nil {
		return nil
	}
	shown := make(url.Values, len(params))
	for name := range params {
		shown[name] = []string{redact.Mask}
	}
	return shown
}

// Format prints a filing without the reporter's data, whatever the verb.
func (f Filing) Format(s fmt.State, _ rune) {
	fmt.Fprintf(s, "open311.Filing{ID: %q, State: %q, %d attempts, Error: %q}", f.ID, f.State, len(f.Attempts), f.Error)
}

// LogValue keeps the reporter's data out of logs, whatever the handler.
func (f Filing) LogValue() slog.Value {
	return slog.GroupValue(slog.String("id", f.ID), slog.String("state", string(f.State)), slog.Int("attempts", len(f.Attempts)), slog.String("error", f.Error))
}

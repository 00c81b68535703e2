package open311

import (
	"fmt"
	"log/slog"
	"maps"

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
	c.Params = maps.Clone(q.Params)
	for name := range c.Params {
		c.Params[name] = []string{redact.Mask}
	}
	return c
}

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

// Format prints a query without the values of its Params, whatever the verb: one of them may be a key.
func (q UpdateQuery) Format(f fmt.State, verb rune) {
	fmt.Fprintf(f, fmt.FormatString(f, verb), q.shown())
}

// LogValue keeps the values of Params out of logs, whatever the handler.
func (q UpdateQuery) LogValue() slog.Value { return slog.AnyValue(q.shown()) }

// shownUpdateQuery is a query as it may be printed: without methods.
type shownUpdateQuery UpdateQuery

func (q UpdateQuery) shown() shownUpdateQuery {
	q.Params = shownParams(q.Params)
	return shownUpdateQuery(q)
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

// Format names the client of a feed, whatever the verb: what it follows may have a key in its Params.
func (f *Feed) Format(s fmt.State, _ rune) {
	if f == nil || f.lists == nil {
		fmt.Fprint(s, "open311.Feed(nil)")
		return
	}
	fmt.Fprintf(s, "open311.Feed(%s)", f.lists.c)
}

// Format prints a filing without the reporter's data, whatever the verb.
func (f Filing) Format(s fmt.State, _ rune) {
	fmt.Fprintf(s, "open311.Filing{ID: %q, State: %q, %d attempts, Error: %q}", f.ID, f.State, len(f.Attempts), f.Error)
}

// LogValue keeps the reporter's data out of logs, whatever the handler.
func (f Filing) LogValue() slog.Value {
	return slog.GroupValue(slog.String("id", f.ID), slog.String("state", string(f.State)), slog.Int("attempts", len(f.Attempts)), slog.String("error", f.Error))
}

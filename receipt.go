package open311

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"
	"unicode"

	"github.com/go-open311/open311/internal/reply"
	"github.com/go-open311/open311/internal/wire"
)

// Receipt is what a city answers to a report: the id of the new request, or a token for it, or, for
// a blackbox service, neither. It can be stored as JSON, and its token be awaited by another process.
// Printing it shows no account.
type Receipt struct {
	ID            string
	Token         string // see RequestClient.Await
	ServiceNotice string // what the city wants the reporter to know
	AccountID     string
	Extra         Extra // the rest of the record, at servers that answer with all of it
}

// Format prints a receipt without the reporter's data, whatever the verb.
func (r Receipt) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "open311.Receipt{ID: %q, Token: %q, ServiceNotice: %q}", r.ID, r.Token, r.ServiceNotice)
}

// LogValue keeps the reporter's data out of logs, whatever the handler.
func (r Receipt) LogValue() slog.Value {
	return slog.GroupValue(slog.String("id", r.ID), slog.String("token", r.Token), slog.String("service_notice", r.ServiceNotice))
}

// noReceipt is the error of an answer that can be read and says nothing of what was sent.
func noReceipt(shown func() string) error {
	return &UnknownOutcomeError{Err: fmt.Errorf("open311: POST %s: the answer is no receipt", shown())}
}

// doubt adds to the error of an unknown outcome what is needed to look for the report.
func (c *conn) doubt(err error, code string, h *reply.Reply, start time.Time) error {
	var unknown *UnknownOutcomeError
	if !errors.As(err, &unknown) {
		return err
	}
	unknown.ServiceCode, unknown.Sent = code, start
	var ae *APIError
	switch {
	case h.Header != nil:
		unknown.Header, unknown.Body = c.hide.Header(h.Header), []byte(c.hide.Snippet(h.Body, reply.Kept-len("…")))
	case errors.As(err, &ae):
		h.Header, h.Body = ae.Header, ae.Body
		unknown.Header, unknown.Body = ae.Header, ae.Body
	}
	for _, id := range h.IDs() {
		unknown.Candidates = append(unknown.Candidates, c.hide.Text(id))
	}
	return err
}

// tidy takes out truth values, and finds the id under another spelling of its name: serviceRequestId.
func (r *Receipt) tidy() {
	tidyIDs(&r.ID, &r.Token)
	for name := range r.Extra {
		if plain := strings.NewReplacer("_", "", "-", "", " ", "").Replace(strings.ToLower(name)); plain == "servicerequestid" && r.ID == "" {
			if id := r.Extra.String(name); !strings.ContainsAny(id, "{[") {
				r.ID = id
			}
		}
	}
}

// identifies reports whether there is an id or a token. An id of 0 is one (open311-adapter).
func (r *Receipt) identifies() bool { return r.ID != "" || r.Token != "" }

// tidyIDs takes out truth values, with which some frameworks say what came of it: they are no ids.
func tidyIDs(ids ...*string) {
	for _, id := range ids {
		if *id == "false" || *id == "true" {
			*id = ""
		}
	}
}

// readReceipts makes a POST and reads up to two records of its answer: with the second one it is clear
// that they are no receipt. shown gives the URL of the call. An error after a status of success is marked
// as an unknown outcome.
func readReceipts[T any](ctx context.Context, c *conn, k *call, t *wire.Table[T], format Format) (list []T, shown func() string, err error) {
	s, err := openFormat(ctx, c, k, t, format)
	if err != nil {
		return nil, nil, doubtful(err)
	}
	defer s.close()
	for len(list) < 2 {
		var record T
		if err := s.next(&record); err == io.EOF {
			break
		} else if err != nil {
			return nil, nil, doubtful(err)
		}
		list = append(list, record)
	}
	return list, s.url, nil
}

// doubtful marks the error of an answer that came with a status below 300 and cannot be read.
func doubtful(err error) error {
	var de *DecodeError
	var ae *APIError
	if errors.As(err, &de) || errors.As(err, &ae) && ae.StatusCode < 300 {
		return &UnknownOutcomeError{Err: err}
	}
	return err
}

var receiptTable = wire.Register(&wire.Table[Receipt]{
	Root: "service_requests", Item: "request",
	Roots:     []string{"requests", "service_request"},
	Identity:  []string{"service_request_id", "servicerequest_id", "token", "service_notice", "account_id"},
	Key:       []string{"service_request_id", "servicerequest_id", "token"},
	KeepEmpty: true,
	Fields: func() []wire.Field[Receipt] {
		return []wire.Field[Receipt]{
			wire.ID("service_request_id", func(r *Receipt) *string { return &r.ID }, "servicerequest_id"),
			wire.ID("token", func(r *Receipt) *string { return &r.Token }),
			wire.String("service_notice", func(r *Receipt) *string { return &r.ServiceNotice }),
			wire.ID("account_id", func(r *Receipt) *string { return &r.AccountID }),
		}
	},
	Extra: func(r *Receipt) *map[string]json.RawMessage { return (*map[string]json.RawMessage)(&r.Extra) },
	// [[5]] is what a converter makes of a receipt with one field when it follows the Spark rules
	// to the letter. Digits are an id, anything else a token, but for what a server has to say: ["OK"].
	Lone: func(r *Receipt, s string) bool {
		switch {
		case strings.Trim(s, "0123456789") == "":
			r.ID = s
		case isSaying(s):
			r.Extra = Extra{sayings: wire.AppendQuoted(nil, s)}
		default:
			r.Token = s
		}
		return true
	},
})

// sayings is the name under which Extra has a text that came in place of a record and is no token. No
// field of a record has this name.
const sayings = ""

// isSaying tells words from a token.
func isSaying(s string) bool {
	switch strings.ToLower(s) {
	case "ok", "true", "false", "success", "successful", "done", "accepted", "created", "received", "error", "fail", "failed", "failure":
		return true
	}
	return strings.ContainsFunc(s, unicode.IsSpace)
}

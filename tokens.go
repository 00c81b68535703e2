package open311

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/go-open311/open311/internal/spelling"
)

// Resolve asks for the request id that belongs to a token (GET /tokens/{token}; GeoReport v2, GET
// service_request_id from a token). While there is none the error matches [ErrPending]: servers answer
// 404, an empty list, or an empty id, and so they do for a token that never existed.
func (r *RequestClient) Resolve(ctx context.Context, token string, opts ...CallOption) (id string, err error) {
	c, err := r.conn().withOptions(opts)
	if err != nil {
		return "", err
	}
	return resolve(ctx, c, token)
}

func resolve(ctx context.Context, c *conn, token string) (id string, err error) {
	if token = spelling.PastedID(token); token == "" {
		return "", &ValidationError{[]Problem{{Field: "token", Detail: "is missing", Kind: ProblemMissing}}}
	}
	k := &call{op: "GET tokens/{token}", method: http.MethodGet, path: c.path("tokens", token)}
	list, s, err := collect(ctx, c, k, receiptTable, nil)
	if err != nil {
		var ae *APIError
		if errors.As(err, &ae) && errors.Is(err, ErrNotFound) && ae.StatusCode != http.StatusGone {
			return "", fmt.Errorf("%w: %w", err, ErrPending)
		}
		return "", err
	}
	for _, row := range list { // some servers answer with several rows
		tidyIDs(&row.ID, &row.Token)
		if row.ID != "" && (row.Token == token || row.Token == "" && len(list) == 1) {
			return row.ID, nil
		}
	}
	if err := s.unread(); err != nil {
		return "", err
	}
	return "", fmt.Errorf("open311: GET %s: no id for this token: %w", s.url(), ErrPending)
}

const (
	firstPoll = 2 * time.Second // FixMyStreet found that the first poll comes too early without a wait
	longPoll  = time.Minute
)

// Await polls until there is a request id for a token, and returns it. The first poll comes after two
// seconds; the waits double up to a minute, a quarter of each left to chance so that clients which
// filed together do not poll together. A server that fails for a while, or wants fewer calls, is asked
// again; what will not change, such as a wrong key, is an error at once.
//
// It ends with the error of ctx, which has no deadline of its own: cities take up to days, and a token
// that never existed is pending for ever at many servers. The token may come from a receipt that
// another process has stored.
func (r *RequestClient) Await(ctx context.Context, token string, opts ...CallOption) (id string, err error) {
	c, err := r.conn().withOptions(opts)
	if err != nil {
		return "", err
	}
	if token = spelling.PastedID(token); token == "" {
		return "", &ValidationError{[]Problem{{Field: "token", Detail: "is missing", Kind: ProblemMissing}}}
	}
	last := ErrPending
	for wait, step := firstPoll, firstPoll; ; {
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return "", fmt.Errorf("open311: waiting for the id of token %s: %w (%w)", c.hide.Text(token), ctx.Err(), last)
		case <-timer.C:
		}
		id, err := resolve(ctx, c, token)
		if err == nil {
			return id, nil
		}
		if ctx.Err() == nil {
			if !passing(err) {
				return "", err
			}
			last = err
		}
		step = min(2*step, longPoll)
		wait = step - rand.N(step/4)
		if ae, ok := errors.AsType[*APIError](err); ok {
			wait = max(wait, ae.RetryAfter)
		}
	}
}

// passing reports whether a later poll may end otherwise.
func passing(err error) bool {
	var ae *APIError
	var de *DecodeError
	switch {
	case errors.Is(err, ErrPending):
		return true
	case errors.As(err, &ae):
		return ae.StatusCode >= 500 || ae.StatusCode == http.StatusTooManyRequests || ae.StatusCode == http.StatusRequestTimeout
	case errors.As(err, &de):
		return de.cut
	}
	return true // the network
}

package open311

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-open311/open311/internal/wire"
)

// NewRequest is a report to be filed (GeoReport v2, POST Service Request). One of Location,
// AddressString and AddressID is needed. Printing it shows no personal data.
type NewRequest struct {
	ServiceCode   string
	Location      *Point
	AddressString string
	AddressID     string
	Attributes    Attributes
	Description   string // 4,000 characters at most
	Email         string
	FirstName     string
	LastName      string
	Phone         string
	DeviceID      string
	AccountID     string
	MediaURL      string
	Media         []Media
	Params        url.Values // what else this server wants
}

// Attributes are the answers to the questions of a service definition: the code of an attribute and
// its value, or its values. For lists they are the keys, not the names.
type Attributes map[string][]string

// Media is a file to be sent with a report. Open is called once for each attempt.
type Media struct {
	Name        string // file name
	ContentType string // "" is found out from the first bytes
	Open        func() (io.ReadCloser, error)
	Size        int64 // in bytes; 0 or less: not known
}

// Receipt is what a city answers to a report: the id of the new request, or a token for it, or, for
// a blackbox service, neither.
type Receipt struct {
	ID            string
	Token         string
	ServiceNotice string // what the city wants the reporter to know
	AccountID     string
	Extra         Extra
}

// Format prints a report without the reporter's data, whatever the verb.
func (n NewRequest) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "open311.NewRequest{ServiceCode: %q, %d attributes, %d media}", n.ServiceCode, len(n.Attributes), len(n.Media))
}

// Create files a report (POST /requests; GeoReport v2, POST Service Request) and returns the city's
// receipt.
//
// An error that matches [ErrOutcomeUnknown] means that the report may have been filed: the call broke
// off, the server failed, or its answer is not a receipt. Look for the report before filing it again.
// Any other error means that it was not filed.
func (r *RequestClient) Create(ctx context.Context, n *NewRequest) (*Receipt, error) {
	start := time.Now()
	form, err := n.form()
	if err != nil {
		return nil, err
	}
	// What the server echoes of the reporter's data is hidden by value: errors are printed and logged.
	c := *r.c
	c.hide = c.hide.With(n.Email, n.FirstName, n.LastName, n.Phone, n.DeviceID, n.AccountID)
	k := &call{op: "POST requests", method: http.MethodPost, path: []string{r.c.cfg.dialect.path("requests")}, params: form, write: true}
	s, err := openFormat(ctx, &c, k, receiptTable, r.c.formats()[0])
	if err != nil {
		return nil, doubtful(err)
	}
	defer s.close()
	var receipts []Receipt
	for len(receipts) < 2 {
		var receipt Receipt
		if err := s.next(&receipt); err == io.EOF {
			break
		} else if err != nil {
			return nil, doubtful(err)
		}
		receipts = append(receipts, receipt)
	}
	if len(receipts) != 1 || receipts[0].ID == "" && receipts[0].Token == "" || !receipts[0].isOf(n, start) {
		return nil, &unknownOutcome{fmt.Errorf("open311: POST %s: the answer is no receipt", s.a.url)}
	}
	return &receipts[0], nil
}

// isOf reports whether a receipt can be that of n. A server that answers with the whole record shows
// whose it is; FixMyStreet answers every POST with a list of other people's requests, maybe of one.
func (r *Receipt) isOf(n *NewRequest, start time.Time) bool {
	if code := r.Extra.String("service_code"); code != "" && code != n.ServiceCode {
		return false
	}
	var requested time.Time
	if r.Extra.Decode("requested_datetime", &requested) == nil && requested.Before(start.Add(-36*time.Hour)) {
		return false // a day and a half: clocks and zones differ
	}
	return true
}

// doubtful marks the error of an answer that came with a status below 300 and cannot be read.
func doubtful(err error) error {
	var de *DecodeError
	var ae *APIError
	if errors.As(err, &de) || errors.As(err, &ae) && ae.StatusCode < 300 {
		return &unknownOutcome{err}
	}
	return err
}

// Resolve asks for the request id that belongs to a token (GET /tokens/{token}; GeoReport v2, GET
// service_request_id from a token). While there is none the error matches [ErrPending]: servers answer
// 404, an empty list, or an empty id, and so they do for a token that never existed.
func (r *RequestClient) Resolve(ctx context.Context, token string) (id string, err error) {
	if token == "" {
		return "", &ValidationError{[]Problem{{"token", "the token is empty"}}}
	}
	k := &call{op: "GET tokens/{token}", method: http.MethodGet, path: []string{r.c.cfg.dialect.path("tokens"), token}}
	list, s, err := collect(ctx, r.c, k, receiptTable, nil)
	if err != nil {
		var ae *APIError
		if errors.As(err, &ae) && ae.StatusCode == http.StatusNotFound {
			return "", fmt.Errorf("%w: %w", err, ErrPending)
		}
		return "", err
	}
	for _, row := range list { // some servers answer with several rows
		if row.ID != "" && (row.Token == token || row.Token == "" && len(list) == 1) {
			return row.ID, nil
		}
	}
	return "", fmt.Errorf("open311: GET %s: no id for this token: %w", s.a.url, ErrPending)
}

var receiptTable = wire.Register(&wire.Table[Receipt]{
	Root: "service_requests", Item: "request",
	Roots:     []string{"requests", "service_request"},
	Identity:  []string{"service_request_id", "servicerequest_id", "token", "service_notice", "account_id"},
	Key:       []string{"service_request_id", "servicerequest_id", "token"},
	KeepEmpty: true,
	Fields: []wire.Field[Receipt]{
		wire.ID("service_request_id", func(r *Receipt) *string { return &r.ID }, "servicerequest_id"),
		wire.ID("token", func(r *Receipt) *string { return &r.Token }),
		wire.String("service_notice", func(r *Receipt) *string { return &r.ServiceNotice }),
		wire.ID("account_id", func(r *Receipt) *string { return &r.AccountID }),
	},
	Extra: func(r *Receipt) *map[string]json.RawMessage { return (*map[string]json.RawMessage)(&r.Extra) },
	// [[5]] is what a converter makes of a receipt with one field when it follows the Spark rules
	// to the letter. Digits are an id, anything else a token.
	Lone: func(r *Receipt, s string) bool {
		if strings.Trim(s, "0123456789") == "" {
			r.ID = s
		} else {
			r.Token = s
		}
		return true
	},
})

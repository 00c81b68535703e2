package open311

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/go-open311/open311/internal/media"
	"github.com/go-open311/open311/internal/wire"
)

// Update is one thing that happened to a service request.
type Update struct {
	ID              string // unique to the server
	RequestID       string
	Status          Status // as the server spells it: "IN_PROGRESS", "in_progress", "IN PROGRESS"; see State
	UpdatedDatetime time.Time
	Description     string
	MediaURLs       []string
	Extra           Extra // external_status_code, customer_reference, fixmystreet_id, extras, …
}

// State says in the two words of the specification what an update's status means: [StatusOpen] or
// [StatusClosed]. It is "" for a status that changes nothing, and for words that mySociety's servers
// do not use.
func (u *Update) State() Status {
	u = orZero(u)
	word := strings.NewReplacer("_", " ", "-", " ").Replace(strings.ToLower(strings.TrimSpace(string(u.Status))))
	switch word {
	case "open", "confirmed", "investigating", "in progress", "planned", "action scheduled", "for triage", "reopen", "reopened":
		return StatusOpen
	case "closed", "fixed", "fixed council", "fixed user", "duplicate", "not councils responsibility", "not responsible",
		"no further action", "unable to fix", "internal referral", "cancelled":
		return StatusClosed
	}
	return ""
}

// Extras returns the map called extras, with such things as category, group and
// detailed_information. It is nil if there is none.
func (u *Update) Extras() Extra {
	u = orZero(u)
	var extras Extra
	_ = u.Extra.Decode("extras", &extras) // mostly there is none
	return extras
}

// UpdateQuery says which updates to list: Start and End are start_date and end_date, bounds of
// updated_datetime, both inclusive. Many servers want both or none, and give the last hours without.
type UpdateQuery struct {
	Start, End time.Time
	Params     url.Values
}

// List returns the updates of all requests in a span of time (GET /servicerequestupdates), each once.
// nil, or a zero query, asks for the server's default. Updates outside of the span are left out: some
// servers give them all the same. One without a date is kept. One that cannot be read is left out, with a
// warning; if none can be read the error is a [*DecodeError]. What the server has put beside the list is in
// the Extra of the first update.
func (u *UpdateClient) List(ctx context.Context, q *UpdateQuery, opts ...CallOption) ([]Update, error) {
	c, err := u.conn().withOptions(opts)
	if err != nil {
		return nil, err
	}
	if q == nil {
		q = &UpdateQuery{}
	}
	if !q.Start.IsZero() && !q.End.IsZero() && q.End.Before(q.Start) {
		return nil, &ValidationError{[]Problem{{Field: "End", Detail: "is before Start", Kind: ProblemValue}}}
	}
	params := url.Values{}
	c.addTime(params, "start_date", q.Start, false)
	c.addTime(params, "end_date", q.End, true)
	maps.Copy(params, q.Params)
	k := &call{op: "GET servicerequestupdates", method: http.MethodGet, path: c.path("servicerequestupdates"), params: params}
	list, s, err := collect(ctx, c, k, updateTable, nil)
	if err != nil {
		if c.isEmpty(err) {
			return []Update{}, nil
		}
		return nil, err
	}
	seen := make(map[string]bool, len(list))
	kept := list[:0]
	for i := range list {
		update := &list[i]
		if seen[update.ID] && update.ID != "" || !inSpan(update.UpdatedDatetime, q.Start, q.End) {
			continue
		}
		seen[update.ID] = true
		update.tidy(c)
		kept = append(kept, *update)
	}
	clear(list[len(kept):])
	if len(kept) > 0 {
		s.adopt(&kept[0].Extra)
	}
	return kept, nil
}

// tidy splits addresses joined by commas, and gives the status the dialect's word.
func (u *Update) tidy(c *conn) {
	var urls media.Addresses
	for _, joined := range u.MediaURLs {
		urls.Add(joined)
	}
	u.MediaURLs = urls.List
	u.Status = c.status(u.Status)
}

// NewUpdate is an update to be sent to the server that has the request. RequestID, ID, Status,
// UpdatedDatetime and Description are required by mySociety's servers. What is not set is not sent.
// Printing it shows no personal data.
type NewUpdate struct {
	RequestID       string // service_request_id, of the server that it is sent to
	ID              string // update_id: the sender's own; one that was there before is refused
	Status          Status // sent in upper case with underscores: IN_PROGRESS
	UpdatedDatetime time.Time
	Description     string
	Title           string // Mr, Ms, …
	FirstName       string
	LastName        string
	Email           string
	Phone           string
	AccountID       string
	ServiceCode     string
	RequestIDExt    string   // service_request_id_ext: the sender's own id of the request
	UpdateIDExt     string   // update_id_ext
	ExternalStatus  string   // external_status_code
	MediaURLs       []string // of more than one, open311-adapter takes them and then fails in every list
	Media           []Media
	Anonymous       *bool // public_anonymity_required, TRUE or FALSE
	Alerts          *bool // email_alerts_requested, TRUE or FALSE
	Attributes      Attributes
	Params          url.Values
}

// Format prints an update without the reporter's data, whatever the verb.
func (n NewUpdate) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "open311.NewUpdate{RequestID: %q, ID: %q, Status: %q, %d media}", n.RequestID, n.ID, n.Status, len(n.Media)+len(n.MediaURLs))
}

// LogValue keeps the reporter's data out of logs, whatever the handler.
func (n NewUpdate) LogValue() slog.Value {
	return slog.GroupValue(slog.String("request_id", n.RequestID), slog.String("id", n.ID), slog.String("status", string(n.Status)),
		slog.Int("media", len(n.Media)+len(n.MediaURLs)))
}

// personal are the reporter's data: wherever a server repeats them they are hidden.
func (n *NewUpdate) personal() []string {
	return append(personal(n.FirstName, n.LastName, n.Email, n.Attributes, n.Params), n.Phone, n.AccountID)
}

// UpdateReceipt is the answer to an update: the server's id for it, or at some servers a token.
type UpdateReceipt struct {
	ID        string
	Token     string
	AccountID string
	Extra     Extra
}

// Format prints a receipt without the reporter's data, whatever the verb.
func (r UpdateReceipt) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "open311.UpdateReceipt{ID: %q, Token: %q}", r.ID, r.Token)
}

// LogValue keeps the reporter's data out of logs, whatever the handler.
func (r UpdateReceipt) LogValue() slog.Value {
	return slog.GroupValue(slog.String("id", r.ID), slog.String("token", r.Token))
}

// Create sends an update (POST /servicerequestupdates). It is sent once, by the rules of
// [RequestClient.Create], and its errors are the same: one that matches [ErrOutcomeUnknown] means that
// the update may have arrived. Send it again with the same ID then: a server that has it refuses the second one.
func (u *UpdateClient) Create(ctx context.Context, n *NewUpdate, opts ...CallOption) (*UpdateReceipt, error) {
	start := time.Now()
	c, err := u.conn().withOptions(opts)
	if err != nil {
		return nil, err
	}
	if err := asError(c.updateProblems(n)); err != nil {
		return nil, err
	}
	c = c.hiding(n.personal)
	k, done, err := c.prepare(ctx, &outgoing{resource: "servicerequestupdates", root: "request_update", params: n.params(), own: c.call.over(n.Params),
		attributes: n.Attributes, media: n.Media})
	if err != nil {
		return nil, err
	}
	defer done()
	if err := c.findFormat(ctx); err != nil {
		return nil, c.unsent(k.op, err)
	}
	receipt, err := c.postUpdate(ctx, k, n)
	return receipt, c.doubt(err, n.ServiceCode, k.heard, start)
}

// postUpdate sends an update and reads the answer. A list of updates, as the answer to a GET, is none.
func (c *conn) postUpdate(ctx context.Context, k *call, n *NewUpdate) (*UpdateReceipt, error) {
	receipts, shown, err := readReceipts(ctx, c, k, updateReceiptTable, c.formats()[0])
	if err != nil {
		return nil, err
	}
	if len(receipts) == 1 {
		r := &receipts[0]
		tidyIDs(&r.ID, &r.Token)
		id := r.Extra.String("service_request_id")
		if (r.ID != "" || r.Token != "") && (id == "" || id == n.RequestID) {
			return r, nil
		}
	}
	return nil, noReceipt(shown)
}

// texts are the texts of an update in the order of their names. A field that is missing here is neither
// sent nor checked.
func (n *NewUpdate) texts() []textField {
	flag := func(b *bool) string {
		if b == nil {
			return ""
		}
		return strings.ToUpper(strconv.FormatBool(*b))
	}
	return []textField{
		{"AccountID", "account_id", n.AccountID, nil},
		{"Alerts", "email_alerts_requested", flag(n.Alerts), nil},
		{"Anonymous", "public_anonymity_required", flag(n.Anonymous), nil},
		{"Description", "description", n.Description, nil},
		{"Email", "email", n.Email, nil},
		{"ExternalStatus", "external_status_code", n.ExternalStatus, nil},
		{"FirstName", "first_name", n.FirstName, nil},
		{"ID", "update_id", n.ID, nil},
		{"LastName", "last_name", n.LastName, nil},
		{"MediaURLs", "media_url", "", n.MediaURLs},
		{"Phone", "phone", n.Phone, nil},
		{"RequestID", "service_request_id", n.RequestID, nil},
		{"RequestIDExt", "service_request_id_ext", n.RequestIDExt, nil},
		{"ServiceCode", "service_code", n.ServiceCode, nil},
		{"Status", "status", string(n.Status), nil},
		{"Title", "title", n.Title, nil},
		{"UpdateIDExt", "update_id_ext", n.UpdateIDExt, nil},
	}
}

// params returns the parameters of an update, under the names of mySociety's servers, but for its
// attributes, its files and those that the caller adds.
func (n *NewUpdate) params() url.Values {
	params := textParams(n.texts())
	params.Set("status", strings.ReplaceAll(strings.ToUpper(string(n.Status)), " ", "_"))
	params.Set("updated_datetime", wire.FormatTime(n.UpdatedDatetime.UTC()))
	return params
}

// updateProblems says what is wrong with an update. The reporter's data are hidden.
func (c *conn) updateProblems(n *NewUpdate) []Problem {
	if n == nil {
		return []Problem{{Field: "NewUpdate", Detail: "is nil", Kind: ProblemMissing}}
	}
	var out []Problem
	for _, f := range [][2]string{{"RequestID", n.RequestID}, {"ID", n.ID}, {"Status", string(n.Status)}, {"Description", n.Description}} {
		if strings.TrimSpace(f[1]) == "" {
			out = append(out, Problem{Field: f[0], Detail: "is missing", Kind: ProblemMissing})
		}
	}
	if n.UpdatedDatetime.IsZero() {
		out = append(out, Problem{Field: "UpdatedDatetime", Detail: "is missing", Kind: ProblemMissing})
	}
	out = append(out, textProblems(n.texts())...)
	out = append(out, mediaProblems(n.Media)...)
	out = append(out, attributeTexts(n.Attributes, n.Params)...)
	out = append(out, c.dialect.mediaProblems(n.Media)...)
	out = append(out, c.dialect.attributeProblems(n.Attributes)...)
	return hidden(out, n.personal)
}

var updateTable = wire.Register(&wire.Table[Update]{
	Root: "service_request_updates", Item: "request_update",
	Roots:    []string{"service_requests_updates", "service_request_update", "updates"},
	Identity: []string{"update_id", "service_request_id", "updated_datetime", "media_url"},
	Key:      []string{"update_id"},
	Fields: func() []wire.Field[Update] {
		return []wire.Field[Update]{
			wire.ID("update_id", func(u *Update) *string { return &u.ID }),
			wire.ID("service_request_id", func(u *Update) *string { return &u.RequestID }),
			wire.String("status", func(u *Update) *string { return (*string)(&u.Status) }).Repeats(),
			wire.Time("updated_datetime", func(u *Update) *time.Time { return &u.UpdatedDatetime }, "update_datetime"),
			wire.String("description", func(u *Update) *string { return &u.Description }),
			wire.Words("media_url", "media_url", func(u *Update) *[]string { return &u.MediaURLs }).Plural("media_url"),
		}
	},
	Extra: func(u *Update) *map[string]json.RawMessage { return (*map[string]json.RawMessage)(&u.Extra) },
})

var updateReceiptTable = wire.Register(&wire.Table[UpdateReceipt]{
	Root: "service_request_updates", Item: "request_update",
	Roots:     []string{"service_requests_updates", "service_request_update", "updates"},
	Identity:  []string{"update_id", "token", "account_id"},
	Key:       []string{"update_id", "token"},
	KeepEmpty: true,
	Fields: func() []wire.Field[UpdateReceipt] {
		return []wire.Field[UpdateReceipt]{
			wire.ID("update_id", func(r *UpdateReceipt) *string { return &r.ID }),
			wire.ID("token", func(r *UpdateReceipt) *string { return &r.Token }),
			wire.ID("account_id", func(r *UpdateReceipt) *string { return &r.AccountID }),
		}
	},
	Extra: func(r *UpdateReceipt) *map[string]json.RawMessage { return (*map[string]json.RawMessage)(&r.Extra) },
})

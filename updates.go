package open311

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"github.com/go-open311/open311/internal/wire"
)

// UpdateClient reads the updates of service requests: GET /servicerequestupdates, an extension of
// mySociety's servers.
type UpdateClient struct{ c *Client }

// Update is one thing that happened to a service request.
type Update struct {
	ID              string // unique to the server
	RequestID       string
	Status          Status // as the server spells it: "IN_PROGRESS", "in_progress", "IN PROGRESS"
	UpdatedDatetime time.Time
	Description     string
	MediaURLs       []string
	Extra           Extra
}

// UpdateQuery says which updates to list: Start and End are start_date and end_date, bounds of
// updated_datetime.
type UpdateQuery struct {
	Start, End time.Time
	Params     url.Values
}

// List returns the updates of all requests in a span of time (GET /servicerequestupdates). nil, or a
// zero query, asks for the server's default.
func (u *UpdateClient) List(ctx context.Context, q *UpdateQuery) ([]Update, error) {
	params := url.Values{}
	if q != nil {
		u.c.addTime(params, "start_date", q.Start, false)
		u.c.addTime(params, "end_date", q.End, true)
		for name, values := range q.Params {
			params[name] = values
		}
	}
	k := &call{op: "GET servicerequestupdates", method: http.MethodGet, path: []string{u.c.cfg.dialect.path("servicerequestupdates")}, params: params}
	list, _, err := collect(ctx, u.c, k, updateTable, nil)
	for i := range list {
		var urls []string
		for _, joined := range list[i].MediaURLs {
			urls = append(urls, splitURLs(joined)...)
		}
		list[i].MediaURLs = urls
	}
	return list, err
}

var updateTable = wire.Register(&wire.Table[Update]{
	Root: "service_request_updates", Item: "request_update",
	Roots:    []string{"service_requests_updates", "service_request_update", "updates"},
	Identity: []string{"update_id", "service_request_id", "status", "updated_datetime"},
	Key:      []string{"update_id"},
	Fields: []wire.Field[Update]{
		wire.ID("update_id", func(u *Update) *string { return &u.ID }),
		wire.ID("service_request_id", func(u *Update) *string { return &u.RequestID }),
		wire.String("status", func(u *Update) *string { return (*string)(&u.Status) }).Repeats(),
		wire.Time("updated_datetime", func(u *Update) *time.Time { return &u.UpdatedDatetime }, "update_datetime"),
		wire.String("description", func(u *Update) *string { return &u.Description }),
		wire.Words("media_url", "media_url", func(u *Update) *[]string { return &u.MediaURLs }).Plural("media_url"),
	},
	Extra: func(u *Update) *map[string]json.RawMessage { return (*map[string]json.RawMessage)(&u.Extra) },
})

package open311test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/internal/wire"
)

// The updates of mySociety's servers, which GeoReport v2 does not have: /servicerequestupdates. Only
// what a test puts there, or posts, is in them; the requests of the city do not change by it.

// updates is what has happened to requests.
type updates struct {
	list   []open311.Update // by their dates, the oldest first
	filed  []FiledUpdate
	sender map[string]bool // the senders' own ids: each is taken once
	lastID int
}

// FiledUpdate is an update that was posted, as it was understood.
type FiledUpdate struct {
	ID     string // the city's own
	At     time.Time
	Update open311.NewUpdate // Params are the arguments that mySociety's servers do not know; Media are in Files
	Files  []File
}

var updateTable = wire.TableOf[open311.Update]()

// PutUpdates adds updates, which GET /servicerequestupdates lists where the dialect has it. One without an ID gets one, one
// without a date is of this moment.
func (h *Handler) PutUpdates(list ...open311.Update) {
	h = h.made()
	h.store.mu.Lock()
	defer h.store.mu.Unlock()
	for _, u := range list {
		h.store.updates.add(u, h.clock())
	}
}

// Updates returns all updates in the city, the oldest first.
func (h *Handler) Updates() []open311.Update {
	h = h.made()
	h.store.mu.RLock()
	defer h.store.mu.RUnlock()
	return slices.Clone(h.store.updates.list)
}

// FiledUpdates returns the updates that were posted, in order.
func (h *Handler) FiledUpdates() []FiledUpdate {
	h = h.made()
	h.store.mu.RLock()
	defer h.store.mu.RUnlock()
	return slices.Clone(h.store.updates.filed)
}

func (s *updates) add(u open311.Update, now time.Time) string {
	if u.ID == "" {
		s.lastID++
		u.ID = fmt.Sprintf("u-%06d", s.lastID)
	}
	if u.UpdatedDatetime.IsZero() {
		u.UpdatedDatetime = now.Truncate(time.Second)
	}
	i, _ := slices.BinarySearchFunc(s.list, u, func(a, b open311.Update) int {
		return cmp.Or(a.UpdatedDatetime.Compare(b.UpdatedDatetime), strings.Compare(a.ID, b.ID))
	})
	s.list = slices.Insert(s.list, i, u)
	return u.ID
}

// listUpdates is GET servicerequestupdates: those of the last two hours, or between two dates.
func (h *Handler) listUpdates(in *input, dst []byte) ([]byte, []fault) {
	start, end, faults := in.now.Add(-2*time.Hour), in.now, []fault(nil)
	given := false
	for name, bound := range map[string]*time.Time{"start_date": &start, "end_date": &end} {
		text := first(in.params, name)
		if text == "" {
			continue
		}
		t, ok := parseInstant(text)
		if !ok {
			faults = append(faults, invalid(name+" "+strconv.Quote(text)+" is not a date and time"))
			continue
		}
		*bound, given = t, true
	}
	if given && first(in.params, "start_date") == "" {
		start = time.Time{}
	}
	if len(faults) > 0 {
		return nil, faults
	}
	h.store.mu.RLock()
	defer h.store.mu.RUnlock()
	var rows []wire.Value
	for i := range h.store.updates.list {
		u := &h.store.updates.list[i]
		if at := u.UpdatedDatetime.Truncate(time.Second); !at.Before(start) && !at.After(end) {
			rows = append(rows, updateTable.Encode(u))
		}
	}
	return appendValues(dst, in.format, updateTable.Root, rows...), nil
}

// fileUpdate is POST servicerequestupdates.
func (h *Handler) fileUpdate(in *input, dst []byte) ([]byte, []fault) {
	if key := first(in.params, "api_key"); len(h.keys) > 0 && !slices.Contains(h.keys, key) {
		return nil, []fault{forbidden("api_key is missing, or is not a key of this city")}
	}
	if in.kind == kindForm || in.kind == kindJSON || in.kind == kindXML {
		in.files = append(in.files, takeBase64(in.params, h.filing.field())...)
	}
	if faults := h.filing.takes(in); len(faults) > 0 {
		return nil, faults
	}
	n, faults := readUpdate(in.params, &h.filing)
	h.store.settle(in.now)
	h.store.mu.Lock()
	defer h.store.mu.Unlock()
	s := &h.store.updates
	if n.RequestID != "" && h.store.byID[n.RequestID] == nil {
		faults = append(faults, notFound("there is no request "+strconv.Quote(n.RequestID)))
	}
	if s.sender[n.ID] {
		faults = append(faults, invalid("update_id "+strconv.Quote(n.ID)+" is a duplicate"))
	}
	if len(faults) > 0 {
		return nil, faults
	}
	u := open311.Update{RequestID: n.RequestID, Status: open311.Status(strings.ToLower(string(n.Status))),
		UpdatedDatetime: n.UpdatedDatetime, Description: n.Description, MediaURLs: n.MediaURLs}
	for _, f := range in.files {
		u.MediaURLs = append(u.MediaURLs, mediaURL("updates", f.Name))
	}
	if n.ExternalStatus != "" {
		u.Extra = open311.Extra{"external_status_code": json.RawMessage(wire.AppendQuoted(nil, n.ExternalStatus))}
	}
	id := s.add(u, in.now)
	if s.sender == nil {
		s.sender = make(map[string]bool)
	}
	s.sender[n.ID] = true
	if len(s.filed) == maxFiled {
		s.filed = slices.Delete(s.filed, 0, maxFiled/10)
	}
	s.filed = append(s.filed, FiledUpdate{ID: id, At: in.now, Update: n, Files: in.files})
	row := wire.Value{Name: updateTable.Item, Kind: wire.Object, Kids: []wire.Value{{Name: "update_id", Kind: wire.Text, Text: id}}}
	if n.AccountID != "" {
		row.Kids = append(row.Kids, wire.Value{Name: "account_id", Kind: wire.Text, Text: n.AccountID})
	}
	return appendValues(dst, in.format, updateTable.Root, row), nil
}

var updateArguments = []string{"api_key", "jurisdiction_id", "service_request_id", "update_id", "status", "updated_datetime",
	"description", "title", "first_name", "last_name", "email", "phone", "account_id", "service_code", "service_request_id_ext",
	"update_id_ext", "external_status_code", "media_url", "public_anonymity_required", "email_alerts_requested"}

// readUpdate takes an update from the parameters of a POST.
func readUpdate(p url.Values, style *filingStyle) (open311.NewUpdate, []fault) {
	var faults []fault
	for _, name := range []string{"service_request_id", "update_id", "status", "updated_datetime", "description"} {
		if first(p, name) == "" {
			faults = append(faults, invalid(name+" is missing"))
		}
	}
	at, ok := parseInstant(first(p, "updated_datetime"))
	if text := first(p, "updated_datetime"); !ok && text != "" {
		faults = append(faults, invalid("updated_datetime "+strconv.Quote(text)+" is not a date and time"))
	}
	flag := func(name string) *bool {
		switch first(p, name) {
		case "TRUE":
			return new(true)
		case "FALSE":
			return new(false)
		}
		return nil
	}
	n := open311.NewUpdate{
		RequestID: first(p, "service_request_id"), ID: first(p, "update_id"), Status: open311.Status(first(p, "status")),
		UpdatedDatetime: at, Description: first(p, "description"), Title: first(p, "title"), FirstName: first(p, "first_name"),
		LastName: first(p, "last_name"), Email: first(p, "email"), Phone: first(p, "phone"), AccountID: first(p, "account_id"),
		ServiceCode: first(p, "service_code"), RequestIDExt: first(p, "service_request_id_ext"), UpdateIDExt: first(p, "update_id_ext"),
		ExternalStatus: first(p, "external_status_code"), MediaURLs: p["media_url"],
		Anonymous: flag("public_anonymity_required"), Alerts: flag("email_alerts_requested"),
	}
	if attributes := style.attributes(p); len(attributes) > 0 {
		n.Attributes = attributes
	}
	for name, values := range p {
		if !slices.Contains(updateArguments, name) && !strings.HasPrefix(name, "attribute[") {
			if n.Params == nil {
				n.Params = make(url.Values)
			}
			n.Params[name] = values
		}
	}
	return n, faults
}

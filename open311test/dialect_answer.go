package open311test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/internal/wire"
)

// serve answers an operation.
func (c *conversation) serve() answer {
	id := func() string { return c.in.id }
	switch key := c.in.resource; {
	case key == "requests" && c.op.method == http.MethodGet && !c.in.item:
		return c.list()
	case key == "requests" && c.op.method == http.MethodGet:
		return c.single(id())
	case key == "requests":
		return c.file()
	case key == "services" && c.in.item:
		return c.definition()
	case key == "services":
		return c.simple(document{root: serviceTable.Root, item: serviceTable.Item, shape: c.ServiceList, kind: kindService})
	case key == "tokens" && c.NoTokens:
		return c.page(http.StatusNotFound)
	case key == "tokens":
		return c.token()
	case key == "discovery":
		return c.simple(document{root: discoveryTable.Root, shape: c.Discoveries, kind: kindDiscovery})
	case key == "servicerequestupdates" && c.NoUpdates:
		return c.refuse(noSuchPath)
	case key == "servicerequestupdates" && c.NoUpdateLists && c.op.method == http.MethodGet:
		c.head("Allow", http.MethodPost)
		return c.refuse(notAllowed(c.r.Method))
	case key == "servicerequestupdates":
		return c.simple(document{root: "service_request_updates", item: "request_update", kind: kindUpdate})
	}
	// Another operation: the answer of the specification, as it is.
	c.in.format = c.f
	body, faults := c.op.serve(c.h, c.in, nil)
	if len(faults) > 0 {
		return c.refuse(faults...)
	}
	return answer{http.StatusOK, body}
}

// ask has the operation answered as the specification has it, and takes the answer apart.
func (c *conversation) ask() ([]wire.Value, []fault) {
	c.in.format = wire.JSON
	body, faults := c.op.serve(c.h, c.in, nil)
	if len(faults) > 0 {
		return nil, faults
	}
	v := wire.ParseJSON(body)
	if v.Kind == wire.List {
		return v.Kids, nil
	}
	return []wire.Value{v}, nil
}

// simple answers with what the specification's answer has.
func (c *conversation) simple(d document) answer {
	rows, faults := c.ask()
	if len(faults) > 0 {
		return c.refuse(faults...)
	}
	if c.twist.duplicate && d.item != "" {
		rows = slices.Concat(rows, rows)
	}
	return answer{http.StatusOK, c.write(d, rows)}
}

// requests answers with a list of requests.
func (c *conversation) requests(found []*record, total int, shape Shape) answer {
	if c.twist.duplicate {
		found = slices.Concat(found, found)
	}
	d := document{root: requestTable.Root, item: requestTable.Item, shape: shape, kind: kindRequest, total: total}
	parts := make([][]byte, len(found))
	for i, r := range found {
		parts[i] = c.row(r)
	}
	return answer{http.StatusOK, c.wrap(d, parts)}
}

type rowKey struct {
	id       string
	format   wire.Format
	extended bool
}

// spokenRow is a record in the words of the dialect. It is good as long as the record is the same.
type spokenRow struct {
	of    *record
	bytes []byte
}

// row returns a request as it stands in an answer.
func (c *conversation) row(r *record) []byte {
	key := rowKey{r.request.ID, c.f, len(c.Extended) > 0 && first(c.in.params, "extensions") != ""}
	if kept, ok := c.rows.Load(key); ok && kept.(*spokenRow).of == r {
		return kept.(*spokenRow).bytes
	}
	v := valueOfRequest(&r.request)
	if key.extended {
		addFields(&v, c.Extended)
	}
	b := c.encode(c.alter(kindRequest, v))
	c.rows.Store(key, &spokenRow{r, b})
	return b
}

func addFields(v *wire.Value, fields map[string]json.RawMessage) {
	names := make([]string, 0, len(fields))
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if v.Field(name) != nil {
			continue
		}
		k := wire.ParseJSON(fields[name])
		k.Name = name
		v.Kids = append(v.Kids, k)
	}
}

// single is GET Service Request.
func (c *conversation) single(id string) answer {
	if id == "" {
		return c.refuse(invalid("service_request_id is missing"))
	}
	all := c.h.store.all(c.in.now)
	i := slices.IndexFunc(all, func(r *record) bool { return r.request.ID == id })
	if c.twist.wrongID && len(all) > 0 {
		i = (i + 1) % len(all)
	}
	switch {
	case i >= 0:
		return c.requests(all[i:i+1], 1, c.Singles)
	case c.UnknownID == AnswerAnother && len(all) > 0:
		return c.requests(all[:1], 1, c.Singles)
	}
	return c.instead(c.UnknownID, notFound("there is no request "+strconv.Quote(id)))
}

// definition is GET Service Definition.
func (c *conversation) definition() answer {
	switch {
	case c.NoDefinitions:
		return c.page(http.StatusNotFound)
	case c.NoXMLDefinitions && c.f == wire.XML:
		return answer{http.StatusInternalServerError, []byte(wire.Header)}
	}
	if c.DefinitionBy != "" {
		c.in.id = c.h.serviceBy(c.DefinitionBy, c.in.id)
	}
	if c.twist.wrongID {
		services := c.h.Services()
		i := slices.IndexFunc(services, func(s open311.Service) bool { return s.Code == c.in.id })
		c.in.id = services[(i+1)%len(services)].Code
	}
	root := definitionTable.Root
	if c.DefinitionRoot != "" {
		root = c.DefinitionRoot
	}
	if _, _, ok := c.h.store.service(c.in.id); !ok && c.UnknownForm != 0 {
		return c.instead(c.UnknownForm, unknownService(c.in.id))
	}
	return c.simple(document{root: root, shape: c.Definitions, kind: kindDefinition})
}

// serviceBy returns the code of the service whose extra field has a value.
func (h *Handler) serviceBy(field, value string) string {
	for _, s := range h.Services() {
		if s.Extra.String(field) == value {
			return s.Code
		}
	}
	return ""
}

// token is GET service_request_id from a token.
func (c *conversation) token() answer {
	rows, faults := c.ask()
	if len(faults) > 0 {
		return c.instead(c.UnknownToken, faults...)
	}
	if len(rows) == 1 && c.PendingToken != 0 && blank(rows[0].Field("service_request_id")) {
		return c.instead(c.PendingToken, notFound("there is no id for this token yet"))
	}
	if c.twist.wrongID {
		for i := range rows {
			rows[i] = withText(rows[i], "token", "another")
		}
	}
	if c.twist.duplicate {
		rows = slices.Concat(rows, rows)
	}
	return answer{http.StatusOK, c.write(document{root: requestTable.Root, item: requestTable.Item, shape: c.Tokens, kind: kindReceipt}, rows)}
}

func blank(v *wire.Value) bool { return v == nil || v.Kind == wire.Null || v.Text == "" }

// withText returns v with another text in one of its fields; v itself stays as it is.
func withText(v wire.Value, name, text string) wire.Value {
	v.Kids = slices.Clone(v.Kids)
	if k := v.Field(name); k != nil {
		k.Kind, k.Text = wire.Text, text
	}
	return v
}

// lastPost tells whether a report is the one before over again.
type lastPost struct {
	mu   sync.Mutex
	text string
}

func (l *lastPost) again(p url.Values) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	text := p.Encode()
	same := text == l.text
	l.text = text
	return same
}

// The arguments of GeoReport v2, POST Service Request.
var filingArguments = []string{"api_key", "jurisdiction_id", "service_code", "lat", "long", "address_string", "address_id",
	"email", "device_id", "account_id", "first_name", "last_name", "phone", "description", "media_url"}

// file is POST Service Request.
func (c *conversation) file() answer {
	p := c.in.params
	if c.PostIsList {
		c.in.params = url.Values{}
		return c.list()
	}
	var faults []fault
	for _, name := range c.Requires {
		if first(p, name) == "" {
			faults = append(faults, invalid(name+" is missing"))
		}
	}
	for _, name := range sortedKeys(p) {
		switch attribute := strings.HasPrefix(name, "attribute["); {
		case attribute && c.PlainMulti && strings.Contains(name, "]["):
			delete(p, name) // the code is what stands between the first bracket and the last: no attribute is called that
		case c.RefuseUnknown && !attribute && !slices.Contains(filingArguments, name) && !slices.Contains(c.Requires, name):
			faults = append(faults, invalid("argument "+name+" is not known"))
		}
	}
	if len(faults) == 0 && c.DuplicateRefuse && c.last.again(p) {
		faults = append(faults, invalid("base is a duplicate"))
	}
	if len(faults) > 0 {
		return c.refuse(faults...)
	}
	rows, faults := c.ask()
	if len(faults) > 0 {
		return c.refuse(faults...)
	}
	for i := range rows {
		rows[i] = c.receipt(rows[i])
	}
	if c.twist.duplicate {
		rows = slices.Concat(rows, rows)
	}
	a := answer{http.StatusOK, c.write(document{root: receiptTable.Root, item: receiptTable.Item, shape: c.Receipts, kind: kindReceipt}, rows)}
	if c.CreatedStatus != 0 {
		a.status = c.CreatedStatus
	}
	return a
}

// receipt is what this server sends as one.
func (c *conversation) receipt(v wire.Value) wire.Value {
	id := v.Field("service_request_id")
	switch {
	case c.twist.wrongID:
		return withText(v, "service_request_id", "")
	case c.WholeReceipt && !blank(id):
		c.h.store.mu.RLock()
		r := c.h.store.byID[id.Text]
		c.h.store.mu.RUnlock()
		if r != nil {
			return valueOfRequest(&r.request)
		}
	case c.BothInReceipt && !blank(id) && v.Field("token") == nil:
		v.Kids = append(slices.Clone(v.Kids), wire.Value{Name: "token", Kind: wire.Text})
	}
	return v
}

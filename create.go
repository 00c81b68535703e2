package open311

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-open311/open311/internal/form"
	"github.com/go-open311/open311/internal/match"
	"github.com/go-open311/open311/internal/reply"
	"github.com/go-open311/open311/internal/wire"
)

// Create files a report (POST /requests; GeoReport v2, POST Service Request) and returns the city's
// receipt. That of a blackbox service has neither an id nor a token. Before such an answer is taken for a receipt, the
// client makes sure that the service is one: it reads the list of services, if it has not done so yet.
//
// The report is checked before anything is sent: see [NewRequest.Validate]. An attribute that the definition does not
// name is sent with a warning, unless the definition has one of nearly that name. [CallUnchecked] sends the report in
// spite of the checks.
//
// An error that matches [ErrOutcomeUnknown] means that the report may have been filed: the call broke
// off, the server failed, or its answer is not a receipt. It is an [*UnknownOutcomeError]. Look for the
// report before filing it again, with [RequestClient.FindSimilar] for instance. Any other error means
// that it was not filed. The report is sent again only when it cannot have arrived, and when the server
// asks for that (429, 503 with Retry-After): see [what comes of every fault].
//
// With [FormatAuto], and nothing known of the server, the list of services is read first to find out which
// format it speaks. A report is never sent in a second format.
//
// [what comes of every fault]: https://github.com/go-open311/open311/blob/main/docs/filing-faults.md
func (r *RequestClient) Create(ctx context.Context, n *NewRequest, opts ...CallOption) (*Receipt, error) {
	c, err := r.conn().withOptions(opts)
	if err != nil {
		return nil, err
	}
	return c.file(ctx, n, "", nil)
}

// file files a report. own is its id where the server keeps one of the sender's; "" for any. mark, if it is not nil,
// is called before the first byte of the body leaves; its error ends the call.
func (c *conn) file(ctx context.Context, n *NewRequest, own string, mark func() error) (*Receipt, error) {
	start := time.Now()
	if err := asError(c.problems(ctx, n)); err != nil {
		return nil, err
	}
	c = c.hiding(n.personal)
	params := n.params()
	if name := c.dialect.RequestIDParam; name != "" {
		params.Set(name, cmp.Or(own, strings.ToLower(rand.Text())))
	}
	k, done, err := c.prepare(ctx, &outgoing{resource: "requests", root: "request", params: params, own: c.call.over(n.Params),
		attributes: n.Attributes, media: n.Media})
	if err != nil {
		return nil, err
	}
	defer done()
	k.mark = mark
	if err := c.findFormat(ctx); err != nil {
		return nil, c.unsent(k.op, err)
	}
	p := &posting{n: n, k: k, sent: time.Now()}
	receipt, err := c.post(ctx, p)
	c.learned.posted.Put(n.digest(), match.Sent{Span: match.Span{From: p.sent, To: time.Now()}, Own: k.params.Get(c.param(c.dialect.RequestIDParam))}, 0)
	return receipt, c.doubt(err, n.ServiceCode, k.heard, start)
}

// posting is one report on its way.
type posting struct {
	n    *NewRequest
	k    *call
	sent time.Time
}

// post files a report and reads the answer.
func (c *conn) post(ctx context.Context, p *posting) (*Receipt, error) {
	receipts, shown, err := readReceipts(ctx, c, p.k, receiptTable, c.formats()[0])
	for i := range receipts {
		receipts[i].tidy()
	}
	blackbox := func() bool { return c.isBlackbox(ctx, p.n.ServiceCode) }
	switch {
	case err != nil:
		if id := p.k.heard.Created(); id != "" && !errors.As(err, new(*APIError)) {
			return &Receipt{ID: id}, nil
		}
		if errors.Is(err, wire.ErrEmpty) && blackbox() {
			return &Receipt{}, nil
		}
		return nil, err
	case len(receipts) == 1 && p.owns(&receipts[0]):
		r := &receipts[0]
		if r.ID == "" && r.Token == "" {
			r.ID = p.k.heard.Created()
		}
		if r.identifies() || blackbox() {
			return r, nil
		}
	case len(receipts) == 0:
		if id := p.k.heard.Created(); id != "" {
			return &Receipt{ID: id}, nil
		}
		if blackbox() {
			return &Receipt{}, nil
		}
	}
	return nil, noReceipt(shown)
}

// owns reports whether a receipt can be that of the report. Servers that answer with the whole record show whose
// it is: FixMyStreet answers every POST with a list of other people's requests, and so do uReport and
// fms-endpoint when they miss something; it may be a list of one.
func (p *posting) owns(r *Receipt) bool {
	if _, saying := r.Extra[sayings]; saying {
		return false
	}
	if len(r.Extra) == 0 || r.ID != "" && r.ID == p.k.heard.Created() {
		return true
	}
	var shown ServiceRequest // what else there is in the record, by whatever names and in whatever forms
	if text, err := json.Marshal(r.Extra); err == nil {
		_ = shown.UnmarshalJSON(text)
	}
	report, record, date := p.n.matched(), shown.matched(""), p.k.heard.Date()
	report.Sent = match.Posted(p.sent, p.k.heard.Received, date)
	return match.Mine(report, &record, !date.IsZero())
}

// problems says what is wrong with a report: by itself, by the definition of its service if this
// client has read it lately, and by the dialect. The reporter's data are hidden.
func (c *conn) problems(ctx context.Context, n *NewRequest) []Problem {
	out := n.problems()
	if n == nil {
		return out
	}
	def := c.knownDefinition(n.ServiceCode)
	out = c.dialect.placed(out, n, def)
	out = append(out, def.problems(n.Attributes, n)...)
	out = append(out, c.dialect.problems(n)...)
	out = hidden(out, n.personal)
	return slices.DeleteFunc(out, func(p Problem) bool {
		switch {
		case c.call != nil && c.call.unchecked:
			return p.Kind != ProblemEncoding && p.Kind != ProblemFile && p.Field != "ServiceCode"
		case p.Kind == ProblemUnknown && p.Value == "": // fms-endpoint demands attributes that no definition names
			if warn := c.cfg.warnings; warn != nil {
				warn(ctx, Warning{Op: "POST requests", URL: c.hide.URLOf(c.endpoint), Path: p.Field, Kind: WarnValue, Detail: p.Detail + "; it is sent all the same"})
			}
			return true
		}
		return false
	})
}

// outgoing is a report, or an update, to be sent.
type outgoing struct {
	resource   string     // that it is posted to, as the specification calls it
	root       string     // of an XML body
	params     url.Values // under the names of the specification
	own        url.Values // what the caller adds under the server's names: it wins over the rest
	attributes Attributes
	media      []Media
}

// prepare makes the call that sends o. done removes the temporary files that the call needs.
func (c *conn) prepare(ctx context.Context, o *outgoing) (k *call, done func(), err error) {
	op := "POST " + o.resource
	files, done, err := prepareFiles(ctx, o.media)
	if err != nil {
		return nil, nil, c.unsent(op, err)
	}
	d := c.dialect
	params := o.params
	if len(d.Rename) > 0 {
		params = make(url.Values, len(o.params)+len(o.own))
		for name, values := range o.params {
			params[d.param(name)] = values
		}
	}
	maps.Copy(params, o.own)
	body := d.body(form.Form{Attributes: o.attributes, Files: files, Root: o.root})
	return &call{op: op, method: http.MethodPost, path: c.path(op), params: params, write: true, body: body,
		heard: &reply.Reply{Resource: d.path(o.resource)}}, done, nil
}

// body returns what makes the body of a call out of its parameters and the rest of f, in the style of the
// dialect.
func (d *Dialect) body(f form.Form) func(url.Values) (*form.Payload, error) {
	f.MultiValue, f.FileField = form.MultiValue(d.MultiValue), d.MediaField
	if f.FileField == "" {
		f.FileField = "media"
	}
	f.Numbers = []string{d.param("lat"), d.param("long")}
	return func(params url.Values) (*form.Payload, error) {
		f := f
		f.Fields = params
		switch {
		case d.Body == BodyJSON:
			return f.JSON()
		case d.Body == BodyXML:
			return f.XML()
		case len(f.Files) > 0 && d.Media == MediaMultipart:
			return f.Multipart()
		}
		return f.URLEncoded()
	}
}

// unsent describes why a POST was not even tried.
func (c *conn) unsent(op string, err error) error {
	if ve, ok := errors.AsType[*ValidationError](err); ok {
		for i := range ve.Problems {
			ve.Problems[i].Detail = c.hide.Text(ve.Problems[i].Detail)
		}
		return ve
	}
	return fmt.Errorf("open311: %s: nothing was sent: %w", op, c.hide.Error(err))
}

package open311

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-open311/open311/internal/redact"
)

// NewRequest is a report to be filed (GeoReport v2, POST Service Request). One of Location,
// AddressString and AddressID is needed; some servers want more of them. A name stays as it is given:
// nothing splits it. What is not set is not sent. Printing or logging a NewRequest shows no personal data;
// encoding it, to be filed later, does.
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
	Params        url.Values // what else this server wants; it wins over all of the above
}

// Attributes are the answers to the questions of a service definition: the code of an attribute and
// its value, or its values. For lists they are the keys, not the names. Empty values are not sent.
type Attributes map[string][]string

// Media is a file to be sent with a report or an update. Open is called at least twice: to see what
// kind of file it is, and once for each attempt to send it. The file is never held in memory. A large
// one over a slow line takes longer than the 30 seconds that [WithTimeout] gives an attempt by default.
type Media struct {
	Name        string // file name; directories are left out
	ContentType string // "" is found out from the first bytes
	Open        func() (io.ReadCloser, error)
	Size        int64 // in bytes; 0 or less: not known, and the file is copied to a temporary one first
}

// Format prints a report without the reporter's data, whatever the verb.
func (n NewRequest) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "open311.NewRequest{ServiceCode: %q, %d attributes, %d media}", n.ServiceCode, len(n.Attributes), len(n.Media))
}

// LogValue keeps the reporter's data out of logs, whatever the handler.
func (n NewRequest) LogValue() slog.Value {
	return slog.GroupValue(slog.String("service_code", n.ServiceCode), slog.Int("attributes", len(n.Attributes)), slog.Int("media", len(n.Media)))
}

// personal are the reporter's data: wherever a server repeats them they are hidden.
func (n *NewRequest) personal() []string {
	return append(personal(n.FirstName, n.LastName, n.Email, n.Attributes, n.Params), n.Phone, n.DeviceID, n.AccountID)
}

// personal are names and addresses as servers repeat them, and what is personal among attributes and
// parameters by their names. Short names are hidden only beside each other: see package redact.
func personal(first, last, email string, sets ...map[string][]string) []string {
	out := []string{first, last, first + " " + last, last + ", " + first, email, strings.ToLower(email)}
	if first == "" || last == "" {
		out[2], out[3] = "", ""
	}
	names := redact.New()
	for _, set := range sets {
		for name, values := range set {
			if names.Hides(name) {
				out = append(out, values...)
			}
		}
	}
	return out
}

// Create files a report (POST /requests; GeoReport v2, POST Service Request) and returns the city's
// receipt. For the answer of a blackbox service the receipt has neither an id nor a token; if this
// client has not read the list of services yet, it does so then to see whether the service is one.
//
// What is wrong with the report is found before anything is sent, as far as it can be: see
// [NewRequest.Validate].
//
// An error that matches [ErrOutcomeUnknown] means that the report may have been filed: the call broke
// off, the server failed, or its answer is not a receipt. It is an *[UnknownOutcomeError]. Look for the
// report before filing it again, with [RequestClient.FindSimilar] for instance. Any other error means
// that it was not filed. The report is sent again only when it cannot have arrived, and when the server
// asks for that (429, 503 with Retry-After); see docs/filing-faults.md for every case.
//
// With [FormatAuto], and nothing known of the server, the answer is asked for in JSON. If there is
// nothing at that address (404, 406 or 415 without an error list), the list of services is read to find
// the format, and the report, which was not filed, is sent there.
func (r *RequestClient) Create(ctx context.Context, n *NewRequest, opts ...CallOption) (*Receipt, error) {
	start := time.Now()
	c, err := r.c.withOptions(opts)
	if err != nil {
		return nil, err
	}
	if err := asError(n.hidden(c.problems(n))); err != nil {
		return nil, err
	}
	c = c.hiding(n.personal())
	files, done, err := uploads(ctx, n.Media)
	if err != nil {
		return nil, c.unsent("POST requests", err)
	}
	defer done()
	d := &c.cfg.dialect
	params, err := n.params(d)
	if err != nil {
		return nil, err
	}
	out := &outgoing{attributes: n.Attributes, own: n.Params, files: files, root: "request"}
	f := &filing{n: n, start: start, k: &call{op: "POST requests", method: http.MethodPost,
		path: strings.Split(d.path("requests"), "/"), params: params, write: true, body: out.body(d)}}
	format := c.formats()[0]
	receipt, err := c.post(ctx, f, format)
	if other, ok := c.otherFormatFor(ctx, err, format); ok {
		receipt, err = c.post(ctx, f, other)
	}
	var unknown *UnknownOutcomeError
	if errors.As(err, &unknown) {
		unknown.ServiceCode, unknown.Sent = n.ServiceCode, start
	}
	return receipt, err
}

// unsent describes why a POST was not even tried.
func (c *conn) unsent(op string, err error) error {
	var ve *ValidationError
	if errors.As(err, &ve) {
		for i := range ve.Problems {
			ve.Problems[i].Detail = c.hide.Text(ve.Problems[i].Detail)
		}
		return ve
	}
	return fmt.Errorf("open311: %s: nothing was sent: %w", op, c.hide.Error(err))
}

// problems says what is wrong with a report: by itself, by the definition of its service if this
// client has read it lately, and by the dialect.
func (c *conn) problems(n *NewRequest) []Problem {
	out := n.problems()
	if n == nil {
		return out
	}
	out = append(out, c.knownDefinition(n.ServiceCode).problems(n.Attributes)...)
	d := &c.cfg.dialect
	out = append(out, d.mediaProblems(n.Media)...)
	out = append(out, d.attributeProblems(n.Attributes)...)
	fields := requiredFields(n)
	for _, name := range d.Requires {
		field, ok := fields[name]
		switch {
		case ok && !field.set:
			out = append(out, Problem{field.name, "is missing: this server wants it"})
		case !ok && strings.TrimSpace(strings.Join(n.Params[name], "")) == "":
			out = append(out, Problem{"Params[" + name + "]", "is missing: this server wants it"})
		}
	}
	return out
}

// requiredField is a field of a report that a dialect may require.
type requiredField struct {
	name string // in Go
	set  bool
}

func requiredFields(n *NewRequest) map[string]requiredField {
	of := func(name, value, param string) requiredField {
		return requiredField{name, strings.TrimSpace(value+strings.Join(n.Params[param], "")) != ""}
	}
	return map[string]requiredField{
		"lat": {"Location", n.Location != nil}, "long": {"Location", n.Location != nil},
		"address_string": of("AddressString", n.AddressString, "address_string"), "address_id": of("AddressID", n.AddressID, "address_id"),
		"description": of("Description", n.Description, "description"), "email": of("Email", n.Email, "email"),
		"first_name": of("FirstName", n.FirstName, "first_name"), "last_name": of("LastName", n.LastName, "last_name"),
		"phone": of("Phone", n.Phone, "phone"), "device_id": of("DeviceID", n.DeviceID, "device_id"),
		"account_id": of("AccountID", n.AccountID, "account_id"), "media_url": of("MediaURL", n.MediaURL, "media_url"),
		"media": {"Media", len(n.Media) > 0},
	}
}

// mediaProblems says which files the server does not take.
func (d *Dialect) mediaProblems(media []Media) []Problem {
	switch {
	case len(media) == 0:
	case d.Media == MediaNone:
		return []Problem{{"Media", "this server takes no files; use MediaURL"}}
	case d.Body != BodyForm && d.Media == MediaMultipart:
		return []Problem{{"Media", "a body in JSON or XML holds files only as base64, which the dialect does not have; use MediaURL"}}
	}
	return nil
}

// attributeProblems says which attributes the style of the dialect cannot write without a doubt.
func (d *Dialect) attributeProblems(a Attributes) (out []Problem) {
	names := make(map[string]bool)
	for _, code := range slices.Sorted(maps.Keys(a)) {
		field := "Attributes[" + code + "]"
		if values := filled(a[code]); d.MultiValue == MultiComma && len(values) > 1 && strings.Contains(strings.Join(values, ""), ",") {
			out = append(out, Problem{field, "a value with a comma would be read as two by this server"})
		}
		form := url.Values{}
		Attributes{code: a[code]}.encode(form, d.MultiValue)
		for name := range form {
			if names[name] {
				out = append(out, Problem{field, "is written as " + name + ", and so is another attribute"})
			}
			names[name] = true
		}
	}
	return out
}

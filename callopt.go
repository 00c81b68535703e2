package open311

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// CallOption is a setting of one call, or of all calls that one method or one loop makes. Later ones win. One that
// cannot be used makes the method return a *[ValidationError], and nothing is sent.
type CallOption func(*callOptions)

type callOptions struct {
	params     url.Values
	header     http.Header
	extensions bool
	response   *Response
	problems   []Problem
}

// CallParams adds parameters as they stand, in place of those of the same name: to the query of a GET, to the body of
// a POST. What the dialect says about parameters does not apply to them.
func CallParams(params url.Values) CallOption {
	return func(o *callOptions) {
		for name, values := range params {
			if o.params == nil {
				o.params = make(url.Values, len(params))
			}
			o.params[name] = slices.Clone(values)
		}
	}
}

// CallHeader sets a header, in place of the client's own one of that name. A redirect to another host takes with it
// what net/http lets it: no Authorization and no Cookie, nor anything that has the name of a secret.
func CallHeader(key, value string) CallOption {
	return func(o *callOptions) {
		switch name := http.CanonicalHeaderKey(key); {
		case !isToken(key):
			o.problems = append(o.problems, Problem{"CallHeader", fmt.Sprintf("%q is no name of a header", key)})
		case strings.ContainsFunc(value, isControl):
			// The value may be a secret.
			o.problems = append(o.problems, Problem{"CallHeader", "the value of " + name + " holds a line break or another control character"})
		default:
			if o.header == nil {
				o.header = http.Header{}
			}
			o.header[name] = []string{value}
		}
	}
}

// CallExtensions asks for what a server has beyond the specification: extensions=true in the query of a GET, for
// extended_attributes (Chicago, Helsinki), unless the dialect says that the server does not take it.
func CallExtensions() CallOption {
	return func(o *callOptions) { o.extensions = true }
}

// CallResponse stores in r what came back: of several calls the last answer that counted, of a call that failed the
// answer that refused it. r stays as it is if there was no answer; it may be read when the method has returned or the
// loop has ended, and in a loop body.
func CallResponse(r *Response) CallOption {
	return func(o *callOptions) { o.response = r }
}

// Response is what came back for a call, besides its records.
type Response struct {
	StatusCode int
	Header     http.Header // redacted
	URL        string      // redacted
	Format     Format      // of the answer; FormatAuto if it was neither JSON nor XML
	Attempts   int         // how many times the call was made
	Received   time.Time   // when the header of the answer was there, by the clock of this machine
}

// withOptions returns the connection for one call of a method. The error is a *[ValidationError].
func (c *conn) withOptions(opts []CallOption) (*conn, error) {
	if len(opts) == 0 {
		return c, nil
	}
	o := &callOptions{}
	for _, opt := range opts {
		if opt != nil {
			opt(o)
		}
	}
	if len(o.problems) > 0 {
		return nil, &ValidationError{o.problems}
	}
	own := *c
	own.call = o
	for name, values := range o.header {
		if c.hide.Hides(name) {
			own.hide = own.hide.With(values...)
		}
	}
	return &own, nil
}

// withoutOptions returns the connection for a call that the method makes on its own account.
func (c *conn) withoutOptions() *conn {
	if c.call == nil {
		return c
	}
	own := *c
	own.call = nil
	return &own
}

// unanswered returns the connection for a call whose answer the caller is shown later: it may be made in another
// goroutine than the caller's.
func (c *conn) unanswered() *conn {
	if c.call == nil || c.call.response == nil {
		return c
	}
	own, o := *c, *c.call
	own.call, o.response = &o, nil
	return &own
}

// apply adds the options to a call about to be sent.
func (o *callOptions) apply(d *Dialect, k *call, params url.Values, header http.Header) {
	if o == nil {
		return
	}
	if o.extensions && !k.write && d.sends("extensions") {
		params.Set(d.param("extensions"), "true")
	}
	maps.Copy(params, o.params)
	maps.Copy(header, o.header)
}

// over returns the parameters that a method's caller has given, by its argument and by options, which win.
func (o *callOptions) over(own url.Values) url.Values {
	if o == nil || len(o.params) == 0 {
		return own
	}
	all := make(url.Values, len(own)+len(o.params))
	maps.Copy(all, own)
	maps.Copy(all, o.params)
	return all
}

// answered stores what came back, if the caller wants to know.
func (c *conn) answered(a *answer, f Format) {
	if c.call != nil && c.call.response != nil {
		*c.call.response = Response{StatusCode: a.resp.StatusCode, Header: c.hide.Header(a.resp.Header), URL: a.url,
			Format: f, Attempts: a.attempts, Received: a.received}
	}
}

// isToken reports whether s can be the name of a header (RFC 9110, section 5.6.2).
func isToken(s string) bool {
	return s != "" && strings.Trim(strings.ToLower(s), "abcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^_`|~") == ""
}

// isControl reports whether a character may not stand in the value of a header.
func isControl(r rune) bool { return r < ' ' && r != '\t' || r == 0x7F }

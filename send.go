package open311

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-open311/open311/internal/content"
	"github.com/go-open311/open311/internal/form"
	"github.com/go-open311/open311/internal/plain"
	"github.com/go-open311/open311/internal/redact"
	"github.com/go-open311/open311/internal/retry"
	"github.com/go-open311/open311/internal/wire"
)

// answer is what came back for a call, with a status of 2xx.
type answer struct {
	resp     *http.Response
	attempts int
	at       *url.URL // that was asked for
	hide     *redact.Set
	said     string // what shown returns
	received time.Time
	seen     *observation // to be ended when the answer has been read
}

// url is the address that was asked for, redacted: of most calls nobody wants to know it.
func (a *answer) url() string {
	if a.said == "" {
		a.said = a.hide.URLOf(a.at)
	}
	return a.said
}

// errorBody is how much of an answer that is an error is kept.
const errorBody = 8 << 10

// send makes the call in the given format.
func (c *conn) send(ctx context.Context, k *call, f Format) (*answer, error) {
	if ctx == nil {
		return nil, fmt.Errorf("open311: %s: the context is nil", plain.Line(c.hide.Text(k.op)))
	}
	if c.key != nil {
		ctx = redact.WithCredential(ctx, c.key)
	}
	req, getBody, size, err := c.request(ctx, k, f)
	if err != nil {
		return nil, err
	}
	a := &answer{at: req.URL, hide: c.hide}
	ctx, a.seen = observe(ctx, c.cfg.observers, c.cfg.logger, c.hide, func() CallInfo {
		return CallInfo{Op: plain.Line(c.hide.Text(k.op)), Method: k.method, URL: a.url(), Format: f, Page: k.page, Window: k.window}
	})
	if a.seen != nil {
		req = req.WithContext(ctx)
	}
	res, err := c.calls.Do(req, getBody, size)
	if err != nil {
		err = c.transportError(k, a.url(), err)
		a.seen.end(CallResult{Err: err})
		return nil, err
	}
	a.resp, a.attempts, a.received = res.Response, res.Attempts, time.Now()
	if res.Response.StatusCode/100 == 2 {
		return a, nil
	}
	err = c.apiError(k, a, res)
	a.seen.end(CallResult{StatusCode: a.resp.StatusCode, Err: err})
	return nil, err
}

// end tells those who look that the answer has been read, and what was in it.
func (a *answer) end(rows, warnings int, bytes int64, err error) {
	a.seen.end(CallResult{StatusCode: a.resp.StatusCode, Err: err, Rows: rows, Warnings: warnings, Bytes: bytes})
}

// counts reports whether somebody wants to know how many warnings there are.
func (a *answer) counts() bool { return a.seen.counts() }

// transportError describes a call that got no answer.
func (c *conn) transportError(k *call, shown string, err error) error {
	attempts, sent, status := 0, false, 0
	if re, ok := errors.AsType[*retry.Error](err); ok {
		attempts, sent, status, err = re.Attempts, re.Sent, re.Status, re.Err
	}
	if ue, ok := errors.AsType[*url.Error](err); ok {
		err = ue.Err // the method and the URL are said below
	}
	text := fmt.Sprintf("open311: %s %s", k.method, shown)
	if attempts > 1 {
		text += fmt.Sprintf(" (%d attempts)", attempts)
	}
	if status != 0 {
		text += fmt.Sprintf(" (the attempt before was answered %d)", status)
	}
	err = fmt.Errorf("%s: %w", text, c.hide.Error(err))
	if k.write && sent {
		return &UnknownOutcomeError{Err: err}
	}
	return err
}

// apiError describes an answer that refuses the call, and closes it.
func (c *conn) apiError(k *call, a *answer, res *retry.Result) error {
	body, readErr := io.ReadAll(io.LimitReader(content.Decode(a.resp), errorBody))
	a.resp.Body.Close()
	e := &APIError{
		StatusCode: a.resp.StatusCode, Method: k.method, URL: a.url(), RetryAfter: res.RetryAfter, Attempts: a.attempts,
		Header: c.hide.Header(a.resp.Header), Body: []byte(c.hide.Snippet(body, errorBody-len("…"))), Faults: c.faults(wire.Faults(body)),
	}
	c.answered(a, bodyFormat(body))
	if _, ok := errors.AsType[*wire.EncodingError](readErr); ok {
		e.Faults = append(e.Faults, Fault{Description: c.hide.Text("its words cannot be read: " + readErr.Error())})
	}
	if res.NotFollowed != nil {
		e.Faults = append(e.Faults, Fault{Description: c.hide.Text(res.NotFollowed.Error())})
	}
	if k.write && c.mayHaveWorked(e.StatusCode, a.resp.Header, body) {
		return &UnknownOutcomeError{Err: e}
	}
	return e
}

// mayHaveWorked reports whether a POST may have been carried out although its answer refuses it: the
// server broke down on the way, or points to a page after it, as web forms do with 302 and 303.
//
// 404, 405, 406 and 415 are refusals only if the server says so in words of its own: a framework that looks
// for a view after the action has run answers 406 without any, or with a page, when the report is saved. For 404 a
// page will do once it has been seen that the server knows the format. A firewall in front of the server answers 405
// in its place, and says so.
func (c *conn) mayHaveWorked(status int, header http.Header, body []byte) bool {
	said := len(wire.Faults(body)) > 0 || header.Get("X-Amzn-Waf-Action") != ""
	switch status {
	case http.StatusNotFound:
		return !said && (len(bytes.TrimSpace(body)) == 0 || !c.spoken())
	case http.StatusMethodNotAllowed, http.StatusNotAcceptable, http.StatusUnsupportedMediaType:
		return !said
	case http.StatusRequestTimeout, http.StatusFound, http.StatusSeeOther:
		return true
	}
	return status >= 500
}

func (c *conn) faults(in []wire.Fault) []Fault {
	var out []Fault
	for _, f := range in {
		out = append(out, Fault{Code: plain.Line(c.hide.Text(f.Code)), Description: plain.Text(c.hide.Text(f.Description))})
	}
	return out
}

// mediaType returns the Content-Type without its parameters, and its charset.
func mediaType(h http.Header) (mediatype, charset string) {
	label := h.Get("Content-Type")
	if !strings.Contains(label, ";") {
		return strings.TrimSpace(label), ""
	}
	t, params, err := mime.ParseMediaType(label)
	if err != nil {
		t, params, _ := strings.Cut(h.Get("Content-Type"), ";")
		if i := strings.Index(strings.ToLower(params), "charset="); i >= 0 {
			charset, _, _ = strings.Cut(params[i+len("charset="):], ";")
		}
		return strings.TrimSpace(t), strings.Trim(charset, " \t\"'")
	}
	return t, params["charset"]
}

// answered stores what came back, if the caller wants to know.
func (c *conn) answered(a *answer, f Format) {
	if c.call != nil && c.call.response != nil {
		*c.call.response = c.responseOf(a, f)
	}
}

// responseOf returns what a caller may know of an answer.
func (c *conn) responseOf(a *answer, f Format) Response {
	return Response{StatusCode: a.resp.StatusCode, Header: c.hide.Header(a.resp.Header), URL: a.url(),
		Format: f, Attempts: a.attempts, Received: a.received}
}

// labelFormat returns the format that the Content-Type names; FormatAuto if it names none.
func labelFormat(h http.Header) Format {
	t, _ := mediaType(h)
	for _, f := range []Format{FormatJSON, FormatXML} {
		if isLabel(t, f.String()) {
			return f
		}
	}
	return FormatAuto
}

// isLabel reports whether a media type is one of a format: text/xml, application/vnd.city+json.
func isLabel(mediatype, format string) bool {
	head, ok := strings.CutSuffix(strings.ToLower(mediatype), format)
	return ok && (strings.HasSuffix(head, "/") || strings.HasSuffix(head, "+"))
}

// bodyFormat tells the format of an error's body by its first byte; FormatAuto for a page or nothing.
func bodyFormat(body []byte) Format {
	for _, b := range body {
		switch {
		case b == '[' || b == '{':
			return FormatJSON
		case b == '<' && len(wire.Faults(body)) > 0:
			return FormatXML
		case b > ' ' && b < 0x80:
			return FormatAuto
		}
	}
	return FormatAuto
}

// request builds the HTTP request of a call.
func (c *conn) request(ctx context.Context, k *call, f Format) (*http.Request, func() (io.ReadCloser, error), int64, error) {
	params, header := c.parameters(k, f)
	u := c.url(k, f)
	var getBody func() (io.ReadCloser, error)
	size := int64(0)
	if k.write {
		encode := k.body
		if encode == nil {
			encode = form.Encode
		}
		body, err := encode(params)
		if err != nil {
			return nil, nil, 0, fmt.Errorf("open311: %s: nothing was sent: %w", k.op, c.hide.Error(err))
		}
		header.Set("Content-Type", body.ContentType)
		getBody, size = k.marking(body.Open), body.Size
		u.RawQuery = c.endpoint.RawQuery // it is a part of the address
	} else {
		u.RawQuery = encodeQuery(params)
		if k.slashes {
			u.RawQuery = strings.ReplaceAll(u.RawQuery, "%2F", "/")
		}
	}
	req := &http.Request{Method: k.method, URL: u, Host: u.Host, Header: header, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}
	return req.WithContext(ctx), getBody, size, nil
}

// parameters returns the parameters of a call and its header, which are not to be changed unless it is a write.
func (c *conn) parameters(k *call, f Format) (url.Values, http.Header) {
	keyed := k.write || c.cfg.keyOnReads || c.dialect.KeyOnReads
	header := c.headers[f == FormatXML]
	if !keyed && c.call == nil && c.cfg.jurisdiction == "" && c.endpoint.RawQuery == "" {
		return k.params, header
	}
	header = maps.Clone(header)
	params := make(url.Values, len(k.params)+4)
	if !k.write {
		maps.Copy(params, c.endpoint.Query())
	}
	if c.cfg.jurisdiction != "" {
		params.Set("jurisdiction_id", c.cfg.jurisdiction)
	}
	if keyed {
		c.addKey(params, header)
	}
	maps.Copy(params, k.params)
	c.call.apply(c.dialect, k, params, header)
	return params, header
}

// marking returns bodies that call mark before they are read: in HTTP/1 a header may be under way by then, but
// nothing of the report.
func (k *call) marking(open func() (io.ReadCloser, error)) func() (io.ReadCloser, error) {
	if k.mark == nil {
		return open
	}
	return func() (io.ReadCloser, error) {
		body, err := open()
		if err != nil {
			return nil, err
		}
		return &markedBody{body, k.mark}, nil
	}
}

type markedBody struct {
	io.ReadCloser
	mark func() error
}

func (b *markedBody) Read(p []byte) (int, error) {
	if b.mark != nil {
		if err := b.mark(); err != nil {
			return 0, err
		}
		b.mark = nil
	}
	return b.ReadCloser.Read(p)
}

// addKey puts the API key where the dialect wants it.
func (c *conn) addKey(params url.Values, header http.Header) {
	d := c.dialect
	switch {
	case c.cfg.key == "":
	case strings.EqualFold(d.KeyScheme, "basic"):
		header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(c.cfg.key)))
	case d.KeyScheme != "":
		header.Set("Authorization", d.KeyScheme+" "+c.cfg.key)
	case d.KeyHeader != "":
		header.Set(d.KeyHeader, c.cfg.key)
	case d.KeyParam != "":
		params.Set(d.KeyParam, c.cfg.key)
	default:
		params.Set("api_key", c.cfg.key)
	}
}

// url returns the address of a call, without its query.
func (c *conn) url(k *call, f Format) *url.URL {
	u := *c.endpoint
	u.Host, u.RawQuery = strings.TrimSuffix(u.Host, ":"), "" // no port, as net/http has it
	dot, suffix := ".", f.String()
	if k.noPath && k.bare || !k.noPath && c.dialect.NoSuffix {
		dot, suffix = "", ""
	}
	escaped := u.EscapedPath()
	if !k.noPath {
		escaped += "/" + k.path + dot + suffix
	} else if escaped += dot + suffix; !strings.HasPrefix(escaped, "/") {
		escaped = "/" + escaped
	}
	u.RawPath = escaped
	if plain, err := url.PathUnescape(escaped); err == nil {
		u.Path = plain
	}
	return &u
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

// encodeQuery encodes parameters with commas left as they are: some servers split lists before they
// decode them.
func encodeQuery(params url.Values) string {
	return strings.ReplaceAll(params.Encode(), "%2C", ",")
}

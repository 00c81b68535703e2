package conformance

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-open311/open311/internal/redact"
	"github.com/go-open311/open311/internal/retry"
)

// call is one thing to ask the server. Two calls that are equal are made once.
type call struct {
	op     Operation
	format Format
	path   string // below the endpoint, without suffix
	query  url.Values
	accept string // "" is the one of the format
	naked  bool   // without the target's jurisdiction_id
	base   string // "" is the endpoint
}

// exchange is a call that was made, and what came of it.
type exchange struct {
	call
	method string
	url    string
	sent   string // the body of a POST as it may be shown
	parts  bool   // it was sent as multipart/form-data
	status int
	header http.Header
	body   []byte
	err    error
	coded  error // the body is not what Content-Encoding says
	label  error // the body can be read, whatever Content-Encoding says
	wide   bool  // the body was in UTF-16
	doc    *node // of the format that was asked for
	broken error // why there is no doc

	looked bool    // doc has been looked at: what follows is known
	faulty bool    // it is an error document
	filled []*node // the records in it that have anything in them
}

// look looks at the document once, for all the rules that ask: it may have a million members.
func (x *exchange) look() *exchange {
	if !x.looked && x.doc != nil {
		x.looked, x.faulty, x.filled = true, looksLikeErrors(x.doc), filledRows(x.doc, x.format)
	}
	return x
}

// ok: the server did what it was asked to do.
func (x *exchange) ok() bool { return x.err == nil && x.coded == nil && x.status/100 == 2 }

// failure is that a resource which is there is answered by a status that says otherwise.
type failure struct {
	op     Operation
	format Format
	status int
}

// failure returns what an exchange is told for, if it is: what is unknown to the server may be refused.
func (x *exchange) failure() (failure, bool) {
	return failure{x.op, x.format, x.status}, x.method == http.MethodGet && x.status >= http.StatusBadRequest && len(x.query) == 0 && !strings.HasSuffix(x.path, nobody)
}

// session is a run: the exchanges it had, each made once and judged by many rules.
type session struct {
	ctx     context.Context
	target  Target
	secrets *redact.Set
	made    map[string]*exchange
	known   map[[sha256.Size]byte]*exchange // by format and body
	kept    int                             // bytes that they take
	log     []*exchange                     // in the order of the calls
	posts   int
	created []string // what was filed, as "service_request_id QH-1" or "token tk-1"
	keyed   bool     // reads need the key, as a refusal has shown
	keyHint *exchange
	vain    int // calls without an answer since the last one that had one
	last    time.Time
	now     time.Time
	filings map[string]*filing
	tokens  map[Format]*polled
	looked  map[string]bool // addresses of what was filed, that were asked for once more
	told    map[failure]bool
	alike   map[string]string // the requirement that has told it first

	rules    map[string]*rule
	outcomes map[string]outcome
}

func newSession(ctx context.Context, t Target) *session {
	secrets := []string{t.APIKey}
	if r := t.Sample; r != nil {
		secrets = append(secrets, r.Email, r.FirstName, r.LastName, r.Phone, r.DeviceID, r.AccountID)
	}
	return &session{
		ctx: ctx, target: t, secrets: redact.New(secrets...),
		made: make(map[string]*exchange), known: make(map[[sha256.Size]byte]*exchange), filings: make(map[string]*filing), tokens: make(map[Format]*polled), looked: make(map[string]bool), told: make(map[failure]bool), alike: make(map[string]string), now: t.Now(),
		rules: byID(), outcomes: make(map[string]outcome),
	}
}

// maxBody is more than any list that a server should give at once.
const maxBody = 8 << 20

// get makes a GET, or returns what it brought before.
func (s *session) get(c call) *exchange {
	u := s.urlOf(c)
	key := c.accept + " " + u
	if x := s.made[key]; x != nil {
		return x
	}
	x := s.send(c, http.MethodGet, u, "", nil, nil)
	if (x.status == http.StatusUnauthorized || x.status == http.StatusForbidden) && s.target.APIKey != "" && !s.keyed {
		// Reads need no key by the specification. A server that wants one anyway has broken a rule,
		// services/list/no-key; the others can be judged with the key.
		s.keyed, s.keyHint = true, x
		x = s.send(c, http.MethodGet, s.urlOf(c), "", nil, nil)
	}
	s.made[key] = x
	return x
}

func (s *session) urlOf(c call) string {
	q := make(url.Values)
	if s.target.Jurisdiction != "" && !c.naked {
		q.Set("jurisdiction_id", s.target.Jurisdiction)
	}
	if s.keyed {
		q.Set("api_key", s.target.APIKey)
	}
	maps.Copy(q, c.query)
	u := orElse(c.base, s.target.Endpoint) + "/" + c.path + "." + string(c.format)
	if len(q) > 0 {
		// Commas stand in lists, and some servers do not decode what need not be encoded.
		u += "?" + strings.ReplaceAll(q.Encode(), "%2C", ",")
	}
	return u
}

// send makes a call: politely, and once more if the server asks to come back later.
func (s *session) send(c call, method, u, contentType string, body []byte, shown url.Values) *exchange {
	x := &exchange{call: c, method: method, url: u, sent: shown.Encode()}
	switch {
	case s.vain >= patience:
		x.err = errDead
		return x
	case len(u) > maxURL:
		x.err = fmt.Errorf("not asked: with what the server gave the address would have %d bytes", len(u))
		return x
	}
	for attempt := 0; ; attempt++ {
		if x.err = s.wait(); x.err != nil {
			return x
		}
		s.exchange(x, contentType, body)
		s.log = append(s.log, x)
		if s.vain++; x.err == nil && !x.busy() {
			s.vain = 0
		}
		wait, again := comeBack(x)
		if !again || attempt > 0 || method != http.MethodGet {
			break
		}
		if x.err = s.sleep(wait); x.err != nil {
			return x
		}
		// What the server said first is no longer evidence of anything: the second answer counts.
		s.log = s.log[:len(s.log)-1]
	}
	s.keep(x)
	return x
}

// maxKept is how much memory the answers of a run may take. An answer that came before takes none: servers that
// heed no filter give one list again and again.
const maxKept = 384 << 20

// maxValues is more than the values of any list that a server should give at once: a tree takes many times as much
// memory as a text of short ones.
const maxValues = 1 << 20

// keep reads the document of an exchange, if it is one, and keeps both as long as there is room.
func (s *session) keep(x *exchange) {
	key := sha256.Sum256(append([]byte(x.format), x.body...))
	if y := s.known[key]; y != nil && x.err == nil {
		x.body, x.doc, x.broken = y.body, y.doc, y.broken
		return
	}
	// A page of HTML may pass for XML, so that what comes is looked at first.
	if x.err == nil && sniff(x.body) == x.format {
		if n := values(x.body); n > maxValues {
			x.err = fmt.Errorf("the answer has some %d values, and no list should have more than %d", n, maxValues)
		} else {
			x.doc, x.broken = parse(x.body, x.format)
		}
	}
	const perNode = 128
	size := 2*len(x.body) + perNode*x.doc.count()
	if s.kept+size > maxKept {
		x.body, x.doc, x.broken = nil, nil, nil
		x.err = cmp.Or(x.err, fmt.Errorf("the answers of this run take more than %d MiB of memory, with this one", maxKept>>20))
		return
	}
	s.kept += size
	if x.err == nil {
		s.known[key] = x
	}
}

// values returns how many values there are in a document, or some more.
func values(body []byte) (n int) {
	for _, mark := range []string{",", "[", "{", "<"} {
		n += bytes.Count(body, []byte(mark))
	}
	return n
}

// maxURL is more than most servers read of an address.
const maxURL = 8 << 10

// patience is how many calls in a row may go without an answer. After that the server is left in peace.
const patience = 8

var errDead = fmt.Errorf("not asked: the server did not answer the last %d calls", patience)

// exchange has one exchange over HTTP.
func (s *session) exchange(x *exchange, contentType string, body []byte) {
	*x = exchange{call: x.call, method: x.method, url: x.url, sent: x.sent, parts: strings.HasPrefix(contentType, "multipart/")}
	req, err := http.NewRequestWithContext(s.ctx, x.method, x.url, bytes.NewReader(body))
	if err != nil {
		x.err = s.secrets.Error(err)
		return
	}
	req.Header.Set("User-Agent", s.target.UserAgent)
	req.Header.Set("Accept", orElse(x.accept, mimeOf[x.format]))
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	resp, err := s.target.HTTPClient.Do(req)
	if err != nil {
		x.err = s.secrets.Error(err)
		return
	}
	defer func() { _ = resp.Body.Close() }()
	x.status, x.header = resp.StatusCode, resp.Header
	x.body, err = io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	coded := resp.Uncompressed || resp.Header.Get("Content-Encoding") != ""
	if err == nil && !resp.Uncompressed {
		x.body, err = decoded(resp.Header.Get("Content-Encoding"), x.body)
	}
	switch {
	case errors.Is(err, errUnsaid), errors.Is(err, errCoding) && sniff(x.body) != FormatNone:
		x.label = err
	case err != nil && coded && notCoded(err):
		x.coded, x.body = err, nil
	case err != nil:
		x.err = s.secrets.Error(fmt.Errorf("the answer broke off after %d bytes: %w", len(x.body), err))
	case len(x.body) > maxBody:
		x.err = fmt.Errorf("the answer has more than %d MiB", maxBody>>20)
	}
	x.body, x.wide = narrowed(x.body)
}

var mimeOf = map[Format]string{FormatXML: "text/xml, application/xml;q=0.9", FormatJSON: "application/json"}

// wait keeps the pace.
func (s *session) wait() error {
	if s.target.Pace > 0 && !s.last.IsZero() {
		if err := s.sleep(s.target.Pace - time.Since(s.last)); err != nil {
			return err
		}
	}
	s.last = time.Now()
	return s.ctx.Err()
}

func (s *session) sleep(d time.Duration) error {
	if d <= 0 {
		return s.ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-s.ctx.Done():
		return s.ctx.Err()
	case <-t.C:
		return nil
	}
}

// busy: the server says that it cannot answer now, which is trouble and no breach of a rule.
func (x *exchange) busy() bool {
	switch x.status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

const longestWait = 30 * time.Second

// comeBack says how long to wait before a call is worth trying again.
func comeBack(x *exchange) (time.Duration, bool) {
	if x.err != nil {
		return time.Second, true
	}
	if !x.busy() {
		return 0, false
	}
	wait, asked := retry.After(x.status, x.header, time.Now())
	if !asked {
		wait = time.Second
	}
	return wait, wait <= longestWait
}

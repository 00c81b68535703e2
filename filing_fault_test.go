package open311_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-open311/open311"
)

// filingFault is one way in which filing can go wrong, and what must come of it. Every row is run for
// every operation that changes something, over the network of this machine, and all rows are printed
// in docs/filing-faults.md.
type filingFault struct {
	name  string
	posts int    // how many POSTs must reach the server, redirect targets included
	end   string // what comes of it for Create; see outcomeOf
	do    string // what comes of it for Do, where that is something else: Do does not read the answer

	serve   http.HandlerFunc // what the server does with each POST; nil for a receipt
	network func(*faultNet)  // what is wrong before the server is reached
	opts    []open311.Option
	ctx     func(context.Context) (context.Context, context.CancelFunc)
}

// faultNet is the network of one row.
type faultNet struct {
	server    *httptest.Server
	endpoint  string
	transport *http.Transport
}

// nobody is an address at which no server listens, nor will: a port that one has had can be given to another.
const nobody = "http://127.0.0.1:1"

const (
	unknown  = "unknown"        // ErrOutcomeUnknown
	notFiled = "not filed"      // an error, and not ErrOutcomeUnknown
	filed    = "filed"          // a receipt
	answered = "answer to read" // Do hands it out
)

func answerWith(status int, contentType, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// cutOff resets the connection, after the body was read or before.
func cutOff(read bool, before string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if read {
			_, _ = io.Copy(io.Discard, r.Body)
		}
		conn, buf, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		_, _ = buf.WriteString(before)
		_ = buf.Flush()
		if tcp, ok := conn.(*net.TCPConn); ok && before == "" {
			_ = tcp.SetLinger(0)
		}
		_ = conn.Close()
	}
}

// firstThen answers the first call otherwise than the rest.
func firstThen(first, rest http.HandlerFunc) http.HandlerFunc {
	var n atomic.Int32
	return func(w http.ResponseWriter, r *http.Request) {
		if n.Add(1) == 1 {
			first(w, r)
			return
		}
		rest(w, r)
	}
}

const (
	faultReceipt = `[{"service_request_id":"SR-1","update_id":"u-1"}]`
	faultList    = `[{"service_request_id":"1","update_id":"1","status":"open"},{"service_request_id":"2","update_id":"2","status":"open"}]`
	jsonErrors   = `[{"code":%d,"description":"No."}]`
)

func refusedWith(status int, header ...string) http.HandlerFunc {
	return answerWith(status, "application/json", fmt.Sprintf(jsonErrors, status), header...)
}

func filingFaults() []filingFault {
	return append(networkFaults(), answerFaults()...)
}

// networkFaults are calls that get no answer, or nearly none.
func networkFaults() []filingFault {
	receipt := answerWith(200, "application/json", faultReceipt)
	return []filingFault{
		{name: "nothing goes wrong", posts: 1, end: filed, do: answered, serve: receipt},
		{name: "201 Created", posts: 1, end: filed, do: answered, serve: answerWith(201, "application/json", faultReceipt)},
		{name: "202 Accepted", posts: 1, end: filed, do: answered, serve: answerWith(202, "application/json", faultReceipt)},
		{name: "context over before the call", posts: 0, end: notFiled, ctx: func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			cancel()
			return ctx, cancel
		}},
		{name: "connection refused", posts: 0, end: notFiled, network: func(n *faultNet) { n.endpoint = nobody }},
		{name: "connection refused once", posts: 1, end: filed, do: answered, serve: receipt, network: func(n *faultNet) {
			var calls atomic.Int32
			n.transport.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
				if calls.Add(1) == 1 {
					return nil, &net.OpError{Op: "dial", Net: network, Err: errors.New("connection refused")}
				}
				return new(net.Dialer).DialContext(ctx, network, addr)
			}
		}},
		{name: "no such host (DNS)", posts: 0, end: notFiled, network: func(n *faultNet) {
			n.transport.DialContext = func(context.Context, string, string) (net.Conn, error) {
				return nil, &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: "city.invalid", IsNotFound: true}}
			}
		}},
		{name: "certificate not trusted (TLS)", posts: 0, end: notFiled, network: func(n *faultNet) {
			n.server.Close()
			n.server = httptest.NewTLSServer(n.server.Config.Handler)
			n.server.Config.ErrorLog = nil
			n.endpoint = n.server.URL
		}},
		{name: "reset before the body is read", posts: 1, end: unknown, serve: cutOff(false, "")},
		{name: "reset after the body is read", posts: 1, end: unknown, serve: cutOff(true, "")},
		{name: "connection closed within the answer's header", posts: 1, end: unknown, serve: cutOff(true, "HTTP/1.1 200 OK\r\nContent-")},
		{name: "no answer in time", posts: 1, end: unknown, opts: []open311.Option{open311.WithTimeout(silence)},
			serve: func(_ http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				<-r.Context().Done()
			}},
		{name: "context over while waiting for the answer", posts: 1, end: unknown,
			ctx: func(ctx context.Context) (context.Context, context.CancelFunc) {
				return context.WithTimeout(ctx, silence)
			},
			serve: func(_ http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				<-r.Context().Done()
			}},
	}
}

// answerFaults are answers that are no receipt.
func answerFaults() []filingFault {
	receipt := answerWith(200, "application/json", faultReceipt)
	rows := []filingFault{
		{name: "429", posts: 4, end: notFiled, serve: refusedWith(429)},
		{name: "429 once", posts: 2, end: filed, do: answered, serve: firstThen(refusedWith(429), receipt)},
		{name: "429 with a Retry-After that is too long", posts: 1, end: notFiled, serve: refusedWith(429, "Retry-After", "3600")},
		{name: "503", posts: 1, end: unknown, serve: refusedWith(503)},
		{name: "503 with Retry-After", posts: 4, end: unknown, serve: refusedWith(503, "Retry-After", "0")},
		{name: "503 with Retry-After once", posts: 2, end: filed, do: answered, serve: firstThen(refusedWith(503, "Retry-After", "0"), receipt)},
		{name: "503 with a Retry-After that is too long", posts: 1, end: unknown, serve: refusedWith(503, "Retry-After", "3600")},
		{name: "200 with a page", posts: 1, end: unknown, do: answered, serve: answerWith(200, "text/html", htmlPage)},
		{name: "200 cut off", posts: 1, end: unknown, do: answered,
			serve: answerWith(200, "application/json", `[{"service_request_id":"SR`, "Content-Length", "40")},
		{name: "200 without a body", posts: 1, end: unknown, do: answered, serve: answerWith(200, "application/json", "")},
		{name: "204", posts: 1, end: unknown, do: answered, serve: answerWith(204, "application/json", "")},
		{name: "200 with other people's requests", posts: 1, end: unknown, do: answered, serve: answerWith(200, "application/json", faultList)},
		{name: "200 with an empty list", posts: 1, end: unknown, do: answered, serve: answerWith(200, "application/json", "[]")},
		{name: "200 with an empty id", posts: 1, end: unknown, do: answered, serve: answerWith(200, "application/json", `[{"service_request_id":"","update_id":""}]`)},
		{name: "404 without a word", posts: 1, end: unknown, serve: answerWith(404, "text/html", "")},
		{name: "404 with a page, before a read has shown the format", posts: 1, end: unknown, serve: answerWith(404, "text/html", htmlPage)},
		{name: "405 without a word", posts: 1, end: unknown, serve: answerWith(405, "text/html", "")},
		{name: "405 with a page", posts: 1, end: unknown, serve: answerWith(405, "text/html", htmlPage)},
		{name: "405 of a firewall", posts: 1, end: notFiled, serve: answerWith(405, "text/html", htmlPage, "X-Amzn-Waf-Action", "captcha")},
		{name: "406 without a word", posts: 1, end: unknown, serve: answerWith(406, "text/html", "")},
		{name: "406 with a page", posts: 1, end: unknown, serve: answerWith(406, "text/html", htmlPage)},
		{name: "406 with an error list", posts: 1, end: notFiled, serve: refusedWith(406)},
		{name: "415 without a word", posts: 1, end: unknown, serve: answerWith(415, "text/html", "")},
		{name: "500 with the code 401", posts: 1, end: unknown, serve: answerWith(500, "application/json", fmt.Sprintf(jsonErrors, 401))},
		{name: "200 with an error list", posts: 1, end: unknown, do: answered, serve: refusedWith(200)},
	}
	for _, status := range []int{500, 502, 504, 408} {
		rows = append(rows, filingFault{name: fmt.Sprint(status), posts: 1, end: unknown, serve: refusedWith(status)})
	}
	for _, status := range []int{400, 401, 403, 404, 409, 415, 422} {
		rows = append(rows, filingFault{name: fmt.Sprint(status), posts: 1, end: notFiled, serve: refusedWith(status)})
	}
	for _, status := range []int{301, 302, 303, 307, 308} {
		end := notFiled
		if status == 302 || status == 303 {
			end = unknown // what web forms answer when they have worked
		}
		rows = append(rows, filingFault{name: fmt.Sprintf("redirect %d", status), posts: 1, end: end,
			serve: answerWith(status, "text/html", htmlPage, "Location", "/v2/thanks")})
	}
	return rows
}

// filingOps are the operations that change something. Do reads no answer.
var filingOps = []struct {
	name string
	do   func(context.Context, *open311.Client) error
}{
	{"Requests.Create", func(ctx context.Context, c *open311.Client) error {
		_, err := c.Requests.Create(ctx, &open311.NewRequest{ServiceCode: "001", AddressString: "Main St 1"})
		return err
	}},
	{"Requests.Create with a file", func(ctx context.Context, c *open311.Client) error {
		_, err := c.Requests.Create(ctx, &open311.NewRequest{ServiceCode: "001", AddressString: "Main St 1", Media: []open311.Media{mediaOf("a.txt", "text", 0)}})
		return err
	}},
	{"Updates.Create", func(ctx context.Context, c *open311.Client) error {
		_, err := c.Updates.Create(ctx, &open311.NewUpdate{RequestID: "SR-1", ID: "1", Status: open311.StatusOpen, UpdatedDatetime: time.Now(), Description: "x"})
		return err
	}},
	{"Do with POST", func(ctx context.Context, c *open311.Client) error { return doAndClose(ctx, c, http.MethodPost) }},
}

// outcomeOf puts the end of a call in the words of the table.
func outcomeOf(err error) string {
	switch {
	case err == nil:
		return filed
	case errors.Is(err, open311.ErrOutcomeUnknown):
		return unknown
	}
	return notFiled
}

// classOf names what errors.Is and errors.As find in an error.
func classOf(err error) string {
	var classes []string
	for name, target := range map[string]error{"ErrInvalid": open311.ErrInvalid, "ErrForbidden": open311.ErrForbidden,
		"ErrNotFound": open311.ErrNotFound, "ErrRateLimited": open311.ErrRateLimited} {
		if errors.Is(err, target) {
			classes = append(classes, name)
		}
	}
	slices.Sort(classes)
	var ae *open311.APIError
	var de *open311.DecodeError
	switch {
	case errors.As(err, &ae):
		classes = append(classes, fmt.Sprintf("*APIError %d", ae.StatusCode))
	case errors.As(err, &de):
		classes = append(classes, "*DecodeError")
	case errors.Is(err, context.Canceled):
		classes = append(classes, "context.Canceled")
	case errors.Is(err, context.DeadlineExceeded):
		classes = append(classes, "context.DeadlineExceeded")
	}
	return strings.Join(classes, ", ")
}

// run runs one row for one operation.
func (f *filingFault) run(t *testing.T, do func(context.Context, *open311.Client) error) (posts, others int, err error) {
	var mu sync.Mutex
	serve := f.serve
	if serve == nil {
		serve = answerWith(200, "application/json", faultReceipt)
	}
	n := &faultNet{transport: &http.Transport{}}
	n.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		if r.Method == http.MethodPost {
			posts++
		} else if !strings.HasSuffix(r.URL.Path, "/services.json") { // the look whether a service is a blackbox
			others++
		}
		mu.Unlock()
		if r.Method != http.MethodPost {
			http.NotFound(w, r)
			return
		}
		serve(w, r)
	}))
	n.endpoint = n.server.URL
	if f.network != nil {
		f.network(n)
	}
	defer func() { n.server.Close() }()
	opts := append([]open311.Option{open311.WithHTTPClient(&http.Client{Transport: n.transport}), open311.WithRetry(quick),
		open311.WithFormat(open311.FormatJSON)}, f.opts...)
	c, err := open311.New(n.endpoint+"/v2", opts...)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := t.Context(), context.CancelFunc(func() {})
	if f.ctx != nil {
		ctx, cancel = f.ctx(ctx)
	}
	defer cancel()
	err = do(ctx, c)
	n.transport.CloseIdleConnections()
	mu.Lock()
	defer mu.Unlock()
	return posts, others, err
}

// silence is how long a server that says nothing is waited for; by then the call must have been sent, which takes its time
// where all runs in one thread.
const silence = time.Second

// TestFilingFaults runs every row of the table and compares the table with docs/filing-faults.md.
func TestFilingFaults(t *testing.T) {
	var table strings.Builder
	table.WriteString(faultsHead)
	for _, f := range filingFaults() {
		for i, op := range filingOps {
			row := f // handlers keep count: each run has its own
			for _, fresh := range filingFaults() {
				if fresh.name == f.name {
					row = fresh
				}
			}
			want := f.end
			isDo := i == len(filingOps)-1
			if isDo && f.do != "" {
				want = f.do
			}
			t.Run(f.name+"/"+op.name, func(t *testing.T) {
				posts, others, err := row.run(t, op.do)
				got := outcomeOf(err)
				if isDo && err == nil {
					got = answered
				}
				if got != want || posts != f.posts || others != 0 {
					t.Errorf("%s, %d POSTs, %d other calls; want %s, %d, 0: %v", got, posts, others, want, f.posts, err)
				}
				var ue *open311.UnknownOutcomeError
				if want == unknown && !isDo && (!errors.As(err, &ue) || ue.Sent.IsZero() || ue.Err == nil) {
					t.Errorf("no *UnknownOutcomeError that says when: %v", err)
				}
				if i == 0 {
					do := f.end
					if f.do != "" {
						do = f.do
					}
					fmt.Fprintf(&table, "| %s | %d | %s | %s | %s |\n", f.name, f.posts, f.end, classOf(err), do)
				}
			})
		}
	}
	checkFaults(t, 0, table.String())
}

// checkFaults compares a part of docs/filing-faults.md with what has happened, or writes it anew.
func checkFaults(t *testing.T, part int, got string) {
	t.Helper()
	const name = "docs/filing-faults.md"
	old, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	first, second, _ := strings.Cut(string(old), "\n"+savedHead[:strings.Index(savedHead, "\n")+1])
	parts := []string{first, savedHead[:strings.Index(savedHead, "\n")+1] + second}
	if parts[part] == got || t.Failed() {
		return
	}
	if !*updateFixtures {
		t.Errorf("%s does not say what happens (-file +run); go test -run %s -update writes it anew:\n%s", name, t.Name(), cmp.Diff(parts[part], got))
		return
	}
	parts[part] = got
	if err := os.WriteFile(name, []byte(parts[0]+"\n"+parts[1]), 0o644); err != nil {
		t.Fatal(err)
	}
}

const faultsHead = `# What comes of a POST that goes wrong

Written by TestFilingFaults, which runs every row for ` + "`Requests.Create`" + ` with and without a file, ` +
	"`Updates.Create`" + ` and
` + "`Do`" + ` with the default of four attempts. "POSTs" is how many of them reach the server, never more and never fewer. The
error class is what ` + "`errors.Is`" + ` and ` + "`errors.As`" + ` find in the error of ` + "`Requests.Create`" + `.

- **filed**: there is a receipt.
- **not filed**: an error, and the report is not there. It may be filed again.
- **unknown**: an error that matches ` + "`ErrOutcomeUnknown`" + `, a ` + "`*UnknownOutcomeError`" + `. The report may be there: look before
  filing again, with ` + "`Requests.FindSimilar`" + ` for instance.
- **answer to read**: ` + "`Do`" + ` hands out answers below 300 as they are.

A report is sent again only if it cannot have reached the server, or if the server asks for that by 429 or by 503
with Retry-After. Redirects are never followed: 302 and 303 are what web forms answer when they have worked. Over a
` + "`*http.Transport`" + ` each POST has a connection of its own: one that was kept may be closed by the server at that moment, and
what was sent is lost without a word.

| what goes wrong | POSTs | Create | error class | Do |
| --- | --- | --- | --- | --- |
`

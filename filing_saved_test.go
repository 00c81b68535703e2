package open311_test

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-open311/open311"
)

// savedAnswer is an answer to a POST, which a city may give whether it has saved the report or not.
type savedAnswer struct {
	name    string
	serve   http.HandlerFunc
	never   bool // with such an answer nothing can have been saved: it asks for the report again, or refuses it
	always  bool // it is a receipt
	timeout time.Duration
}

func savedAnswers() []savedAnswer {
	bare := func(status int, header ...string) http.HandlerFunc {
		return answerWith(status, "text/html", "", header...)
	}
	page := func(status int) http.HandlerFunc { return answerWith(status, "text/html", htmlPage) }
	rows := []savedAnswer{
		{name: "200 with the receipt", serve: answerWith(200, "application/json", faultReceipt), always: true},
		{name: "201 with Location alone", serve: bare(201, "Location", "/v2/requests/SR-1.json"), always: true},
		{name: "201 with a page and Location", serve: answerWith(201, "text/html", htmlPage, "Location", "/v2/requests/SR-1"), always: true},
		{name: "201 with a receipt under another name", serve: answerWith(201, "application/json", `{"serviceRequestId":"SR-1"}`), always: true},
		{name: "200 without a word", serve: bare(200)},
		{name: "200 with a page", serve: page(200)},
		{name: "200 with an empty list", serve: answerWith(200, "application/json", "[]")},
		{name: "200 with the record of somebody else", serve: answerWith(200, "application/json",
			`[{"service_request_id":"OLD","service_code":"001","description":"Dead fox","lat":53.1,"long":11.2,"requested_datetime":"2020-05-01T08:00:00Z"}]`)},
		{name: "200 with other people's requests", serve: answerWith(200, "application/json", faultList)},
		{name: "200 with an error list", serve: refusedWith(200)},
		{name: "202 without a word", serve: bare(202)},
		{name: "204", serve: bare(204)},
		{name: "the receipt is cut off", serve: answerWith(200, "application/json", `[{"service_request_id":"SR`, "Content-Length", "40")},
		{name: "the connection is reset", serve: cutOff(true, "")},
		{name: "no answer in time", serve: func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
		}, timeout: silence},
		{name: "302", serve: bare(302, "Location", "/thanks")},
		{name: "303", serve: bare(303, "Location", "/thanks")},
		{name: "404 with a page", serve: page(404), never: true},
		{name: "429", serve: refusedWith(429), never: true},
		{name: "503 with Retry-After", serve: refusedWith(503, "Retry-After", "0"), never: true},
		{name: "500 with the code 401", serve: answerWith(500, "application/json", fmt.Sprintf(jsonErrors, 401))},
	}
	for _, status := range []int{404, 405, 406, 415, 408, 500, 502, 503, 504, 520} {
		rows = append(rows, savedAnswer{name: fmt.Sprintf("%d without a word", status), serve: bare(status)})
	}
	for _, status := range []int{405, 406, 415, 500, 503} {
		rows = append(rows, savedAnswer{name: fmt.Sprintf("%d with a page", status), serve: page(status)})
	}
	for _, status := range []int{404, 405, 406, 415} {
		rows = append(rows, savedAnswer{name: fmt.Sprintf("%d with an error list", status), serve: refusedWith(status), never: true})
	}
	for _, status := range []int{301, 307, 308, 400, 401, 403, 409, 410, 413, 422} {
		rows = append(rows, savedAnswer{name: fmt.Sprint(status), serve: bare(status, "Location", "/v3/requests"), never: true})
	}
	return rows
}

// savedCity saves what is posted, or not, and gives one answer. Without a session a POST is answered 401.
type savedCity struct {
	answer         savedAnswer
	saves, session bool

	mu             sync.Mutex
	posts, reports int
	formats        map[string]bool
}

func (c *savedCity) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method != http.MethodPost && strings.HasPrefix(r.URL.Path, "/v2/services"):
		answerWith(200, "application/json", `[{"service_code":"001","service_name":"Holes","type":"realtime"}]`)(w, r)
		return
	case r.Method != http.MethodPost, r.URL.Path == "/login":
		answerWith(404, "text/html", htmlPage)(w, r)
		return
	}
	c.mu.Lock()
	c.posts++
	c.formats[r.URL.Path[strings.LastIndex(r.URL.Path, "."):]] = true
	refused := c.session && r.Header.Get("Authorization") == ""
	if !refused && c.saves {
		c.reports++
	}
	c.mu.Unlock()
	if refused {
		refusedWith(401)(w, r)
		return
	}
	c.answer.serve(w, r)
}

// signsIn is a middleware that opens a session when the server wants one, and sends the call again.
func signsIn(login string) func(http.RoundTripper) http.RoundTripper {
	return func(next http.RoundTripper) http.RoundTripper {
		return stubTrip(func(r *http.Request) (*http.Response, error) {
			var body []byte
			if r.Body != nil {
				var err error
				if body, err = io.ReadAll(r.Body); err != nil {
					return nil, err
				}
			}
			again := func() *http.Request {
				c := r.Clone(r.Context())
				if r.Body != nil {
					c.Body = io.NopCloser(strings.NewReader(string(body)))
				}
				return c
			}
			resp, err := next.RoundTrip(again())
			if err != nil || resp.StatusCode != http.StatusUnauthorized {
				return resp, err
			}
			_ = resp.Body.Close()
			in, err := http.NewRequestWithContext(r.Context(), http.MethodPost, login, nil)
			if err != nil {
				return nil, err
			}
			if resp, err = next.RoundTrip(in); err != nil {
				return nil, err
			}
			_ = resp.Body.Close()
			c := again()
			c.Header.Set("Authorization", "Bearer x")
			return next.RoundTrip(c)
		})
	}
}

// savedCase is one combination; its outcome is one line of the table.
type savedCase struct{ told, media, session bool }

func (s savedCase) String() string {
	word := func(b bool, yes, no string) string {
		if b {
			return yes
		}
		return no
	}
	return word(s.told, "told", "not told") + ", " + word(s.media, "a file", "no file") + ", " + word(s.session, "signs in", "no middleware")
}

// TestFilingSaved files a report at a city that has saved it, or not, before it answers: with every answer, the format
// told or not, a file or none, with and without a middleware that signs in. No report is there twice, none is sent in
// two formats, no receipt is false or thrown away, and of none that is there it is said that it was not filed.
func TestFilingSaved(t *testing.T) {
	table, runs := &strings.Builder{}, 0
	table.WriteString(savedHead)
	for _, answer := range savedAnswers() {
		for _, saves := range []bool{true, false} {
			if saves && answer.never || !saves && answer.always {
				continue
			}
			outcomes := map[string][]savedCase{}
			for i := range 8 {
				k := savedCase{i&1 != 0, i&2 != 0, i&4 != 0}
				line := runSaved(t, answer, saves, k)
				outcomes[line] = append(outcomes[line], k)
				runs++
			}
			for _, line := range slices.Sorted(maps.Keys(outcomes)) {
				when := ""
				if len(outcomes) > 1 {
					when = ", format " + map[bool]string{true: "told", false: "not told"}[outcomes[line][0].told]
				}
				fmt.Fprintf(table, "| %s%s | %s | %s |\n", answer.name, when, map[bool]string{true: "yes", false: "no"}[saves], line)
			}
			if len(outcomes) > 2 || len(outcomes) == 2 && slices.ContainsFunc(slices.Collect(maps.Values(outcomes)), func(l []savedCase) bool { return len(l) != 4 }) {
				t.Errorf("%s: what comes of it hangs on more than the format: %v", answer.name, outcomes)
			}
		}
	}
	t.Logf("%d filings", runs)
	checkFaults(t, 1, table.String())
}

// runSaved files one report, and returns the columns of the table.
func runSaved(t *testing.T, answer savedAnswer, saves bool, k savedCase) string {
	city := &savedCity{answer: answer, saves: saves, session: k.session, formats: map[string]bool{}}
	server := httptest.NewServer(city)
	defer server.Close()
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	opts := []open311.Option{open311.WithHTTPClient(&http.Client{Transport: transport}), open311.WithRetry(quick)}
	if k.told {
		opts = append(opts, open311.WithFormat(open311.FormatJSON))
	}
	if answer.timeout > 0 {
		opts = append(opts, open311.WithTimeout(answer.timeout))
	}
	if k.session {
		opts = append(opts, open311.WithMiddleware(signsIn(server.URL+"/login")))
	}
	c, err := open311.New(server.URL+"/v2", opts...)
	if err != nil {
		t.Fatal(err)
	}
	n := &open311.NewRequest{ServiceCode: "001", Location: &open311.Point{Lat: 43.1, Long: -68.2}, Description: "A hole in the road, ä"}
	if k.media {
		n.Media = []open311.Media{mediaOf("a.jpg", "\xff\xd8\xff\xe0 a photo", 0)}
	}
	receipt, err := c.Requests.Create(t.Context(), n)
	server.Close() // it waits for calls that have come and are not counted yet
	city.mu.Lock()
	defer city.mu.Unlock()
	word, posts, receipts := outcomeOf(err), city.posts, 0
	if receipt != nil {
		receipts = 1
	}
	if k.session {
		posts -= min(posts, max(1, posts/2)) // each POST once without a session
	}
	switch {
	case city.reports > 1, len(city.formats) > 1:
		t.Errorf("%s, %s: %d reports, in the formats %v", answer.name, k, city.reports, city.formats)
	case answer.always && (receipts != 1 || receipt.ID != "SR-1"), !answer.always && receipts != 0:
		t.Errorf("%s, %s: receipt %v, %v", answer.name, k, receipt, err)
	case word == notFiled && city.reports > 0:
		t.Errorf("%s, %s: it is there, although %v", answer.name, k, err)
	}
	if class := classOf(err); class != "" {
		word += ": " + class
	}
	return fmt.Sprintf("%d | %d | %d | %s", posts, city.reports, receipts, word)
}

const savedHead = `## Saved or not

Written by TestFilingSaved. A city answers in each of these ways after it has saved a report, or without; the format was
told to the client or not, there is a file or not, and there is a middleware that signs in when it is answered 401, or
none: eight filings a row. Where a row says nothing of the format, all eight end alike. A POST that is answered 401 and
sent again by the middleware counts as one. What is saved by a city that refuses it in words nobody can know.

| answer | saved | POSTs | reports | receipts | words |
| --- | --- | --- | --- | --- | --- |
`

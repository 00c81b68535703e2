package open311_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-open311/open311"
)

// What breaks off, by the way in which it does.
var breakings = []struct {
	name  string
	off   func(w http.ResponseWriter, half string) // sends half of the document and breaks off
	cause string                                   // in the error when it never gets better
}{
	{"Content-Length is more than comes", func(w http.ResponseWriter, half string) {
		w.Header().Set("Content-Length", strconv.Itoa(len(half)+1000))
		io.WriteString(w, half)
	}, io.ErrUnexpectedEOF.Error()},
	{"connection closed in a chunk", func(w http.ResponseWriter, half string) {
		io.WriteString(w, half)
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}, io.ErrUnexpectedEOF.Error()},
	{"connection reset", func(w http.ResponseWriter, half string) {
		w.Header().Set("Content-Length", strconv.Itoa(len(half)+1000))
		io.WriteString(w, half)
		w.(http.Flusher).Flush()
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			conn.(*net.TCPConn).SetLinger(0)
			conn.Close()
		}
	}, ""}, // reset, or end of file: whatever arrives first
	{"a document cut short", func(w http.ResponseWriter, half string) { io.WriteString(w, half) }, "ends in the middle"},
	{"nothing but the head", func(w http.ResponseWriter, half string) {
		w.Header().Set("Content-Length", "1000")
		w.(http.Flusher).Flush()
	}, io.ErrUnexpectedEOF.Error()},
}

// A list or a record that breaks off is asked for again, as often as the retry policy says.
func TestBrokenOffIsRepeated(t *testing.T) {
	tests := []struct {
		name   string
		broken int // how many answers break off
		policy open311.RetryPolicy
		calls  int
		ok     bool
	}{
		{"once", 1, quick, 2, true},
		{"three times", 3, quick, 4, true},
		{"always", 9, quick, 4, false},
		{"always, two attempts", 9, open311.RetryPolicy{MaxAttempts: 2, MinWait: 1, MaxWait: 1}, 2, false},
		{"always, no retries", 9, once, 1, false},
	}
	for _, b := range breakings {
		for _, tt := range tests {
			t.Run(b.name+"/"+tt.name, func(t *testing.T) {
				for _, r := range badReads {
					for _, f := range bothFormats {
						t.Run(r.name+"/"+f.String(), func(t *testing.T) {
							var city *stubCity
							city = newStubCity(t, func(w http.ResponseWriter, _ *http.Request) {
								w.Header().Set("Content-Type", "application/"+f.String())
								s := r.whole(f)
								if len(city.calls()) <= tt.broken {
									b.off(w, s[:len(s)/2])
									return
								}
								io.WriteString(w, s)
							})
							err := r.do(t.Context(), city.client(t, open311.WithFormat(f), open311.WithRetry(tt.policy)))
							if n := len(city.calls()); n != tt.calls {
								t.Errorf("%d calls, want %d", n, tt.calls)
							}
							if tt.ok {
								if err != nil {
									t.Error(err)
								}
								return
							}
							checkDecodeError(t, err, r, city, 200, b.cause)
						})
					}
				}
			})
		}
	}
}

// With FormatAuto a list that breaks off is no reason to ask for the other format.
func TestBrokenOffKeepsTheFormat(t *testing.T) {
	city := newStubCity(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		io.WriteString(w, `[{"service_request_id":"1",`)
	})
	if _, err := city.client(t).Requests.List(t.Context(), nil); err == nil {
		t.Error("no error")
	}
	if d := cmp.Diff([]string{askedJSON, askedJSON, askedJSON, askedJSON}, city.calls()); d != "" {
		t.Errorf("calls (-want +got):\n%s", d)
	}
}

// A report is filed once, however its receipt breaks off.
func TestBrokenOffReceiptIsNotRepeated(t *testing.T) {
	for _, b := range breakings {
		t.Run(b.name, func(t *testing.T) {
			city := newStubCity(t, func(w http.ResponseWriter, _ *http.Request) { b.off(w, `[{"service_request_id":"1`) })
			_, err := city.client(t, open311.WithFormat(open311.FormatJSON)).Requests.Create(t.Context(), &open311.NewRequest{ServiceCode: "001", AddressID: "9"})
			if !errors.Is(err, open311.ErrOutcomeUnknown) {
				t.Errorf("error %v, want ErrOutcomeUnknown", err)
			}
			if n := len(city.calls()); n != 1 {
				t.Errorf("%d calls, want 1", n)
			}
		})
	}
}

// slowBody is the body of an answer of which only the beginning comes.
type slowBody struct {
	io.Reader
	ctx context.Context
}

func (b *slowBody) Read(p []byte) (int, error) {
	if n, err := b.Reader.Read(p); n > 0 || err != io.EOF {
		return n, err
	}
	<-b.ctx.Done()
	return 0, b.ctx.Err()
}

func (b *slowBody) Close() error { return nil }

// An answer that is of no use is reported at once: there is no waiting for the rest of it.
func TestUselessAnswerIsNotWaitedFor(t *testing.T) {
	tests := []struct {
		name   string
		status int
		body   string
		is     string
	}{
		{"a page", 200, htmlPage + strings.Repeat(" ", 1<<12), "an HTML page"},
		{"broken JSON", 200, `{"service_request_id" "1"}` + strings.Repeat(" ", 1<<17), "service_requests"},
		{"nested too deep", 200, strings.Repeat("[", 1<<10), "nested deeper"},
		{"a page with 404", 404, htmlPage + strings.Repeat(" ", 1<<13), "404 Not Found"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := stubClient(t, func(r *http.Request) (*http.Response, error) {
					resp := stubReply(r, tt.status, "text/html", "")
					resp.Body, resp.ContentLength = &slowBody{strings.NewReader(tt.body), r.Context()}, -1
					return resp, nil
				}, open311.WithFormat(open311.FormatJSON), open311.WithRetry(once), open311.WithTimeout(30*time.Second))
				start := time.Now()
				_, err := c.Requests.List(t.Context(), nil)
				if err == nil || !strings.Contains(err.Error(), tt.is) {
					t.Errorf("error %v, want one about %q", err, tt.is)
				}
				if took := time.Since(start); took > 2*time.Second {
					t.Errorf("reported after %v", took)
				}
			})
		})
	}
}

// The time limit holds for the body too, and what was cut off by it is asked for again.
func TestTimeoutInTheBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		c := stubClient(t, func(r *http.Request) (*http.Response, error) {
			calls++
			resp := stubReply(r, 200, "application/json", "")
			resp.Body, resp.ContentLength = &slowBody{strings.NewReader(`[{"service_request_id":"1"},`), r.Context()}, -1
			return resp, nil
		}, open311.WithRetry(open311.RetryPolicy{MaxAttempts: 3, MinWait: time.Second, MaxWait: time.Second}), open311.WithTimeout(10*time.Second))
		start := time.Now()
		_, err := c.Requests.List(t.Context(), nil)
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "within 10s") {
			t.Errorf("error %v, want a time-out", err)
		}
		if took := time.Since(start); calls != 3 || took != 32*time.Second {
			t.Errorf("%d calls in %v, want 3 in 32s", calls, took)
		}
	})
}

func TestContextEndsInTheBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		c := stubClient(t, func(r *http.Request) (*http.Response, error) {
			calls++
			resp := stubReply(r, 200, "application/json", "")
			resp.Body, resp.ContentLength = &slowBody{strings.NewReader(`[{"service_request_id":"1"},`), r.Context()}, -1
			return resp, nil
		})
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(3*time.Second, cancel)
		start := time.Now()
		_, err := c.Requests.List(ctx, nil)
		if !errors.Is(err, context.Canceled) || calls != 1 || time.Since(start) != 3*time.Second {
			t.Errorf("error %v after %d calls and %v, want context.Canceled after 1 and 3s", err, calls, time.Since(start))
		}
	})
}

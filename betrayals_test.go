package open311_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"time"

	"github.com/go-open311/open311"
)

// betrayal is a way for a call to fail, or to be answered oddly, with the key in it.
type betrayal struct {
	name   string
	answer func(key string, w http.ResponseWriter, r *http.Request)
	opts   func(key string, tr *http.Transport) []open311.Option // further ones
	ctx    func(context.Context) (context.Context, context.CancelFunc)
	closed bool // there is no server
	tls    bool // it speaks TLS with a certificate that no one knows
}

// raw sends what need not be HTTP.
func raw(text func(key string, r *http.Request) string) func(string, http.ResponseWriter, *http.Request) {
	return func(key string, w http.ResponseWriter, r *http.Request) {
		conn, buf, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		fmt.Fprint(buf, text(key, r))
		buf.Flush()
	}
}

// body answers with a body.
func body(status int, label string, text func(key string, r *http.Request) string) func(string, http.ResponseWriter, *http.Request) {
	return func(key string, w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", label)
		w.WriteHeader(status)
		io.WriteString(w, text(key, r))
	}
}

// location answers with a redirect.
func location(status int, target func(key string, r *http.Request) string) func(string, http.ResponseWriter, *http.Request) {
	return func(key string, w http.ResponseWriter, r *http.Request) {
		w.Header()["Location"] = []string{oneLine(target(key, r))}
		w.WriteHeader(status)
	}
}

func betrayals() []betrayal {
	list := []betrayal{
		{name: "no server", closed: true},
		{name: "TLS", tls: true, answer: body(200, "", jsonEcho)},
		{name: "no such host", opts: func(_ string, tr *http.Transport) []open311.Option {
			tr = tr.Clone()
			tr.DialContext = func(_ context.Context, _, addr string) (net.Conn, error) {
				return nil, &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: addr, IsNotFound: true}}
			}
			return []open311.Option{open311.WithHTTPClient(&http.Client{Transport: tr})}
		}},
		{name: "reset", answer: raw(func(string, *http.Request) string { return "" })},
		{name: "time-out", answer: func(_ string, _ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
			opts: func(string, *http.Transport) []open311.Option {
				return []open311.Option{open311.WithTimeout(5 * time.Millisecond), open311.WithRetry(once)}
			}},
		{name: "time-out in the body", answer: func(key string, w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, `[{"description":`+jsonEcho(key, r)+`,`)
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}, opts: func(string, *http.Transport) []open311.Option {
			return []open311.Option{open311.WithTimeout(5 * time.Millisecond), open311.WithRetry(once)}
		}},
		{name: "cancelled before", answer: body(200, "", jsonEcho), ctx: func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			cancel()
			return ctx, cancel
		}},
		{name: "deadline", answer: func(_ string, _ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
			ctx: func(ctx context.Context) (context.Context, context.CancelFunc) {
				return context.WithTimeout(ctx, 5*time.Millisecond)
			}},
		{name: "middleware that fails", opts: func(string, *http.Transport) []open311.Option {
			return []open311.Option{open311.WithMiddleware(func(http.RoundTripper) http.RoundTripper {
				return stubTrip(func(r *http.Request) (*http.Response, error) {
					dump, _ := httputil.DumpRequestOut(r, true)
					return nil, fmt.Errorf("cannot send %s: %w", r.URL, &url.Error{Op: "Get", URL: r.URL.String(), Err: errors.New(string(dump))})
				})
			})}
		}},
		{name: "redirect policy that fails", answer: location(302, func(_ string, r *http.Request) string { return r.RequestURI }),
			opts: func(_ string, tr *http.Transport) []open311.Option {
				return []open311.Option{open311.WithHTTPClient(&http.Client{Transport: tr, CheckRedirect: func(r *http.Request, via []*http.Request) error {
					return fmt.Errorf("no redirect from %s with %v", via[0].URL, via[0].Header)
				}})}
			}},
		{name: "charset reader that fails", answer: func(key string, w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", `application/json; charset="`+url.QueryEscape(key)+`"`)
			io.WriteString(w, "[]")
		}, opts: func(string, *http.Transport) []open311.Option {
			return []open311.Option{open311.WithCharsetReader(func(label string, _ io.Reader) (io.Reader, error) {
				return nil, fmt.Errorf("unknown charset %q", label)
			})}
		}},

		{name: "no HTTP", answer: raw(echoOf)},
		{name: "reason phrase", answer: raw(func(key string, r *http.Request) string {
			return "HTTP/1.1 403 " + oneLine(echoOf(key, r)) + "\r\nContent-Length: 0\r\n\r\n"
		})},
		{name: "status that is no number", answer: raw(func(key string, r *http.Request) string { return "HTTP/1.1 " + key + " No\r\n\r\n" })},
		{name: "header that is none", answer: raw(func(key string, r *http.Request) string { return "HTTP/1.1 200 OK\r\n" + key + "\r\n\r\n" })},
		{name: "length that is no number", answer: raw(func(key string, r *http.Request) string {
			return "HTTP/1.1 200 OK\r\nContent-Length: " + key + "\r\n\r\n"
		})},
		{name: "transfer encoding", answer: raw(func(key string, r *http.Request) string {
			return "HTTP/1.1 200 OK\r\nTransfer-Encoding: " + key + "\r\n\r\n"
		})},
		{name: "broken chunk", answer: raw(func(key string, r *http.Request) string {
			return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + key + "\r\n"
		})},
		{name: "headers", answer: func(key string, w http.ResponseWriter, r *http.Request) {
			echo := oneLine(echoOf(key, r))
			for _, name := range []string{"X-Echo", "Www-Authenticate", "Link", "X-City", "Token"} {
				w.Header()[name] = []string{echo}
			}
			w.Header().Set("Set-Cookie", "key="+url.QueryEscape(key))
			w.Header().Set("Content-Type", "text/html; key="+url.QueryEscape(key))
			w.WriteHeader(http.StatusForbidden)
		}},
		{name: "content type of a page", answer: func(key string, w http.ResponseWriter, r *http.Request) {
			body(200, "text/html; note="+url.QueryEscape(key), func(string, *http.Request) string { return htmlPage })(key, w, r)
		}},

		{name: "redirect to a host that is not there", answer: location(302, func(_ string, r *http.Request) string { return "http://127.0.0.1:1" + r.RequestURI })},
		{name: "redirect with the key in the path", answer: location(302, func(key string, r *http.Request) string {
			return "http://127.0.0.1:1/" + url.PathEscape(key)
		})},
		{name: "redirect to another scheme", answer: location(302, func(key string, r *http.Request) string { return "gopher://city.example" + r.RequestURI })},
		{name: "redirect to nonsense", answer: location(302, func(key string, r *http.Request) string { return "http://%zz/" + r.RequestURI + key })},
		{name: "redirect in a circle", answer: location(302, func(key string, r *http.Request) string { return r.RequestURI })},
		{name: "redirect in a circle with the key", answer: location(307, func(key string, r *http.Request) string { return "?api_key=" + url.QueryEscape(key) })},
		{name: "redirect without a target", answer: func(key string, w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(302)
			io.WriteString(w, echoOf(key, r))
		}},
		{name: "300", answer: body(300, "text/plain", echoOf)},

		{name: "truncated JSON", answer: body(200, "application/json", func(key string, r *http.Request) string { return `[{"description":` + jsonEcho(key, r) + `,"sta` })},
		{name: "truncated XML", answer: body(200, "text/xml", func(key string, r *http.Request) string {
			return `<service_requests><request><description>` + xmlEcho(key, r) + `</description><sta`
		})},
		{name: "truncated in the length", answer: func(key string, w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "100000")
			io.WriteString(w, `[{"description":`+jsonEcho(key, r))
		}},
		{name: "broken JSON", answer: body(200, "application/json", func(key string, r *http.Request) string { return `{"description" ` + jsonEcho(key, r) + `}` })},
		{name: "bare words", answer: body(200, "application/json", func(key string, r *http.Request) string { return `[{"description": ` + key + `}]` })},
		{name: "text", answer: body(200, "text/plain", echoOf)},
		{name: "page", answer: body(200, "text/html", func(key string, r *http.Request) string { return "<html><body>" + html.EscapeString(echoOf(key, r)) })},
		{name: "errors with 200", answer: body(200, "application/json", func(key string, r *http.Request) string {
			return `[{"code":"403","description":` + jsonEcho(key, r) + `}]`
		})},
		{name: "headers of errors with 200", answer: func(key string, w http.ResponseWriter, r *http.Request) {
			w.Header()["X-Echo"] = []string{oneLine(echoOf(key, r))}
			io.WriteString(w, `[{"code":"403","description":"no"}]`)
		}},
		{name: "another document", answer: body(200, "application/json", func(key string, r *http.Request) string { return `{"hello":` + jsonEcho(key, r) + `}` })},
		{name: "deep", answer: body(200, "application/json", func(key string, r *http.Request) string {
			return strings.Repeat(`[`, 63) + jsonEcho(key, r) + strings.Repeat(`[`, 63)
		})},
		{name: "entity", answer: body(200, "text/xml", func(key string, r *http.Request) string {
			return "<services><service><service_code>&" + key + ";</service_code></service></services>"
		})},
		{name: "encoding", answer: body(200, "text/xml", func(key string, r *http.Request) string {
			return `<?xml version="1.0" encoding="` + url.QueryEscape(key) + `"?><services><service><service_code>1</service_code></service></services>`
		})},
		{name: "broken gzip", answer: func(key string, w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			io.WriteString(w, echoOf(key, r))
		}},
	}
	for name, kind := range map[string]struct {
		label string
		text  func(string, *http.Request) string
	}{
		"JSON list": {"application/json", func(key string, r *http.Request) string {
			return `[{"code":403,"description":` + jsonEcho(key, r) + `}]`
		}},
		"JSON object": {"application/json", func(key string, r *http.Request) string {
			return `{"error":{"message":` + jsonEcho(key, r) + `,"key":` + jsonEcho(key, r) + `}}`
		}},
		"JSON fields": {"application/json", func(key string, r *http.Request) string {
			return `{"api_key":[` + jsonEcho(key, r) + `],"token":[` + jsonEcho(key, r) + `]}`
		}},
		"XML": {"text/xml", func(key string, r *http.Request) string {
			return "<errors><error><code>" + xmlEcho(key, r) + "</code><description>" + xmlEcho(key, r) + "</description></error></errors>"
		}},
		"page": {"text/html", func(key string, r *http.Request) string {
			return "<html><body><pre>" + html.EscapeString(echoOf(key, r))
		}},
		"text": {"text/plain", echoOf},
	} {
		for _, status := range []int{400, 404, 500} {
			list = append(list, betrayal{name: fmt.Sprintf("%d %s", status, name), answer: body(status, kind.label, kind.text)})
		}
	}
	// Answers that can be read, with warnings about values that hold the key; in strict mode an error.
	for name, text := range map[string]func(key string, r *http.Request) string{
		"value": func(key string, r *http.Request) string {
			return fmt.Sprintf(`[{"service_request_id":"1","service_code":"1","lat":%[1]s,"long":%[1]s,"requested_datetime":%[1]s,"metadata":%[1]s,"update_id":"1","endpoints":%[1]s,"attributes":%[1]s}]`, jsonEcho(key, r))
		},
		"value in front": func(key string, r *http.Request) string {
			b, _ := json.Marshal(key)
			return fmt.Sprintf(`[{"service_request_id":"1","service_code":"1","lat":%[1]s,"long":%[1]s,"requested_datetime":%[1]s,"metadata":%[1]s,"update_id":"1"}]`, b)
		},
		"name": func(key string, r *http.Request) string {
			return fmt.Sprintf(`[{"service_request_id":"1","service_code":"1","update_id":"1",%[1]s:"\q\u0001 %[2]s","contact":"\u0002"}]`, jsonEcho(key, r), url.QueryEscape(key))
		},
		"record": func(key string, r *http.Request) string {
			return fmt.Sprintf(`{%[1]s:{"service_requests":[{"service_request_id":"1","service_code":"1","update_id":"1"},%[1]s,{"service_request_id" %[1]s}]},"meta":%[1]s}`, jsonEcho(key, r))
		},
		"elements": func(key string, r *http.Request) string {
			name := url.QueryEscape(key)
			return "<services><service><service_code>1</service_code><service_request_id>1</service_request_id><update_id>1</update_id><" + name + ">\x01 & </" + name + "><lat>" +
				xmlEcho(key, r) + "</lat><metadata>" + xmlEcho(key, r) + "</metadata></service></" + name + "></services><" + name + "/>"
		},
		"trailing": func(key string, r *http.Request) string {
			return `[{"service_request_id":"1","service_code":"1","update_id":"1"}] ` + echoOf(key, r)
		},
	} {
		for _, strict := range []bool{false, true} {
			b := betrayal{name: fmt.Sprintf("warning about a %s, strict %v", name, strict), answer: body(200, "application/json", text)}
			if strict {
				b.opts = func(string, *http.Transport) []open311.Option { return []open311.Option{open311.WithStrict()} }
			}
			list = append(list, b)
		}
	}
	return list
}

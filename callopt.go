package open311

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

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

// isToken reports whether s can be the name of a header (RFC 9110, section 5.6.2).
func isToken(s string) bool {
	return s != "" && strings.Trim(strings.ToLower(s), "abcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^_`|~") == ""
}

// isControl reports whether a character may not stand in the value of a header.
func isControl(r rune) bool { return r < ' ' && r != '\t' || r == 0x7F }

package open311test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"sync"
)

// A proxy knows no records. What a fault does to them it does to the bytes of an answer, and for what a lagging replica
// would say it keeps what the server said before.

// distorter passes calls on, and does to the answers what a fault has it do.
type distorter struct {
	next  http.Handler
	named func(r *http.Request) Op // the operation that a call is for

	mu     sync.Mutex
	past   map[string]*httptest.ResponseRecorder
	oldest []string // the addresses in past
}

// maxPast is how many answers are kept: those that were asked for last.
const maxPast = 100

func (d *distorter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	tw, odd := twistOf(r)
	if r.Method == http.MethodPost && !odd {
		d.next.ServeHTTP(w, r)
		return
	}
	answer := d.before(r.URL.String())
	if tw.stale == nil || answer == nil {
		answer = httptest.NewRecorder()
		d.next.ServeHTTP(answer, r)
		if r.Method == http.MethodGet && answer.Code == http.StatusOK {
			d.keep(r.URL.String(), answer)
		}
	}
	body := answer.Body.Bytes()
	if odd && answer.Code/100 == 2 {
		op := d.named(r)
		if tw.duplicate && op != GetDefinition && op != GetDiscovery { // these are one record each
			body = twice(body)
		}
		if tw.wrongID {
			body = misnamed(body, op)
		}
	}
	maps.Copy(w.Header(), answer.Header())
	if odd {
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	}
	w.WriteHeader(answer.Code)
	_, _ = w.Write(body) // a caller who has gone does not want to know
}

func (d *distorter) before(address string) *httptest.ResponseRecorder {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.past[address]
}

func (d *distorter) keep(address string, answer *httptest.ResponseRecorder) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.past[address] == nil {
		d.oldest = append(d.oldest, address)
	}
	d.past[address] = answer
	if len(d.oldest) > maxPast {
		delete(d.past, d.oldest[0])
		d.oldest = d.oldest[1:]
	}
}

// twice has every record of a list two times: all of them, and all of them again. What has no list stays as it is.
func twice(body []byte) []byte {
	from, to, between := within(body)
	if from >= to {
		return body
	}
	return slices.Concat(body[:to], []byte(between), body[from:])
}

// within returns where the records of a list are in a body, and what is to stand between two of them: what is in the
// root element, or in the first array.
func within(body []byte) (from, to int, between string) {
	if bytes.HasPrefix(bytes.TrimSpace(body), []byte("<")) {
		d := xml.NewDecoder(bytes.NewReader(body))
		for depth := 0; ; {
			before := int(d.InputOffset())
			token, err := d.RawToken()
			if err != nil {
				return 0, 0, ""
			}
			switch token.(type) {
			case xml.StartElement:
				if depth++; depth == 1 {
					from = int(d.InputOffset())
				}
			case xml.EndElement:
				if depth--; depth == 0 {
					return from, before, ""
				}
			}
		}
	}
	d := json.NewDecoder(bytes.NewReader(body))
	for depth := 0; ; {
		token, err := d.Token()
		if err != nil {
			return 0, 0, ""
		}
		switch delim, _ := token.(json.Delim); {
		case delim == '[':
			if depth++; depth == 1 {
				from = int(d.InputOffset())
			}
		case delim == ']':
			if depth--; depth == 0 {
				to = int(d.InputOffset()) - 1
				if len(bytes.TrimSpace(body[from:to])) == 0 {
					return 0, 0, ""
				}
				return from, to, ","
			}
		}
	}
}

// identifiers are the fields that say what was asked for.
var identifiers = map[Op]string{GetRequest: "service_request_id", ResolveToken: "token", GetDefinition: "service_code", FileRequest: "service_request_id"}

// misnamed is an answer for something else than was asked for; a receipt gets an empty id.
func misnamed(body []byte, op Op) []byte {
	name, id := identifiers[op], "another"
	if name == "" {
		return body
	}
	if op == FileRequest {
		id = ""
	}
	body = regexp.MustCompile(`(<`+name+`\b[^>]*>)[^<]*(</`+name+`\s*>)`).ReplaceAll(body, []byte("${1}"+id+"${2}"))
	return regexp.MustCompile(`("`+name+`"\s*:\s*)("(?:[^"\\]|\\.)*"|[-+.\w]+)`).ReplaceAll(body, []byte(`${1}"`+id+`"`))
}

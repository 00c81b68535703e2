package conformance

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-open311/open311/internal/plain"
)

// Status is what became of a requirement.
type Status string

// The statuses. Only a broken Must is Fail; a broken Should is Warn; what the server or its data do not show
// is Unsupported; Error is trouble on the way, or in this package, and says nothing about the server.
const (
	Pass        Status = "pass"
	Warn        Status = "warn"
	Fail        Status = "fail"
	Unsupported Status = "unsupported"
	Disabled    Status = "disabled"
	Error       Status = "error"
)

// statuses lists them, the worst first.
var statuses = []Status{Fail, Error, Warn, Disabled, Pass, Unsupported}

// worse returns the one that counts for a whole. What passed in one format and did not show in the
// other has passed.
func worse(a, b Status) Status {
	switch {
	case a == "":
		return b
	case slices.Index(statuses, a) < slices.Index(statuses, b):
		return a
	}
	return b
}

// Verdict is what became of a whole run.
type Verdict string

// The verdicts. Partial is a run without a failure in which something was disabled or could not be asked.
const (
	Conformant             Verdict = "conformant"
	ConformantWithWarnings Verdict = "conformant with warnings"
	Partial                Verdict = "partial"
	NotConformant          Verdict = "not conformant"
)

func verdictOf(results []Result) Verdict {
	count := countOf(results)
	switch {
	case count[Fail] > 0:
		return NotConformant
	case count[Error]+count[Disabled] > 0 || count[Pass] == 0:
		return Partial
	case count[Warn] > 0:
		return ConformantWithWarnings
	}
	return Conformant
}

func countOf(results []Result) map[Status]int {
	count := make(map[Status]int)
	for _, r := range results {
		count[r.Status]++
	}
	return count
}

// Report is what a run found.
type Report struct {
	Verdict      Verdict       `json:"verdict"`
	Endpoint     string        `json:"endpoint"`
	Jurisdiction string        `json:"jurisdiction,omitempty"`
	Started      time.Time     `json:"started"`
	Elapsed      time.Duration `json:"elapsed_ns"`
	Calls        int           `json:"calls"`             // over HTTP, POSTs included
	Posts        int           `json:"posts"`             // reports and updates that were sent
	Create       bool          `json:"create"`            // whether filing was allowed
	Created      []string      `json:"created,omitempty"` // what was filed and stays in the city
	Formats      []Format      `json:"formats"`           // the formats that the server answered in
	Results      []Result      `json:"results"`           // one for each of Requirements, in its order
}

// Result is what became of a requirement.
type Result struct {
	Requirement
	Status   Status            `json:"status"`
	ByFormat map[Format]Status `json:"by_format,omitempty"`
	Reason   string            `json:"reason,omitempty"` // why it is Unsupported or Disabled
	Findings []Finding         `json:"findings,omitempty"`
	Known    bool              `json:"known,omitempty"` // it was broken before, as Target.Known says
	Took     time.Duration     `json:"took_ns,omitempty"`
}

func (r *Result) set(f Format, st Status) {
	if r.ByFormat == nil {
		r.ByFormat = make(map[Format]Status)
	}
	r.ByFormat[f] = st
}

// Finding is what was wrong in one format, and the exchange that shows it.
type Finding struct {
	Format   Format    `json:"format,omitempty"`
	Status   Status    `json:"status"`
	Got      string    `json:"got"`
	Want     string    `json:"want,omitempty"`
	Exchange *Exchange `json:"exchange,omitempty"`
	Filed    *Exchange `json:"filed,omitempty"` // the POST and its receipt, if this is about what was filed
}

// Exchange is a call and its answer, as far as they may be shown: without the key and personal data, and
// with [BodyShown] bytes of the answer's body at most.
type Exchange struct {
	Operation   Operation `json:"operation"`
	Method      string    `json:"method"`
	URL         string    `json:"url"`
	Accept      string    `json:"accept"`
	Form        string    `json:"form,omitempty"`
	Multipart   bool      `json:"multipart,omitempty"` // the form was sent in parts, with a picture in its part media
	Status      int       `json:"status,omitempty"`    // 0: there was no answer
	ContentType string    `json:"content_type,omitempty"`
	Length      int       `json:"length"` // of the body, in bytes
	Body        string    `json:"body,omitempty"`
	Err         string    `json:"error,omitempty"`
}

// BodyShown is how much of a body a report shows, in bytes.
const BodyShown = 400

// show makes of an exchange what a report may show of it: the beginning of the body, or the part of it where
// the names are.
func (s *session) show(x *exchange, near []string) *Exchange {
	if x == nil {
		return nil
	}
	e := &Exchange{
		Operation: x.op, Method: x.method, URL: clip(plain.Line(s.secrets.URL(x.url)), maxURL), Accept: orElse(x.accept, mimeOf[x.format]),
		Form: plain.Line(s.secrets.Text(x.sent)), Multipart: x.parts, Status: x.status, Length: len(x.body),
		Body: plain.Text(s.part(x.body, near)),
	}
	if x.header != nil {
		e.ContentType = s.line(x.header.Get("Content-Type"))
	}
	if x.err != nil {
		e.Err = s.line(x.err.Error())
	}
	return e
}

// line is what a report says of a text: it may quote a server, which can give values of any length.
func (s *session) line(text string) string {
	const most = 2000
	return clip(plain.Line(s.secrets.Text(text)), most)
}

// part redacts first and cuts then, so that no half of a secret stays.
func (s *session) part(body []byte, near []string) string {
	from := 0
	for _, name := range near {
		if i := bytes.Index(body[from:], []byte(name)); i >= 0 {
			from += i
		}
	}
	const before = BodyShown / 4
	if from < BodyShown/2 {
		return s.secrets.Snippet(body[:min(len(body), 4*BodyShown)], BodyShown-len("…"))
	}
	from -= before
	// A secret that the cut goes through is in no danger if what lies before it is redacted with it.
	lead := max(0, from-4*BodyShown)
	head := s.secrets.Text(string(body[lead:from]))
	whole := s.secrets.Text(string(body[lead:min(len(body), from+4*BodyShown)]))
	if !strings.HasPrefix(whole, head) {
		return s.secrets.Snippet(body[:min(len(body), 4*BodyShown)], BodyShown-len("…"))
	}
	rest := strings.ToValidUTF8(strings.TrimLeftFunc(whole[len(head):], func(c rune) bool { return c == utf8.RuneError }), "\uFFFD")
	return "…" + clip(rest, BodyShown-2*len("…"))
}

// Curl returns the call as a command for a shell. Fill in what was redacted.
func (e *Exchange) Curl() string {
	e = orZero(e)
	line := []string{"curl -i -H", quoteShell("Accept: " + e.Accept)}
	switch {
	case e.Multipart:
		for pair := range strings.SplitSeq(e.Form, "&") {
			if pair, err := url.QueryUnescape(pair); err == nil && pair != "" {
				line = append(line, "--form-string", quoteShell(pair))
			}
		}
		line = append(line, "-F 'media=@picture.gif'")
	case e.Form != "":
		line = append(line, "-d", quoteShell(e.Form))
	case e.Method != http.MethodGet:
		line = append(line, "-X", e.Method)
	}
	return strings.Join(append(line, quoteShell(e.URL)), " ")
}

// shownForm is the part of a form that people want to read. The line for a shell has all of it.
func (e *Exchange) shownForm() string { return clip(e.Form, BodyShown) }

func quoteShell(v string) string { return "'" + strings.ReplaceAll(v, "'", `'\''`) + "'" }

// Request returns the line that reports print of the call.
func (e *Exchange) Request() string {
	e = orZero(e)
	return e.Method + " " + e.URL
}

// Answer returns the line that reports print of the answer.
func (e *Exchange) Answer() string {
	e = orZero(e)
	if e.Status == 0 {
		return orElse(e.Err, "no answer")
	}
	kind := orElse(e.ContentType, "no Content-Type")
	line := fmt.Sprintf("%d %s · %s · %s", e.Status, http.StatusText(e.Status), kind, plain.Count(e.Length, "byte"))
	if e.Err != "" {
		line += " · " + e.Err
	}
	return line
}

// Count returns how many requirements have a status.
func (r *Report) Count(st Status) int { return countOf(orZero(r).Results)[st] }

// Result returns the result of a requirement.
func (r *Report) Result(id string) (Result, bool) {
	r = orZero(r)
	i := slices.IndexFunc(r.Results, func(res Result) bool { return res.ID == id })
	if i < 0 {
		return Result{}, false
	}
	return r.Results[i], true
}

// ExitStatus is the status of a program that checks a server: 0 if it is conformant, with warnings or
// without, 1 if it is not, 2 if that could not be said. What failed and was known before does not count.
func (r *Report) ExitStatus() int {
	r = orZero(r)
	verdict := r.Verdict
	if verdict == NotConformant {
		results := slices.Clone(r.Results)
		for i := range results {
			if results[i].Known {
				results[i].Status = Pass
			}
		}
		verdict = verdictOf(results)
	}
	switch verdict {
	case Conformant, ConformantWithWarnings:
		return 0
	case NotConformant:
		return 1
	}
	return 2
}

// Cell is a place in the matrix of operations and formats.
type Cell struct {
	Status Status         `json:"status"` // the worst of its results; "" if there are none
	Count  map[Status]int `json:"count"`
}

// Row is a line of the matrix.
type Row struct {
	Operation Operation
	XML, JSON Cell
	Both      Cell // requirements that are about both formats together, or about neither
}

var operations = []Operation{OpDiscovery, OpServices, OpDefinition, OpRequests, OpRequest, OpCreate, OpToken, OpUpdates, OpErrors, OpAny}

// Matrix sums the results up by operation and format.
func (r *Report) Matrix() []Row {
	r = orZero(r)
	rows := make([]Row, len(operations))
	for i, op := range operations {
		rows[i].Operation = op
		for _, res := range r.Results {
			if res.Operation != op {
				continue
			}
			if len(res.Requirement.Formats) == 0 {
				rows[i].Both.add(res.Status)
				continue
			}
			for _, f := range res.Requirement.Formats {
				st, ok := res.ByFormat[f]
				if !ok {
					st = res.Status
				}
				if f == FormatXML {
					rows[i].XML.add(st)
				} else {
					rows[i].JSON.add(st)
				}
			}
		}
	}
	return rows
}

func (c *Cell) add(st Status) {
	if c.Count == nil {
		c.Count = make(map[Status]int)
	}
	c.Count[st]++
	c.Status = worse(c.Status, st)
}

// worst returns the results that need attention, the worst first and otherwise in their order.
func (r *Report) worst(which ...Status) []Result {
	var list []Result
	for _, st := range which {
		for _, res := range r.Results {
			if res.Status == st {
				list = append(list, res)
			}
		}
	}
	return list
}

package conformance

import (
	"fmt"
	"math"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// receiptRules are about the answer to a report as a document.
func receiptRules() section {
	return section{OpCreate, FeatureCreate, specCreate, []rule{
		each("create/receipt/document", Must, "A receipt is a document", "A report for a realtime service is answered by a document in the format of the suffix.",
			"a receipt in this format", judgeReceiptDocument).because("create/accepted"),
		once("create/receipt/own-id", Must, "Every report has its own id", "Two reports have two ids, and none has the id of an older request.",
			"an id that no other request has", judgeOwnID),
	}}
}

// keptRules are about what is kept of a report, besides its text.
func keptRules() section {
	return section{OpCreate, FeatureCreate, specCreate, []rule{
		once("create/filed/plain", Should, "Signs are kept as they are", "A description is no HTML: ampersands, quotes and line breaks come back as they were sent.",
			"the signs of the description, without escapes", judgeSigns(escapes)).because("create/accepted", "create/filed/astral"),
		once("create/filed/astral", Must, "All letters of UTF-8", "Letters of four bytes in UTF-8 are taken, and come back as they were.",
			"the whole description", judgeSigns(lost)).at(specEncoding).because("create/accepted", "create/utf-8"),
		each("create/filed/open", Should, "A new request is open", "A request is open when it has been reported.",
			"status open", onFiled(func(_ *filing, r *node, x *exchange) outcome {
				if r.value("status") == "closed" {
					return broken(x, "%s", r.show("status"))
				}
				return fine
			})),
		each("create/filed/time", Must, "The time of filing", "requested_datetime is when the request was made, in the zone that it names.",
			"the time of the POST", onFiled(judgeTime)).at(specDates),
		once("create/filed/address", Should, "An address is kept", "A request that was filed with an address alone is somewhere: it has an address, or coordinates.",
			"an address, or lat and long", judgeAddressKept).because("create/accepted"),
		each("create/filed/address-beside", Should, "An address beside coordinates is kept", "A request that was filed with an address and coordinates has an address.",
			"an address", judgeAddressBeside).because("create/filed/address"),
		once("create/arguments/optional", Must, "Optional arguments", "A report may have the reporter's name, mail and telephone, and a device_id.",
			"status 200 or 201", func(s *session) outcome { return judgeAccepted(s.reporter()) }).because("create/accepted"),
		once("create/arguments/no-description", Must, "The description is optional", "A report may have no description.",
			"status 200 or 201", func(s *session) outcome {
				return judgeAccepted(s.file("no description", s.plain(), s.without(func(form url.Values) string { form.Del("description"); return "" })))
			}).because("create/accepted"),
	}}
}

func judgeReceiptDocument(s *session, f Format) outcome {
	fl := s.realtime(f)
	if o := fl.outcome(); !good(o) {
		return o
	}
	switch {
	case !fl.x.ok():
		return cannot("not judged: the report was answered with status %d", fl.x.status)
	case sniff(fl.x.body) != f && len(fl.x.body) == 0:
		return broken(fl.x, "status %d, and the answer is empty", fl.x.status)
	case sniff(fl.x.body) != f:
		return broken(fl.x, "status %d, and the answer is %s", fl.x.status, called(sniff(fl.x.body)))
	}
	return fine
}

// judgeOwnID compares what was there before with what the first two reports got.
func judgeOwnID(s *session) outcome {
	all, _ := s.sample()
	had := keysOf(all, "service_request_id")
	seen := false
	for _, f := range bothFormats {
		fl := s.realtime(f)
		if o := fl.accepted(); !good(o) || fl.id == "" {
			continue
		}
		seen = true
		if slices.Contains(had, fl.id) {
			return broken(fl.x, "the report got the id %s, which another request has", fl.id)
		}
		had = append(had, fl.id)
	}
	switch {
	case !s.target.AllowCreate:
		return cannot(noCreate)
	case !seen:
		return cannot("no report got an id")
	}
	return fine
}

// signs is a text of what programs escape or lose.
const signs = "Conformance test of signs: he said \"it's off\" & left 🚲; 1 + 1 < 3, 100%25.\nThe last line."

// judgeSigns looks at a report of a text of its own: what it is about must not spoil the others.
func judgeSigns(wrong func(got string) string) func(*session) outcome {
	return func(s *session) outcome {
		fl := s.file("signs", s.plain(), s.without(func(form url.Values) string { form.Set("description", signs); return "" }))
		r, x, o := s.reread(fl)
		if !good(o) {
			return o
		}
		got := r.value("description")
		if !strings.Contains(strings.ToLower(got), "conformance test of signs") {
			return cannot("the city does not publish the description as it was sent")
		}
		if text := wrong(got); text != "" {
			return broken(x, "%s: %s", r.show("description"), text)
		}
		return fine
	}
}

// escapes compares what is there from the first words to the last ones. A text without them was cut or moderated.
func escapes(got string) string {
	got, sent := signsIn.FindString(flat(got)), flat(signs)
	if got == sent || got == "" {
		return ""
	}
	i := 0
	for i < len(got) && got[i] == sent[i] {
		i++
	}
	for !utf8.RuneStart(sent[i]) {
		i--
	}
	return fmt.Sprintf("there is %q, sent was %q", clip(got[i:], 12), clip(sent[i:], 12))
}

var signsIn = regexp.MustCompile(`(?i)conformance test of signs.*?the last line\.`)

func lost(got string) string {
	switch {
	case strings.Contains(got, "🚲"), strings.Contains(got, "&#"):
		return "" // an escape is another rule's business
	}
	return "sent was 🚲"
}

// reread reads a request that was filed.
func (s *session) reread(fl *filing) (*node, *exchange, outcome) {
	if o := judgeAccepted(fl); !good(o) {
		return nil, nil, o
	}
	if fl.id == "" {
		return nil, nil, cannot("not judged: the report got no id")
	}
	rows, x, o := s.rows(itemCall(fl.x.format, fl.id))
	if good(o) && len(rows) != 1 {
		o = cannot("not judged: the request cannot be read")
	}
	if !good(o) {
		return nil, x, o
	}
	return rows[0], x, fine
}

// judgeTime finds times that are off by a whole number of quarters of an hour: a zone that is another than the one
// that is named. The clock of a city in a test may stand anywhere.
func judgeTime(fl *filing, r *node, x *exchange) outcome {
	if r.value("requested_datetime") == "" {
		return broken(x, "%s", r.show("requested_datetime"))
	}
	at, ok := instantOf(r.value("requested_datetime"))
	if !ok || fl.at.IsZero() {
		return cannot("not judged: the time cannot be read")
	}
	const quarter, slip, widest = 15 * time.Minute, 2 * time.Minute, 14*time.Hour + 15*time.Minute
	off := at.Sub(fl.at)
	switch rest := math.Abs((off - off.Round(quarter)).Minutes()); {
	case off.Abs() < quarter:
		return fine
	case off.Abs() > widest || rest > slip.Minutes():
		return cannot("the clock of the city is another than that of this check")
	}
	return broken(x, "%s, %s from the time of the POST", r.show("requested_datetime"), off.Round(quarter))
}

func judgeAddressKept(s *session) outcome {
	fl := s.addressed()
	if good(fl.outcome()) && !fl.x.ok() {
		return because("create/address-only")
	}
	if !s.publishesAddresses() {
		return cannot("the city publishes no addresses")
	}
	r, x, o := s.reread(fl)
	if good(o) && r.child("address").blank() && (r.value("lat") == "" || r.value("long") == "") {
		return broken(x, "%s, %s; sent was %q", r.show("address"), r.show("lat"), fl.form.Get("address_string"))
	}
	return o
}

// publishesAddresses: in the list there is one.
func (s *session) publishesAddresses() bool {
	all, _ := s.sample()
	return slices.ContainsFunc(all, func(r *node) bool { return r.value("address") != "" })
}

func judgeAddressBeside(s *session, f Format) outcome {
	return onFiled(func(fl *filing, r *node, x *exchange) outcome {
		switch sent := fl.form.Get("address_string"); {
		case sent == "" || !s.publishesAddresses():
			return cannot("no address was sent, or the city publishes none")
		case r.child("address").blank():
			return broken(x, "%s; sent was %q", r.show("address"), sent)
		}
		return fine
	})(s, f)
}

// addressed is a report with an address and nothing else to say where.
func (s *session) addressed() *filing {
	return s.file("address", s.plain(), s.without(func(form url.Values) string {
		form.Del("lat")
		form.Del("long")
		form.Del("address_id")
		if form.Get("address_string") == "" {
			return "the sample has no address"
		}
		return ""
	}))
}

// located is a report with coordinates and nothing else to say where.
func (s *session) located() *filing {
	return s.file("coordinates", s.plain(), s.without(func(form url.Values) string {
		form.Del("address_string")
		form.Del("address_id")
		if form.Get("lat") == "" {
			return "the sample has no coordinates"
		}
		return ""
	}))
}

// judgePlaceAlone: a server that takes no place alone, whichever it is, is told so once.
func judgePlaceAlone(make func(s *session) *filing) func(*session) outcome {
	return func(s *session) outcome {
		o := judgeAccepted(make(s))
		var all []judgeFunc
		for _, other := range []func(s *session) *filing{(*session).located, (*session).addressed, (*session).identified} {
			all = append(all, func(s *session, _ Format) outcome { return judgeAccepted(other(s)) })
		}
		if o.what == broke && s.noneKept(FormatNone, all...) {
			o.alike = "places"
			o.text += "; nor is one with another place alone"
		}
		return o
	}
}

// reporter is a report of somebody who does not exist.
func (s *session) reporter() *filing {
	return s.file("reporter", s.plain(), s.without(func(form url.Values) string {
		for name, v := range map[string]string{
			"email": "conformance@example.org", "first_name": "Conformance", "last_name": "Test", "phone": "+1 555 0100", "device_id": "conformance-test",
		} {
			if form.Get(name) == "" {
				form.Set(name, v)
			}
		}
		return ""
	}))
}

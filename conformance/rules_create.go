package conformance

import (
	"maps"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-open311/open311/internal/plain"
)

func createRules() section {
	return section{OpCreate, FeatureCreate, specCreate, []rule{
		each("create/accepted", Must, "A good report is accepted", "A report with a service_code, a location and the required attributes is accepted.",
			"status 200 or 201", judgeGoodReport).because("definition/metadata/false").byCode(),
		inXML("create/xml-root", Must, "XML root of a receipt", "The receipt is in a service_requests element.",
			"<service_requests>", onReceipt(func(fl *filing) outcome {
				return rootIs(fl.x.doc, fl.x, "service_requests")
			})),
		inXML("create/xml-item", Must, "XML element of a receipt", "In it there is a request element.",
			"<request>", onReceipt(func(fl *filing) outcome {
				return judgeRows(itemsOf(fl.x.doc, FormatXML), fl.x, "element", element("request"))
			})),
		inJSON("create/json-array", Must, "JSON form of a receipt", "In JSON the receipt is an array of one object.",
			"[{…}]", onReceipt(func(fl *filing) outcome { return arrayOfObjects(fl.x.doc, fl.x) })).at(specSpark),
		each("create/one", Must, "One receipt", "A report is answered by one record, and not by a list of requests.",
			"one record", onReceipt(func(fl *filing) outcome {
				if len(fl.rows) != 1 && len(itemsOf(fl.x.doc, fl.x.format)) != 1 {
					return broken(fl.x, "%d records", len(fl.rows))
				}
				return fine
			})),
		each("create/realtime-id", Must, "Realtime gives an id", "A report for a realtime service is answered with its service_request_id.",
			"a service_request_id that is not empty", func(s *session, f Format) outcome {
				return judgeReceipt(s.realtime(f), filled("service_request_id"))
			}),
		each("create/id-or-token", Must, "Id or token", "A receipt has an id or a token, and not both.",
			"one of the two", judgeIDOrToken).last(),
		each("create/batch-token", Must, "Batch gives a token", "A report for a batch service is answered with a token.",
			"a token that is not empty", func(s *session, f Format) outcome {
				return judgeReceipt(s.ofKind("batch", f), filled("token"))
			}).because("create/realtime-id").of(FeatureTokens),
		each("create/blackbox", Must, "Blackbox gives neither", "A report for a blackbox service is answered without id and token.",
			"neither id nor token", judgeBlackbox),
		each("create/texts", Must, "Notice and account are texts", "service_notice and account_id of a receipt are plain texts.",
			"no array and no object", func(s *session, f Format) outcome {
				return judgeReceipt(s.realtime(f), plainText("service_notice", "account_id"))
			}),
	}}
}

// filedRules are about what became of a report, and about other ways to say where.
func filedRules() section {
	return section{OpCreate, FeatureCreate, specCreate, []rule{
		each("create/readable", Must, "What was filed can be read", "A request that was filed can be had by its id.",
			"the request", func(s *session, f Format) outcome {
				_, r, x, o := s.filed(f)
				if good(o) && r == nil {
					return broken(x, "status %d, and no request %s in it", x.status, s.realtime(f).id)
				}
				return o
			}).because("request/served"),
		each("create/service-code", Must, "It has the service asked for", "A request that was filed has the service_code it was filed for.",
			"the service_code of the report", onFiled(func(fl *filing, r *node, x *exchange) outcome {
				if r.value("service_code") != fl.form.Get("service_code") {
					return broken(x, "%s, sent was %q", r.show("service_code"), fl.form.Get("service_code"))
				}
				return fine
			})).because("create/receipt/own-id"),
		each("create/utf-8", Must, "Texts are UTF-8", "Texts are sent in UTF-8 and come back as they were.",
			"the letters of the description", onFiled(judgeLetters)).at(specEncoding),
		each("create/location", Should, "It is where it was filed", "A request that was filed has the coordinates of the report.",
			"lat and long of the report", onFiled(judgePlace)).because("create/filed/coordinates"),
		once("create/listed", Must, "It can be listed", "A request that was filed is listed by its id.",
			"the request in the list", judgeListed).because("requests/filter/id"),
		once("create/coordinates-only", Must, "Coordinates are enough", "lat and long alone are a location.", "status 200 or 201",
			judgePlaceAlone((*session).located)).because("create/accepted"),
		once("create/address-only", Must, "An address is enough", "address_string alone is a location.", "status 200 or 201",
			judgePlaceAlone((*session).addressed)).because("create/accepted"),
		once("create/empty-arguments", Must, "Empty arguments of a report", "An optional argument without a value is the same as none.",
			"status 200 or 201", func(s *session) outcome {
				return judgeAccepted(s.file("empty", s.plain(), s.without(func(form url.Values) string {
					for _, name := range []string{"address_id", "email", "device_id", "account_id", "first_name", "last_name", "phone", "media_url"} {
						if form.Get(name) == "" {
							form.Set(name, "")
						}
					}
					if s.target.Jurisdiction == "" {
						form.Set("jurisdiction_id", "")
					}
					return ""
				})))
			}).at(specArguments).because("create/accepted"),
	}}
}

// judgeGoodReport: which attributes a report needs cannot be said where metadata says nothing.
func judgeGoodReport(s *session, f Format) outcome {
	o := judgeAccepted(s.realtime(f))
	if o.what == broke && slices.ContainsFunc(s.servicesOf(), func(v *node) bool { return oneOf("metadata", "true", "false")(v) != "" }) {
		return o.by("services/list/metadata")
	}
	return o
}

func judgeAccepted(fl *filing) outcome {
	o := fl.outcome()
	switch {
	case !good(o):
		return o
	case !fl.x.ok():
		return broken(fl.x, "status %d for a report with %s", fl.x.status, describeForm(fl.form))
	case fl.x.doc != nil && looksLikeErrors(fl.x.doc):
		return broken(fl.x, "an error with status %d", fl.x.status)
	}
	return fine
}

func onReceipt(check func(*filing) outcome) judgeFunc {
	return func(s *session, f Format) outcome {
		fl := s.realtime(f)
		if o := fl.accepted(); !good(o) {
			return o
		}
		return check(fl)
	}
}

func judgeReceipt(fl *filing, check func(*node) string) outcome {
	r, o := fl.one()
	if !good(o) {
		return o
	}
	if text := check(r); text != "" {
		return broken(fl.x, "%s", text)
	}
	return fine
}

func judgeIDOrToken(s *session, f Format) outcome {
	seen := false
	for _, name := range slices.Sorted(maps.Keys(s.filings)) {
		fl := s.filings[name]
		if r, o := fl.one(); good(o) && fl.x.format == f {
			seen = true
			if r.value("service_request_id") != "" && r.value("token") != "" {
				return broken(fl.x, "%s, %s", r.show("service_request_id"), r.show("token"))
			}
		}
	}
	switch {
	case !s.target.AllowCreate:
		return cannot(noCreate)
	case !seen:
		return cannot("no receipt was seen")
	}
	return fine
}

func judgeBlackbox(s *session, f Format) outcome {
	fl := s.ofKind("blackbox", f)
	if o := fl.outcome(); !good(o) {
		return o
	}
	for _, r := range fl.rows {
		if r.value("service_request_id") != "" || r.value("token") != "" {
			return broken(fl.x, "%s, %s", r.show("service_request_id"), r.show("token"))
		}
	}
	if !fl.x.ok() {
		return cannot("not judged: the report was answered with status %d", fl.x.status)
	}
	return fine
}

// filed reads the request that was filed. It is nil if the answer does not have it.
func (s *session) filed(f Format) (*filing, *node, *exchange, outcome) {
	fl := s.realtime(f)
	if o := fl.accepted(); !good(o) {
		return fl, nil, nil, o
	}
	if fl.id == "" {
		return fl, nil, nil, cannot("not judged: the report got no id")
	}
	x, o := s.reachSoon(itemCall(f, fl.id))
	if good(o) && x.ok() && x.doc != nil {
		for _, r := range rowsOf(x.doc, f) {
			if r.value("service_request_id") == fl.id {
				return fl, r, x, fine
			}
		}
	}
	return fl, nil, x, o
}

// reachSoon is reach for what has just been filed: a city may write it down first where it does not read. It looks
// once more, a few seconds later.
func (s *session) reachSoon(c call) (*exchange, outcome) {
	x, o := s.reach(c)
	if !good(o) || x.status != http.StatusNotFound || s.looked[s.urlOf(c)] {
		return x, o
	}
	s.looked[s.urlOf(c)] = true
	if s.target.Pace >= 0 {
		if err := s.sleep(readWait); err != nil {
			return x, o
		}
	}
	again := s.send(c, http.MethodGet, s.urlOf(c), "", nil, nil)
	if !good(reached(again)) {
		return x, o
	}
	s.made[c.accept+" "+s.urlOf(c)] = again
	return again, fine
}

const readWait = 3 * time.Second

// onFiled applies a check to the request that was filed.
func onFiled(check func(fl *filing, r *node, x *exchange) outcome) judgeFunc {
	return func(s *session, f Format) outcome {
		fl, r, x, o := s.filed(f)
		if good(o) && r == nil {
			return cannot("not judged: the request cannot be read")
		}
		if !good(o) {
			return o
		}
		return check(fl, r, x)
	}
}

// judgeLetters compares what is not ASCII: a city may shorten or moderate a description.
func judgeLetters(fl *filing, r *node, x *exchange) outcome {
	if r.value("description") == "" {
		return cannot("the city does not publish the description")
	}
	letters := strings.Map(func(c rune) rune {
		if c < utf8.RuneSelf {
			return -1
		}
		return c
	}, fl.form.Get("description"))
	got := strings.Map(func(c rune) rune {
		if c < utf8.RuneSelf {
			return -1
		}
		return c
	}, r.value("description"))
	switch {
	case !strings.Contains(r.value("description"), strings.Fields(fl.form.Get("description"))[0]):
		return cannot("the city does not publish the description as it was sent")
	case strings.HasPrefix(flat(fl.form.Get("description")), strings.TrimRight(flat(r.value("description")), ".… ")) && len(flat(r.value("description"))) < len(flat(fl.form.Get("description"))):
		return cannot("the description is cut")
	case letters == "":
		return cannot("the description of the sample is ASCII")
	case !strings.Contains(got, letters):
		return broken(x, "%s; sent were the letters %s", r.show("description"), letters)
	}
	return fine
}

func judgePlace(fl *filing, r *node, x *exchange) outcome {
	for _, name := range []string{"lat", "long"} {
		sent, err := strconv.ParseFloat(fl.form.Get(name), 64)
		if err != nil {
			return cannot("the sample has no coordinates")
		}
		// A city may move a report to the next house, and not to the next street.
		if got, err := strconv.ParseFloat(r.value(name), 64); err != nil || math.Abs(got-sent) > 0.001 {
			return broken(x, "%s, sent was %s", r.show(name), fl.form.Get(name))
		}
	}
	return fine
}

func judgeListed(s *session) outcome {
	fl := s.realtime(s.plain())
	if o := fl.accepted(); !good(o) {
		return o
	}
	if fl.id == "" {
		return cannot("not judged: the report got no id")
	}
	rows, x, o := s.filtered(s.plain(), url.Values{"service_request_id": {fl.id}})
	if !good(o) {
		return o
	}
	is := func(rows []*node) bool { return slices.Contains(keysOf(rows, "service_request_id"), fl.id) }
	if is(rows) {
		return fine
	}
	// A list may be kept for a moment.
	if s.target.Pace >= 0 && s.sleep(readWait) != nil || !is(s.afresh(x.call)) {
		return broken(x, "%s, and not %s", plain.Count(len(rows), "request"), fl.id)
	}
	return fine
}

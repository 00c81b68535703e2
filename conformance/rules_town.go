package conformance

import (
	"net/http"
	"net/url"
	"strings"
)

// townRules: every operation has to know the jurisdictions of a server of several, and not the list of services alone.
func townRules() section {
	sec := section{OpRequests, FeatureJurisdiction, specMulti, nil}
	for _, t := range towns {
		unknown := each(string(t.op)+"/jurisdiction/unknown", Must, "Unknown jurisdiction, "+t.label,
			"A jurisdiction_id that a server of several jurisdictions does not have is answered with 404: "+t.label+".",
			"status 404", t.judge(http.StatusNotFound, noCity))
		missing := each(string(t.op)+"/jurisdiction/missing", Must, "Missing jurisdiction, "+t.label,
			"A server that needs jurisdiction_id answers a call without it with 400: "+t.label+".",
			"status 400", t.judge(http.StatusBadRequest, ""))
		empty := each(string(t.op)+"/jurisdiction/empty", Must, "Empty jurisdiction, "+t.label,
			"An empty jurisdiction_id is the same as none: "+t.label+".", "the answer without it", t.judgeEmpty).at(specArguments)
		for _, r := range []rule{unknown, missing, empty} {
			if t.op == OpCreate && r.ID == empty.ID {
				continue // a report with empty arguments has this one, too: create/empty-arguments
			}
			r.Operation, r.needs = t.op, []string{t.need}
			if r.ID == "requests/jurisdiction/empty" {
				r = r.because("requests/filter/empty-arguments")
			}
			if t.op == OpCreate {
				r.Feature = FeatureCreate
			}
			sec.rules = append(sec.rules, r)
		}
	}
	return sec
}

const (
	noCity    = "no_such_city"
	emptyCity = "\x00empty"
)

// town is an operation as it is asked with another jurisdiction_id.
type town struct {
	op    Operation
	label string
	need  string // without which no answer says anything
	ask   func(s *session, f Format, city string) (*exchange, outcome)
}

var towns = []town{
	{OpDefinition, "service definition", "definition/served", func(s *session, f Format, city string) (*exchange, outcome) {
		codes := s.defined()
		if len(codes) == 0 {
			return nil, cannot("the city has no definitions")
		}
		return s.abroad(definitionCall(f, codes[0]), city)
	}},
	{OpRequests, "list of requests", "requests/list/xml", func(s *session, f Format, city string) (*exchange, outcome) { return s.abroad(listCall(f, nil), city) }},
	{OpRequest, "single request", "request/served", func(s *session, f Format, city string) (*exchange, outcome) {
		r, o := s.chosen()
		if !good(o) {
			return nil, o
		}
		return s.abroad(itemCall(f, r.value("service_request_id")), city)
	}},
	{OpCreate, "filing", "create/accepted", func(s *session, f Format, city string) (*exchange, outcome) {
		fl := s.file("in "+city, f, s.without(func(form url.Values) string { form.Set("jurisdiction_id", orElse(city, noTown)); return "" }))
		return fl.x, fl.outcome()
	}},
	{OpToken, "tokens", "token/served/again", func(s *session, f Format, city string) (*exchange, outcome) {
		p, o := s.poll(f)
		if !good(o) {
			return nil, o
		}
		return s.abroad(tokenCall(f, p.token), city)
	}},
}

// abroad makes a call with another jurisdiction_id; "" is none.
func (s *session) abroad(c call, city string) (*exchange, outcome) {
	c.naked = true
	if city != "" {
		c.query = url.Values{"jurisdiction_id": {strings.TrimPrefix(city, emptyCity)}}
	}
	return s.reach(c)
}

// judge wants a refusal only of a server that has shown, at the list of services or of requests, that it does not
// ignore the argument, as one of a single jurisdiction may.
func (t town) judge(status int, city string) judgeFunc {
	return func(s *session, f Format) outcome {
		switch {
		case s.target.Jurisdiction == "":
			return cannot("the target has no jurisdiction_id")
		case !s.speaks(f):
			return cannot("the server does not answer in %s", upper(f))
		}
		x, o := t.ask(s, f, city)
		switch {
		case !good(o):
			return o
		case x.status == status:
			return fine
		case x.status < http.StatusBadRequest && !s.heeds(f, city):
			return cannot("the server ignores jurisdiction_id, as one of a single jurisdiction may")
		}
		return x.wants(status, "").ofTowns()
	}
}

// judgeEmpty: a server that needs jurisdiction_id may refuse an empty one, as it refuses none.
func (t town) judgeEmpty(s *session, f Format) outcome {
	if s.target.Jurisdiction != "" {
		return cannot("the target needs a jurisdiction_id")
	}
	if !s.speaks(f) {
		return cannot("the server does not answer in %s", upper(f))
	}
	x, o := t.ask(s, f, emptyCity)
	if good(o) && !x.ok() {
		return broken(x, "status %d with jurisdiction_id=, and not without it", x.status)
	}
	return o
}

// heeds tells whether any list is refused for its jurisdiction_id.
func (s *session) heeds(f Format, city string) bool {
	for _, c := range []call{servicesCall(f), listCall(f, nil)} {
		if x, o := s.abroad(c, city); good(o) && (x.status/100 == 4 || x.ok() && !s.sameList(c, x)) {
			return true
		}
	}
	return false
}

package conformance

import (
	"net/http"
	"net/url"
	"slices"
	"time"
)

// maxPolls is how often a token is asked for before it counts as pending. A city that needs hours is a
// good city, too.
const maxPolls = 5

func tokenRules() section {
	return section{OpToken, FeatureTokens, specToken, []rule{
		each("token/served", Must, "A token can be asked for", "A token that was given out is answered.",
			"status 200 and a document", func(s *session, f Format) outcome {
				p, o := s.poll(f)
				if !good(o) {
					return o
				}
				if !p.x.ok() || sniff(p.x.body) != f {
					return broken(p.x, "status %d, %s", p.x.status, called(sniff(p.x.body)))
				}
				return fine
			}),
		each("token/served/again", Must, "A token can be asked for again", "A token that has become an id is answered when it is asked for once more.",
			"the same answer", func(s *session, f Format) outcome {
				p, o := s.poll(f)
				if !good(o) {
					return o
				}
				if p.id == "" {
					return cannot("not judged: the id is pending")
				}
				x, o := s.reach(tokenCall(f, p.token))
				if good(o) && !x.ok() {
					return broken(x, "status %d, and before 200", x.status)
				}
				return o
			}).because("token/served"),
		each("token/served/own-id", Must, "Every token has its own id", "The id that a token becomes is no other request's.",
			"an id that no other request has", judgeTokenOwnID),
		inXML("token/xml-root", Must, "XML root of a token", "The answer is in a service_requests element.",
			"<service_requests>", onToken(func(p *polled) string {
				if p.x.doc.name != "service_requests" {
					return "the root element is <" + p.x.doc.name + ">"
				}
				return ""
			})),
		inXML("token/xml-item", Must, "XML element of a token", "In it there is a request element.",
			"<request>", onToken(func(p *polled) string {
				return judgeRows(itemsOf(p.x.doc, FormatXML), p.x, "element", element("request")).text
			})),
		inJSON("token/json-array", Must, "JSON form of a token", "In JSON the answer is an array of one object.",
			"[{…}]", onToken(func(p *polled) string {
				if o := arrayOfObjects(p.x.doc, p.x); !good(o) {
					return o.text
				}
				return ""
			})).at(specSpark),
		each("token/token", Must, "The token is repeated", "The answer repeats the token that was asked for.",
			"the token", onToken(func(p *polled) string {
				rows := rowsOf(p.x.doc, p.x.format)
				if len(rows) != 1 {
					return "" // an answer without a record says that the id is pending
				}
				if rows[0].value("token") != p.token {
					return rows[0].show("token")
				}
				return ""
			})),
		each("token/resolves", May, "A token becomes an id", "After a while the answer has a service_request_id.",
			"a service_request_id", func(s *session, f Format) outcome {
				p, o := s.poll(f)
				if good(o) && p.id == "" {
					return broken(p.x, "the id was still pending after %d polls", p.polls)
				}
				return o
			}),
		each("token/request", Must, "The id is a request's", "The request that a token became can be had by its id.",
			"the request", judgeTokenRequest).because("request/served", "create/readable"),
		once("token/formats-equal", Must, "XML and JSON agree on a token", "A token has the same id in XML and in JSON.",
			"the same id", judgeTokenEqual),
		each("token/unknown-404", Must, "Unknown token", "A token that was never given out is answered with 404.",
			"status 404", judgeUnknownToken).of(FeatureErrors).at(specErrors),
	}}
}

// polled is a token that was asked for until it became an id, or until it was time to give up.
type polled struct {
	x     *exchange // the last answer
	token string
	id    string
	polls int
}

// poll asks for the token of the batch report that was filed in a format.
func (s *session) poll(f Format) (*polled, outcome) {
	fl := s.ofKind("batch", f)
	if o := fl.accepted(); !good(o) {
		return nil, o
	}
	if fl.tok == "" {
		return nil, cannot("not judged: no token was given out")
	}
	if p := s.tokens[f]; p != nil {
		return p, reached(p.x)
	}
	p := &polled{token: fl.tok}
	s.tokens[f] = p
	wait := s.target.Pace
	for p.polls < maxPolls && p.id == "" {
		if p.polls > 0 && wait > 0 {
			if err := s.sleep(wait); err != nil {
				break
			}
			wait = min(2*wait, 4*time.Second)
		}
		c := tokenCall(f, p.token)
		p.x = s.send(c, http.MethodGet, s.urlOf(c), "", nil, nil)
		p.polls++
		if !good(reached(p.x)) || !p.x.ok() || p.x.doc == nil {
			break
		}
		if rows := rowsOf(p.x.doc, f); len(rows) > 0 {
			p.id = rows[0].value("service_request_id")
		}
	}
	return p, reached(p.x)
}

func tokenCall(f Format, token string) call {
	return call{op: OpToken, format: f, path: "tokens/" + url.PathEscape(token)}
}

func onToken(check func(*polled) string) judgeFunc {
	return func(s *session, f Format) outcome {
		p, o := s.poll(f)
		if !good(o) {
			return o
		}
		if _, _, o := readable(p.x); !good(o) {
			return o
		}
		if text := check(p); text != "" {
			return broken(p.x, "%s", text)
		}
		return fine
	}
}

func judgeTokenRequest(s *session, f Format) outcome {
	p, o := s.poll(f)
	if !good(o) {
		return o
	}
	if p.id == "" {
		return cannot("not judged: the id is pending")
	}
	x, o := s.reachSoon(itemCall(f, p.id))
	if !good(o) {
		return o
	}
	if x.ok() && x.doc != nil {
		for _, r := range rowsOf(x.doc, f) {
			if r.value("service_request_id") == p.id {
				return fine
			}
		}
	}
	return broken(x, "status %d, and no request %s in it", x.status, p.id)
}

// judgeTokenOwnID compares the id of a token with those that were there before it, and that the other reports got.
func judgeTokenOwnID(s *session, f Format) outcome {
	p, o := s.poll(f)
	if !good(o) {
		return o
	}
	if p.id == "" {
		return cannot("not judged: the id is pending")
	}
	all, _ := s.sample()
	had := keysOf(all, "service_request_id")
	for _, other := range bothFormats {
		had = append(had, s.realtime(other).id)
		if q := s.tokens[other]; q != nil && q.token != p.token {
			had = append(had, q.id)
		}
	}
	if slices.Contains(had, p.id) {
		return broken(p.x, "the token became the id %s, which another request has", p.id)
	}
	return fine
}

func judgeTokenEqual(s *session) outcome {
	for _, f := range bothFormats {
		other := FormatJSON
		if f == FormatJSON {
			other = FormatXML
		}
		p, o := s.poll(f)
		if o.what == trouble {
			return o
		}
		if !good(o) || p.id == "" || !s.speaks(other) {
			continue
		}
		x, o := s.reach(tokenCall(other, p.token))
		if !good(o) {
			return o
		}
		if x.doc == nil || !x.ok() {
			continue // token/served is about that
		}
		rows := rowsOf(x.doc, other)
		if len(rows) != 1 || rows[0].value("service_request_id") != p.id {
			return broken(x, "another answer in %s than the id %s in %s", upper(other), p.id, upper(f))
		}
		return fine
	}
	if !s.target.AllowCreate {
		return cannot(noCreate)
	}
	return cannot("no token became an id")
}

func judgeUnknownToken(s *session, f Format) outcome {
	if _, err := s.serviceOf("batch", nil); err != nil {
		return cannot("%s, so there are no tokens", err)
	}
	return judgeUnknown("tokens", OpToken)(s, f)
}

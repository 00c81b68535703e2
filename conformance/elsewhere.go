package conformance

import (
	"errors"
	"net/http"
	"path"
	"slices"
	"strings"
)

// elsewhere says that there is no endpoint where the target says, and where there is one: a slip of the caller says
// nothing about a server. "" is that there is one here, or something that may be meant for one.
func (s *session) elsewhere() string {
	absent := true
	for _, f := range bothFormats {
		for _, c := range []call{servicesCall(f), listCall(f, nil)} {
			x := s.get(c)
			gone := x.status == http.StatusNotFound || x.status == http.StatusGone || x.ok() && sniff(x.body) == FormatNone
			if x.err != nil || !gone {
				return ""
			}
			absent = absent && x.status != http.StatusOK
		}
	}
	here := s.target.Endpoint
	for base := here; ; base = parentOf(base) {
		for _, f := range bothFormats {
			x := s.get(call{op: OpDiscovery, format: f, path: "discovery", base: base, naked: true})
			if !x.ok() || x.doc == nil {
				continue
			}
			for _, e := range v2Endpoints(x.doc) {
				if u := strings.TrimRight(e.value("url"), "/"); isURL(u) && !sameURL(u, here) {
					return "no endpoint here; the discovery document names " + s.secrets.URL(u)
				}
			}
		}
		if parentOf(base) == base {
			break
		}
	}
	if end := path.Ext(here); end == ".xml" || end == ".json" {
		return "no endpoint here; the URL of an endpoint does not end in " + end
	}
	if absent {
		return "no endpoint here: neither services nor requests are known in XML or JSON, or not in this jurisdiction"
	}
	return ""
}

// nothingHere is the report that nothing was judged, for one reason.
func (s *session) nothingHere(r *Report, text string) (*Report, error) {
	for i := range catalogue {
		req := catalogue[i].Requirement
		req.Formats = slices.Clone(req.Formats)
		r.Results[i] = Result{Requirement: req, Status: Unsupported, Reason: text}
		if s.target.Progress != nil {
			s.target.Progress(i+1, len(catalogue), r.Results[i])
		}
	}
	r.Calls = len(s.log)
	r.Verdict = verdictOf(r.Results)
	return r, errors.New("conformance: " + r.Endpoint + ": " + text)
}

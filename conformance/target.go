package conformance

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/internal/redact"
)

// Target is the server to check, and how.
type Target struct {
	Endpoint     string // where services.xml and the others are
	DiscoveryURL string // its discovery document, with or without suffix; empty: the usual places are tried
	Jurisdiction string // jurisdiction_id of every call; empty: none is sent
	APIKey       string // for POST; for reads only where the server refuses them without

	HTTPClient *http.Client // it is not changed; nil: one with a time limit of 30 s for a call
	UserAgent  string       // empty: this package's

	// AllowCreate lets the check file service requests. Without it nothing is ever POSTed. What was
	// filed stays in the city, since GeoReport v2 cannot delete: use a test endpoint.
	AllowCreate bool
	// Sample is what is filed: its location, description, attributes and personal data are taken over.
	// Its ServiceCode, if it is set, is the realtime service that is tried. nil: an invented report.
	Sample *open311.NewRequest

	Features []Feature         // what the server is said to have; others are not tried. Empty: everything is tried
	Disable  map[string]string // requirements not to judge: id → reason, which the report shows
	Only     []Operation       // the operations to judge, OpAny of their answers with them; empty: all
	Known    []string          // ids of what was broken before: it is reported, and does not count in Report.ExitStatus
	Pace     time.Duration     // polite delay between calls; 0: 200 ms, negative: none

	// Progress, if it is set, is called after every requirement.
	Progress func(done, total int, r Result)
	// Now is the clock that "the last 90 days" is counted from; nil: time.Now.
	Now func() time.Time
}

const (
	defaultPace  = 200 * time.Millisecond
	callTimeout  = 30 * time.Second
	defaultAgent = "go-open311-conformance (+https://github.com/go-open311/open311)"
)

// prepared checks a target and fills in what it leaves open.
func prepared(t Target) (Target, error) {
	u, err := url.Parse(t.Endpoint)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || u.RawQuery != "" || u.Fragment != "" {
		return t, fmt.Errorf("conformance: the endpoint has to be an http or https URL without a query: %q", redact.New(t.APIKey).URL(t.Endpoint))
	}
	t.Endpoint = strings.TrimRight(t.Endpoint, "/")
	for id, reason := range t.Disable {
		if !slices.ContainsFunc(catalogue, func(r rule) bool { return r.ID == id }) {
			return t, fmt.Errorf("conformance: Disable names %q, which is no requirement", id)
		}
		if strings.TrimSpace(reason) == "" {
			return t, fmt.Errorf("conformance: Disable[%q] has no reason", id)
		}
	}
	for _, op := range t.Only {
		if !slices.Contains(operations, op) {
			return t, fmt.Errorf("conformance: Only names %q, which is no operation", op)
		}
	}
	for _, id := range t.Known {
		if !slices.ContainsFunc(catalogue, func(r rule) bool { return r.ID == id }) {
			return t, fmt.Errorf("conformance: Known names %q, which is no requirement", id)
		}
	}
	for _, f := range t.Features {
		if !slices.ContainsFunc(catalogue, func(r rule) bool { return r.Feature == f }) {
			return t, fmt.Errorf("conformance: Features names %q, which is no feature", f)
		}
	}
	if t.HTTPClient == nil {
		t.HTTPClient = &http.Client{Timeout: callTimeout}
	}
	c := *t.HTTPClient
	// The key goes to no other host, and a redirected POST is not silently turned into a GET.
	c.CheckRedirect = sameHostOnly
	t.HTTPClient = &c
	t.UserAgent = orElse(t.UserAgent, defaultAgent)
	if t.Pace == 0 {
		t.Pace = defaultPace
	}
	if t.Now == nil {
		t.Now = time.Now
	}
	return t, nil
}

func sameHostOnly(req *http.Request, via []*http.Request) error {
	first := via[0]
	if len(via) > 5 || first.Method != http.MethodGet || req.URL.Host != first.URL.Host {
		return http.ErrUseLastResponse
	}
	return nil
}

// judges: whether an operation is among those to judge. What holds for every answer is judged of theirs.
func (t *Target) judges(op Operation) bool {
	return len(t.Only) == 0 || op == OpAny || slices.Contains(t.Only, op)
}

// looksAt: whether what holds for every answer is judged of those of an operation.
func (t *Target) looksAt(op Operation) bool { return slices.Contains(t.Only, OpAny) || t.judges(op) }

// declared: whether the target is said to have a feature. Without a list everything may be there.
func (t *Target) declared(f Feature) bool { return slices.Contains(t.Features, f) }

// tries: whether a feature is to be judged at all. What every server must have is not up for choice.
func (t *Target) tries(f Feature) bool {
	switch f {
	case FeatureCore, FeatureDefinitions, FeatureFilters, FeatureErrors, FeatureJurisdiction:
		return true
	}
	return len(t.Features) == 0 || t.declared(f)
}

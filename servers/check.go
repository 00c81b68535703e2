package servers

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

var keyForm = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// problems collects what is wrong with a row.
type problems []string

func (p *problems) add(field, format string, args ...any) {
	*p = append(*p, field+": "+fmt.Sprintf(format, args...))
}

func (p *problems) err() error {
	if len(*p) == 0 {
		return nil
	}
	return errors.New(strings.Join(*p, "; "))
}

// check says everything that is wrong with a row.
func (s Server) check() error {
	var p problems
	if !keyForm.MatchString(s.Key) {
		p.add("key", "%q must be lower-case ASCII letters and digits with single hyphens between them", s.Key)
	}
	for _, alias := range s.Aliases {
		if fold(alias) == "" {
			p.add("aliases", "%q has no letter and no digit", alias)
		}
	}
	p.root("base_url", s.BaseURL)
	if s.TestURL != "" {
		p.root("test_url", s.TestURL)
	}
	for _, u := range s.OtherURLs {
		p.root("other_urls", u)
	}
	for _, f := range [][2]string{{"discovery_url", s.DiscoveryURL}, {"key_url", s.KeyURL}, {"docs_url", s.DocsURL}} {
		if f[1] != "" {
			p.address(f[0], f[1])
		}
	}
	for i, f := range s.Formats {
		oneOf(&p, "formats", f, formats)
		if slices.Contains(s.Formats[:i], f) {
			p.add("formats", "%q twice", f)
		}
	}
	oneOf(&p, "dialect", s.DialectName, dialects)
	oneOf(&p, "paging.style", s.Paging.Style, pagingStyles)
	if s.Paging.Size < 0 || s.Paging.Max < 0 {
		p.add("paging", "a negative number")
	}
	if r := s.RateLimit; r != (RateLimit{}) && (r.Calls < 1 || r.Seconds < 1) {
		p.add("rate_limit", "calls and seconds must be 1 or more")
	}
	s.Quirks.check(&p)
	s.checkLife(&p)
	return p.err()
}

// checkLife looks at what a row says about whether the server is there.
func (s Server) checkLife(p *problems) {
	if !slices.Contains([]Status{Live, Listed, Blocked, Unverified, Retired}, s.Status) {
		p.add("status", "there is no %q; it is live, listed, blocked, unverified or retired", s.Status)
	}
	if !slices.Contains([]Precision{"", Exact, ListDate, Estimate}, s.LastSeenPrecision) {
		p.add("last_seen_precision", "there is no %q; it is exact, list or estimate", s.LastSeenPrecision)
	}
	p.date("last_seen", s.LastSeen)
	p.date("retired.since", s.Retired.Since)
	switch {
	case s.Status == Retired && s.Retired.Reason == "":
		p.add("retired", "a retired server needs a reason")
	case s.Status != Retired && s.Retired != (Retirement{}):
		p.add("retired", "only for servers whose status is retired")
	}
}

func (q *Quirks) check(p *problems) {
	oneOf(p, "quirks.body", q.Body, bodies)
	oneOf(p, "quirks.multi_value", q.MultiValue, multiValues)
	oneOf(p, "quirks.media", q.Media, media)
	if q.WindowDays < 0 {
		p.add("quirks.window_days", "a negative number")
	}
	if q.QueryTime == "" {
		return
	}
	// YYYY-MM-DD is a valid layout to package time, and every date would be sent as those letters.
	sample := time.Date(2026, time.November, 23, 0, 0, 0, 0, time.UTC)
	if t, err := time.Parse(q.QueryTime, sample.Format(q.QueryTime)); err != nil || !t.Equal(sample) {
		p.add("quirks.query_time", "%q is no layout of package time with a whole date in it", q.QueryTime)
	}
}

// oneOf checks a word that has to be a key of known, or empty.
func oneOf[K ~string, V any](p *problems, field string, word K, known map[K]V) {
	if _, ok := known[word]; word == "" || ok {
		return
	}
	var words []string
	for _, k := range slices.Sorted(maps.Keys(known)) {
		words = append(words, string(k))
	}
	p.add(field, "there is no %q; it is one of %s", string(word), strings.Join(words, ", "))
}

func (p *problems) date(field string, d Date) {
	if d != "" && d.Time().IsZero() {
		p.add(field, "%q is no date; write 2026-06-06, 2026-06 or 2026", d)
	}
}

// root checks the URL of an endpoint. Only its address belongs in a file: user names, passwords and
// keys are for the caller's options.
func (p *problems) root(field, raw string) {
	u := p.address(field, raw)
	if u != nil && (u.User != nil || u.RawQuery != "" || u.Fragment != "") {
		p.add(field, "must be an address without user, query and fragment")
	}
}

func (p *problems) address(field, raw string) *url.URL {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		// The URL itself is left out of the message: it may hold a password.
		p.add(field, "must be an absolute URL that starts with https:// or http://")
		return nil
	}
	return u
}

package conformance

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/go-open311/open311/internal/plain"
)

// Check judges a server. It reads only, unless the target allows more.
//
// If the target cannot be checked as it is described, the error says why, and there is no report. If ctx ended, or not one
// call was answered, there is an error, and a report of what was found so far.
func Check(ctx context.Context, target Target) (*Report, error) {
	t, err := prepared(target)
	if err != nil {
		return nil, err
	}
	s := newSession(ctx, t)
	r := &Report{
		Endpoint: plain.Line(s.secrets.URL(t.Endpoint)), Jurisdiction: plain.Line(t.Jurisdiction), Started: t.Now().UTC().Truncate(time.Second),
		Create: t.AllowCreate, Results: make([]Result, len(catalogue)),
	}
	began := time.Now()
	if text := s.elsewhere(); text != "" {
		return s.nothingHere(r, text)
	}
	done := 0
	for _, late := range []bool{false, true} {
		for i := range catalogue {
			if catalogue[i].late != late {
				continue
			}
			r.Results[i] = s.result(&catalogue[i])
			if done++; t.Progress != nil {
				t.Progress(done, len(catalogue), r.Results[i])
			}
		}
	}
	r.Elapsed = time.Since(began)
	r.Calls, r.Posts, r.Created = len(s.log), s.posts, s.created
	r.Formats = slices.DeleteFunc(slices.Clone(bothFormats), func(f Format) bool { return !s.spoke(f) })
	r.Verdict = verdictOf(r.Results)
	if ctx.Err() != nil {
		return r, fmt.Errorf("conformance: %w", ctx.Err())
	}
	return r, s.unanswered()
}

// spoke is speaks without a call.
func (s *session) spoke(f Format) bool {
	return slices.ContainsFunc(s.log, func(x *exchange) bool { return x.format == f && x.ok() && sniff(x.body) == f })
}

// unanswered is the reason why there was no answer at all.
func (s *session) unanswered() error {
	for _, x := range s.log {
		if x.err == nil {
			return nil
		}
	}
	if len(s.log) == 0 {
		return errors.New("conformance: everything is disabled")
	}
	return fmt.Errorf("conformance: %s does not answer: %w", s.secrets.URL(s.target.Endpoint), s.log[0].err)
}

// result judges a requirement in its formats.
func (s *session) result(r *rule) (res Result) {
	res = Result{Requirement: r.Requirement}
	began := time.Now()
	defer func() { res.Took = time.Since(began) }()
	res.Requirement.Formats = slices.Clone(r.Requirement.Formats)
	if reason, ok := s.target.Disable[r.ID]; ok {
		res.Status, res.Reason = Disabled, strings.TrimSpace(reason)
		return res
	}
	if !s.target.judges(r.Operation) {
		res.Status, res.Reason = Unsupported, "the target is to be checked for other operations only"
		return res
	}
	if !s.target.tries(r.Feature) {
		res.Status, res.Reason = Unsupported, "the target does not declare the feature "+string(r.Feature)
		return res
	}
	formats := r.Requirement.Formats
	if len(formats) == 0 {
		formats = []Format{FormatNone}
	}
	var reasons []string
	for _, f := range formats {
		o := s.judged(r, f)
		st := s.statusOf(o, r)
		if len(r.Requirement.Formats) > 0 {
			res.set(f, st)
		}
		res.Status = worse(res.Status, st)
		text := s.line(o.text)
		if st == Fail || st == Warn || st == Error {
			finding := Finding{Format: f, Status: st, Got: text, Exchange: s.show(o.at, o.near)}
			if fl := s.filingOf(o.at); fl != nil {
				finding.Filed = s.show(fl.x, nil)
			}
			if st != Error {
				finding.Want = r.want
			}
			res.Findings = append(res.Findings, finding)
		} else if text != "" && !slices.Contains(reasons, text) {
			reasons = append(reasons, text)
		}
	}
	res.Reason = strings.Join(reasons, "; ")
	res.Known = slices.Contains(s.target.Known, r.ID) && (res.Status == Fail || res.Status == Warn)
	return res
}

// judged is judge, once a rule and format, unless the cause is known already.
func (s *session) judged(r *rule, f Format) outcome {
	key := r.ID + "." + string(f)
	if o, ok := s.outcomes[key]; ok {
		return o
	}
	o, found := s.cause(r, f)
	if !found {
		if o = s.judge(r, f); o.what == broke && o.cause != "" && s.judges(s.rules[o.cause]) {
			o = because(o.cause)
		}
		if id := s.blamed(r, o); id != "" {
			o = because(id)
		}
	}
	o = s.once(r, o)
	s.outcomes[key] = o
	if o.what == broke && o.at != nil {
		if failed, ok := o.at.failure(); ok {
			s.told[failed] = true
		}
	}
	return o
}

// once leaves what several requirements see to the first of them that is as strict.
func (s *session) once(r *rule, o outcome) outcome {
	if o.what == broke && o.alike == "" {
		o.alike = r.alike
	}
	if o.what != broke || o.alike == "" {
		return o
	}
	if id := s.alike[o.alike]; id != "" && id != r.ID && !weaker(s.rules[id], r) {
		told := because(id)
		told.seen = o.text
		if strings.HasPrefix(o.alike, oddRecord) {
			told.text += "; " + o.text
		}
		return told
	}
	s.alike[o.alike] = r.ID
	return o
}

// weaker: a breach of a counts for less than one of b, and cannot stand for it.
func weaker(a, b *rule) bool {
	return a.Level != Must && b.Level == Must || a.Level != Must && a.Level != Should && b.Level == Should
}

// isTold: that an answer is there at all is wrong, and was found. Its form is not told besides.
func (s *session) isTold(x *exchange) bool {
	failed, ok := x.failure()
	return ok && s.told[failed]
}

// judges: whether the report says anything about a requirement. What it does not, can be told nowhere else.
func (s *session) judges(r *rule) bool {
	return s.target.Disable[r.ID] == "" && s.target.judges(r.Operation) && s.target.tries(r.Feature)
}

// blamed finds the requirement that has found one of the fields wrong in which two records differ.
func (s *session) blamed(r *rule, o outcome) string {
	if o.what != broke || len(o.about) == 0 {
		return ""
	}
	for i := range catalogue {
		need := &catalogue[i]
		if !slices.Contains(r.peers, need.Operation) || len(need.peers) > 0 || need.late || need.Level == May || need.Feature != FeatureCore && need.Feature != r.Feature || !s.judges(need) || weaker(need, r) {
			continue
		}
		for _, f := range need.Formats {
			n := s.judged(need, f)
			if slices.ContainsFunc(o.about, func(name string) bool {
				return n.what == broke && strings.Contains(n.text, name) || strings.Contains(n.seen, name)
			}) {
				return orElse(n.cause, need.ID)
			}
		}
	}
	return ""
}

// cause finds a requirement that is broken and that this one depends on.
func (s *session) cause(r *rule, f Format) (outcome, bool) {
	for _, id := range r.needs {
		need := s.rules[id]
		formats := need.Formats
		if f != FormatNone || len(formats) == 0 {
			formats = []Format{f}
		}
		for _, g := range formats {
			if len(need.Formats) == 0 {
				g = FormatNone
			} else if !slices.Contains(need.Formats, g) {
				continue
			}
			if !s.judges(need) || weaker(need, r) {
				continue
			}
			switch n := s.judged(need, g); {
			case n.what == broke:
				return because(id), true
			case n.cause != "": // and what that one depends on, this one does
				return because(n.cause), true
			}
		}
	}
	return outcome{}, false
}

// judge calls a rule. A fault of ours must not look like one of the server.
func (s *session) judge(r *rule, f Format) (o outcome) {
	defer func() {
		if p := recover(); p != nil {
			o = outcome{what: trouble, text: fmt.Sprintf("this package failed: %v\n%s", p, clip(string(debug.Stack()), 800))}
		}
	}()
	if err := s.ctx.Err(); err != nil {
		return outcome{what: trouble, text: err.Error()}
	}
	return r.judge(s, f)
}

// statusOf weighs an outcome by the level: only what must be is failed, and what may be is not held against
// a server, unless it was said to be there.
func (s *session) statusOf(o outcome, r *rule) Status {
	switch {
	case o.what == kept:
		return Pass
	case o.what == trouble:
		return Error
	case o.what == unseen:
		return Unsupported
	case r.Level == Must:
		return Fail
	case r.Level == Should || s.target.declared(r.Feature):
		return Warn
	}
	return Unsupported
}

package open311

import (
	"errors"
	"net/http"
	"slices"
)

// byValues lists the query, once for each value of the filters that take one value a call.
func (l *lister) byValues() error {
	queries := []Query{l.q}
	d := &l.c.cfg.dialect
	if d.oneValue("service_code") {
		queries = eachCode(queries)
	}
	if d.oneValue("status") {
		for i := range queries {
			queries[i].Statuses = d.states(&queries[i])
		}
		queries = eachStatus(queries)
	}
	for i := range queries {
		if err := l.list(&queries[i]); err != nil {
			if i == 0 && l.calls == 0 {
				return err
			}
			if fatal := l.gap(err, queries[i].Start, queries[i].End, ""); fatal != nil {
				return fatal
			}
		}
	}
	return nil
}

func eachCode(queries []Query) []Query {
	return each(queries, func(q *Query) *[]string { return &q.ServiceCodes })
}

func eachStatus(queries []Query) []Query {
	return each(queries, func(q *Query) *[]Status { return &q.Statuses })
}

// each makes of every query one for each value that a filter has.
func each[T any](queries []Query, filter func(*Query) *[]T) (out []Query) {
	for _, q := range queries {
		values := *filter(&q)
		if len(values) < 2 {
			out = append(out, q)
			continue
		}
		for i := range values {
			one := q
			*filter(&one) = values[i : i+1 : i+1]
			out = append(out, one)
		}
	}
	return out
}

// list lists one query whose filters the server understands. A list of values that it refuses, that makes
// nothing match, or of which it looks at one only, is taken apart.
func (l *lister) list(q *Query) error {
	err := l.ask(q)
	if err != nil {
		return err
	}
	several := len(q.ServiceCodes) > 1 || len(q.Statuses) > 1
	if several {
		l.had = map[[2]string]bool{}
		defer func() { l.had = nil }()
	}
	before := l.calls
	err = l.walk(q)
	if !several || err == errStop || l.ctx.Err() != nil {
		return err
	}
	refused := err != nil && l.calls == before && refusal(err)
	nothing := err == nil && l.seen.count == 0 && len(l.gaps) == 0
	if err != nil && !refused {
		return err
	}
	parts := eachStatus(eachCode([]Query{*q}))
	if !refused && !nothing {
		parts = l.unheard(q, parts)
	}
	// FixMyStreet fails for two states, and finds nothing for two codes; uReport takes the first of several.
	for _, one := range parts {
		if err = l.ask(&one); err != nil {
			return err
		}
		if err = l.walk(&one); err != nil {
			return err
		}
		if nothing && l.seen.count == 0 && len(q.Statuses) < 2 {
			return nil // nothing for the first code alone either: there is nothing
		}
	}
	return nil
}

// ask makes q what the calls to come ask for.
func (l *lister) ask(q *Query) (err error) {
	l.params, err = l.listParams(q)
	l.ahead.forget()
	return err
}

// unheard returns those parts of a query of which nothing has come, if the server seems to have looked at
// one of several values only.
func (l *lister) unheard(q *Query, parts []Query) []Query {
	codes, states := map[string]bool{}, map[string]bool{}
	for had := range l.had {
		codes[had[0]], states[had[1]] = true, true
	}
	if !(len(q.ServiceCodes) > 1 && len(codes) == 1) && !(len(q.Statuses) > 1 && len(states) == 1) {
		return nil
	}
	return slices.DeleteFunc(parts, func(one Query) bool { return l.had[valuesOf(&one)] })
}

// valuesOf returns the code and the status of a query that has one of each at the most.
func valuesOf(q *Query) (values [2]string) {
	if len(q.ServiceCodes) > 0 {
		values[0] = q.ServiceCodes[0]
	}
	if len(q.Statuses) > 0 {
		values[1] = string(q.Statuses[0])
	}
	return values
}

// hear notes of which of the values that were asked for a record is.
func (l *lister) hear(r *ServiceRequest) {
	var values [2]string
	if len(l.q.ServiceCodes) > 0 {
		if values[0] = r.ServiceCode; values[0] == "" {
			return // it does not say
		}
	}
	if len(l.q.Statuses) > 0 {
		i := slices.IndexFunc(l.q.Statuses, r.Status.Is)
		if i < 0 {
			return
		}
		values[1] = string(l.q.Statuses[i])
	}
	l.had[values] = true
}

// refusal reports whether an error is the server's refusal of what it was asked, not of the caller.
func refusal(err error) bool {
	var ae *APIError
	var de *DecodeError
	if errors.As(err, &ae) {
		return ae.StatusCode != http.StatusUnauthorized && ae.StatusCode != http.StatusForbidden &&
			ae.StatusCode != http.StatusTooManyRequests && ae.StatusCode != http.StatusServiceUnavailable
	}
	return errors.As(err, &de) && !isCut(err)
}

package open311

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/go-open311/open311/internal/listing"
	"github.com/go-open311/open311/internal/spelling"
)

// A query that one call cannot ask for is listed by several: a call for each value of a filter, and ids
// together or one by one.

// byValues lists the query, once for each value of the filters that take one value a call.
func (l *lister) byValues() error {
	queries := []Query{l.q}
	if l.c.oneValue("service_code") {
		queries = eachCode(queries)
	}
	if l.c.oneValue("status") {
		for i := range queries {
			queries[i].Statuses = l.c.states(&queries[i])
		}
		queries = eachStatus(queries)
	}
	for i := range queries {
		if err := l.list(&queries[i]); err != nil {
			if i == 0 && l.Calls() == 0 {
				return err
			}
			if fatal := l.NoteGap(err, queries[i].Start, queries[i].End, ""); fatal != nil {
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
		l.matched = map[[2]string]bool{}
		defer func() { l.matched = nil }()
	}
	before := l.Calls()
	err = l.Walk(q.Start, q.End)
	if !several || err == listing.ErrStop || l.ctx.Err() != nil {
		return err
	}
	refused := err != nil && l.Calls() == before && refusal(err)
	nothing := err == nil && l.Seen() == 0 && len(l.Gaps) == 0
	if err != nil && !refused {
		return err
	}
	parts := eachStatus(eachCode([]Query{*q}))
	if !refused && !nothing {
		parts = l.unmatched(q, parts)
	}
	// FixMyStreet fails for two states, and finds nothing for two codes; uReport takes the first of several.
	for _, one := range parts {
		if err = l.ask(&one); err != nil {
			return err
		}
		if err = l.Walk(one.Start, one.End); err != nil {
			return err
		}
		if nothing && l.Seen() == 0 && len(q.Statuses) < 2 {
			return nil // nothing for the first code alone either: there is nothing
		}
	}
	return nil
}

// unmatched returns those parts of a query of which nothing has come, if the server seems to have looked at
// one of several values only.
func (l *lister) unmatched(q *Query, parts []Query) []Query {
	codes, states := map[string]bool{}, map[string]bool{}
	for values := range l.matched {
		codes[values[0]], states[values[1]] = true, true
	}
	if !(len(q.ServiceCodes) > 1 && len(codes) == 1) && !(len(q.Statuses) > 1 && len(states) == 1) {
		return nil
	}
	return slices.DeleteFunc(parts, func(one Query) bool { return l.matched[valuesOf(&one)] })
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

// noteMatch notes of which of the values that were asked for a record is.
func (l *lister) noteMatch(r *ServiceRequest) {
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
	l.matched[values] = true
}

var noTime time.Time

// idChunk is how many ids are asked for at once: their list has to fit into an address.
const idChunk = 50

// byID lists the requests with the ids that were asked for. Ids that a list does not bring are asked
// for one by one: some servers give only the first of several, or refuse them. A request that was asked for in
// two spellings is given once, by its own id.
func (l *lister) byID() error {
	ids := unique(spelling.PastedIDs(l.q.IDs))
	given, give := map[string]bool{}, l.give
	defer func() { l.give = give }()
	l.give = func(r *ServiceRequest) bool {
		if r.ID != "" && given[r.ID] {
			return true
		}
		given[r.ID] = true
		return give(r)
	}
	singly := !l.c.sends("service_request_id") || l.c.oneValue("service_request_id")
	for chunk := range slices.Chunk(ids, idChunk) {
		missing := chunk
		if !singly && len(chunk) > 1 {
			before := l.Calls()
			found, err := l.idList(chunk)
			if err != nil && (l.ctx.Err() != nil || err == listing.ErrStop || !refusal(err)) {
				if l.Calls() == before && l.Seen() == 0 {
					return err
				}
				return l.NoteGap(err, noTime, noTime, "service_request_id")
			}
			missing = slices.DeleteFunc(slices.Clone(chunk), func(id string) bool { return found[id] })
			if len(missing) == 0 {
				continue
			}
		}
		extra, err := l.oneByOne(missing)
		if err != nil {
			return err
		}
		// The list has left out what there is: it is no use.
		singly = singly || extra > 0 && len(chunk) > 1
	}
	return nil
}

// unique returns the different ones of ids, in their order.
func unique(ids []string) []string {
	seen := make(map[string]bool, len(ids))
	return slices.DeleteFunc(ids, func(id string) bool {
		again := seen[id]
		seen[id] = true
		return again
	})
}

// idList asks for several ids at once.
func (l *lister) idList(ids []string) (found map[string]bool, err error) {
	params, err := l.c.queryParams(&Query{IDs: ids, Extensions: l.q.Extensions, Params: l.q.Params})
	if err != nil {
		return nil, err
	}
	l.params = params
	found = map[string]bool{}
	give := l.give
	defer func() { l.give = give }()
	l.give = func(r *ServiceRequest) bool {
		if !slices.Contains(ids, r.ID) {
			return true // not asked for: the server ignores ids
		}
		found[r.ID] = true
		return give(r)
	}
	l.keep = filter{}
	_, err = l.Fetch(listing.Span(noTime, noTime))
	return found, err
}

// oneByOne asks for each id alone. Ids that do not exist are left out.
func (l *lister) oneByOne(ids []string) (found int, err error) {
	for _, id := range ids {
		r, err := getRequest(l.ctx, l.c, id)
		switch {
		case err == nil:
			found++
			l.NoteCall()
			if !l.give(r) {
				return found, listing.ErrStop
			}
			if l.turn != nil && !l.turn(&Page{Total: -1, Header: http.Header{}}, nil) {
				return found, listing.ErrStop
			}
		case l.ctx.Err() != nil:
			return found, err
		case errors.Is(err, ErrNotFound):
			l.NoteCall()
		default:
			if fatal := l.NoteGap(err, noTime, noTime, "service_request_id="+l.c.hide.Text(id)); fatal != nil {
				return found, fatal
			}
		}
	}
	return found, nil
}

// filter is the part of a query that can be checked on this side.
type filter struct {
	codes      []string
	statuses   []Status
	start, end time.Time
	// strict says that the server does not apply the statuses itself. Where it does, a row in a state of
	// its own words, such as in_progress, was given because the server counts it among those asked for.
	strict bool
}

func newFilter(c *conn, q *Query) filter {
	return filter{codes: q.ServiceCodes, statuses: q.Statuses, start: q.Start, end: q.End, strict: !c.sends("status")}
}

// keeps reports whether r is what the query asks for. What r does not say counts as right. Both bounds
// are inclusive, in whole seconds.
func (f *filter) keeps(r *ServiceRequest) bool {
	if len(f.codes) > 0 && r.ServiceCode != "" && !slices.Contains(f.codes, r.ServiceCode) {
		return false
	}
	if len(f.statuses) > 0 && r.Status != "" && !slices.ContainsFunc(f.statuses, r.Status.Is) {
		if f.strict || r.Status.Is(StatusOpen) || r.Status.Is(StatusClosed) {
			return false
		}
	}
	return inSpan(r.RequestedDatetime, f.start, f.end)
}

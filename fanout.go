package open311

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/go-open311/open311/internal/spelling"
)

// idChunk is how many ids are asked for at once: their list has to fit into an address.
const idChunk = 50

// errLoop ends a listing because the caller's loop has ended.
var errLoop = errors.New("the loop has ended")

// byID lists the requests with the ids that were asked for. Ids that a list does not bring are asked for one by
// one: some servers give only the first of several, or refuse them. A request that was asked for twice, or in
// two spellings, is given once, by its own id.
func (l *lister) byID() (gaps []Gap, err error) {
	ids := unique(spelling.PastedIDs(l.q.IDs))
	given, give := map[string]bool{}, l.give
	l.give = func(r *ServiceRequest) bool {
		if r.ID != "" && given[r.ID] {
			return true
		}
		given[r.ID] = true
		return give(r)
	}
	defer func() { l.give = give }()
	singly, answered := !l.c.sends("service_request_id") || l.c.oneValue("service_request_id"), false
	for chunk := range slices.Chunk(ids, idChunk) {
		missing := chunk
		if !singly && len(chunk) > 1 {
			found, err := l.idList(l.ctx, chunk)
			switch {
			case err == errLoop:
				return nil, nil
			case err != nil && (l.ctx.Err() != nil || !refusal(err)) && !answered:
				return nil, err
			case err != nil && (l.ctx.Err() != nil || !refusal(err)):
				return append(gaps, Gap{Query: "service_request_id", Err: err}), nil
			}
			missing = slices.DeleteFunc(slices.Clone(chunk), func(id string) bool { return found[id] })
		}
		before := len(given)
		more, err := l.oneByOne(missing)
		gaps, answered = append(gaps, more...), true
		if err == errLoop {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		singly = singly || len(given) > before && len(chunk) > 1 // the list has left out what there is: it is no use
	}
	return gaps, nil
}

// idList asks for several ids at once.
func (l *lister) idList(ctx context.Context, ids []string) (found map[string]bool, err error) {
	params, err := l.c.queryParams(&Query{IDs: ids, Extensions: l.q.Extensions, Params: l.q.Params})
	if err != nil {
		return nil, err
	}
	found = map[string]bool{}
	k := &call{op: "GET requests", method: http.MethodGet, path: l.c.path("requests"), params: params}
	var points pointPool
	list, s, err := collect(ctx, l.c, k, requestTable, points.lend)
	if err != nil {
		return found, err
	}
	for i := range list {
		r := &list[i]
		if !slices.Contains(ids, r.ID) {
			continue // not asked for: the server ignores ids
		}
		r.Status = l.c.status(r.Status)
		found[r.ID] = true
		if !l.give(r) {
			return found, errLoop
		}
	}
	if l.turn != nil && !l.turn(besideOf(s), nil) {
		return found, errLoop
	}
	return found, nil
}

// oneByOne asks for each id alone. Ids that do not exist are left out.
func (l *lister) oneByOne(ids []string) (gaps []Gap, err error) {
	for _, id := range ids {
		r, err := getRequest(l.ctx, l.c, id)
		switch {
		case err == nil:
			if !l.give(r) || l.turn != nil && !l.turn(noAnswer(), nil) {
				return nil, errLoop
			}
		case l.ctx.Err() != nil:
			return nil, err
		case !errors.Is(err, ErrNotFound):
			gaps = append(gaps, Gap{Query: "service_request_id=" + l.c.hide.Text(id), Err: err})
		}
	}
	return gaps, nil
}

package open311

import (
	"errors"
	"net/http"
	"slices"
	"time"
)

var noTime time.Time

// idChunk is how many ids are asked for at once: their list has to fit into an address.
const idChunk = 50

// byID lists the requests with the ids that were asked for. Ids that a list does not bring are asked
// for one by one: some servers give only the first of several, or refuse them.
func (l *lister) byID() error {
	ids := slices.Compact(pastedIDs(l.q.IDs))
	singly := slices.Contains(l.c.cfg.dialect.OneValue, "service_request_id")
	for chunk := range slices.Chunk(ids, idChunk) {
		missing := chunk
		if !singly && len(chunk) > 1 {
			before := l.calls
			found, err := l.idList(chunk)
			if err != nil && (l.ctx.Err() != nil || err == errStop || !refusal(err)) {
				if l.calls == before && l.seen.count == 0 {
					return err
				}
				return l.gap(err, noTime, noTime, "service_request_id")
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
	p := span(noTime, noTime)
	_, err = l.fetch(&p)
	return found, err
}

// oneByOne asks for each id alone. Ids that do not exist are left out.
func (l *lister) oneByOne(ids []string) (found int, err error) {
	for _, id := range ids {
		r, err := getRequest(l.ctx, l.c, id)
		switch {
		case err == nil:
			found++
			l.calls++
			if !l.give(r) {
				return found, errStop
			}
			if l.turn != nil && !l.turn(&result{rows: 1, fresh: 1, total: -1, header: http.Header{}}, nil) {
				return found, errStop
			}
		case l.ctx.Err() != nil:
			return found, err
		case errors.Is(err, ErrNotFound):
			l.calls++
		default:
			if fatal := l.gap(err, noTime, noTime, "service_request_id="+l.c.hide.Text(id)); fatal != nil {
				return found, fatal
			}
		}
	}
	return found, nil
}

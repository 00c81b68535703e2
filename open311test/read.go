package open311test

import (
	"strconv"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/internal/wire"
)

// listServices is GET Service List.
func (h *Handler) listServices(in *input, dst []byte) ([]byte, []fault) {
	return append(dst, h.store.catalog(in.format)...), nil
}

// getDefinition is GET Service Definition.
func (h *Handler) getDefinition(in *input, dst []byte) ([]byte, []fault) {
	if in.id == "" {
		return nil, []fault{invalid("service_code is missing")}
	}
	_, d, ok := h.store.service(in.id)
	if !ok {
		return nil, []fault{unknownService(in.id)}
	}
	if d == nil {
		d = &open311.ServiceDefinition{ServiceCode: in.id}
	}
	return appendDocument(dst, in.format, valueOfDefinition(d)), nil
}

func unknownService(code string) fault {
	return notFound("service_code " + strconv.Quote(code) + " is not in the list of services")
}

// listRequests is GET Service Requests.
func (h *Handler) listRequests(in *input, dst []byte) ([]byte, []fault) {
	q, faults := parseQuery(in.params, in.now)
	if len(faults) > 0 {
		return nil, faults
	}
	return appendRequests(dst, in.format, h.store.find(q, in.now)), nil
}

// getRequest is GET Service Request: a list of one. The specification has no word about unknown ids
// here; its general rule is 404.
func (h *Handler) getRequest(in *input, dst []byte) ([]byte, []fault) {
	if in.id == "" {
		return nil, []fault{invalid("service_request_id is missing")}
	}
	found := h.store.find(query{ids: []string{in.id}}, in.now)
	if len(found) == 0 {
		return nil, []fault{notFound("there is no request " + strconv.Quote(in.id))}
	}
	return appendRequests(dst, in.format, found), nil
}

// resolveToken is GET service_request_id from a token.
func (h *Handler) resolveToken(in *input, dst []byte) ([]byte, []fault) {
	if in.id == "" {
		return nil, []fault{invalid("token is missing")}
	}
	id, ok := h.store.resolve(in.id, in.now)
	if !ok {
		return nil, []fault{notFound("there is no token " + strconv.Quote(in.id))}
	}
	return appendValues(dst, in.format, requestTable.Root, valueOfToken(in.id, id)), nil
}

// discover is the document of Open311 Service Discovery, about this one endpoint.
func (h *Handler) discover(in *input, dst []byte) ([]byte, []fault) {
	changed := wire.FormatTime(h.store.lastChange())
	d := open311.Discovery{
		Changeset:  changed,
		Contact:    "Write to open311@" + offlineHost + ", or come to the town hall.",
		KeyService: "Keys are handed out at the town hall, on the day you ask.",
		Endpoints: []open311.Endpoint{{
			Specification: "http://wiki.open311.org/GeoReport_v2",
			URL:           in.root,
			Changeset:     changed,
			Type:          "production",
			Formats:       []string{"text/xml", "application/json"},
		}},
	}
	return appendDocument(dst, in.format, discoveryTable.Encode(&d)), nil
}

package open311test

import (
	"maps"
	"slices"

	"github.com/go-open311/open311"
)

// Seed replaces everything in the city: services, definitions, requests and open tokens. What is
// needed in an answer is filled in where it is left out: a service without a name has its code for
// a name, one without a type is realtime, and one that has a definition says so in its metadata; a
// request without an id gets one, one without a status is open, and one without a requested_datetime
// is of this moment. Everything else stays as it is, empty fields too.
func (h *Handler) Seed(services []open311.Service, definitions []open311.ServiceDefinition, requests []open311.ServiceRequest) {
	h = h.made()
	h.store.replace(services, definitions, requests, h.clock())
}

// Put adds requests to the city, or replaces those that have the same id. See [Handler.Seed] about
// what may be left out.
func (h *Handler) Put(requests ...open311.ServiceRequest) {
	h = h.made()
	h.store.put(requests, h.clock())
}

// Populate adds as many made-up requests, spread over the year that ends now, and returns their ids: a city grows by
// thousands in one call, for tests of long listings.
func (h *Handler) Populate(n int) []string {
	h = h.made()
	now := h.clock()
	h.store.mu.RLock()
	count := max(h.store.lastID, len(h.store.list))
	h.store.mu.RUnlock()
	rows := yearFrom(now, h.seed+uint64(count)+1, max(n, 0), count)
	requests, ids := make([]open311.ServiceRequest, len(rows)), make([]string, len(rows))
	for i, r := range rows {
		requests[i], ids[i] = r.request, r.request.ID
	}
	h.store.put(requests, now)
	return ids
}

// Remove takes requests out of the city.
func (h *Handler) Remove(ids ...string) {
	h = h.made()
	h.store.drop(ids)
}

// Requests returns all requests in the city, in the order of a listing.
func (h *Handler) Requests() []open311.ServiceRequest {
	h = h.made()
	h.store.settle(h.clock())
	h.store.mu.RLock()
	list := slices.Clone(h.store.list)
	h.store.mu.RUnlock()
	requests := make([]open311.ServiceRequest, len(list))
	for i, r := range list {
		requests[i] = cloneRequest(r.request)
	}
	return requests
}

// Services returns the services of the city.
func (h *Handler) Services() []open311.Service {
	h = h.made()
	h.store.mu.RLock()
	defer h.store.mu.RUnlock()
	services := make([]open311.Service, len(h.store.services))
	for i, v := range h.store.services {
		services[i] = cloneService(v)
	}
	return services
}

// Definitions returns the service definitions of the city, in the order of the services.
func (h *Handler) Definitions() []open311.ServiceDefinition {
	h = h.made()
	h.store.mu.RLock()
	defer h.store.mu.RUnlock()
	var definitions []open311.ServiceDefinition
	for _, v := range h.store.services {
		if d := h.store.forms[v.Code]; d != nil {
			definitions = append(definitions, *cloneDefinition(*d))
		}
	}
	return definitions
}

// What goes into the store and what comes out of it are copies, so that a test may change what it
// has without changing the city behind its back.

func cloneRequest(r open311.ServiceRequest) open311.ServiceRequest {
	if r.Location != nil {
		p := *r.Location
		r.Location = &p
	}
	r.Extra = maps.Clone(r.Extra)
	return r
}

func cloneService(v open311.Service) open311.Service {
	v.Keywords = slices.Clone(v.Keywords)
	v.Groups = slices.Clone(v.Groups)
	v.Extra = maps.Clone(v.Extra)
	return v
}

func cloneDefinition(d open311.ServiceDefinition) *open311.ServiceDefinition {
	d.Attributes = slices.Clone(d.Attributes)
	for i := range d.Attributes {
		a := &d.Attributes[i]
		a.Values = slices.Clone(a.Values)
		a.Extra = maps.Clone(a.Extra)
	}
	d.Extra = maps.Clone(d.Extra)
	return &d
}

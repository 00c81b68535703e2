package open311test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/internal/wire"
)

// record is a request as the store keeps it. It is never changed: what changes is replaced, so that
// a listing may go on reading what it found after the lock is released, and several stores may have
// the same record. Its bytes are those of the specification; a city that speaks otherwise needs its own.
type record struct {
	request open311.ServiceRequest
	encoded [2]atomic.Pointer[[]byte] // by format; made when first asked for
}

// bytes returns the record as it stands in an answer.
func (r *record) bytes(f wire.Format) []byte {
	slot := &r.encoded[0]
	if f == wire.JSON {
		slot = &r.encoded[1]
	}
	if b := slot.Load(); b != nil {
		return *b
	}
	b := appendValue(nil, f, valueOfRequest(&r.request))
	slot.Store(&b) // two callers may do this at once, with the same result
	return b
}

// order is the order of listings: the newest first, and the ids downwards within a second.
func (r *record) order(than *record) int {
	if c := than.request.RequestedDatetime.Compare(r.request.RequestedDatetime); c != 0 {
		return c
	}
	return strings.Compare(than.request.ID, r.request.ID)
}

// store is what a city knows.
type store struct {
	rule tokenRule

	mu       sync.RWMutex
	services []open311.Service
	forms    map[string]*open311.ServiceDefinition // by service code
	desks    map[string]desk                       // by service code: who deals with it
	catalogs map[wire.Format][]byte                // the list of services, encoded
	changed  time.Time                             // when services or forms changed last
	list     []*record                             // in the order of listings
	byID     map[string]*record
	tickets  map[string]*ticket // by token
	waiting  []*ticket          // those without an id, in the order of filing
	lastID   int
	filed    []Filed // what was reported, in order
	updates  updates
}

func newStore(rule tokenRule) *store {
	return &store{rule: rule}
}

// replace puts other data in the place of all there is. What it is given, it copies.
func (s *store) replace(services []open311.Service, forms []open311.ServiceDefinition, requests []open311.ServiceRequest, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.services = make([]open311.Service, len(services))
	s.forms = make(map[string]*open311.ServiceDefinition, len(forms))
	s.catalogs = make(map[wire.Format][]byte)
	s.changed = now
	s.list, s.byID, s.lastID = nil, make(map[string]*record, len(requests)), 0
	s.tickets, s.waiting = make(map[string]*ticket), nil
	s.desks = nil
	s.filed, s.updates = nil, updates{}
	for _, d := range forms {
		s.forms[d.ServiceCode] = cloneDefinition(d)
	}
	for i, v := range services {
		s.services[i] = completeService(v, s.forms[v.Code] != nil)
	}
	s.putLocked(requests, now)
}

// adopt takes over records that are complete and in order. They may belong to several stores.
func (s *store) adopt(list []*record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = slices.Clone(list)
	for _, r := range list {
		s.byID[r.request.ID] = r
	}
	s.lastID = max(s.lastID, len(list))
}

// put adds requests, or replaces those that have the same id.
func (s *store) put(requests []open311.ServiceRequest, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.putLocked(requests, now)
}

func (s *store) putLocked(requests []open311.ServiceRequest, now time.Time) {
	for _, r := range requests {
		rec := &record{request: s.completeRequest(r, now)}
		s.dropLocked(rec.request.ID)
		s.byID[rec.request.ID] = rec
		s.list = append(s.list, rec)
	}
	switch {
	case len(requests) == 0:
		return
	case len(requests) == 1 && len(s.list) > 1:
		// The common case of one new request: no need to sort the rest again.
		last := s.list[len(s.list)-1]
		i, _ := slices.BinarySearchFunc(s.list[:len(s.list)-1], last, (*record).order)
		s.list = slices.Insert(s.list[:len(s.list)-1], i, last)
	default:
		slices.SortFunc(s.list, (*record).order)
	}
}

// drop removes requests.
func (s *store) drop(ids []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		s.dropLocked(id)
	}
}

func (s *store) dropLocked(id string) {
	old, ok := s.byID[id]
	if !ok {
		return
	}
	delete(s.byID, id)
	s.list = slices.DeleteFunc(s.list, func(r *record) bool { return r == old })
}

// completeRequest fills in what every request has (the required fields of GeoReport v2, GET Service
// Requests) where a test had no need to say.
func (s *store) completeRequest(r open311.ServiceRequest, now time.Time) open311.ServiceRequest {
	r = cloneRequest(r)
	r.Status = cmp.Or(r.Status, open311.StatusOpen)
	if r.RequestedDatetime.IsZero() {
		r.RequestedDatetime = now.Truncate(time.Second)
	}
	if r.ID == "" {
		r.ID = s.newID(r.RequestedDatetime)
	}
	return r
}

func completeService(v open311.Service, hasForm bool) open311.Service {
	v = cloneService(v)
	v.Name = cmp.Or(v.Name, v.Code)
	v.Type = cmp.Or(v.Type, open311.Realtime)
	v.Metadata = v.Metadata || hasForm
	return v
}

// newID returns an id that no request has: the year, and a number that goes on.
func (s *store) newID(at time.Time) string {
	for {
		s.lastID++
		id := requestID(at, s.lastID)
		if _, taken := s.byID[id]; !taken {
			return id
		}
	}
}

func requestID(at time.Time, n int) string {
	return fmt.Sprintf("QH%02d-%06d", at.Year()%100, n)
}

func (s *store) indexOf(code string) int {
	return slices.IndexFunc(s.services, func(v open311.Service) bool { return v.Code == code })
}

// service returns a service and its definition, which may be nil.
func (s *store) service(code string) (open311.Service, *open311.ServiceDefinition, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	i := s.indexOf(code)
	if i < 0 {
		return open311.Service{}, nil, false
	}
	return s.services[i], s.forms[code], true
}

// catalog returns the list of services as an answer.
func (s *store) catalog(f wire.Format) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b := s.catalogs[f]; b != nil {
		return b
	}
	values := make([]wire.Value, len(s.services))
	for i := range s.services {
		values[i] = serviceTable.Encode(&s.services[i])
	}
	b := appendValues(nil, f, serviceTable.Root, values...)
	s.catalogs[f] = b
	return b
}

func (s *store) lastChange() time.Time {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.changed
}

// desk says who deals with the reports of a service, as far as the town knows.
func (s *store) desk(code string) desk {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.desks[code]
}

// add puts a new request into the city and returns its id.
func (s *store) add(r open311.ServiceRequest) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	r.ID = s.newID(r.RequestedDatetime)
	s.putLocked([]open311.ServiceRequest{r}, r.RequestedDatetime)
	return r.ID
}

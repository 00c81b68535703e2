package open311

import (
	"maps"
	"slices"
	"sync"
	"time"
)

// A client remembers what it has read about services, because filing depends on it: whether a service
// is a blackbox, so that a receipt without an id is one, and what its definition asks for.
const (
	maxTypes       = 4096      // services whose type is remembered
	maxDefinitions = 256       // definitions that are remembered
	definitionAge  = time.Hour // for which a definition is good: cities do change them
)

// catalog is what has been read about services, by jurisdiction and code. Both maps are bounded: what
// does not fit puts out something else.
type catalog struct {
	mu          sync.Mutex
	types       map[string]ServiceType
	definitions map[string]agedDefinition
}

type agedDefinition struct {
	definition *ServiceDefinition
	read       time.Time
}

// serviceKey tells services of different jurisdictions apart: derived clients share their memory.
func (c *conn) serviceKey(code string) string { return c.cfg.jurisdiction + "\x00" + code }

// rememberServices notes the types of services.
func (c *conn) rememberServices(list []Service) {
	m := &c.learned.catalog
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.types == nil {
		m.types = make(map[string]ServiceType)
	}
	for i := range list {
		put(m.types, maxTypes, c.serviceKey(list[i].Code), list[i].Type)
	}
}

// rememberDefinition notes the definition of a service. It keeps a copy: the caller may change its own.
func (c *conn) rememberDefinition(code string, d *ServiceDefinition) {
	own := *d
	own.Extra = nil
	own.Attributes = slices.Clone(d.Attributes)
	for i := range own.Attributes {
		a := &own.Attributes[i]
		a.Values, a.Extra = slices.Clone(a.Values), maps.Clone(a.Extra)
	}
	m := &c.learned.catalog
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.definitions == nil {
		m.definitions = make(map[string]agedDefinition)
	}
	put(m.definitions, maxDefinitions, c.serviceKey(code), agedDefinition{&own, time.Now()})
}

func put[V any](m map[string]V, limit int, key string, v V) {
	if _, ok := m[key]; !ok && len(m) >= limit {
		for other := range m { // any one: a map has no order
			delete(m, other)
			break
		}
	}
	m[key] = v
}

// knownType returns the type of a service that was in a list read by this client.
func (c *conn) knownType(code string) (ServiceType, bool) {
	m := &c.learned.catalog
	m.mu.Lock()
	defer m.mu.Unlock()
	t, ok := m.types[c.serviceKey(code)]
	return t, ok
}

// knownDefinition returns the definition of a service if this client has read it within the last hour.
func (c *conn) knownDefinition(code string) *ServiceDefinition {
	m := &c.learned.catalog
	m.mu.Lock()
	defer m.mu.Unlock()
	if d := m.definitions[c.serviceKey(code)]; time.Since(d.read) < definitionAge {
		return d.definition
	}
	return nil
}

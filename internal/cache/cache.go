// Package cache remembers a bounded number of values for a bounded time.
package cache

import (
	"sync"
	"time"
)

// A Map keeps up to Limit values, each for up to Age; an Age of 0 is for ever. A new value evicts another one, any
// one, when there are too many. The zero Map keeps nothing. It is safe for concurrent use.
type Map[V any] struct {
	Limit int
	Age   time.Duration

	mu     sync.Mutex
	values map[string]aged[V]
}

type aged[V any] struct {
	value V
	put   time.Time
}

// Put keeps a value in place of the one of that key.
func (m *Map[V]) Put(key string, v V) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.Limit < 1 {
		return
	}
	if m.values == nil {
		m.values = make(map[string]aged[V])
	}
	if _, ok := m.values[key]; !ok && len(m.values) >= m.Limit {
		for other := range m.values { // a map has no order
			delete(m.values, other)
			break
		}
	}
	m.values[key] = aged[V]{v, time.Now()}
}

// Get returns the value of a key, if it is there and not too old.
func (m *Map[V]) Get(key string) (v V, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	a, ok := m.values[key]
	if !ok || m.Age > 0 && time.Since(a.put) >= m.Age {
		return v, false
	}
	return a.value, true
}

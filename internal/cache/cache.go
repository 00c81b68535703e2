// Package cache remembers a bounded number of values for a bounded time.
package cache

import (
	"sync"
	"time"
)

// A Map keeps up to Limit values, each for up to Age; an Age of 0 is for ever. With Room, the values take no more bytes
// than that together with their keys. A new value evicts others, any others, until there is room for it; one that is too
// large by itself is not kept. The zero Map keeps nothing. It is safe for concurrent use.
type Map[V any] struct {
	Limit int
	Age   time.Duration
	Room  int

	mu     sync.Mutex
	values map[string]aged[V]
	bytes  int
}

type aged[V any] struct {
	value V
	put   time.Time
	bytes int
}

// Put keeps a value of so many bytes in place of the one of that key.
func (m *Map[V]) Put(key string, v V, bytes int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.drop(key)
	bytes += len(key)
	if m.Limit < 1 || m.Room > 0 && bytes > m.Room {
		return
	}
	for other := range m.values { // a map has no order
		if len(m.values) < m.Limit && (m.Room == 0 || m.bytes+bytes <= m.Room) {
			break
		}
		m.drop(other)
	}
	if m.values == nil {
		m.values = make(map[string]aged[V])
	}
	m.values[key] = aged[V]{v, time.Now(), bytes}
	m.bytes += bytes
}

func (m *Map[V]) drop(key string) {
	m.bytes -= m.values[key].bytes
	delete(m.values, key)
}

// Fits reports whether a value of so many bytes can be kept at all.
func (m *Map[V]) Fits(key string, bytes int) bool {
	return m.Limit > 0 && (m.Room == 0 || len(key)+bytes <= m.Room)
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

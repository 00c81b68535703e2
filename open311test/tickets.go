package open311test

import (
	"fmt"
	"slices"
	"time"

	"github.com/go-open311/open311"
)

// tokenRule says when a token becomes an id.
type tokenRule struct {
	polls int           // how often it is asked for in vain
	wait  time.Duration // on the city's clock
}

// ticket is a token that was given out for a report to a batch service.
type ticket struct {
	id      string // "" while there is none
	polls   int    // how often it was asked for in vain
	request open311.ServiceRequest
}

// issue takes a report in and returns a token for it.
func (s *store) issue(r open311.ServiceRequest) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := &ticket{request: r}
	token := fmt.Sprintf("tk-%06d", len(s.tickets)+1)
	s.tickets[token] = t
	s.waiting = append(s.waiting, t)
	return token
}

// resolve answers one poll for a token; the id is "" while there is none.
func (s *store) resolve(token string, now time.Time) (id string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tickets[token]
	if t == nil {
		return "", false
	}
	s.settleLocked(now)
	if t.id == "" {
		t.polls++
	}
	return t.id, true
}

// settle gives an id to the tickets whose time has come, and puts their requests into the listings.
func (s *store) settle(now time.Time) {
	s.mu.RLock()
	none := len(s.waiting) == 0
	s.mu.RUnlock()
	if none {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settleLocked(now)
}

func (s *store) settleLocked(now time.Time) {
	s.waiting = slices.DeleteFunc(s.waiting, func(t *ticket) bool {
		if t.polls < s.rule.polls || now.Before(t.request.RequestedDatetime.Add(s.rule.wait)) {
			return false
		}
		t.id = s.newID(t.request.RequestedDatetime)
		t.request.ID = t.id
		s.putLocked([]open311.ServiceRequest{t.request}, now)
		return true
	})
}

package servers

import (
	"context"
	"net/url"
	"strings"
	"sync"

	"github.com/go-open311/open311"
	"golang.org/x/time/rate"
)

// limiters has the limiter of each host that was opened: a host counts the calls of all its cities together.
var limiters struct {
	sync.Mutex
	of map[string]hostLimiter
}

// hostLimiter lets the clients of one host through by turns. A turn that comes behind the deadline of a context is
// waited for until then: with many clients it is often so, and a loop that was refused at once would spin.
type hostLimiter struct{ *rate.Limiter }

func (l hostLimiter) Wait(ctx context.Context) error {
	err := l.Limiter.Wait(ctx)
	if _, limited := ctx.Deadline(); err != nil && limited {
		<-ctx.Done()
		return ctx.Err()
	}
	return err
}

// limiterOf returns the limiter that all clients for the host of an endpoint share. Where its rows differ in what they
// know, the strictest is right.
func limiterOf(endpoint string, perSecond float64, burst int) open311.Limiter {
	host := endpoint
	if u, err := url.Parse(endpoint); err == nil {
		host = strings.ToLower(u.Host)
	}
	limiters.Lock()
	defer limiters.Unlock()
	l, ok := limiters.of[host]
	if !ok {
		l = hostLimiter{rate.NewLimiter(rate.Limit(perSecond), burst)}
		if limiters.of == nil {
			limiters.of = map[string]hostLimiter{}
		}
		limiters.of[host] = l
	}
	l.SetLimit(min(l.Limit(), rate.Limit(perSecond)))
	l.SetBurst(min(l.Burst(), burst))
	return l
}

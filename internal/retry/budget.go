package retry

import "sync"

// The prices of the AWS SDKs' standard mode: a hundred retries in a row, then
// one for every five answers.
const (
	budgetSize = 500
	retryPrice = 5
	refill     = 1
)

// A Budget limits the retries of all calls that share it. When a server is down
// every call fails; without a limit each would be sent MaxAttempts times, just
// when the server can least bear it. With an empty budget a call is sent once.
// The zero Budget is full. It is safe for concurrent use.
type Budget struct {
	mu    sync.Mutex
	spent int
}

// take pays for one retry, or reports that the budget does not allow it.
func (b *Budget) take() bool {
	if b == nil {
		return true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.spent+retryPrice > budgetSize {
		return false
	}
	b.spent += retryPrice
	return true
}

// give books a success: what the retry that led to it cost comes back, and an
// answer at the first attempt is worth a little.
func (b *Budget) give(retried bool) {
	if b == nil {
		return
	}
	back := refill
	if retried {
		back = retryPrice
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.spent = max(0, b.spent-back)
}

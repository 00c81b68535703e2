package listing

// Numbers of the budget.
const (
	perLeast     = 3  // calls for each one that a client needs that knows the server
	spareCalls   = 17 // calls beside
	failureCalls = 60 // and for a request that the server fails for,
	maxRecords   = 10 // of which there may be so many
)

// budget is how many calls the listing may cost, by what it has shown to be worth.
func (l *session) budget() int {
	pages := l.caller.rows/l.caps.of(l.size()).Rows + 1
	if l.order == mixed { // its lists are tiled
		pages *= 2
	}
	spans := l.spans
	if l.wanted.lo == past { // to be sure that nothing is older
		spans = max(spans, int(l.quiet()/safeSpan)+1)
	}
	b := perLeast*(pages+spans) + spareCalls
	if l.failures > 0 {
		b += failureCalls * (1 + min(records(l.failed), maxRecords))
	}
	return b
}

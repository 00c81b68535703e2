package listing

// extent is what has been had of a span of time.
type extent struct {
	Response        // of all its calls together
	calls     int   //
	paged     bool  // pages work, and have been followed to their end: nothing of the span is missing
	uneven    bool  // not sorted newest first
	broken    error // the server fails for it
	lost      error // why its further pages could not be had, when dates may bring what they hold
	firstRows int   // rows of its first answer
	tail      int   // how many answers in a row held only what has arrived meanwhile
}

// add adds what a call has brought, and reports whether it got on: there was something new, other than what
// has arrived meanwhile, or something older than before, or newer if that is how the list goes.
func (e *extent) add(res *Response) bool {
	onward := res.fresh > res.arrived ||
		!e.oldest.IsZero() && !res.oldest.IsZero() && res.oldest.Before(e.oldest) ||
		e.uneven && res.newest.After(e.newest)
	if e.calls == 0 {
		e.Response, e.firstRows = *res, res.Rows
	} else {
		e.Rows += res.Rows
		e.fresh += res.fresh
		e.sent = max(e.sent, res.sent)
		e.outside += res.outside
		if e.oldest.IsZero() || !res.oldest.IsZero() && res.oldest.Before(e.oldest) {
			e.oldest = res.oldest
		}
		if res.newest.After(e.newest) {
			e.newest = res.newest
		}
	}
	e.calls++
	e.uneven = e.uneven || !res.falling
	return onward
}

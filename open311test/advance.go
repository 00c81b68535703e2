package open311test

import "time"

// Advance puts the city's clock forward, whichever clock it is, and makes happen what happens in that time;
// see [WithLife].
func (h *Handler) Advance(d time.Duration) {
	h = h.made()
	h.ahead.Add(int64(d))
	h.Live()
}

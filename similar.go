package open311

import (
	"context"
	"encoding/json"
	"strings"
	"time"
)

const (
	nearby    = 100             // metres: what a map, a phone and a geocoder differ by
	clockSlip = 2 * time.Minute // what the clocks of two machines may differ
)

// FindSimilar looks for requests that may be the report n: of the same service, no older than within,
// at the same place (100 metres, or the same address) and with the same description. It is the look
// that an error which matches [ErrOutcomeUnknown] asks for before the report is filed again:
//
//	var unknown *open311.UnknownOutcomeError
//	if errors.As(err, &unknown) {
//		found, err := c.Requests.FindSimilar(ctx, report, time.Since(unknown.Sent)+time.Hour)
//		...
//	}
//
// What a request does not say does not speak against it, but something has to speak for it: the place
// or the description. Times are taken as the server stamps them: where it labels local time as UTC,
// without a dialect that says so, allow some hours.
//
// That nothing is found is no proof: a batch service lists a request only once its token has an id, a
// blackbox service never does, and many cities look at a report before they show it. The error is that
// of [RequestClient.All]; what was found before it is returned with it.
func (r *RequestClient) FindSimilar(ctx context.Context, n *NewRequest, within time.Duration, opts ...CallOption) ([]ServiceRequest, error) {
	switch {
	case n == nil || n.ServiceCode == "":
		return nil, &ValidationError{[]Problem{{"ServiceCode", "is missing"}}}
	case within <= 0:
		return nil, &ValidationError{[]Problem{{"within", "must be more than nothing"}}}
	}
	since := time.Now().Add(-within).Add(-clockSlip) // the sum might be too long for a Duration
	q := &Query{ServiceCodes: []string{n.ServiceCode}, Start: since}
	if since.Year() < 1990 {
		q.Start = time.Time{} // all there is: the listing finds out where that begins
	}
	var found []ServiceRequest
	for request, err := range r.All(ctx, q, opts...) {
		if err != nil {
			return found, err
		}
		if n.isLike(request, since) {
			found = append(found, *request)
		}
	}
	return found, nil
}

// isLike reports whether a request may be the report n.
func (n *NewRequest) isLike(r *ServiceRequest, since time.Time) bool {
	if r.ServiceCode != "" && !strings.EqualFold(r.ServiceCode, n.ServiceCode) {
		return false
	}
	if !r.RequestedDatetime.IsZero() && r.RequestedDatetime.Before(since) {
		return false
	}
	place, text := n.placeOf(r), silent
	if n.Description != "" && r.Description != "" {
		text = proof(sameText(n.Description, r.Description))
	}
	return place != against && text != against && (place == inFavour || text == inFavour)
}

// evidence is what one trait says about whether two reports are the same.
type evidence int8

const (
	silent evidence = iota
	inFavour
	against
)

func proof(same bool) evidence {
	if same {
		return inFavour
	}
	return against
}

// placeOf compares the places, by the best measure that both have.
func (n *NewRequest) placeOf(r *ServiceRequest) evidence {
	switch {
	case n.Location != nil && r.Location != nil && (*r.Location != Point{} || *n.Location == Point{}):
		return proof(distance(*n.Location, *r.Location) <= nearby)
	case n.AddressID != "" && r.AddressID != "":
		return proof(n.AddressID == r.AddressID)
	case n.AddressString != "" && r.Address != "" && sameText(n.AddressString, r.Address):
		return inFavour
	}
	return silent // addresses are rewritten: that they differ says nothing
}

const (
	clockDoubt = 36 * time.Hour // what clocks and zones may differ
	placeDoubt = 50e3           // metres that a server may move a report

	// The same for a record with another text than that of the report.
	ageOfOther   = time.Hour
	placeOfOther = 1e3
)

// mayHaveBecome reports whether a record that a server answers to a report, posted at start, can be the
// report. A record may leave everything out.
func (n *NewRequest) mayHaveBecome(shown *ServiceRequest, start time.Time) bool {
	if shown.ServiceCode != "" && !strings.EqualFold(shown.ServiceCode, n.ServiceCode) {
		return false
	}
	place, near := shown.Location, 0.0
	if n.Location == nil || place != nil && *place == (Point{}) {
		place = nil
	}
	if place != nil {
		near = distance(*n.Location, *place)
	}
	age := start.Sub(shown.RequestedDatetime)
	dated := !shown.RequestedDatetime.IsZero()
	if near > placeDoubt || dated && age > clockDoubt {
		return false
	}
	if shown.Description == "" || n.Description == "" || sameText(shown.Description, n.Description) {
		return true
	}
	// Another text alone proves little: cities rewrite texts and hold them back. But then something has to
	// speak for it, and nothing against it: it was filed now, and at the place of the report.
	return (dated || place != nil) && near <= placeOfOther && (!dated || age <= ageOfOther)
}

// sameText reports whether one text holds the other, whatever the case and the blanks: servers put a
// title before a description, or cut it.
func sameText(a, b string) bool {
	a, b = strings.ToLower(strings.Join(strings.Fields(a), " ")), strings.ToLower(strings.Join(strings.Fields(b), " "))
	a, b = strings.TrimRight(a, ".… "), strings.TrimRight(b, ".… ")
	return a == b || a != "" && b != "" && (strings.Contains(a, b) || strings.Contains(b, a))
}

// isOf reports whether a receipt can be that of n. Servers that answer with the whole record show whose
// it is: FixMyStreet answers every POST with a list of other people's requests, and so do uReport and
// fms-endpoint when they miss something; it may be a list of one.
func (r *Receipt) isOf(n *NewRequest, start time.Time) bool {
	if _, saying := r.Extra[sayings]; saying {
		return false
	}
	var shown ServiceRequest // what else there is in the record, by whatever names and in whatever forms
	if text, err := json.Marshal(r.Extra); err == nil {
		_ = shown.UnmarshalJSON(text) // mostly there is nothing
	}
	return n.mayHaveBecome(&shown, start)
}

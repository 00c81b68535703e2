package listing

import "slices"

// response is what one call brought.
type response struct {
	slice   Slice
	rows    []Row // different ones
	sent    int   // all of the answer, with those that cannot be read, say nothing or come twice
	given   int   // rows that the caller had not been given before
	arrived int   // those of them that are newer than the listing
	meta    Meta
	err     error
	fault   Fault
	number  int // of the call
	echoes  int // how many answers in a row before it had the same rows: perhaps a cache's, or the server does not heed what has changed
	noted   tag // what its rows were noted for as they came, and nobody has counted yet
}

// fingerprint tells answers apart.
type fingerprint struct{ first, last, rows uint64 }

// print returns the fingerprint of an answer; the zero one if it has no rows.
func (r *response) print() fingerprint {
	if r.err != nil || len(r.rows) == 0 {
		return fingerprint{}
	}
	return printOf(r.rows)
}

// printOf is the fingerprint of rows, of which there are some.
func printOf(rows []Row) fingerprint {
	return fingerprint{rows[0].Key, rows[len(rows)-1].Key, uint64(len(rows))}
}

// different is how many different rows an answer had, with those that cannot be told apart.
func (r *response) different() int { return len(r.rows) + r.meta.Skipped + r.meta.Null }

// byDate reports whether the call had a date.
func (r *response) byDate() bool { return !r.slice.Start.IsZero() || !r.slice.End.IsZero() }

// fails reports whether the server failed for a call, and did not refuse it.
func (r *response) fails() bool { return r.err != nil && r.fault&(NotFound|Refused) == 0 }

// hasNew reports whether rows have come that had not come before, and that are not newer than a time.
func (r *response) hasNew(than int64) bool {
	return slices.ContainsFunc(r.rows, func(row Row) bool { return row.had&came == 0 && !row.after(than) })
}

// shared is how many rows of an answer are in another one.
func (r *response) shared(other *response) int {
	n := 0
	for i := range r.rows {
		if slices.ContainsFunc(other.rows, func(row Row) bool { return row.Key == r.rows[i].Key }) {
			n++
		}
	}
	return n
}

// since returns when a listing began, or, if all rows of an answer are newer, when the newest of them was requested: what has
// arrived before the answer can be compared with it.
func (r *response) since(began int64) int64 {
	newest := began
	for i := range r.rows {
		if !r.rows[i].after(began) {
			return began
		}
		newest = max(newest, r.rows[i].At)
	}
	return newest
}

// vain reports whether nothing came, and the call was not refused.
func (r *response) vain() bool { return r.fault&Refused == 0 && (r.err != nil || r.sent == 0) }

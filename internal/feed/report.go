package feed

import "time"

// Report says what a poll did.
type Report struct {
	Began, Ended time.Time
	Lists        []string // which lists it asked for: "requested", "open", "closed", "updated", "probe", "ids"
	Calls        int      // calls of lists and of ids
	Rows         int      // rows that they have brought
	Asked        int      // records that were asked for by id
	Changes      int      // changes that were found
	Known        int      // records that are remembered after it
	Audit        bool     // it has put to the test what is believed of the server
	NextAudit    time.Time
	ProvenTo     time.Time // the newest time up to which the lists were complete; zero: none was
	Unproven     bool      // nothing proves that a list was complete, and nothing speaks against it
	Err          error
}

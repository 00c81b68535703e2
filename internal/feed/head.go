package feed

import "time"

// Head is what a feed knows besides the records. The checksum of a checkpoint is made of its JSON: neither
// names nor order may change.
type Head struct {
	Scope string `json:"scope"` // what the feed is about, to tell its checkpoints from others
	// Since is where the feed began; zero: at its first poll.
	Since time.Time `json:"since,omitzero"`
	// Stocked: the first poll has seen all there was.
	Stocked bool `json:"stocked,omitempty"`
	// Horizon is how far back the first poll has looked. What is older need not be new to be unknown.
	Horizon time.Time `json:"horizon,omitzero"`
	// Forgot is the newest time of request of a closed record that was dropped from memory.
	Forgot time.Time `json:"forgot,omitzero"`
	// Requested and Updated are the newest times, by the server's clock, up to which lists were complete.
	Requested time.Time `json:"requested_to,omitzero"`
	Updated   time.Time `json:"updated_to,omitzero"`
	// Audited is when it was last found out whether the list of updates works, and Mode what came of that.
	Audited time.Time `json:"audited,omitzero"`
	Mode    Mode      `json:"mode,omitempty"`
	// Stuck is since when lists have had gaps.
	Stuck time.Time `json:"stuck,omitzero"`
	Habits
}

// Mode is by which lists changes are found.
type Mode string

const (
	modeWindow  Mode = "window"  // by time of request: the server does not honour the time of update
	modeBoth    Mode = "both"    // it does, but leaves out some that it should give, or there is no proof yet
	modeUpdated Mode = "updated" // by time of update alone
)

package feed

import (
	"bytes"
	"encoding/json"
	"time"
)

// Head is what a feed knows besides the records. The checksum of a checkpoint is made of its JSON: neither
// names nor order may change, and what is added is left out where it is zero.
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
	// Began is when the first poll was, by our clock.
	Began time.Time `json:"began,omitzero"`
	// Ahead is by how many seconds the server's clock was ahead of ours when it was last known, give or take a few minutes.
	Ahead int64 `json:"ahead,omitempty"`
	Facts
}

// same compares what is written of two heads.
func (h *Head) same(other *Head) bool {
	a, errA := json.Marshal(h)
	b, errB := json.Marshal(other)
	return errA == nil && errB == nil && bytes.Equal(a, b)
}

// Facts are what the last audit has shown of the server's lists.
type Facts struct {
	ShowsClosed bool `json:"shows_closed,omitempty"` // a list of any state has closed records in it
	HidesClosed bool `json:"hides_closed,omitempty"` // closed ones come to those only who ask for them
	HeedsOpen   bool `json:"heeds_open,omitempty"`   // asked for open ones, it gives those
	PerDay      int  `json:"per_day,omitempty"`      // how many records a day has
	AnswersIDs  bool `json:"answers_ids,omitempty"`  // a record that was asked for by its id has come
	Views       Like `json:"views,omitempty"`
	Singly      bool `json:"singly,omitempty"` // for a list of ids it gives nothing, or one record only
}

// Like says in what the answer of a single record is like the list.
type Like uint8

const (
	likeKnown   Like = 1 << iota // they were compared
	likeUpdated                  // the date of update is that of the list,
	likeStatus                   // and so is the word for the state,
	likeSum                      // and the rest that every answer has
	laterSingle                  // the date of update is a later one than in the list
)

// Mode is by which lists changes are found.
type Mode string

const (
	modeWindow  Mode = "window"  // by time of request: the server does not honour the time of update
	modeBoth    Mode = "both"    // it does, but leaves out some that it should give, or there is no proof yet
	modeUpdated Mode = "updated" // by time of update alone
)

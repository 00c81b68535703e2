package open311

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/go-open311/open311/internal/listing"
)

// Learned is what a client has found out about its server: which format it speaks, how it hands out lists, what
// its dates mean, how many rows it gives at once, each with the evidence and its date. It is JSON, to be kept or
// to be given to another machine. It saves calls and proves nothing: a client that is given it looks at every
// answer as one that knows nothing, and unlearns what is contradicted. It holds no address and no secret.
type Learned struct{ s learnedState }

type learnedState struct {
	Version int            `json:"version"`
	Format  *formatBelief  `json:"format,omitempty"`
	Lists   listing.Belief `json:"lists"`
}

// formatBelief is a format that has worked.
type formatBelief struct {
	Format Format    `json:"format"`
	Seen   time.Time `json:"seen"`
}

// learnedVersion changes when an older program would misunderstand what is written.
const learnedVersion = 1

// IsZero reports whether nothing was learned.
func (l Learned) IsZero() bool { return l.s.Format == nil && l.s.Lists.IsZero() }

// MarshalJSON implements json.Marshaler.
func (l Learned) MarshalJSON() ([]byte, error) {
	l.s.Version = learnedVersion
	return json.Marshal(l.s)
}

// UnmarshalJSON implements json.Unmarshaler. The error says what is wrong with text that is nothing learned, or
// that a newer version of this package has written.
func (l *Learned) UnmarshalJSON(text []byte) error {
	var s learnedState
	if err := json.Unmarshal(text, &s); err != nil {
		return fmt.Errorf("open311: what was learned of a server cannot be read: %w", err)
	}
	if s.Version > learnedVersion {
		return fmt.Errorf("open311: what was learned of a server was written by a newer version (%d, known is %d): learn it anew", s.Version, learnedVersion)
	}
	l.s = s
	return nil
}

// Learned returns what the client, and those derived from it, have found out about the server so far.
func (c *Client) Learned() Learned {
	m := c.conn.learned
	l := Learned{learnedState{Lists: m.beliefs.Load()}}
	if f := Format(m.format.Load()); f != FormatAuto {
		l.s.Format = &formatBelief{f, time.Now().UTC().Truncate(time.Second)}
	}
	return l
}

// WithLearned gives a client what another one has learned of the same server, by [Client.Learned]. What the client
// has found out itself, or is told by its dialect, goes before it.
func WithLearned(l Learned) Option {
	return func(c *config) error {
		c.learned = &l.s
		return nil
	}
}

// recall takes what was learned by another client.
func (c *conn) recall(s *learnedState) {
	c.learned.beliefs.Recall(s.Lists)
	if f := s.Format; f != nil && Format(c.learned.format.Load()) == FormatAuto && c.cfg.format == FormatAuto {
		other := FormatXML
		if f.Format == FormatXML {
			other = FormatJSON
		}
		c.prefer([]Format{f.Format, other}) // both are open still
	}
}

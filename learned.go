package open311

import (
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-open311/open311/internal/cache"
	"github.com/go-open311/open311/internal/listing"
	"github.com/go-open311/open311/internal/match"
)

// Learned is what a client has found out about its server: which format it speaks, how it hands out lists, what
// its dates mean, how many rows it gives at once, each with the evidence and its date. It is JSON, to be kept, or given
// to another machine, and saves the calls that find the same out again. What an answer contradicts is unlearned. It
// holds no address and no secret.
type Learned struct{ s learnedState }

type learnedState struct {
	Version int            `json:"version"`
	Of      string         `json:"of"` // a hash of the endpoint and the jurisdiction
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

// memory is what a client and those derived from it have learned about their endpoint.
type memory struct {
	format atomic.Int32  // the Format that has worked
	spoken atomic.Uint32 // a bit for each Format that has worked, told or found out
	mu     sync.Mutex
	lists  map[string]*listing.Beliefs // how lists are handed out, by jurisdiction: each is a city of its own
	// Filing depends on what has been read about services: whether one is a blackbox, so that a receipt without
	// an id is one, and what its definition asks for. Both are kept by jurisdiction and code.
	blackbox    cache.Map[bool]       // whether a service answers no report with an id
	definitions cache.Map[any]        // a knownDefinition
	posted      cache.Map[match.Sent] // when reports were sent, by their digests
}

const (
	maxTypes       = 4096    // services of which it is remembered whether they are blackboxes,
	maxTypeBytes   = 1 << 20 // and how many bytes their codes may have together
	maxDefinitions = 256     // definitions that are remembered,
	maxDefBytes    = 8 << 20 // and how much memory they may take
	maxLists       = 1024    // jurisdictions whose lists are remembered
	maxPosted      = 4096    // reports whose time is remembered
	postedAge      = 48 * time.Hour
	definitionAge  = time.Hour // for which a definition is good: cities do change them
)

func newMemory() *memory {
	return &memory{lists: map[string]*listing.Beliefs{}, blackbox: cache.Map[bool]{Limit: maxTypes, Room: maxTypeBytes},
		definitions: cache.Map[any]{Limit: maxDefinitions, Room: maxDefBytes, Age: definitionAge},
		posted:      cache.Map[match.Sent]{Limit: maxPosted, Age: postedAge}}
}

// of returns what is believed of the lists of a jurisdiction. A new one begins with what another has shown of the server.
func (m *memory) of(jurisdiction string) *listing.Beliefs {
	m.mu.Lock()
	defer m.mu.Unlock()
	if b := m.lists[jurisdiction]; b != nil {
		return b
	}
	b := &listing.Beliefs{}
	for _, other := range m.lists {
		known := other.Load()
		b.Store(known.OfServer())
		break
	}
	if len(m.lists) < maxLists {
		m.lists[jurisdiction] = b
	}
	return b
}

// learned returns what is remembered of a server, as it is kept or given away.
func (m *memory) learned(of string, lists listing.Belief) Learned {
	l := Learned{learnedState{Of: of, Lists: lists}}
	if f := Format(m.format.Load()); f != FormatAuto {
		l.s.Format = &formatBelief{f, time.Now().UTC().Truncate(time.Second)}
	}
	return l
}

// recall takes what was learned of a server by another client, and returns the formats to try, the best first; none if
// that is known or told.
func (m *memory) recall(s *learnedState, told Format) []Format {
	switch f := s.Format; {
	case f == nil || told != FormatAuto || Format(m.format.Load()) != FormatAuto:
		return nil
	case f.Format == FormatXML:
		return []Format{FormatXML, FormatJSON}
	}
	return []Format{FormatJSON, FormatXML}
}

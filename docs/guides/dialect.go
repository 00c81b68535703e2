package guides

import (
	"time"

	"github.com/go-open311/open311"
)

// Springfield departs from the specification in six ways. Each field says one of them; where there is none, as for the
// rest, the client finds out.
var Springfield = open311.Dialect{
	Name:        "Springfield",
	Formats:     []open311.Format{open311.FormatJSON},                // it has no XML
	KeyHeader:   "X-API-Key",                                         // in place of the parameter
	Rename:      map[string]string{"long": "lon"},                    // its name of a parameter
	Paths:       map[string]string{"POST requests": "inbox/reports"}, // where reports go
	Requires:    []string{"email"},                                   // although the specification does not
	Windows:     open311.Windows{Span: 30 * 24 * time.Hour},          // more is refused
	StatusWords: map[string]open311.Status{"erledigt": "closed"},
}

package guides

import (
	"time"

	"github.com/go-open311/open311"
)

// Springfield departs from the specification in seven ways, a field each.
var Springfield = open311.Dialect{
	Name:        "Springfield",
	Formats:     []open311.Format{open311.FormatJSON},                // it has no XML
	KeyHeader:   "X-API-Key",                                         // in place of the parameter
	Rename:      map[string]string{"long": "lon"},                    // what it calls a parameter
	Paths:       map[string]string{"POST requests": "inbox/reports"}, // where reports go
	Requires:    []string{"email"},                                   // which the specification leaves open
	Windows:     open311.Windows{Span: 30 * 24 * time.Hour},          // it refuses to list more at once
	StatusWords: map[string]open311.Status{"erledigt": "closed"},     // its word for a status
}

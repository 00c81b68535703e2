package mirror

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/go-open311/open311/internal/plain"
	"github.com/go-open311/open311/mirror/internal/page"
)

// String is what the program prints at its end.
func (r *Report) String() string {
	if r == nil {
		return ""
	}
	var b strings.Builder
	switch {
	case r.Already:
		fmt.Fprintf(&b, "%s is complete already: %s. -fresh starts anew.\n", r.Dir, requests(r.Records))
	case len(r.Gaps) > 0:
		fmt.Fprintf(&b, "%s, and something is missing: complete are %d of %s.\n", requests(r.Records), r.Done, plain.Count(r.Windows, "window"))
		for i, g := range r.Gaps {
			if i == 5 {
				fmt.Fprintf(&b, "  and %d more, all of them in %s\n", len(r.Gaps)-i, filepath.Join(r.Dir, stateName))
				break
			}
			fmt.Fprintf(&b, "  %s\n", plain.Line(g.String()))
		}
		b.WriteString("The same command asks again for what is missing.\n")
	default:
		fmt.Fprintf(&b, "%s, complete.\n", requests(r.Records))
	}
	if r.Doubles > 0 {
		fmt.Fprintf(&b, "In two windows, and in the files once: %d.\n", r.Doubles)
	}
	for _, f := range r.Files {
		fmt.Fprintf(&b, "  %-28s %s\n", filepath.Join(r.Dir, f.Name), page.File(f).SizeText())
	}
	return b.String()
}

func requests(n int) string { return plain.Count(n, "request") }

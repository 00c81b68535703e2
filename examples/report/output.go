package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/go-open311/open311"
)

// lookForIt lists what may be a report of which it is not known whether it has arrived.
func lookForIt(ctx context.Context, c *open311.Client, n *open311.NewRequest) {
	found, err := c.Requests.FindSimilar(ctx, n, time.Hour)
	fmt.Printf("The report may have arrived. The city shows %d that may be it; look at them before filing it again.\n", len(found))
	for i := range found {
		show(&found[i])
	}
	if err != nil {
		fmt.Println("There may be more:", err)
	}
}

func show(r *open311.ServiceRequest) {
	place := r.Address
	if place == "" && r.Location != nil {
		place = r.Location.String()
	}
	fmt.Printf("%s: %s, %s\n  %s\n  at %s, requested %s\n", cmp.Or(r.ID, "no number yet"), r.ServiceName, r.Status, cmp.Or(r.Description, "no text"),
		cmp.Or(place, "no place"), r.RequestedDatetime.Format(time.DateTime))
	for _, u := range r.MediaURLs() {
		fmt.Println(" ", u)
	}
}

// fail tells every problem in a line of its own.
func fail(status int, err error) {
	if ve, ok := errors.AsType[*open311.ValidationError](err); ok {
		fmt.Fprintln(os.Stderr, "report: nothing was sent:")
		for _, p := range ve.Problems {
			fmt.Fprintf(os.Stderr, "  %s %s\n", p.Field, p.Detail)
		}
	} else {
		fmt.Fprintln(os.Stderr, "report:", err)
	}
	os.Exit(status)
}

// printer prints a report in place of sending it, without the key.
type printer struct {
	http.RoundTripper
	key string
}

var errPrinted = errors.New("it is a dry run")

func (p printer) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodPost {
		return p.RoundTripper.RoundTrip(r)
	}
	dump, err := httputil.DumpRequestOut(r, true)
	if err != nil {
		return nil, err
	}
	text := strings.ToValidUTF8(string(dump), ".")
	if p.key != "" {
		text = strings.NewReplacer(p.key, "REDACTED", url.QueryEscape(p.key), "REDACTED").Replace(text)
	}
	fmt.Println("Nothing is sent. It would be:\n\n" + text)
	return nil, errPrinted
}

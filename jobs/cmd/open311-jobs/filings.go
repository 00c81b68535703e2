package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/jobs"
)

// waiting lists the reports of which nobody knows whether they were filed, without what their reporters have written.
func waiting(ctx context.Context, args []string, out, errs io.Writer) error {
	set, name := flags("waiting", errs)
	if err := parse(set, args); err != nil {
		return err
	}
	return with(ctx, *name, "", func(db *jobs.DB, _ *jobs.Runner) error {
		found, err := db.Waiting(ctx)
		for _, city := range slices.Sorted(maps.Keys(found)) {
			for _, f := range found[city] {
				fmt.Fprintf(out, "%s %s: %s\n", city, f.ID, f.Error)
				for _, c := range f.Candidates {
					fmt.Fprintf(out, "    may be %s, score %.2f: %s\n", c.Request.ID, c.Score, strings.Join(c.Reasons, ", "))
				}
			}
		}
		return err
	})
}

// decide is a person's word about one of them.
func decide(ctx context.Context, args []string, out, errs io.Writer) error {
	set, name := flags("decide", errs)
	file := set.String("catalogue", "", "as in run")
	city := set.String("city", "", "the `key` of the city")
	id := set.String("id", "", "the `id` of the report, as \"waiting\" lists it")
	filed := set.String("filed", "", "it is there: the city's `number` for it")
	send := set.Bool("send", false, "it is not there: send it again")
	if err := parse(set, args); err != nil {
		return err
	}
	if *city == "" || *id == "" || (*filed == "") == !*send {
		return fmt.Errorf("%w: -city and -id, and one of -filed and -send", errUsage)
	}
	var receipt *open311.Receipt
	if *filed != "" {
		receipt = &open311.Receipt{ID: *filed}
	}
	return with(ctx, *name, *file, func(_ *jobs.DB, r *jobs.Runner) error {
		err := r.Decide(ctx, *city, *id, receipt)
		if err == nil {
			fmt.Fprintln(out, "noted")
		}
		return err
	})
}

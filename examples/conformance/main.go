// Conformance checks an Open311 GeoReport v2 server and writes a report. Without a URL it checks a city that
// it starts itself, in memory, on loopback. It reads only, unless -create is given.
//
//	go run ./examples/conformance
//	go run ./examples/conformance -jurisdiction city.example https://city.example/open311/v2
//	go run ./examples/conformance -format html -o report.html https://city.example/open311/v2
//
// With -o each failure is told in a line, and with -known those of the ids in a file do not count: a build that has
// such a file fails for what is new only.
//
// The exit status is 0 if the server is conformant, with or without warnings, 1 if it is not, and 2 if that
// could not be said: a part was disabled or could not be asked. Note that go run makes 1 of 2: use go install.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/go-open311/open311/conformance"
	"github.com/go-open311/open311/open311test"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, out, progress io.Writer) int {
	target, format, file, err := parse(args, progress)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintln(progress, err)
		return 2
	}
	if target.Endpoint == "" {
		city := httptest.NewServer(open311test.NewHandler(open311test.WithClock(time.Now)))
		defer city.Close()
		target.Endpoint, target.Pace = city.URL+"/open311/v2", -1
		fmt.Fprintln(progress, "No URL: checking a city in memory.")
	}
	fmt.Fprintf(progress, "It takes some 100 calls, %v apart.\n", max(0, cmp.Or(target.Pace, 200*time.Millisecond)))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	report, err := conformance.Check(ctx, target)
	if err == nil {
		err = write(report, format, file, out)
	}
	if err == nil && file != "" {
		fmt.Fprintf(progress, "The report is in %s.\n", file)
		err = report.WriteFailures(progress)
	}
	if err != nil {
		fmt.Fprintln(progress, err)
		return 2
	}
	fmt.Fprintf(progress, "%s: %s\n", report.Endpoint, report.Verdict)
	return report.ExitStatus()
}

func parse(args []string, usage io.Writer) (t conformance.Target, format, file string, err error) {
	f := flag.NewFlagSet("conformance [flags] [endpoint URL]", flag.ContinueOnError)
	f.SetOutput(usage)
	t.APIKey, t.Disable = os.Getenv("OPEN311_API_KEY"), make(map[string]string)
	f.StringVar(&t.Jurisdiction, "jurisdiction", "", "jurisdiction_id of every call")
	f.BoolVar(&t.AllowCreate, "create", false, "file reports, too, which stay: for test endpoints; key: OPEN311_API_KEY")
	f.DurationVar(&t.Pace, "pace", 0, "the pause between calls; 0: 200ms, below 0: none")
	f.Func("disable", "a requirement not to judge, as `id=reason`; may be repeated", func(v string) error {
		id, reason, _ := strings.Cut(v, "=")
		t.Disable[id] = reason
		return nil
	})
	f.Func("only", "an `operation`, such as requests, to judge alone; may be repeated", func(v string) error {
		t.Only = append(t.Only, conformance.Operation(v))
		return nil
	})
	f.Func("known", "a `file` with the ids of what is known to fail, which does not count", func(v string) error {
		text, err := os.ReadFile(v)
		t.Known = strings.Fields(string(text))
		return err
	})
	f.StringVar(&format, "format", "", strings.Join(conformance.ReportFormats(), ", ")+"; else by -o")
	f.StringVar(&file, "o", "", "write the report to this `file`")
	if err := f.Parse(args); err != nil {
		return t, "", "", err
	}
	if f.NArg() > 1 {
		return t, "", "", fmt.Errorf("one endpoint at a time: %q (flags stand before it)", f.Args())
	}
	byName := map[string]string{".html": "html", ".json": "json", ".xml": "junit", ".md": "markdown"}
	t.Endpoint, format = f.Arg(0), cmp.Or(format, byName[filepath.Ext(file)], "text")
	if !slices.Contains(conformance.ReportFormats(), format) {
		return t, "", "", fmt.Errorf("-format: there is no %q; there are %s", format, strings.Join(conformance.ReportFormats(), ", "))
	}
	return t, format, file, nil
}

// write writes to the file, or to out if there is none.
func write(r *conformance.Report, format, file string, out io.Writer) error {
	if file == "" {
		return r.Write(out, format)
	}
	if info, err := os.Lstat(file); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%s is a link, or no file: what it leads to is not written over", file)
	}
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	return errors.Join(r.Write(f, format), f.Close())
}

// Conformance checks an Open311 GeoReport v2 server and writes a report. Without a URL it checks a city that
// it starts itself, in memory, on loopback. It reads only, unless -create is given.
//
//	go run ./examples/conformance
//	go run ./examples/conformance -jurisdiction city.example https://city.example/open311/v2
//	go run ./examples/conformance -format html -o report.html https://city.example/open311/v2
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
		target.Endpoint = city.URL + "/open311/v2"
		fmt.Fprintln(progress, "No URL: checking a city in memory.")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if target.Pace == 0 && ours(target.Endpoint) {
		target.Pace = -1
	}
	bar, wipe := show(progress)
	target.Progress = bar
	report, err := conformance.Check(ctx, target)
	wipe()
	if err == nil {
		brief(progress, report, file)
		err = write(report, format, file, out)
	}
	if err != nil {
		fmt.Fprintln(progress, err)
		return 2
	}
	fmt.Fprintf(progress, "%s: %s\n", report.Endpoint, report.Verdict)
	if len(report.Formats) == 0 {
		fmt.Fprintln(progress, "Nothing was answered in XML or JSON. Is this the endpoint, what stands before /services.xml?")
	}
	return report.ExitStatus()
}

func parse(args []string, usage io.Writer) (t conformance.Target, format, file string, err error) {
	f := flag.NewFlagSet("conformance", flag.ContinueOnError)
	f.SetOutput(usage)
	f.StringVar(&t.APIKey, "key", os.Getenv("OPEN311_API_KEY"), "API key, for -create; also from OPEN311_API_KEY")
	f.StringVar(&t.Jurisdiction, "jurisdiction", "", "jurisdiction_id of every call")
	f.StringVar(&t.DiscoveryURL, "discovery", "", "URL of the discovery document; else the usual places")
	f.BoolVar(&t.AllowCreate, "create", false, "file service requests too, which stay in the city: for test endpoints")
	f.DurationVar(&t.Pace, "pace", 0, "delay between calls; by default 200ms, and none for a server on this machine")
	f.Func("disable", "id=reason of a requirement not to judge; may be repeated", func(v string) error {
		id, reason, _ := strings.Cut(v, "=")
		if t.Disable == nil {
			t.Disable = make(map[string]string)
		}
		t.Disable[id] = reason
		return nil
	})
	f.Func("only", "one of the operations to check, such as requests; may be repeated", func(v string) error {
		t.Only = append(t.Only, conformance.Operation(v))
		return nil
	})
	f.Func("known", "a `file` with the ids of what is known to be broken: it does not count in the exit status", func(name string) error {
		b, err := os.ReadFile(name)
		t.Known = strings.Fields(string(b))
		return err
	})
	f.StringVar(&format, "format", "", "of the report: "+strings.Join(conformance.ReportFormats(), ", ")+" (by the name of -o, else text)")
	f.StringVar(&file, "o", "", "write the report to this `file`")
	f.Usage = func() {
		fmt.Fprintln(usage, "usage: conformance [flags] [endpoint URL]")
		f.PrintDefaults()
	}
	if err := f.Parse(args); err != nil {
		return t, "", "", err
	}
	if f.NArg() > 1 {
		return t, "", "", fmt.Errorf("one endpoint at a time: %q (flags stand before it)", f.Args())
	}
	byName := map[string]string{".html": "html", ".json": "json", ".xml": "junit", ".md": "markdown"}
	t.Endpoint, format = f.Arg(0), cmp.Or(format, byName[filepath.Ext(file)], "text")
	if !slices.Contains(conformance.ReportFormats(), format) {
		return t, "", "", fmt.Errorf("-format %s: there is no such report", format)
	}
	return t, format, file, nil
}

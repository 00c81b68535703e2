package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/go-open311/open311/conformance"
	"github.com/go-open311/open311/open311test"
	"github.com/go-open311/open311/servers"
)

type checkCmd struct {
	Endpoint     string            `placeholder:"URL" help:"What stands before /services.xml; none: a city in memory."`
	City         string            `placeholder:"KEY" help:"A city of the catalogue instead."`
	Jurisdiction string            `placeholder:"ID" help:"Its jurisdiction_id, if it wants one."`
	Discovery    string            `placeholder:"URL" help:"Its discovery document; else the usual places."`
	Create       bool              `help:"File reports, too; they stay: for test endpoints."`
	Pace         time.Duration     `default:"-1s" placeholder:"TIME" help:"Wait between calls; else 200ms, on this machine 0."`
	Disable      map[string]string `mapsep:"none" placeholder:"ID=WHY" help:"A requirement not to judge; may be repeated."`
	Only         []string          `placeholder:"WORD" help:"Only these operations, such as requests."`
	Known        string            `type:"existingfile" placeholder:"FILE" help:"Requirements that may fail, an id a line."`
	KeyFile      string            `type:"existingfile" placeholder:"FILE" help:"The file with the API key."`
	Format       string            `enum:",text,json,junit,markdown,html" default:"" placeholder:"FORM" help:"text, json, junit, markdown or html; by the name of -o."`
	Output       string            `short:"o" placeholder:"FILE" help:"The file to write the report to."`
}

// Help is printed below the flags: the exit status is not that of the other commands.
func (*checkCmd) Help() string {
	return "Exit status: 0 conformant, 1 not conformant, 2 it could not be said."
}

// find takes the endpoint of a city from the catalogue.
func (k *checkCmd) find() error {
	if k.City == "" || k.City == madeUp {
		return nil
	}
	if k.Endpoint != "" {
		return fmt.Errorf("%w: --city and --endpoint exclude each other", errUsage)
	}
	row, err := servers.Lookup(k.City)
	if err == nil && row.Status == servers.Retired {
		_, err = row.Open() // the error says since when, and why
	}
	if err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	k.Endpoint, k.Jurisdiction = row.BaseURL, cmp.Or(k.Jurisdiction, row.JurisdictionID)
	return nil
}

// target is what the suite is told.
func (k *checkCmd) target() (t conformance.Target, err error) {
	t = conformance.Target{Endpoint: k.Endpoint, Jurisdiction: k.Jurisdiction, DiscoveryURL: k.Discovery, AllowCreate: k.Create,
		Disable: k.Disable, Pace: k.Pace}
	if k.Pace < 0 {
		t.Pace = 0 // the target's zero is its default
	}
	if k.Pace == 0 || k.Pace < 0 && ours(k.Endpoint) {
		t.Pace = -1
	}
	for _, word := range k.Only {
		t.Only = append(t.Only, conformance.Operation(word))
	}
	if k.Known != "" {
		text, err := os.ReadFile(k.Known)
		if err != nil {
			return t, err
		}
		t.Known = strings.Fields(string(text))
	}
	t.APIKey, err = (&city{KeyFile: k.KeyFile}).key()
	return t, err
}

func (k *checkCmd) Run(ctx context.Context, to streams) error {
	if err := k.find(); err != nil {
		return err
	}
	if k.Endpoint == "" {
		town := httptest.NewServer(open311test.NewHandler(open311test.WithClock(time.Now)))
		defer town.Close()
		k.Endpoint = town.URL + "/open311/v2"
		fmt.Fprintln(to.err, "No --endpoint: checking a city in memory.")
	}
	target, err := k.target()
	if err != nil {
		return err
	}
	line := to.progressBeside()
	target.Progress = func(done, total int, r conformance.Result) { line.say("%s %s", bar(done, total), r.ID) }
	report, err := conformance.Check(ctx, target)
	line.end()
	if err == nil {
		err = k.write(to.out, report)
	}
	if err != nil {
		if status := statusOf(ctx, err, to.err); status == 130 {
			return exit(status)
		}
		return exit(2) // it cannot be said
	}
	if k.Output != "" {
		if err := report.WriteFailures(to.err); err != nil {
			return err
		}
		fmt.Fprintf(to.err, "The report is in %s.\n", k.Output)
	}
	fmt.Fprintf(to.err, "%s: %s\n", report.Endpoint, report.Verdict)
	if len(report.Formats) == 0 {
		fmt.Fprintln(to.err, "Nothing was answered in XML or JSON. Is this the endpoint, what stands before /services.xml?")
	}
	if status := report.ExitStatus(); status != 0 {
		return exit(status)
	}
	return nil
}

// write writes the report to its file, or to out if there is none.
func (k *checkCmd) write(out io.Writer, r *conformance.Report) error {
	byName := map[string]string{".html": "html", ".json": "json", ".xml": "junit", ".md": "markdown"}
	format := cmp.Or(k.Format, byName[filepath.Ext(k.Output)], "text")
	if k.Output == "" {
		return r.Write(out, format)
	}
	f, err := create(k.Output)
	if err != nil {
		return err
	}
	return errors.Join(r.Write(f, format), f.Close())
}

// create makes a file, or empties an old one. A link is followed only to what is no file, as /dev/stdout is: somebody may
// have put it there to have another file written over.
func create(name string) (*os.File, error) {
	there, err := os.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	}
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		return nil, err
	}
	switch opened, err := f.Stat(); {
	case err != nil:
		return nil, errors.Join(err, f.Close())
	case !opened.Mode().IsRegular():
		return f, nil
	case !os.SameFile(there, opened):
		return nil, errors.Join(fmt.Errorf("%s is a link: give the name of the file itself", name), f.Close())
	}
	return f, f.Truncate(0)
}

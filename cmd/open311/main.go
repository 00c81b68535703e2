// Open311 asks the GeoReport v2 servers of cities from the command line. "open311 -h" lists its commands.
//
//	open311 list --city quillhaven --limit 5   # a made-up city in memory
//	open311 servers
//	open311 list --city chicago --since 2026-01-01 --status open --format csv
//	open311 get --city chicago SR26-00000001
//	open311 report --endpoint http://localhost:8080/open311/v2 --service 0101 --place 43.25,-68.05 --text "A hole"
//	open311 watch --city chicago --state chicago.json --webhook https://hooks.example/T1 --shape slack
//	open311 mirror --city chicago --since 2024-01-01 --format csv,sqlite -o chicago
//	open311 check --endpoint http://localhost:8080/open311/v2
//
// Flags may be written with one dash or two. The API key comes from OPEN311_API_KEY or a file, never from a flag, which
// others on the machine could read. Progress is shown on terminals only.
//
// The exit status is
//
//	0    all went well
//	1    a call failed
//	2    wrong arguments, or a report that cannot be right; nothing was sent
//	3    a listing or a copy is not complete
//	4    something was not found
//	5    nobody knows whether a report has arrived
//	130  interrupted
//
// That of check is 0 for a conformant server, 1 for one that is not, and 2 if it could not be said.
//
// There is more in [The program open311].
//
// [The program open311]: https://github.com/go-open311/open311/blob/main/docs/program.md
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"slices"
	"strings"
	"syscall"
	_ "time/tzdata" // for images without a time zone database

	"github.com/alecthomas/kong"
	"github.com/go-open311/open311"
)

// program is the command line.
type program struct {
	List     listCmd     `cmd:"" help:"List service requests."`
	Get      getCmd      `cmd:"" help:"Show service requests by id."`
	Services servicesCmd `cmd:"" help:"List services, or what one of them asks."`
	Report   reportCmd   `cmd:"" help:"File a report."`
	Watch    watchCmd    `cmd:"" help:"Tell what changes, in one city or many."`
	Mirror   mirrorCmd   `cmd:"" help:"Copy all requests of a city to files or a database."`
	Check    checkCmd    `cmd:"" help:"Tell whether a server is conformant."`
	Servers  serversCmd  `cmd:"" help:"List the catalogue of public servers."`

	Completion completionCmd `cmd:"" help:"Print a script that completes commands in a shell."`
	Complete   completeCmd   `cmd:"" hidden:""`
}

// streams are what a command reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// exit is an error that has been told already, and its status.
type exit int

func (e exit) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	os.Exit(run(ctx, os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr}))
}

// run is main for tests.
func run(ctx context.Context, args []string, to streams) (status int) {
	type helped struct{ status int } // how kong ends for -h
	defer func() {
		if h, ok := recover().(helped); ok {
			status = h.status
		}
	}()
	var p program
	parser, err := kong.New(&p, kong.Name("open311"), kong.Writers(to.out, to.err), kong.Exit(func(s int) { panic(helped{s}) }),
		kong.Description(description),
		kong.Help(help), kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true}), kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(to))
	if err != nil {
		panic(err) // the tests run every command
	}
	if len(args) == 0 {
		_ = run(ctx, []string{"--help"}, streams{to.in, to.err, to.err})
		return 2
	}
	command, err := parser.Parse(dashes(args))
	if err != nil {
		text := strings.Replace(err.Error(), `one of "",`, "one of ", 1) // a choice that may be left out
		fmt.Fprintf(to.err, "open311: %s\n\"open311 -h\" lists what there is.\n", text)
		return 2
	}
	return statusOf(ctx, command.Run(), to.err)
}

var oneDash = regexp.MustCompile(`^-[a-z][a-z-]+(=|$)`)

// dashes lets long flags have one dash, as those of Go's own programs.
func dashes(args []string) []string {
	args = slices.Clone(args)
	for i, a := range args {
		if a == "--" {
			break
		}
		if oneDash.MatchString(a) {
			args[i] = "-" + a
		}
	}
	return args
}

// withoutPackage are the names of packages in errors, which say nothing to users of the program.
var withoutPackage = regexp.MustCompile(`(^|: )(?:open311|servers|mirror|conformance): `)

// statusOf tells an error, and the status that says what it means.
func statusOf(ctx context.Context, err error, to io.Writer) int {
	if e, ok := errors.AsType[exit](err); ok {
		return int(e)
	}
	if err == nil {
		return 0
	}
	for line := range strings.Lines(err.Error()) {
		line = strings.ReplaceAll(strings.TrimSpace(line), errUsage.Error()+": ", "")
		if errors.Is(err, errUsage) {
			line = errUsage.Error() + ": " + line
		}
		fmt.Fprintln(to, "open311:", safe(withoutPackage.ReplaceAllString(line, "$1")))
	}
	if errors.Is(err, open311.ErrForbidden) {
		fmt.Fprintln(to, "The API key is read from OPEN311_API_KEY or --key-file.")
	}
	switch {
	case ctx.Err() != nil:
		return 130
	case errors.Is(err, open311.ErrOutcomeUnknown):
		return 5
	case errors.Is(err, open311.ErrTruncated), errors.Is(err, open311.ErrUnproven):
		return 3
	case errors.Is(err, errUsage):
		return 2
	case errors.Is(err, open311.ErrNotFound):
		return 4
	}
	if _, refusedHere := errors.AsType[*open311.ValidationError](err); refusedHere {
		return 2
	}
	return 1
}

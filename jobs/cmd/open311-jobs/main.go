// Open311-jobs keeps copies of cities up to date: it harvests them, follows what changes, and files reports, on one machine
// with a file of SQLite, on many with PostgreSQL.
//
//	open311-jobs run -db cities.sqlite -cities chicago,zurich -every 1h
//	open311-jobs run -db postgres://db.example/cities -cities us
//	open311-jobs status -db cities.sqlite
//	open311-jobs -demo
//
// API keys come from the environment or from a file, never from a flag, which other users of the machine could read.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// command is what the first argument names.
type command struct {
	name, args, does string
	run              func(ctx context.Context, args []string, out, errs io.Writer) error
}

var commands = []command{
	{"run", "-cities LIST", "works the jobs of cities until it is stopped", run},
	{"status", "", "prints how far they have come", status},
	{"harvest", "CITY...", "has backfills done again", harvest},
	{"cancel", "CITY...", "cancels the jobs of cities that are in hand", cancel},
	{"waiting", "", "lists the reports that wait for a person", waiting},
	{"decide", "-city CITY -id ID (-filed NUMBER | -send)", "says what has become of one", decide},
	{"demo", "", "harvests nine cities in memory with three workers; -demo does so too", demo},
}

// errUsage is what errors about arguments match.
var errUsage = errors.New("wrong arguments")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(call(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// call runs the program and returns its status: 0, 1 if something went wrong, 2 for wrong arguments.
func call(ctx context.Context, args []string, out, errs io.Writer) int {
	if len(args) > 0 && (args[0] == "-demo" || args[0] == "--demo") {
		args = append([]string{"demo"}, args[1:]...)
	}
	if len(args) > 0 {
		for _, c := range commands {
			if c.name != args[0] {
				continue
			}
			switch err := c.run(ctx, args[1:], out, errs); {
			case err == nil || errors.Is(err, flag.ErrHelp):
				return 0
			case errors.Is(err, errUsage):
				fmt.Fprintln(errs, "open311-jobs:", err)
				return 2
			default:
				fmt.Fprintln(errs, "open311-jobs:", err)
				return 1
			}
		}
	}
	usage(errs)
	return 2
}

func usage(w io.Writer) {
	fmt.Fprintln(w, "open311-jobs keeps copies of cities up to date, and files reports.")
	fmt.Fprintln(w)
	for _, c := range commands {
		fmt.Fprintf(w, "  open311-jobs %s %s\n        %s\n", c.name, c.args, c.does)
	}
	fmt.Fprintln(w, "\nEach shows its flags with -h.")
}

// flags returns a set of flags with that of the database.
func flags(name string, errs io.Writer) (*flag.FlagSet, *string) {
	set := flag.NewFlagSet("open311-jobs "+name, flag.ContinueOnError)
	set.SetOutput(errs)
	preset := os.Getenv("OPEN311_DB")
	if preset == "" {
		preset = "open311.sqlite"
	}
	db := set.String("db", preset, "a `file` of SQLite, or a URL of PostgreSQL; its password from PGPASSWORD or ~/.pgpass. Also from OPEN311_DB")
	return set, db
}

// parse reads the arguments.
func parse(set *flag.FlagSet, args []string) error {
	if err := set.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	return nil
}

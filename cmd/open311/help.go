package main

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/alecthomas/kong"
)

const description = `Asks Open311 GeoReport v2 servers of cities. The API key, if one is needed, is read from OPEN311_API_KEY or --key-file.

Exit status: 0 well, 1 failed, 2 wrong arguments, 3 not complete, 4 not found, 5 nobody knows whether a report has arrived.`

// help prints the flags of a command, each in one line, so that all of them fit a screen of 80 columns and 24 lines.
// The program's own help is kong's.
func help(options kong.HelpOptions, ctx *kong.Context) error {
	node := ctx.Selected()
	if node == nil {
		return kong.DefaultHelpPrinter(options, ctx)
	}
	width := 0
	var flags []*kong.Flag
	for _, f := range flagsOf(node) {
		if f.Name != "help" {
			flags, width = append(flags, f), max(width, utf8.RuneCountInString(flagText(f)))
		}
	}
	_, err := fmt.Fprintf(ctx.Stdout, "open311 %s: %s\n", strings.TrimPrefix(node.Summary(), "open311 "), node.Help)
	for _, p := range node.Positional {
		fmt.Fprintf(ctx.Stdout, "  %-*s  %s\n", width, p.Name, p.Help)
	}
	fmt.Fprintln(ctx.Stdout)
	for _, f := range flags {
		fmt.Fprintln(ctx.Stdout, strings.TrimRight(fmt.Sprintf("  %-*s  %s", width, flagText(f), f.Help), " "))
	}
	if node.Detail != "" {
		fmt.Fprintf(ctx.Stdout, "\n%s\n", node.Detail)
	}
	return err
}

// flagText is a flag with its value: "-o, --output=DIR".
func flagText(f *kong.Flag) string {
	text := "--" + f.Name
	if f.Short != 0 {
		text = "-" + string(f.Short) + ", " + text
	}
	if !f.IsBool() {
		text += "=" + f.PlaceHolder
	}
	return text
}

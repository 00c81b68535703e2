package main

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"net/url"
	"os"
	"strings"

	"github.com/go-open311/open311/conformance"
)

// show draws a line that goes on while the check runs, and returns what wipes it out. In the log of a
// pipeline it would be a page of rubbish, so that it is drawn on terminals only.
func show(w io.Writer) (progress func(done, total int, r conformance.Result), wipe func()) {
	f, ok := w.(*os.File)
	if !ok {
		return nil, func() {}
	}
	if info, err := f.Stat(); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return nil, func() {}
	}
	return func(done, total int, r conformance.Result) {
		bar := strings.Repeat("=", 24*done/total)
		fmt.Fprintf(f, "\r\033[K[%-24s] %d/%d %s", bar, done, total, r.ID)
	}, func() { fmt.Fprint(f, "\r\033[K") }
}

// ours tells whether a server is on this machine: nobody else is disturbed by calls without a delay.
func ours(endpoint string) bool {
	u, err := url.Parse(endpoint)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return u.Hostname() == "localhost" || err == nil && ip.IsLoopback()
}

// brief says in a line each what failed, if the report itself goes into a file.
func brief(w io.Writer, r *conformance.Report, file string) {
	if file == "" {
		return
	}
	for _, res := range r.Results {
		if res.Status == conformance.Fail && len(res.Findings) > 0 {
			mark := "fail "
			if res.Known {
				mark = "known"
			}
			fmt.Fprintf(w, "%s  %s: %s\n", mark, res.ID, res.Findings[0].Got)
		}
	}
	fmt.Fprintf(w, "The report is in %s.\n", file)
}

// write writes to the file, or to out if there is none.
func write(r *conformance.Report, format, file string, out io.Writer) error {
	if file == "" {
		return r.Write(out, format)
	}
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	return errors.Join(r.Write(f, format), f.Close())
}

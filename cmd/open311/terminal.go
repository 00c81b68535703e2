package main

import (
	"fmt"
	"io"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"time"
)

// terminal reports whether a stream is one: in logs and files there is no progress, and nothing is asked.
func terminal(stream any) bool {
	f, ok := stream.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	null, _ := os.Stat(os.DevNull)
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && !os.SameFile(info, null)
}

// progress is a line of a terminal that is written again and again. A nil one says nothing.
type progress struct {
	w    io.Writer
	last time.Time
}

// progressBeside is for commands whose results come at the end.
func (s streams) progressBeside() *progress {
	if !terminal(s.err) {
		return nil
	}
	return &progress{w: s.err}
}

// progress returns the progress of a command: none in a log, and none where the results would run through it.
func (s streams) progress() *progress {
	if !terminal(s.err) || terminal(s.out) {
		return nil
	}
	return &progress{w: s.err}
}

// say shows how far a command has come, some ten times a second.
func (p *progress) say(format string, args ...any) {
	if p == nil || time.Since(p.last) < 100*time.Millisecond {
		return
	}
	p.last = time.Now()
	fmt.Fprintf(p.w, "\r\033[K%s", clip(safe(fmt.Sprintf(format, args...)), 79))
}

// end wipes the line out.
func (p *progress) end() {
	if p != nil {
		fmt.Fprint(p.w, "\r\033[K")
	}
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

// bar draws a share of 24 characters.
func bar(done, total int) string {
	return fmt.Sprintf("[%-24s] %d/%d", strings.Repeat("=", 24*done/max(total, 1)), done, total)
}

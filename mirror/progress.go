package mirror

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/go-open311/open311/internal/plain"
)

// progress says how far a run has come: in one line of a terminal that is written again and again, and nowhere else.
type progress struct {
	w        io.Writer
	terminal bool
	now      func() time.Time

	all, left     int // windows, in the plan and of this run
	done, records int // in this run
	joining       int // requests to be joined; 0 before that
	looked        int // of 100, while doubles are looked for
	ending        bool
	start, last   time.Time
	width         int // of the line on the terminal
}

func newProgress(w io.Writer) *progress {
	p := &progress{w: w, now: time.Now}
	if f, ok := w.(*os.File); ok {
		info, err := f.Stat()
		p.terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	if w == nil {
		p.w = io.Discard
	}
	return p
}

// between is how long a line stays at least.
const between = 100 * time.Millisecond

func (p *progress) begin(all, left int) {
	p.all, p.left, p.start = all, left, p.now()
	p.last = p.start
}

// record counts a request that was fetched.
func (p *progress) record() {
	if p.records++; p.records%32 == 0 {
		p.show(between)
	}
}

// window counts a window. The last one is always told.
func (p *progress) window() {
	if p.done++; p.done == p.left {
		p.show(0)
	} else {
		p.show(between)
	}
}

// join begins to count requests that are joined.
func (p *progress) join(total int) {
	p.joining, p.records, p.start = total, 0, p.now()
}

// look tells how much of the search for doubles is done.
func (p *progress) look(part, of int) {
	p.looked = 100 * part / of
	p.show(between)
}

// finish tells that all is written, and not yet in order and on the disk.
func (p *progress) finish() {
	p.ending = true
	p.show(0)
}

func (p *progress) joined() {
	if p.records++; p.records == p.joining {
		p.show(0)
	} else if p.records%1024 == 0 {
		p.show(between)
	}
}

// end leaves the line on the terminal as it is.
func (p *progress) end() {
	if p.width > 0 {
		fmt.Fprintln(p.w)
		p.width = 0
	}
}

// note writes a line that stays.
func (p *progress) note(format string, args ...any) {
	text := plain.Line(fmt.Sprintf(format, args...)) // servers may say anything
	if p.width > 0 {
		fmt.Fprintf(p.w, "\r%*s\r", p.width, "")
		p.width = 0
	}
	fmt.Fprintln(p.w, text)
}

// show writes the line, unless the last one is younger than that.
func (p *progress) show(every time.Duration) {
	now := p.now()
	if !p.terminal || now.Sub(p.last) < every {
		return
	}
	p.last = now
	line := p.line(now.Sub(p.start))
	fmt.Fprintf(p.w, "\r%-*s", p.width, line)
	p.width = max(p.width, len(line))
}

// line is short enough for a terminal of 80 columns.
func (p *progress) line(spent time.Duration) string {
	if p.ending {
		return fmt.Sprintf("finishing the files of %s: indexes, and all to the disk", requests(p.joining))
	}
	if p.joining > 0 && p.records == 0 {
		return fmt.Sprintf("looking for requests that are there twice, %d%%", p.looked)
	}
	if p.joining > 0 {
		return fmt.Sprintf("writing the files: %d of %s, %d%%", p.records, requests(p.joining), 100*p.records/p.joining)
	}
	line := fmt.Sprintf("windows %d/%d, %s", p.all-p.left+p.done, p.all, requests(p.records))
	if s := spent.Seconds(); s > 0 {
		line += fmt.Sprintf(", %.0f/s", float64(p.records)/s)
	}
	if left := p.left - p.done; left > 0 && p.done > 0 {
		line += ", " + clock(spent/time.Duration(p.done)*time.Duration(left)) + " to go"
	} else if left == 0 {
		line += ", took " + clock(spent)
	}
	return line
}

// clock writes a duration as 0:07 or 1:02:03.
func clock(d time.Duration) string {
	s := int(d.Round(time.Second) / time.Second)
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

package main

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/go-open311/open311/internal/cputime"
)

// way is one way of doing what others do as well. run returns a number that shows what it has read: all ways of a contest
// have to return the same.
type way struct {
	name string
	run  func() (int, error)
}

// contest measures ways in turns, so that whatever else the machine does meanwhile slows all of them. The first of them is
// what the others are compared with.
type contest struct {
	title   string
	unit    string // of what is counted: "record"
	count   int    // of them in a run
	wall    bool   // the time that passes, in place of that of the processor
	inverse bool   // the ratio says how many times faster than the first, not how many times slower
	ways    []way
	prepare func(*contest) (done func(), err error) // before it is held; nil if there is nothing to prepare
}

// outcome is what was measured of one way.
type outcome struct {
	name          string
	cost, ratio   []float64 // nanoseconds for each of unit, and beside the first way of the same round
	cpu           []float64 // nanoseconds of the processor
	allocs, bytes float64   // for each of unit
}

// least is how long a way runs in a round.
const least = 60 * time.Millisecond

func (c *contest) clock() time.Duration {
	if c.wall {
		return time.Duration(time.Now().UnixNano())
	}
	return cputime.Used()
}

// hold runs the ways in so many rounds.
func (c *contest) hold(rounds int) ([]outcome, error) {
	out, times := make([]outcome, len(c.ways)), make([]int, len(c.ways))
	first := 0
	for i, w := range c.ways {
		out[i].name = w.name
		n, err := w.run() // fills caches and pools
		if err != nil {
			return nil, fmt.Errorf("%s, %s: %w", c.title, w.name, err)
		}
		if i == 0 {
			first = n
		} else if n != first && n >= 0 {
			return nil, fmt.Errorf("%s: %s reads %d, %s %d", c.title, w.name, n, c.ways[0].name, first)
		}
		out[i].allocs, out[i].bytes = c.allocated(w)
		start := c.clock()
		_, _ = w.run()
		times[i] = 1 + int(least/max(c.clock()-start, time.Microsecond))
	}
	for round := range rounds {
		costs := make([]float64, len(c.ways))
		for k := range c.ways {
			i := (k + round) % len(c.ways)
			runtime.GC()
			start, used := c.clock(), cputime.Used()
			for range times[i] {
				if _, err := c.ways[i].run(); err != nil {
					return nil, fmt.Errorf("%s, %s: %w", c.title, c.ways[i].name, err)
				}
			}
			costs[i] = float64(c.clock()-start) / float64(times[i]*c.count)
			out[i].cpu = append(out[i].cpu, float64(cputime.Used()-used)/float64(times[i]*c.count))
		}
		for i, cost := range costs {
			out[i].cost = append(out[i].cost, cost)
			ratio := cost / costs[0]
			if c.inverse {
				ratio = 1 / ratio
			}
			out[i].ratio = append(out[i].ratio, ratio)
		}
	}
	return out, nil
}

// allocated returns how many allocations, and of how many bytes, a way makes for each of what it reads.
func (c *contest) allocated(w way) (allocs, bytes float64) {
	runs := 1 + pageSize/c.count
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range runs {
		_, _ = w.run() // it has worked before
	}
	runtime.ReadMemStats(&after)
	n := float64(runs * c.count)
	return float64(after.Mallocs-before.Mallocs) / n, float64(after.TotalAlloc-before.TotalAlloc) / n
}

// contest holds a contest, and writes its table.
func (t *tables) contest(c *contest) error {
	columns := "| | ns/" + c.unit + ", CPU | × | allocations | bytes |"
	if c.wall {
		columns = "| | ns/" + c.unit + ", wall | × | CPU | allocations | bytes |"
	}
	if !t.begins(c.title, columns) {
		return nil
	}
	if c.prepare != nil {
		done, err := c.prepare(c)
		if err != nil {
			return err
		}
		defer done()
	}
	all, err := c.hold(t.rounds)
	if err != nil {
		return err
	}
	for _, o := range all {
		fmt.Fprintf(t.w, "| %s | %s | %s |", o.name, spread(o.cost, 0), spread(o.ratio, 2))
		if c.wall {
			fmt.Fprintf(t.w, " %s |", spread(o.cpu, 0))
		}
		fmt.Fprintf(t.w, " %s | %.0f |\n", trimmed(o.allocs), o.bytes)
	}
	return nil
}

// spread writes the median, the least and the greatest of some numbers.
func spread(list []float64, places int) string {
	s := slices.Sorted(slices.Values(list))
	median := (s[len(s)/2] + s[(len(s)-1)/2]) / 2
	if s[0] == 1 && s[len(s)-1] == 1 {
		return "1"
	}
	return fmt.Sprintf("**%.*f** [%.*f–%.*f]", places, median, places, s[0], places, s[len(s)-1])
}

func trimmed(f float64) string { return strings.TrimSuffix(fmt.Sprintf("%.1f", f), ".0") }

package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"

	"github.com/go-open311/open311/internal/wire"
)

func main() {
	rounds := flag.Int("rounds", 15, "how often each way is measured")
	pages := flag.Int("pages", 30, "pages of 1,000 records of a listing")
	most := flag.Int("most", 1_000_000, "records of the longest listing")
	pattern := flag.String("run", "", "a regular expression: only tables whose titles match it")
	flag.Parse()
	only, err := regexp.Compile(*pattern)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if what := os.Getenv(serving); what != "" {
		if err := serve(what); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	t := &tables{os.Stdout, only, *rounds, *pages, *most}
	if err := t.all(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// tables prints the tables whose titles match.
type tables struct {
	w             io.Writer
	only          *regexp.Regexp
	rounds, pages int
	most          int // records of the longest listing
}

func (t *tables) all() error {
	fmt.Fprintf(t.w, "## %s, %s/%s, %d cores%s\n\nMedians of %d rounds in turns, with the least and the greatest.\n",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), processor(), t.rounds)
	for _, f := range []wire.Format{wire.JSON, wire.XML} {
		for _, records := range []int{pageSize, 1} {
			if err := t.contest(decoding(f, records)); err != nil {
				return err
			}
		}
	}
	for _, compressed := range []bool{false, true} {
		for _, f := range []wire.Format{wire.JSON, wire.XML} {
			if err := t.contest(wholePath(f, compressed, t.pages)); err != nil {
				return err
			}
		}
	}
	for _, compressed := range []bool{false, true} {
		for _, f := range []wire.Format{wire.JSON, wire.XML} {
			if err := t.contest(secondCore(f, compressed, t.pages)); err != nil {
				return err
			}
		}
	}
	if err := t.growth(); err != nil {
		return err
	}
	return t.beforeMain()
}

// begins reports whether a table is wanted, and writes what stands above it.
func (t *tables) begins(title, columns string) bool {
	if !t.only.MatchString(title) {
		return false
	}
	fmt.Fprintf(t.w, "\n### %s\n\n%s\n|%s\n", title, columns, strings.Repeat("---|", strings.Count(columns, "|")-1))
	return true
}

// processor names the processor, where the system says it.
func processor() string {
	text, _ := os.ReadFile("/proc/cpuinfo")
	_, after, _ := strings.Cut(string(text), "model name\t: ")
	name, _, _ := strings.Cut(after, "\n")
	if name == "" {
		return ""
	}
	return " of " + name
}

// beforeMain tells what the packages of the module do before the main of a program begins.
func (t *tables) beforeMain() error {
	if !t.begins("Before main", "| | ms | allocations | bytes |") {
		return nil
	}
	cmd := exec.Command(os.Args[0], "-h")
	cmd.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	out, _ := cmd.CombinedOutput() // -h is an error
	var ms [2]float64
	var bytes, allocs [2]int
	for line := range strings.Lines(string(out)) {
		var name string
		var at, took float64
		var size, n int
		if got, _ := fmt.Sscanf(line, "init %s @%f ms, %f ms clock, %d bytes, %d allocs", &name, &at, &took, &size, &n); got != 5 {
			continue
		}
		rest, ours := strings.CutPrefix(name, "github.com/go-open311/open311")
		who := 1
		switch {
		case ours && (rest == "" || strings.HasPrefix(rest, "/internal/")):
			who = 0
		case !strings.HasPrefix(name, "github.com/hashicorp/"):
			continue
		}
		ms[who], bytes[who], allocs[who] = ms[who]+took, bytes[who]+size, allocs[who]+n
	}
	for who, name := range []string{"open311", "go-retryablehttp"} {
		fmt.Fprintf(t.w, "| %s | %.3f | %d | %d |\n", name, ms[who], allocs[who], bytes[who])
	}
	return nil
}

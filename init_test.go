package open311_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// A program that imports the module pays little before its main begins: tables and patterns are made when they are first
// used.
func TestStartIsCheap(t *testing.T) {
	if raceDetector {
		t.Skip("allocations are counted without the race detector")
	}
	const atMost = 150
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	out, err := cmd.CombinedOutput()
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip("a program cannot start another one here: ", err)
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	all, seen := 0, false
	for line := range strings.Lines(string(out)) {
		var name string
		var at, took float64
		var bytes, allocs int
		n, _ := fmt.Sscanf(line, "init %s @%f ms, %f ms clock, %d bytes, %d allocs", &name, &at, &took, &bytes, &allocs)
		rest, ours := strings.CutPrefix(name, "github.com/go-open311/open311")
		if n != 5 || !ours || rest != "" && !strings.HasPrefix(rest, "/internal/") {
			continue // of others, or of the city in memory, which is for tests
		}
		t.Logf("%4d allocations, %6d bytes: %s", allocs, bytes, name)
		all, seen = all+allocs, seen || rest == ""
	}
	if !seen {
		t.Fatalf("the trace does not name the package:\n%s", out)
	}
	if all > atMost {
		t.Errorf("%d allocations before main, want at most %d", all, atMost)
	}
}

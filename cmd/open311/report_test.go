package main

import (
	"bufio"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/open311test"
)

// filer is a town that can be reported to, an outbox, and the arguments for both.
func filer(t *testing.T, opts ...open311test.Option) (*open311test.Server, []string) {
	s, at := town(t, append([]open311test.Option{open311test.WithClock(time.Now)}, opts...)...)
	return s, []string{"report", at, "--outbox=" + t.TempDir(), "--place=43.25,-68.05", "--text=It is broken"}
}

func paths(s *open311test.Server) (list []string) {
	for _, c := range s.Calls() {
		list = append(list, c.Method+" "+c.Path)
	}
	return list
}

// A service that asks nothing is not asked for its definition; one that does is, and answers are checked.
func TestReport(t *testing.T) {
	photo := filepath.Join(t.TempDir(), "hole.png")
	if err := os.WriteFile(photo, []byte("\x89PNG\r\n\x1a\n0000"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, args := filer(t)
	before := len(s.Requests())
	status, out, errs := call(t, append(args, "--service=0303", "--media="+photo, "--email=ada@reporter.example")...)
	if status != 0 || len(s.Requests()) != before+1 || !strings.HasPrefix(out, "QH") {
		t.Fatalf("status %d: %s%s", status, out, errs)
	}
	if asked := strings.Join(paths(s), "\n"); strings.Contains(asked, "/services/0303") {
		t.Errorf("it asks for a definition:\n%s", asked)
	}
	if filed := s.Filed(); len(filed) != 1 || len(filed[0].Files) != 1 {
		t.Errorf("%+v", filed)
	}
	if status, _, errs := call(t, append(args, "--service=0101")...); status != 2 || !strings.Contains(errs, "SIZE") {
		t.Errorf("without an answer: status %d: %s", status, errs)
	}
	if asked := paths(s); !slices.ContainsFunc(asked, func(p string) bool { return strings.Contains(p, "/services/0101") }) {
		t.Errorf("it asks for no definition: %q", asked)
	}
	if status, _, errs := call(t, append(args, "--service=0101", "--attr=SIZE=M", "-attr=DEPTH=3")...); status != 0 {
		t.Errorf("with answers: status %d: %s", status, errs)
	}
	if status, out, errs := call(t, append(args, "--service=0303", "--format=ndjson")...); status != 0 || !strings.Contains(out, `"service_request_id":"QH`) {
		t.Errorf("as NDJSON: status %d: %s%s", status, out, errs)
	}
	for _, more := range [][]string{{}, {"--service=nonsense"}} {
		if status, _, errs := call(t, append(args, more...)...); status != 2 || !strings.Contains(errs, "open311 services") {
			t.Errorf("%q: status %d: %s", more, status, errs)
		}
	}
}

// A dry run sends and stores nothing, and shows no key.
func TestReportDryRun(t *testing.T) {
	t.Setenv("OPEN311_API_KEY", "s3cret")
	s, args := filer(t)
	status, out, errs := call(t, append(args, "--service=0303", "--dry-run")...)
	if status != 0 || !strings.Contains(out, "service_code=0303") || strings.Contains(out+errs, "s3cret") {
		t.Errorf("status %d: %s%s", status, out, errs)
	}
	if len(s.Filed()) > 0 {
		t.Error("it was filed")
	}
	if left, _ := filepath.Glob(filepath.Join(strings.TrimPrefix(args[2], "--outbox="), "*", "*")); len(left) > 0 {
		t.Errorf("stored: %q", left)
	}
}

// What nobody knows the outcome of is kept, and a later run goes on with it: it is filed once.
func TestReportResumes(t *testing.T) {
	s, args := filer(t)
	s.Fail(open311test.FileRequest, open311test.Status(500))
	status, _, errs := call(t, append(args, "--service=0303")...)
	if status != 5 || !strings.Contains(errs, "--resume") {
		t.Errorf("status %d: %s", status, errs)
	}
	status, out, errs := call(t, "report", args[1], args[2], "--resume")
	if len(s.Filed()) > 1 {
		t.Errorf("filed %d times", len(s.Filed()))
	}
	if status != 0 && status != 5 {
		t.Errorf("status %d: %s%s", status, out, errs)
	}
	if status, _, errs := call(t, "report", args[1], "--outbox="+t.TempDir(), "--resume"); status != 0 || !strings.Contains(errs, "nothing to go on with") {
		t.Errorf("an empty outbox: status %d: %s", status, errs)
	}
}

// A token is waited for, or told.
func TestReportToken(t *testing.T) {
	_, args := filer(t, open311test.WithTokenDelay(1000, 0))
	status, out, errs := call(t, append(args, "--service=0302", "--attr=KIND=furniture", "--wait=1ms")...)
	if status != 0 || !strings.HasPrefix(out, "token tk-") {
		t.Errorf("status %d: %s%s", status, out, errs)
	}
}

// On a terminal what no flag tells is asked for.
func TestDialog(t *testing.T) {
	s, _ := filer(t)
	var said strings.Builder
	n := &open311.NewRequest{Attributes: open311.Attributes{}}
	d := &dialog{in: bufio.NewReader(strings.NewReader("0101\nM\n2\n\n43.25,-68.05\nA hole\n")), out: &said}
	if err := (&reportCmd{}).fill(t.Context(), s.Client(), n, d); err != nil {
		t.Fatalf("%v\n%s", err, said.String())
	}
	if n.ServiceCode != "0101" || n.Attributes["SIZE"][0] != "M" || n.Location == nil || n.Description != "A hole" {
		t.Errorf("%+v\n%s", *n, said.String())
	}
}

// The same command once more, after the key was missing, files one report and not two.
func TestReportAgain(t *testing.T) {
	s, args := filer(t, open311test.WithAPIKey("k"))
	args = append(args, "--service=0303", "--yes")
	for range 2 {
		t.Setenv("OPEN311_API_KEY", "")
		status, _, errs := call(t, args...)
		if status != 1 || !strings.Contains(errs, "OPEN311_API_KEY") || !strings.Contains(errs, "Unfinished reports to this city: 1;") {
			t.Errorf("without a key: status %d: %s", status, errs)
		}
	}
	t.Setenv("OPEN311_API_KEY", "k")
	if status, _, errs := call(t, args...); status != 0 || len(s.Filed()) != 1 || strings.Contains(errs, "Unfinished") {
		t.Errorf("with the key: status %d, %d are filed: %s", status, len(s.Filed()), errs)
	}
	if status, _, errs := call(t, args...); status != 0 || len(s.Filed()) != 2 {
		t.Errorf("what was filed does not count: status %d, %d are filed: %s", status, len(s.Filed()), errs)
	}
}

// What is wrong with a report is told by the flags that say it, a line each.
func TestReportInFlags(t *testing.T) {
	s, args := filer(t)
	args = append(args, "--yes", "--service=0302")
	status, _, errs := call(t, append(args, "--place=", "--attr=KIND=fridge", "--attr=AMOUNT=much")...)
	if want := []string{"--place: is missing", "--attr KIND: ", "--attr AMOUNT: "}; status != 2 || strings.Count(errs, "\n") != len(want) {
		t.Errorf("status %d: %s", status, errs)
	} else {
		for _, flag := range want {
			if !strings.Contains(errs, "wrong arguments: "+flag) {
				t.Errorf("nothing is said of %s: %s", flag, errs)
			}
		}
	}
	status, _, errs = call(t, append(args, "--attr=KIND=toxic,rubble", "--attr=WITNESS=A man, and a dog", "--wait=1ms")...)
	filed := s.Filed()
	if status != 0 || len(filed) != 1 || len(filed[0].Request.Attributes["KIND"]) != 2 ||
		!slices.Equal(filed[0].Request.Attributes["WITNESS"], []string{"A man, and a dog"}) {
		t.Errorf("status %d: %s%v", status, errs, filed)
	}
}

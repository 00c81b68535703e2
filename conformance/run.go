package conformance

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Run checks a server within a test: a subtest for every requirement, named by its id, which fails if the
// requirement is broken, and is skipped if nothing could be said, or if it was known to be broken. Warnings are
// logged. Level, status and specification are attributes of the subtest; the reports, and the exchange of every
// finding, are in the artifact directory.
//
//	func TestConformance(t *testing.T) {
//		conformance.Run(t, conformance.Target{Endpoint: "http://localhost:8080/open311/v2"})
//	}
func Run(t *testing.T, target Target) {
	t.Helper()
	r, err := Check(t.Context(), target)
	if r == nil || err != nil && r.Count(Pass)+r.Count(Warn)+r.Count(Fail) == 0 {
		t.Fatal(err) // once, and not for every requirement that could not be asked
	}
	t.Attr("open311.verdict", string(r.Verdict))
	t.Attr("open311.endpoint", oneLine(r.Endpoint))
	t.Logf("%s: %s", r.Endpoint, r.Verdict)
	t.Logf("%s; %s", r.counts(), r.effort())
	if dir := t.ArtifactDir(); dir != "" {
		if err := r.save(dir); err != nil {
			t.Errorf("conformance: the reports cannot be written: %v", err)
		}
	}
	for _, res := range r.Results {
		t.Run(res.ID, func(t *testing.T) { show(t, res) })
	}
	if err != nil {
		t.Error(err)
	}
}

// show turns a result into that of a subtest.
func show(t *testing.T, res Result) {
	t.Attr("open311.level", string(res.Level))
	t.Attr("open311.status", string(res.Status))
	t.Attr("open311.spec", res.Spec)
	var text strings.Builder
	b := bufio.NewWriter(&text)
	if len(res.Findings) > 0 {
		textFindings(b, res)
	}
	_ = b.Flush() // into a Builder
	if text.Len() > 0 {
		if err := os.WriteFile(filepath.Join(t.ArtifactDir(), "finding.txt"), []byte(text.String()), 0o644); err != nil {
			t.Logf("the finding cannot be written: %v", err)
		}
	}
	switch st := res.Status; {
	case st == Fail && res.Known:
		t.Skip("known before: " + text.String())
	case st == Fail, st == Error:
		t.Error(text.String())
	case st == Warn:
		t.Log(text.String())
	case st == Unsupported, st == Disabled:
		t.Skip(orElse(res.Reason, string(st)))
	}
}

// save writes the reports into a directory.
func (r *Report) save(dir string) error {
	for name := range writers {
		f, err := os.Create(filepath.Join(dir, "conformance."+extensions[name]))
		if err != nil {
			return err
		}
		err = r.Write(f, name)
		if e := f.Close(); err == nil {
			err = e
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

package conformance

import (
	"bytes"
	"encoding/xml"
	"slices"
	"strings"
	"testing"

	"github.com/go-open311/open311/open311test"
)

// What is judged of some operations is what is wrong with them, wherever the cause would be told otherwise.
func TestOnly(t *testing.T) {
	shout := recordsOf("", func(r *node) { r.set("status", strings.ToUpper(r.value("status")), kindText) })
	unbalanced := func(op Operation) open311test.Option { return around(op, FormatJSON, "", "]") }
	for name, tc := range map[string]struct {
		only   []Operation
		option open311test.Option
		want   []string
	}{
		"all is well":                              {[]Operation{OpServices}, nil, nil},
		"bytes of the operation":                   {[]Operation{OpRequests}, unbalanced(OpRequests), []string{"encoding/json-well-formed"}},
		"bytes of another operation":               {[]Operation{OpRequests}, unbalanced(OpServices), nil},
		"bytes of every answer":                    {[]Operation{OpRequests, OpAny}, unbalanced(OpServices), []string{"encoding/json-well-formed"}},
		"a cause that is not judged":               {[]Operation{OpRequest}, shout, []string{"request/record/status"}},
		"a cause that is judged":                   {[]Operation{OpRequests, OpRequest}, shout, []string{"requests/record/status"}},
		"what cannot be unpacked":                  {[]Operation{OpServices}, when(func(a *answer) bool { return a.op == OpServices }, func(a *answer) { a.header.Set("Content-Encoding", "gzip") }), []string{"encoding/content-encoding"}},
		"an error with status 200, without errors": {[]Operation{OpDefinition, OpCreate}, when(func(a *answer) bool { return a.op == OpCreate && a.status == 404 }, func(a *answer) { a.status = 200 }), []string{"create/unknown-service-404"}},
		"an error with status 200, with them":      {[]Operation{OpCreate, OpErrors}, when(func(a *answer) bool { return a.op == OpCreate && a.status == 404 }, func(a *answer) { a.status = 200 }), []string{"errors/status"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target := mutated(t, mutation{option: tc.option})
			target.Only = tc.only
			var got []string
			r := check(t, target)
			for _, res := range r.Results {
				switch {
				case res.Status != Unsupported && !target.judges(res.Operation):
					t.Errorf("%s is %s", res.ID, res.Status)
				case res.Status == Fail || res.Status == Warn:
					got = append(got, res.ID)
				}
			}
			if !slices.Equal(got, tc.want) {
				t.Errorf("found %q, want %q", got, tc.want)
			}
			if r.Count(Pass) == 0 && !strings.Contains(name, "unpacked") {
				t.Error("nothing passed")
			}
		})
	}
}

// What was known before is reported, and fails neither a program nor a build.
func TestKnown(t *testing.T) {
	target := Target{Known: []string{"requests/list/xml-root"}}
	wrong := open311test.WithQuirks(open311test.Quirks{Name: "wrong", Root: "requests"})
	r := still(t, target, wrong)
	if res, _ := r.Result(target.Known[0]); !res.Known || res.Status != Fail || r.Verdict != NotConformant || r.ExitStatus() != 0 {
		t.Errorf("%s, %+v, exit status %d", r.Verdict, res, r.ExitStatus())
	}
	suites := func(r *Report) (s junitSuites) {
		var b bytes.Buffer
		if err := r.WriteJUnit(&b); err != nil {
			t.Fatal(err)
		}
		if err := xml.Unmarshal(b.Bytes(), &s); err != nil {
			t.Fatal(err)
		}
		return s
	}
	if s := suites(r); s.Failures != 0 || s.Skipped != r.Count(Unsupported)+1 {
		t.Errorf("JUnit: %d failures, %d skipped", s.Failures, s.Skipped)
	}
	for _, form := range []string{"text", "markdown", "html"} {
		var b bytes.Buffer
		if err := r.Write(&b, form); err != nil || !strings.Contains(strings.ToLower(b.String()), "known") {
			t.Errorf("%s does not say that it was known: %v", form, err)
		}
	}
	both := open311test.WithQuirks(open311test.Quirks{Name: "wrong", Root: "requests", DateLayout: "2006-01-02 15:04:05"})
	if r := still(t, target, both); r.ExitStatus() != 1 || suites(r).Failures != r.Count(Fail)-1 {
		t.Errorf("something else failed: exit status %d, %d failures", r.ExitStatus(), suites(r).Failures)
	}
	target.Disable = map[string]string{"requests/filter/id": "not ours"}
	if r := still(t, target, wrong); r.ExitStatus() != 2 {
		t.Errorf("a part was left out: exit status %d", r.ExitStatus())
	}
}

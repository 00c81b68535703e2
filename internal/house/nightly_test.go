package house

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestNightlyRunsEverything: each step of .ci/long, and no other, belongs to a job of the nightly workflow.
func TestNightlyRunsEverything(t *testing.T) {
	list := regexp.MustCompile(`(?s)\n +steps: \[(.*?)\]`).FindStringSubmatch(read(t, ".github/workflows/nightly.yml"))
	if list == nil {
		t.Fatal("there is no list of steps")
	}
	var jobs []*regexp.Regexp
	used := map[string]bool{}
	for _, m := range regexp.MustCompile(`"([^"]+)"`).FindAllStringSubmatch(list[1], -1) {
		jobs = append(jobs, regexp.MustCompile(m[1]))
	}
	for _, m := range regexp.MustCompile(`\bstep "([^"]+)"`).FindAllStringSubmatch(read(t, ".ci/long"), -1) {
		var in []string
		for _, job := range jobs {
			if job.MatchString(m[1]) {
				in, used[job.String()] = append(in, job.String()), true
			}
		}
		if len(in) != 1 {
			t.Errorf("the step %q is in the jobs %q", m[1], in)
		}
	}
	if len(used) != len(jobs) {
		t.Errorf("of %d jobs, %d have a step", len(jobs), len(used))
	}
}

// TestDependabotKnowsEveryModule: a module that is not in its list would keep its dependencies for ever.
func TestDependabotKnowsEveryModule(t *testing.T) {
	text := read(t, ".github/dependabot.yml")
	list := regexp.MustCompile(`(?m)^ +directories: \[(.*)\]$`).FindStringSubmatch(text)
	if list == nil {
		t.Fatal("there is no list of directories")
	}
	var got, want []string
	for _, m := range regexp.MustCompile(`"([^"]+)"`).FindAllStringSubmatch(list[1], -1) {
		got = append(got, m[1])
	}
	for _, name := range tree(t, "go.mod") {
		if !strings.Contains(name, "testdata/") {
			want = append(want, path.Join("/", path.Dir(name)))
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("dependabot looks after %q, the modules are %q", got, want)
	}
	for _, m := range regexp.MustCompile(`(?m)^ +directory: (/\S+)$`).FindAllStringSubmatch(text, -1) {
		if !exists(m[1]) {
			t.Errorf("dependabot looks into %s, which is not there", m[1])
		}
	}
}

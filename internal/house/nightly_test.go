package house

import (
	"regexp"
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

package house

import (
	"regexp"
	"strings"
	"testing"

	"github.com/go-open311/open311/servers"
)

var cityFlag = regexp.MustCompile(`open311.* --?cit(?:y|ies)[ =]([a-z][a-z,-]*)`)

// TestCitiesInExamples: a city that a document has in a command, or in a list of cities to watch, has an endpoint.
func TestCitiesInExamples(t *testing.T) {
	found := 0
	check := func(name, key string) {
		if found++; len(key) == 2 || key == "quillhaven" { // a country, and the made-up city of the program
			return
		}
		if s, err := servers.Default().Lookup(key); err != nil || !s.Status.Current() {
			t.Errorf("%s: the city %s: %v, %v", name, key, s.Status, err)
		}
	}
	for _, name := range tree(t, ".md") {
		for _, block := range codeBlock.FindAllString(read(t, name), -1) {
			for _, m := range cityFlag.FindAllStringSubmatch(block, -1) {
				for key := range strings.SplitSeq(m[1], ",") {
					check(name, key)
				}
			}
			if _, list, ok := strings.Cut(block, "\n# cities\n"); ok {
				for line := range strings.Lines(strings.TrimSuffix(list, "```")) {
					if key, _, _ := strings.Cut(line, " "); !strings.Contains(key, ":") {
						check(name, key)
					}
				}
			}
		}
	}
	if found < 10 {
		t.Errorf("only %d cities are looked at", found)
	}
}

package browser

import (
	"slices"
	"strings"
	"testing"
)

// The attacks are attacks: each does harm, or leaves something to be found, in one of the places where pages have put
// texts without care.
func TestAttacks(t *testing.T) {
	places := []string{"TEXT", `<p title="TEXT">`, `<p title='TEXT'>`, "<script>'TEXT'</script>", "<script>`TEXT`</script>", "<style>TEXT</style>",
		`<a href="TEXT">`, "<title>TEXT</title>", "<!-- TEXT -->", `<script>document.write("TEXT")</script>`,
		`<p id=p>TEXT</p><script>p.innerHTML = p.textContent</script>`}
	var pages []string
	for _, attack := range attacks {
		for _, place := range places {
			pages = append(pages, "<!doctype html><meta charset=utf-8><body>"+strings.ReplaceAll(place, "TEXT", aim(attack, len(pages))))
		}
	}
	calls, found := show(t, pages)
	for i, attack := range attacks {
		harmed := func(n int) bool { return slices.Contains(calls, n) || len(found[n]) > 0 }
		if strings.Contains(attack, "@") && !slices.ContainsFunc([]int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, func(k int) bool { return harmed(i*len(places) + k) }) {
			t.Errorf("%s does no harm anywhere", attack)
		}
	}
}

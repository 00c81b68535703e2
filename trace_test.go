package open311_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/open311test"
)

func TestTraceCalls(t *testing.T) {
	words := strings.Fields(os.Getenv("TRACE"))
	if len(words) == 0 {
		t.Skip()
	}
	for _, d := range open311.Dialects() {
		if strings.ReplaceAll(d.Name, " ", "") != words[0] {
			continue
		}
		city := open311test.NewServer(t, open311test.WithoutNetwork(), open311test.WithDialect(d), open311test.WithSize(3600))
		now := city.Now()
		q := map[string]*open311.Query{"year": {Start: now.AddDate(-1, 0, 0)}, "7days": {Start: now.AddDate(0, 0, -7)}, "nil": nil}[words[1]]
		d.RateLimit = 0
		c := city.Client(open311.WithDialect(d), open311.WithJurisdiction("quillhaven.example"))
		for range 2 {
			before := len(city.Calls())
			n := 0
			for _, err := range c.Requests.All(t.Context(), q) {
				if err != nil {
					t.Error(err)
				}
				n++
			}
			fmt.Println(n, "rows")
			for _, call := range city.Calls()[before:] {
				fmt.Printf("%s\n", call.Query.Encode())
			}
		}
	}
}

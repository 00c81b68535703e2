package page

import (
	"testing"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/internal/browser"
)

// What strangers write is text for a browser too, on the page and in what the script makes of the data.
func TestBrowser(t *testing.T) {
	since := until.AddDate(0, -1, 0)
	browser.Harmless(t, func(evil string) []byte {
		s := NewSummary(since, until)
		for i, status := range []string{"open", evil} {
			s.Add(Entry{ID: evil, Code: evil, Service: evil + status, Status: status, At: until, Place: &open311.Point{Lat: 1, Long: float64(i)}})
		}
		return []byte(write(t, Document{Name: evil, Source: evil, Statuses: []string{evil}, Services: []string{evil}, Windows: 2, Done: 1,
			Gaps: []Gap{{since, until, evil}}, Files: []File{{"requests.csv", 1}}}, s))
	})
}

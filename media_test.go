package open311_test

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/internal/cputime"
)

func withMedia(t *testing.T, media string) *open311.ServiceRequest {
	t.Helper()
	r := &open311.ServiceRequest{}
	if err := json.Unmarshal([]byte(`{"service_request_id":"1","media_url":`+media+`}`), r); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestMediaURLsInOneText(t *testing.T) {
	for media, want := range map[string][]string{
		`"https://x.example/w_400,h_300,c_fill/a.jpg"`:                       {"https://x.example/w_400,h_300,c_fill/a.jpg"},
		`"https://x.example/a,b.jpg;https://x.example/c d.jpg"`:              {"https://x.example/a,b.jpg", "https://x.example/c d.jpg"},
		`"https://x.example/a.jpg | https://x.example/b.jpg,"`:               {"https://x.example/a.jpg", "https://x.example/b.jpg"},
		`"https://x.example/a.jpg\r\nhttps://x.example/b.jpg\n"`:             {"https://x.example/a.jpg", "https://x.example/b.jpg"},
		`"https://x.example/a.jpg https://x.example/a.jpg"`:                  {"https://x.example/a.jpg"},
		`"/files/a.jpg, /files/b.jpg"`:                                       {"/files/a.jpg", "/files/b.jpg"},
		`"files/a.jpg;files/b.jpeg|c.png"`:                                   {"files/a.jpg", "files/b.jpeg", "c.png"},
		`"Smith, John.jpg"`:                                                  {"Smith, John.jpg"},
		`"data:image/png;base64,/9j/AAAA"`:                                   {"data:image/png;base64,/9j/AAAA"},
		`"data:image/png;base64,/9j/AA==,https://x.example/b.jpg"`:           {"data:image/png;base64,/9j/AA==", "https://x.example/b.jpg"},
		`"[\"https://x.example/a.jpg\",{\"url\":\"/b.jpg\"}]"`:               {"https://x.example/a.jpg", "/b.jpg"},
		`["a.jpg","b.jpg"]`:                                                  {"a.jpg", "b.jpg"},
		`[{"type":"image/png","url":"/a.png"},{"type":"x","href":"/b.png"}]`: {"/a.png", "/b.png"},
		`"https://maps.example/s?markers=red|label:A&path=a;b"`:              {"https://maps.example/s?markers=red|label:A&path=a;b"},
	} {
		if got := withMedia(t, media).MediaURLs(); !slices.Equal(got, want) {
			t.Errorf("%s: %q; want %q", media, got, want)
		}
	}
}

// Anyone can file a report with a long text here: time grows with its length, not with the square of it.
func TestMediaURLsAreLinear(t *testing.T) {
	cputime.Needs(t)
	if raceDetector {
		t.Skip("the race detector has costs of its own")
	}
	for name, part := range map[string]string{"commas": ",", "blanks": " ", "addresses": "/%d.jpg,", "different addresses": "/#.jpg,", "letters": "a,", "brackets": "[", "data": "data:,", "https": "https://a.jpg;b"} {
		took := func(n int) time.Duration {
			var b strings.Builder
			for i := 0; b.Len() < n; i++ {
				part := strings.ReplaceAll(part, "#", strconv.Itoa(i))
				b.WriteString(strings.ReplaceAll(part, "%d", strings.Repeat("7", 1+i%5)+string(rune('a'+i%26))))
			}
			r := &open311.ServiceRequest{MediaURL: b.String()}
			return cputime.Best(8, func() { r.MediaURLs() })
		}
		// Sixteen times the text would take 256 times as long if time grew with the square.
		if small, large := took(32<<10), took(512<<10); large > 64*small && large > 100*time.Millisecond {
			t.Errorf("%s: 32 KiB take %v, 512 KiB %v", name, small, large)
		}
	}
}

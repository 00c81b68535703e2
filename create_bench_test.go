package open311_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/go-open311/open311"
)

// BenchmarkCreate files a report, through the public API and without a network, in each kind of body:
//
//	go test -run '^$' -bench Create
func BenchmarkCreate(b *testing.B) {
	photo := strings.Repeat("\xff\xd8\xff\xe0 photo", 30<<10) // 300 KiB
	for _, tt := range []struct {
		name    string
		dialect open311.Dialect
		photo   bool
	}{
		{"form", open311.Dialect{}, false},
		{"JSON", open311.Dialect{Body: open311.BodyJSON}, false},
		{"XML", open311.Dialect{Body: open311.BodyXML}, false},
		{"multipart, file", open311.Dialect{}, true},
		{"form, file", open311.Dialect{Media: open311.MediaBase64}, true},
		{"JSON, file", open311.Dialect{Body: open311.BodyJSON, Media: open311.MediaBase64}, true},
	} {
		b.Run(tt.name, func(b *testing.B) {
			n := fullReport()
			if tt.photo {
				n.MediaURL, n.Media = "", []open311.Media{mediaOf("a.jpg", photo, int64(len(photo)))}
			}
			var sent int64
			city := stubTrip(func(r *http.Request) (*http.Response, error) {
				var err error
				if sent, err = io.Copy(io.Discard, r.Body); err != nil {
					return nil, err
				}
				return stubReply(r, 200, "application/json", `[{"service_request_id":"1"}]`), nil
			})
			c, err := open311.New("http://city.example", open311.WithDialect(tt.dialect), open311.WithFormat(open311.FormatJSON),
				open311.WithHTTPClient(&http.Client{Transport: city}))
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := c.Requests.Create(b.Context(), n); err != nil {
					b.Fatal(err)
				}
			}
			b.SetBytes(sent)
		})
	}
}

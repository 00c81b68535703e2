package guides

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/go-open311/open311"
)

func TestCompression(t *testing.T) {
	const body = `[{"service_code":"1","service_name":"Potholes"}]`
	coding := ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked := r.Header.Get("Accept-Encoding")
		if !strings.Contains(asked, coding) {
			t.Errorf("asked for %q, not for %q", asked, coding)
		}
		var packed io.WriteCloser
		switch coding {
		case "zstd":
			packed, _ = zstd.NewWriter(w)
		case "gzip":
			packed = gzip.NewWriter(w)
		default:
			_, _ = io.WriteString(w, body)
			return
		}
		defer packed.Close()
		w.Header().Set("Content-Encoding", coding)
		_, _ = io.WriteString(packed, body)
	}))
	defer server.Close()
	for _, client := range []func(string, ...open311.Option) (*open311.Client, error){Compressed, CompressedToo} {
		for _, coding = range []string{"zstd", "gzip", "identity"} {
			var opts []open311.Option
			if coding == "identity" {
				opts = append(opts, open311.WithDialect(open311.Dialect{Encoding: coding}))
			}
			c, err := client(server.URL, opts...)
			if err != nil {
				t.Fatal(err)
			}
			if list, err := c.Services.List(t.Context()); err != nil || len(list) != 1 {
				t.Errorf("%s: %d services, %v", coding, len(list), err)
			}
			small, err := client(server.URL, append(opts, open311.WithMaxResponse(int64(len(body))-1))...)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := small.Services.List(t.Context()); err == nil {
				t.Errorf("%s: the limit does not count what is unpacked", coding)
			}
		}
	}
}

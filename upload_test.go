package open311_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"io/fs"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/open311test"
)

// mediaOf is a file in memory.
func mediaOf(name, content string, size int64) open311.Media {
	return open311.Media{Name: name, Size: size, Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(content)), nil }}
}

const pngHead = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"

// sentBody files a report with files and returns what arrived.
func sentBody(t *testing.T, n *open311.NewRequest, opts ...open311.Option) (header http.Header, length int64, body []byte) {
	t.Helper()
	c := stubClient(t, func(r *http.Request) (*http.Response, error) {
		header, length = r.Header, r.ContentLength
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		return stubReply(r, 200, "application/json", `[{"service_request_id":"1"}]`), r.Body.Close()
	}, append([]open311.Option{open311.WithFormat(open311.FormatJSON)}, opts...)...)
	if _, err := c.Requests.Create(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	if length != int64(len(body)) {
		t.Errorf("Content-Length %d, %d bytes sent", length, len(body))
	}
	return header, length, body
}

func TestUploadMultipart(t *testing.T) {
	n := &open311.NewRequest{
		ServiceCode: "001", AddressString: "1 \"Å\" St", Attributes: open311.Attributes{"A": {"1", "2"}, "q\"x": {"3"}},
		Media: []open311.Media{mediaOf(`C:\photos\we"ird ö.png`, pngHead, 0), mediaOf("", "\xff\xd8\xff", 3), mediaOf("note.csv", "a,b", 3),
			{Name: "x", ContentType: "application/x-own", Open: mediaOf("", "own", 0).Open}},
	}
	header, _, body := sentBody(t, n, open311.WithDialect(open311.Dialect{MediaField: "media[]"}))
	_, params, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	form, err := multipart.NewReader(bytes.NewReader(body), params["boundary"]).ReadForm(1 << 20)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{"service_code": {"001"}, "address_string": {`1 "Å" St`}, "attribute[A][]": {"1", "2"}, `attribute[q"x]`: {"3"}}
	if d := cmp.Diff(want, form.Value); d != "" {
		t.Errorf("fields (-want +got):\n%s", d)
	}
	var got []string
	for _, f := range form.File["media[]"] {
		r, _ := f.Open()
		b, _ := io.ReadAll(r)
		got = append(got, f.Filename+"|"+f.Header.Get("Content-Type")+"|"+string(b))
	}
	wantFiles := []string{`we"ird ö.png|image/png|` + pngHead, "media1.jpg|image/jpeg|\xff\xd8\xff", "note.csv|text/csv; charset=utf-8|a,b", "x|application/x-own|own"}
	if d := cmp.Diff(wantFiles, got); d != "" {
		t.Errorf("files (-want +got):\n%s", d)
	}
}

func TestUploadBase64(t *testing.T) {
	content := strings.Repeat("\xfb\xff\xfe+/=", 1000) + "end"
	n := &open311.NewRequest{ServiceCode: "001", AddressString: "x", Media: []open311.Media{mediaOf("a", content, 0), mediaOf("b", "b", 1)}}
	want := []string{base64.StdEncoding.EncodeToString([]byte(content)), base64.StdEncoding.EncodeToString([]byte("b"))}
	for style, read := range map[open311.BodyStyle]func(*testing.T, []byte) []string{
		open311.BodyForm: func(t *testing.T, b []byte) []string {
			form, err := url.ParseQuery(string(b))
			if err != nil {
				t.Fatal(err)
			}
			return form["media"]
		},
		open311.BodyJSON: func(t *testing.T, b []byte) []string {
			var v struct{ Media []string }
			mustJSON(t, b, &v)
			return v.Media
		},
		open311.BodyXML: func(t *testing.T, b []byte) []string {
			var v struct {
				Media []string `xml:"media"`
			}
			mustXML(t, b, &v)
			return v.Media
		},
	} {
		_, _, body := sentBody(t, n, open311.WithDialect(open311.Dialect{Body: style, Media: open311.MediaBase64}))
		if d := cmp.Diff(want, read(t, body)); d != "" {
			t.Errorf("style %d (-want +got):\n%s", style, d)
		}
	}
}

func TestUploadRefused(t *testing.T) {
	gone := func() (io.ReadCloser, error) { return os.Open(filepath.Join(t.TempDir(), "Lisztmann.jpg")) }
	_, err := gone()
	noFile := errors.Unwrap(err).Error() // in the words of the system
	file := filepath.Join(t.TempDir(), "seven")
	if err := os.WriteFile(file, []byte("seven77"), 0o600); err != nil {
		t.Fatal(err)
	}
	open := func() (io.ReadCloser, error) { return os.Open(file) }
	tests := []struct {
		name    string
		media   []open311.Media
		url     string
		dialect open311.Dialect
		want    string
	}{
		{"no Open", []open311.Media{{Name: "a"}}, "", open311.Dialect{}, "Media[0]: has neither Open nor Path"},
		{"gone, size known", []open311.Media{mediaOf("a", "a", 1), {Open: gone, Size: 5}}, "", open311.Dialect{}, "Media[1]: cannot be read: open: " + noFile},
		{"gone, size not known", []open311.Media{{Open: gone}}, "", open311.Dialect{}, "Media[0]: cannot be read: open: " + noFile},
		{"no file, size known", []open311.Media{{Size: 5, Open: func() (io.ReadCloser, error) { return nil, nil }}}, "", open311.Dialect{}, "Media[0]: cannot be read: its Open has returned no file"},
		{"no file", []open311.Media{{Open: func() (io.ReadCloser, error) { return nil, nil }}}, "", open311.Dialect{}, "Media[0]: cannot be read: its Open has returned no file"},
		{"empty", []open311.Media{mediaOf("a", "", 0)}, "", open311.Dialect{}, "Media[0]: the file is empty"},
		{"wrong size", []open311.Media{{Open: open, Size: 5}}, "", open311.Dialect{}, "Media[0]: the file has 7 bytes, not the 5"},
		{"with a URL", []open311.Media{mediaOf("a", "a", 1)}, "https://m.example/1", open311.Dialect{}, "Media: files and a MediaURL"},
		{"content type", []open311.Media{{ContentType: "image/\r\nx", Open: open}}, "", open311.Dialect{}, "Media[0]: its ContentType"},
		{"no files taken", []open311.Media{mediaOf("a", "a", 1)}, "", open311.Dialect{Media: open311.MediaNone}, "Media: this server takes no files"},
		{"multipart in JSON", []open311.Media{mediaOf("a", "a", 1)}, "", open311.Dialect{Body: open311.BodyJSON}, "Media: a body in JSON"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := stubClient(t, nil, open311.WithDialect(tt.dialect))
			_, err := c.Requests.Create(t.Context(), &open311.NewRequest{ServiceCode: "1", AddressID: "1", Media: tt.media, MediaURL: tt.url})
			if err == nil || !errors.Is(err, open311.ErrInvalid) || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "Lisztmann") {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}

// TestUploadIsRepeatedWhole: each attempt opens the file again, and temporary files are gone afterwards.
func TestUploadIsRepeatedWhole(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	t.Setenv("TMP", dir) // Windows
	for _, size := range []int64{0, 6} {
		var bodies []string
		calls := 0
		c := stubClient(t, func(r *http.Request) (*http.Response, error) {
			b, _ := io.ReadAll(r.Body)
			bodies = append(bodies, string(b))
			if calls++; calls < 3 {
				return stubReply(r, 429, "application/json", ""), nil
			}
			return stubReply(r, 200, "application/json", `[{"service_request_id":"1"}]`), nil
		}, open311.WithFormat(open311.FormatJSON))
		opened := 0
		media := open311.Media{Name: "a", Size: size, Open: func() (io.ReadCloser, error) {
			opened++
			return io.NopCloser(strings.NewReader("photo!")), nil
		}}
		if _, err := c.Requests.Create(t.Context(), &open311.NewRequest{ServiceCode: "1", AddressID: "1", Media: []open311.Media{media}}); err != nil {
			t.Fatal(err)
		}
		if len(bodies) != 3 || bodies[0] != bodies[1] || bodies[1] != bodies[2] || !strings.Contains(bodies[2], "photo!") {
			t.Errorf("size %d: bodies %q", size, bodies)
		}
		if size > 0 && opened != 4 {
			t.Errorf("opened %d times, want once to see and 3 times to send", opened)
		}
		if left, _ := os.ReadDir(dir); len(left) > 0 {
			t.Errorf("temporary files are left: %v", left)
		}
	}
}

// TestUploadGoneMeanwhile: a file that goes before it is sent is no doubt, and the error does not tell whose
// home it was in.
func TestUploadGoneMeanwhile(t *testing.T) {
	for _, style := range []open311.MediaStyle{open311.MediaMultipart, open311.MediaBase64} {
		name := filepath.Join(t.TempDir(), "Lisztmann.jpg")
		if err := os.WriteFile(name, []byte("photo"), 0o600); err != nil {
			t.Fatal(err)
		}
		c := stubClient(t, func(r *http.Request) (*http.Response, error) {
			t.Error("something is sent")
			return stubReply(r, 200, "application/json", "[]"), nil
		}, open311.WithFormat(open311.FormatJSON), open311.WithDialect(open311.Dialect{Media: style}))
		media := open311.Media{Size: 5, Open: func() (io.ReadCloser, error) {
			photo, err := os.ReadFile(name)
			_ = os.Remove(name)
			return io.NopCloser(bytes.NewReader(photo)), err
		}}
		_, err := c.Requests.Create(t.Context(), &open311.NewRequest{ServiceCode: "1", AddressID: "1", Media: []open311.Media{media}})
		if err == nil || errors.Is(err, open311.ErrOutcomeUnknown) || !errors.Is(err, fs.ErrNotExist) || strings.Contains(err.Error(), "Lisztmann") {
			t.Errorf("style %d: %v", style, err)
		}
	}
}

// TestUploadOfAnotherSize: a file that changes on its way is not sent as something else.
func TestUploadOfAnotherSize(t *testing.T) {
	for _, content := range []string{"sho", "much longer"} {
		city := newStubCity(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, `[{"service_request_id":"1"}]`) })
		_, err := city.client(t, open311.WithFormat(open311.FormatJSON)).Requests.Create(t.Context(),
			&open311.NewRequest{ServiceCode: "1", AddressID: "1", Media: []open311.Media{mediaOf("a", content, 5)}})
		if err == nil || !strings.Contains(err.Error(), "Media[0]: the file is") {
			t.Errorf("%q: error %v", content, err)
		}
	}
}

// zeros is a large file that takes no memory.
type zeroFile struct{ left int64 }

func (z *zeroFile) Read(p []byte) (int, error) {
	if z.left == 0 {
		return 0, io.EOF
	}
	n := min(int64(len(p)), z.left)
	clear(p[:n])
	z.left -= n
	return int(n), nil
}
func (z *zeroFile) Close() error { return nil }

// TestUploadHeapGrowth: 100 MiB (20 with the race detector, which is slow) go through within 8 MiB of heap, whatever the
// style, size known or not.
func TestUploadHeapGrowth(t *testing.T) {
	if testing.Short() {
		t.Skip("100 MiB")
	}
	const limit = 8 << 20
	size := int64(100 << 20)
	if raceDetector {
		size = 20 << 20
	}
	var received atomic.Int64
	city := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength < size {
			t.Errorf("Content-Length %d", r.ContentLength)
		}
		n, _ := io.Copy(io.Discard, r.Body)
		received.Store(n)
		io.WriteString(w, `[{"service_request_id":"1"}]`)
	}))
	defer city.Close()
	for _, tt := range []struct {
		name    string
		dialect open311.Dialect
		size    int64
	}{
		{"multipart", open311.Dialect{}, size}, {"size not known", open311.Dialect{}, 0},
		{"base64 in a form", open311.Dialect{Media: open311.MediaBase64}, size}, {"base64 in JSON", open311.Dialect{Media: open311.MediaBase64, Body: open311.BodyJSON}, size},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := open311.New(city.URL, open311.WithDialect(tt.dialect), open311.WithFormat(open311.FormatJSON), open311.WithTimeout(0))
			if err != nil {
				t.Fatal(err)
			}
			runtime.GC()
			var before, now runtime.MemStats
			runtime.ReadMemStats(&before)
			stop, peak := make(chan struct{}), make(chan uint64)
			go func() {
				var top uint64
				for {
					select {
					case <-stop:
						peak <- top
						return
					case <-time.After(5 * time.Millisecond):
						runtime.ReadMemStats(&now)
						top = max(top, now.HeapAlloc)
					}
				}
			}()
			media := open311.Media{Name: "film.mp4", Size: tt.size, Open: func() (io.ReadCloser, error) { return &zeroFile{size}, nil }}
			_, err = c.Requests.Create(t.Context(), &open311.NewRequest{ServiceCode: "1", AddressID: "1", Media: []open311.Media{media}})
			close(stop)
			grown := int64(<-peak) - int64(before.HeapAlloc)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%d MiB sent, heap grew by %d KiB", received.Load()>>20, grown>>10)
			if received.Load() < size || grown > limit {
				t.Errorf("%d bytes received, heap grew by %d bytes, %d are allowed", received.Load(), grown, limit)
			}
		})
	}
}

// TestUploadReachesTheCity: the city keeps the file and shows its address.
func TestUploadReachesTheCity(t *testing.T) {
	city := open311test.NewServer(t, open311test.WithoutNetwork())
	c := city.Client()
	r, err := c.Requests.Create(t.Context(), &open311.NewRequest{ServiceCode: "0102", AddressString: "Quay 1", Media: []open311.Media{mediaOf("a b.png", pngHead, 0)}})
	if err != nil {
		t.Fatal(err)
	}
	got := city.Filed()
	want := []open311test.File{{Field: "media", Name: "a b.png", ContentType: "image/png", Data: []byte(pngHead)}}
	if len(got) != 1 || got[0].ID != r.ID {
		t.Fatalf("filed %v", got)
	}
	if d := cmp.Diff(want, got[0].Files); d != "" {
		t.Errorf("files (-want +got):\n%s", d)
	}
	shown, err := c.Requests.Get(t.Context(), r.ID)
	if err != nil || !strings.Contains(shown.MediaURL, "a%20b.png") {
		t.Errorf("shown as %v, %v", shown, err)
	}
}

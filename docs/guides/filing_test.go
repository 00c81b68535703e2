package guides

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/open311test"
)

func TestFiling(t *testing.T) {
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	t.Cleanup(func() { slog.SetDefault(before) })
	city := open311test.NewServer(t, open311test.WithoutNetwork(), open311test.WithRequests(),
		open311test.WithServices(open311.Service{Code: "1", Name: "Potholes", Type: open311.Realtime}))
	dir := t.TempDir()
	box := open311.FileOutbox(dir)
	for id, service := range map[string]string{"a": "1", "b": "1", "c": "none"} {
		if err := Accept(t.Context(), box, id, &open311.NewRequest{ServiceCode: service, AddressString: id, Description: id}); err != nil {
			t.Fatal(err)
		}
	}
	if err := Accept(t.Context(), box, "d", &open311.NewRequest{ServiceCode: "1"}); err == nil {
		t.Error("a report without a place is taken over")
	}
	if err := os.WriteFile(filepath.Join(dir, "broken.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	// The program dies here, and is started again. Nobody answers at first.
	away, err := open311.New("http://127.0.0.1:1", open311.WithAPIKey("k"), open311.WithRetry(open311.RetryPolicy{MaxAttempts: 1}))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []*open311.Client{away, city.Client(open311.WithAPIKey("k")), city.Client(open311.WithAPIKey("k"))} {
		if err := Drain(t.Context(), c, box); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(city.Requests()); n != 2 {
		t.Errorf("%d requests are filed, want 2", n)
	}
	for word, want := range map[string]int{"msg=filed": 2, "msg=refused": 1, "msg=later": 3, `msg="cannot be read"`: 3} {
		if n := strings.Count(log.String(), word); n != want {
			t.Errorf("%q is logged %d times, want %d, in:\n%s", word, n, want, log.String())
		}
	}
}

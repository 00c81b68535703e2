package mirror

import (
	"path/filepath"
	"testing"

	"github.com/go-open311/open311/internal/zerotest"
)

func TestZeroValues(t *testing.T) {
	zerotest.Run(t, []any{Gap{}, Record{}, Report{}})
	zerotest.Funcs(t, map[string]any{"CSV": CSV, "Cell": Cell, "Columns": Columns, "GeoJSON": GeoJSON, "NDJSON": NDJSON, "Run": Run})
	for name, job := range map[string]Job{
		"no client":        {Dir: t.TempDir()},
		"a format of none": {Dir: t.TempDir(), Formats: []Format{{}}},
	} {
		if _, err := Run(t.Context(), job); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// A record of nothing is an error, and a writer that is done does nothing more.
func TestWritersOfNothing(t *testing.T) {
	for _, f := range allFormats {
		w, err := f.Begin(t.Context(), filepath.Join(t.TempDir(), "a"))
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range []*Record{nil, {}} {
			if err := w.Write(r); err == nil {
				t.Errorf("%s: no error for %v", f.Name, r)
			}
		}
		if err := w.Commit(); err != nil {
			t.Errorf("%s: %v", f.Name, err)
		}
		w.Discard()
		if err := w.(Resumable).Close(); err != nil {
			t.Errorf("%s: %v", f.Name, err)
		}
		if _, err := w.(Resumable).Checkpoint(); err == nil {
			t.Errorf("%s: a checkpoint of what is done", f.Name)
		}
		if _, err := f.Resume(t.Context(), filepath.Join(t.TempDir(), "none"), nil); err == nil {
			t.Errorf("%s: what is not there can be gone on with", f.Name)
		}
	}
}

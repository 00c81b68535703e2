package geoparquet

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/mirror"
)

func record(i int) *mirror.Record {
	r := &open311.ServiceRequest{ID: fmt.Sprint("r-", i), Status: open311.StatusOpen, ServiceCode: fmt.Sprint(i % 7), Description: fmt.Sprintf("No. %d", i*i)}
	return &mirror.Record{Request: r, Place: &open311.Point{Lat: 43 + float64(i)/1000, Long: -68}}
}

// A file that was gone on with has the rows of one that was written in one go, whatever was behind a checkpoint.
func TestSegments(t *testing.T) {
	const n, every = 95, 10
	f := Format()
	path := filepath.Join(t.TempDir(), "a")
	w, err := f.Begin(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Begin(t.Context(), path); err == nil {
		t.Error("what is there was written over")
	}
	for i := range n {
		if i%every == 0 && i > 0 {
			at, err := w.(mirror.Resumable).Checkpoint()
			if err != nil {
				t.Fatal(err)
			}
			if i%(3*every) == 0 { // stopped, with something begun
				if err := w.Write(record(1000)); err != nil {
					t.Fatal(err)
				}
				if err := w.(mirror.Resumable).Close(); err != nil {
					t.Fatal(err)
				}
				if w, err = f.Resume(t.Context(), path, at); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := w.Write(record(i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	if groups := readAll(t, path, n); groups != n/every+1 {
		t.Errorf("%d groups of rows", groups)
	}
	if err := os.Rename(path, path+"2"); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(path+"2", path); err == nil {
		if _, err := f.Resume(t.Context(), path, []byte(`{"Size":1}`)); err == nil {
			t.Error("a link was followed")
		}
	}
}

// readAll reads a file whole, and from the middle of each group of rows, which goes by the index of pages.
func readAll(t *testing.T, path string, n int) (groups int) {
	t.Helper()
	rows, err := parquet.ReadFile[row](path)
	if err != nil || len(rows) != n {
		t.Fatalf("%d rows, want %d: %v", len(rows), n, err)
	}
	for i, r := range rows {
		want := record(i).Request
		if d := cmp.Diff([]string{want.ID, want.ServiceCode, want.Description}, []string{*r.ID, *r.Code, *r.Text}); d != "" || len(r.Geometry) != 21 {
			t.Fatalf("row %d: %s %x", i, d, r.Geometry)
		}
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	file, err := parquet.OpenFile(f, info.Size())
	if err != nil {
		t.Fatal(err)
	}
	at := 0
	for _, g := range file.RowGroups() {
		in := g.Rows()
		middle := g.NumRows() / 2
		if err := in.SeekToRow(middle); err != nil {
			t.Fatal(err)
		}
		buf := make([]parquet.Row, 1)
		if k, err := in.ReadRows(buf); k != 1 || err != nil && err != io.EOF {
			t.Fatal(k, err)
		}
		if got, want := buf[0][0].String(), record(at+int(middle)).Request.ID; got != want {
			t.Errorf("row %d is %s, want %s", at+int(middle), got, want)
		}
		if err := in.Close(); err != nil {
			t.Error(err)
		}
		at += int(g.NumRows())
		groups++
	}
	return groups
}

// A file without rows is one, too.
func TestNoRows(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	w, err := Format().Begin(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	w.Discard()
	readAll(t, path, 0)
}

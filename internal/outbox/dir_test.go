package outbox

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDir(t *testing.T) {
	d := Dir(filepath.Join(t.TempDir(), "box"))
	if names, err := d.Open(); err != nil || names != nil {
		t.Errorf("before anything is there: %v, %v", names, err)
	}
	for _, id := range []string{"b", "a", "A", "../x", "", "ü"} {
		if err := d.Write(id, []byte("1 "+id), false); err != nil {
			t.Fatal(err)
		}
	}
	names, err := d.Open()
	if err != nil || len(names) != 6 {
		t.Errorf("%q, %v", names, err)
	}
	for _, name := range names {
		info, err := os.Stat(filepath.Join(string(d), name))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
	if err := d.Write("a", []byte("2"), true); err != nil {
		t.Fatal(err)
	}
	if got, err := d.Read("a"); err != nil || string(got) != "2" {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := d.Read("A"); err != nil || string(got) != "1 A" {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := d.Read("none"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if names, _ := d.Open(); len(names) != 5 {
		t.Errorf("one is done: %q", names)
	}
	if all, _ := filepath.Glob(filepath.Join(string(d), ".*")); all != nil {
		t.Errorf("left behind: %q", all)
	}
}

// The machine stops after a document is done and before its old place is cleared.
func TestDoneWins(t *testing.T) {
	d := Dir(t.TempDir())
	if err := d.Write("a", []byte("done"), true); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(string(d), "a.json"), []byte("open"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, finished, err := d.ReadOpen("a.json")
	got, readErr := d.Read("a")
	if d := cmp.Diff("done", string(got)); d != "" || !finished || err != nil || readErr != nil {
		t.Errorf("finished %v, %v, %v\n%s", finished, err, readErr, d)
	}
}

package outbox

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

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
		if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
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
	for since, want := range map[time.Time]int{time.Now().Add(-time.Hour): 1, time.Now().Add(time.Hour): 0} {
		n := 0
		for path, err := range d.Done(since) {
			if document, _ := ReadFile(path); err != nil || string(document) != "2" {
				t.Errorf("done: %s, %q, %v", path, document, err)
			}
			n++
		}
		if n != want {
			t.Errorf("done since %s: %d, want %d", since, n, want)
		}
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

// A link is not followed: neither where a document should be, nor where the note should that one leaves.
func TestLinksAreNotFollowed(t *testing.T) {
	d := Dir(t.TempDir())
	dir := t.TempDir()
	victim, missing := filepath.Join(dir, "victim"), filepath.Join(dir, "missing")
	if err := errors.Join(os.WriteFile(victim, []byte("precious"), 0o600), os.Symlink(victim, d.path("a", false)),
		os.Symlink(victim, d.leaving("a")), os.Symlink(missing, d.leaving("b"))); err != nil {
		t.Skip(err)
	}
	if got, err := d.Read("a"); err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a link is read: %q, %v", got, err)
	}
	if names, err := d.Open(); names != nil || err != nil {
		t.Errorf("a link is a document: %q, %v", names, err)
	}
	for _, id := range []string{"a", "b"} {
		if err := d.Leave(id); err != nil || !d.Left(id, Boot()) {
			t.Errorf("%s has not left: %v", id, err)
		}
	}
	if b, err := os.ReadFile(victim); err != nil || string(b) != "precious" {
		t.Errorf("what a link leads to has become %q, %v", b, err)
	}
	if _, err := os.Stat(missing); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file was made where a link leads: %v", err)
	}
	if err := d.Write("a", []byte("1"), false); err != nil {
		t.Fatal(err)
	}
	if got, err := d.Read("a"); err != nil || string(got) != "1" {
		t.Errorf("%q, %v", got, err)
	}
}

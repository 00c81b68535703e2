package open311_test

import (
	"encoding/json"
	"errors"
	"flag"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/open311test"
)

var updateCheckpoint = flag.Bool("update-checkpoint", false, "write testdata/checkpoint anew, for a new version of the format")

// A checkpoint may be kept where a key may not.
func TestCheckpointHoldsNoKey(t *testing.T) {
	t.Parallel()
	const key = "K-9f3a+key/of=the city"
	city := feedCity(t)
	f := newFeed(t, city.Client(open311.WithAPIKey(key), open311.WithKeyOnReads()), open311.FeedOptions{Query: &open311.Query{Params: url.Values{"tok": {key}}}})
	told(t, f)
	calls := city.Calls()
	if len(calls) == 0 || !calls[0].Query.Has("tok") || !calls[0].Query.Has("api_key") {
		t.Fatalf("the key was not sent: %v", calls)
	}
	text, err := f.Checkpoint().MarshalJSON()
	if err != nil || len(text) == 0 {
		t.Fatalf("%q, %v", text, err)
	}
	for _, k := range []string{key, "9f3a", url.QueryEscape(key)} {
		if strings.Contains(string(text), k) {
			t.Errorf("it holds %q", k)
		}
	}
}

func TestFileCheckpoint(t *testing.T) {
	t.Parallel()
	city := feedCity(t)
	path := filepath.Join(t.TempDir(), "state.json")
	o := open311.FeedOptions{Store: open311.FileCheckpoint(path)}
	told(t, newFeed(t, city.Client(), o))
	city.Put(open311.ServiceRequest{ID: "new"})
	o.Store = open311.FileCheckpoint(path)
	f := newFeed(t, city.Client(), o)
	if got := told(t, f); len(got) != 1 || got[0] != "created new" {
		t.Errorf("after a restart: %v", got)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(whole), "quillhaven") {
		t.Error("the file tells the endpoint")
	}
	// Another feed of another city must not take it, nor write over it.
	other := feedCity(t, open311test.WithBase("/other"))
	if _, err := other.Client().Requests.Feed(o); !errors.Is(err, open311.ErrCheckpoint) {
		t.Errorf("a foreign checkpoint: %v", err)
	}
	stranger := newFeed(t, other.Client(), open311.FeedOptions{})
	told(t, stranger)
	if err := open311.FileCheckpoint(path).Save(stranger.Checkpoint()); !errors.Is(err, open311.ErrCheckpoint) {
		t.Errorf("a foreign checkpoint is overwritten: %v", err)
	}
	for name, text := range map[string]string{"empty": "", "no JSON": "hello", "other JSON": `{"a":1}`, "half": string(whole[:len(whole)/2]),
		"a bit": strings.Replace(string(whole), `"crc32":`, `"crc32":1`, 1), "later version": strings.Replace(string(whole), `"open311_feed":3`, `"open311_feed":99`, 1)} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		o.Store = open311.FileCheckpoint(path)
		_, err := city.Client().Requests.Feed(o)
		saveErr := o.Store.Save(f.Checkpoint())
		if !errors.Is(err, open311.ErrCheckpoint) || !errors.Is(saveErr, open311.ErrCheckpoint) {
			t.Errorf("%s: %v; saving: %v", name, err, saveErr)
		}
		if after, _ := os.ReadFile(path); string(after) != text {
			t.Errorf("%s: the file was overwritten", name)
		}
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	a, b := open311.FileCheckpoint(path), open311.FileCheckpoint(path)
	if err := errors.Join(a.Save(f.Checkpoint()), b.Save(f.Checkpoint())); err != nil {
		t.Fatal(err)
	}
	if err := a.Save(f.Checkpoint()); !errors.Is(err, open311.ErrCheckpoint) {
		t.Errorf("two programs share a file: %v", err)
	}
}

// TestCheckpointVersions reads a checkpoint of each version that there has been.
func TestCheckpointVersions(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		city := feedCity(t, open311test.WithSize(300))
		if *updateCheckpoint {
			// A file with lines that were added: one request has come, and one was closed.
			f := newFeed(t, city.Client(), open311.FeedOptions{Store: open311.FileCheckpoint("testdata/checkpoint/v3.json")})
			told(t, f)
			city.Put(open311.ServiceRequest{ID: "added"})
			told(t, f)
			city.Edit("added", func(r *open311.ServiceRequest) { r.Status = open311.StatusClosed })
			told(t, f)
			city.Remove("added")
		}
		files, err := filepath.Glob("testdata/checkpoint/v*.json")
		if err != nil || len(files) != 3 {
			t.Fatal(files, err)
		}
		for _, file := range files {
			cp, err := open311.FileCheckpoint(file).Load()
			if err != nil {
				t.Fatal(err)
			}
			city.Put(open311.ServiceRequest{ID: "new"})
			if got := told(t, newFeed(t, city.Client(), open311.FeedOptions{Checkpoint: cp})); len(got) != 1 {
				t.Errorf("%s: %v", file, got)
			}
		}
	})
}

// TestCheckpointBits turns every bit of a checkpoint: it is refused, or nothing has come of it.
func TestCheckpointBits(t *testing.T) {
	t.Parallel()
	city := feedCity(t, open311test.WithSize(30))
	f := newFeed(t, city.Client(), open311.FeedOptions{})
	told(t, f)
	city.Put(open311.ServiceRequest{ID: "new"})
	told(t, f)
	whole, err := json.Marshal(f.Checkpoint())
	if err != nil {
		t.Fatal(err)
	}
	for i := range whole {
		for bit := range 8 {
			bad := slices.Clone(whole)
			bad[i] ^= 1 << bit
			var cp open311.Checkpoint
			if json.Unmarshal(bad, &cp) != nil {
				continue
			}
			if again, err := json.Marshal(cp); err != nil || string(again) != string(whole) {
				t.Errorf("bit %d of byte %d, %q, is believed: %v", bit, i, bad[max(0, i-20):min(len(bad), i+20)], err)
			}
		}
	}
}

// TestCheckpointByLines: a checkpoint and what has changed since make the later one, in their order and without a gap.
func TestCheckpointByLines(t *testing.T) {
	t.Parallel()
	city := feedCity(t, open311test.WithSize(300))
	f := newFeed(t, city.Client(), open311.FeedOptions{})
	told(t, f)
	whole, err := json.Marshal(f.Checkpoint())
	if err != nil {
		t.Fatal(err)
	}
	var base open311.Checkpoint
	if err := json.Unmarshal(whole, &base); err != nil {
		t.Fatal(err)
	}
	f = newFeed(t, city.Client(), open311.FeedOptions{Checkpoint: base})
	var lines [][]byte
	last := base
	for _, id := range []string{"a", "b", "c"} {
		city.Put(open311.ServiceRequest{ID: id})
		told(t, f)
		line, ok := f.Checkpoint().Since(last)
		if !ok || len(line) == 0 || len(line) > 2<<10 {
			t.Fatalf("a line of %d bytes, %v", len(line), ok)
		}
		lines, last = append(lines, line), f.Checkpoint()
	}
	if line, ok := last.Since(last); line != nil || !ok {
		t.Errorf("nothing has changed: %q, %v", line, ok)
	}
	for name, before := range map[string]open311.Checkpoint{"the zero one": {}, "another feed's": newFeed(t, city.Client(), open311.FeedOptions{}).Checkpoint()} {
		if line, ok := last.Since(before); line != nil || ok {
			t.Errorf("behind %s: %q, %v", name, line, ok)
		}
	}
	again, err := base.Add(lines...)
	if err != nil {
		t.Fatal(err)
	}
	want, wantErr := json.Marshal(last)
	got, gotErr := json.Marshal(again)
	if string(got) != string(want) || wantErr != nil || gotErr != nil {
		t.Errorf("it is %s, %v, want %s, %v", got, gotErr, want, wantErr)
	}
	if again, err = base.Add(lines[0]); err == nil {
		again, err = again.Add(lines[1:]...)
	}
	if got, _ := json.Marshal(again); string(got) != string(want) || err != nil {
		t.Errorf("one after the other: %s, %v", got, err)
	}
	turned := slices.Clone(lines[1])
	turned[len(turned)/2] ^= 1
	for name, bad := range map[string][][]byte{"a gap": {lines[0], lines[2]}, "no beginning": lines[1:], "twice": {lines[0], lines[0]},
		"another order": {lines[1], lines[0], lines[2]}, "turned": {lines[0], turned}, "no JSON": {[]byte("x")}} {
		if _, err := base.Add(bad...); !errors.Is(err, open311.ErrCheckpoint) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := (open311.Checkpoint{}).Add(lines...); !errors.Is(err, open311.ErrCheckpoint) {
		t.Errorf("behind nothing: %v", err)
	}
}

func FuzzCheckpoint(f *testing.F) {
	for _, name := range []string{"v1", "v2"} {
		if b, err := os.ReadFile("testdata/checkpoint/" + name + ".json"); err == nil {
			f.Add(b)
		}
	}
	f.Add([]byte(`{"open311_feed":1,"scope":"x","requests":0,"known":"","crc32":0}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var cp, again open311.Checkpoint
		if json.Unmarshal(b, &cp) != nil {
			return
		}
		out, err := json.Marshal(cp)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(out, &again); err != nil {
			t.Fatal(err)
		}
	})
}

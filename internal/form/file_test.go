package form_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-open311/open311/internal/form"
)

func TestPrepare(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	t.Setenv("TMP", dir) // Windows
	seven := filepath.Join(t.TempDir(), "seven")
	if err := os.WriteFile(seven, []byte("seven77"), 0o600); err != nil {
		t.Fatal(err)
	}
	memory := func(content string) func() (io.ReadCloser, error) {
		return func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(content)), nil }
	}
	onDisk := func() (io.ReadCloser, error) { return os.Open(seven) }
	gone := func() (io.ReadCloser, error) { return os.Open(filepath.Join(t.TempDir(), "Lisztmann.jpg")) }
	_, err := gone()
	noFile := errors.Unwrap(err).Error() // in the words of the system
	tests := []struct {
		name               string
		file               form.File
		shown, kind, error string
		size               int64
	}{
		{"size known", form.File{Name: "a.csv", Size: 3, Open: memory("a,b")}, "a.csv", "text/csv; charset=utf-8", "", 3},
		{"size not known", form.File{Name: "a", Open: memory("\x89PNG\r\n\x1a\n")}, "a", "image/png", "", 8},
		{"directories", form.File{Name: `C:\home\x/a`, Type: "x/y", Open: onDisk}, "a", "x/y", "", 7},
		{"no name", form.File{Label: "Media[12]", Open: memory("\xff\xd8\xff")}, "media12.jpg", "image/jpeg", "", 3},
		{"no name, a type without an extension", form.File{Label: "Media[0]", Name: "x/", Type: "x/y", Open: onDisk}, "media0", "x/y", "", 7},
		{"empty", form.File{Open: memory("")}, "", "", "the file is empty", 0},
		{"another size", form.File{Size: 5, Open: onDisk}, "", "", "the file has 7 bytes, not the 5", 0},
		{"no file", form.File{Open: func() (io.ReadCloser, error) { return nil, nil }}, "", "", "its Open has returned no file", 0},
		{"gone", form.File{Open: gone}, "", "", "cannot be read: open: " + noFile, 0},
		{"gone, size known", form.File{Size: 5, Open: gone}, "", "", "cannot be read: open: " + noFile, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, done, err := form.Prepare(t.Context(), tt.file)
			defer done()
			switch {
			case tt.error != "":
				if err == nil || !strings.Contains(strings.ToLower(err.Error()), strings.ToLower(tt.error)) || strings.Contains(err.Error(), "Lisztmann") {
					t.Errorf("error %v, want %q", err, tt.error)
				}
			case err != nil:
				t.Error(err)
			case f.Name != tt.shown || f.Type != tt.kind || f.Size != tt.size:
				t.Errorf("%q of type %q, %d bytes", f.Name, f.Type, f.Size)
			}
		})
	}
	if left, _ := os.ReadDir(os.Getenv("TMPDIR")); len(left) > 0 {
		t.Errorf("temporary files are left: %v", left)
	}
}

func TestPrepareEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	f := form.File{Open: func() (io.ReadCloser, error) {
		cancel()
		return io.NopCloser(strings.NewReader("long")), nil
	}}
	_, done, err := form.Prepare(ctx, f)
	done()
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

// A file that changes on its way is an error, and so is one that has gone when the body is opened.
func TestFileThatChanges(t *testing.T) {
	for content, want := range map[string]string{"sho": "File[0]: the file is 2 bytes shorter", "much longer": "File[0]: the file is longer"} {
		f := fileOf(content)
		f.Size = 5
		p, err := (&form.Form{Files: []form.File{f}}).Multipart()
		if err != nil {
			t.Fatal(err)
		}
		r, err := p.Open()
		if err != nil {
			t.Fatal(err)
		}
		if _, err = io.ReadAll(r); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	gone := fileOf("x")
	gone.Open = func() (io.ReadCloser, error) { return os.Open(filepath.Join(t.TempDir(), "Lisztmann")) }
	p, err := (&form.Form{Files: []form.File{fileOf("y"), gone}}).Multipart()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Open(); !errors.Is(err, fs.ErrNotExist) || strings.Contains(err.Error(), "Lisztmann") {
		t.Errorf("error %v", err)
	}
}

// A file that panics while it is read leaves no copy behind.
func TestPanicLeavesNothingBehind(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	t.Setenv("TMP", dir)
	t.Setenv("TMP", dir)
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
		if left, _ := os.ReadDir(dir); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	}()
	_, _, _ = form.Prepare(t.Context(), form.File{Label: "x", Open: func() (io.ReadCloser, error) { return io.NopCloser(panicking{}), nil }})
}

type panicking struct{}

func (panicking) Read([]byte) (int, error) { panic("no more film") }

// What a file is called does not depend on the tables of the machine, and a file whose type and size are given is not
// opened for a look.
func TestTypesOfFiles(t *testing.T) {
	for _, tt := range []struct{ name, head, want string }{
		{"a.HEIC", "\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", "image/heic"},
		{"", "\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00mif1heic", "image/heic"},
		{"", "\x00\x00\x00\x14ftypmif1\x00\x00\x00\x00mif1", "image/heif"},
		{"", "\x00\x00\x00\x1cftypavif\x00\x00\x00\x00avifmif1", "image/avif"},
		{"a.bin", "\x00\x00\x00\x14ftypqt  \x00\x00\x02\x00qt  ", "video/quicktime"},
		{"", "II*\x00\x08\x00\x00\x00", "image/tiff"},
		{"a.HEIC", "\x01\x02\x03", "image/heic"},
		{"a.jpg", "\xff\xd8\xff\xe0\x00\x10JFIF", "image/jpeg"},
	} {
		data := tt.head + strings.Repeat("\x01", 100)
		f, done, err := form.Prepare(t.Context(), form.File{Name: tt.name, Size: int64(len(data)), Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(data)), nil }})
		done()
		if err != nil || f.Type != tt.want {
			t.Errorf("%q: %+v, %v", tt.name, f, err)
		}
	}
	opened := 0
	_, done, err := form.Prepare(t.Context(), form.File{Name: "a.jpg", Type: "image/jpeg", Size: 3, Open: func() (io.ReadCloser, error) {
		opened++
		return io.NopCloser(strings.NewReader("abc")), nil
	}})
	if done(); opened != 0 || err != nil {
		t.Errorf("opened %d times, %v", opened, err)
	}
}

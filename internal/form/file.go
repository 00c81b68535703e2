package form

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"os"
	"path"
	"strings"
	"unicode"
)

// File is a file to be sent.
type File struct {
	Label string // what errors call it: Media[0]
	Name  string // that the receiver is told
	Type  string // its media type
	Size  int64  // in bytes
	Open  func() (io.ReadCloser, error)
}

// Prepare returns a file that can be sent: its size and its type are known, and its name is fit to be shown.
// A file whose size is not known is copied to a temporary one, which done removes; done is never nil.
func Prepare(ctx context.Context, f File) (ready *File, done func(), err error) {
	done = func() {}
	open := f.Open
	f.Open = func() (io.ReadCloser, error) {
		r, err := open()
		if err == nil && r == nil {
			err = errors.New("its Open has returned no file") // it would be found out only where it is read
		}
		return r, err
	}
	given := f.Size > 0
	if !given {
		spooled, err := spool(ctx, f.Open)
		if err != nil {
			return nil, done, fmt.Errorf("cannot be read: %w", withoutPath(err))
		}
		done, f.Size, f.Open = spooled.remove, spooled.size, spooled.open
	}
	if f.Size == 0 {
		return nil, done, errors.New("the file is empty")
	}
	if f.Type == "" || !given {
		head, size, err := peek(f.Open)
		switch {
		case err != nil:
			return nil, done, fmt.Errorf("cannot be read: %w", withoutPath(err))
		case size >= 0 && size != f.Size:
			return nil, done, fmt.Errorf("the file has %d bytes, not the %d that its Size says", size, f.Size)
		}
		f.Type = cmp.Or(f.Type, detectType(head, f.Name))
	}
	f.Name = shownName(&f)
	return &f, done, nil
}

// spooled is a copy of a file whose size is not known. Where the system allows it, it has no name any more: nothing is
// left behind, whatever becomes of this process.
type spooled struct {
	file *os.File
	size int64
	name string // "" if it has none
}

// spool copies a file to a temporary one.
func spool(ctx context.Context, open func() (io.ReadCloser, error)) (*spooled, error) {
	in, err := open()
	if err != nil {
		return nil, err
	}
	defer in.Close()
	out, err := os.CreateTemp("", "open311-*")
	if err != nil {
		return nil, err
	}
	s := &spooled{file: out, name: out.Name()}
	if os.Remove(s.name) == nil {
		s.name = ""
	}
	whole := false
	defer func() {
		if !whole { // an error, or a panic of the caller's file
			s.remove()
		}
	}()
	s.size, err = io.Copy(out, contextReader{ctx, in})
	if err != nil {
		return nil, err
	}
	whole = true
	return s, nil
}

// open reads the copy from its beginning. Several may read it at once.
func (s *spooled) open() (io.ReadCloser, error) {
	return io.NopCloser(io.NewSectionReader(s.file, 0, s.size)), nil
}

func (s *spooled) remove() {
	_ = s.file.Close()
	if s.name != "" {
		_ = os.Remove(s.name) // the system clears away what is left
	}
}

// contextReader ends with its context.
type contextReader struct {
	ctx context.Context
	io.Reader
}

func (r contextReader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.Reader.Read(p)
}

// peek returns the beginning of a file, and its size if that can be had without reading it, else -1.
func peek(open func() (io.ReadCloser, error)) (head []byte, size int64, err error) {
	f, err := open()
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	size = -1
	if s, ok := f.(fs.File); ok {
		if info, err := s.Stat(); err == nil && info.Mode().IsRegular() {
			size = info.Size()
		}
	}
	head = make([]byte, 512) // all that http.DetectContentType looks at
	n, err := io.ReadFull(f, head)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = nil
	}
	return head[:n], size, err
}

// detectType finds out what a file is by its first bytes, and by its name where they do not tell.
func detectType(head []byte, name string) string {
	if t := brands[brand(head)]; t != "" {
		return t
	}
	if bytes.HasPrefix(head, []byte("II*\x00")) || bytes.HasPrefix(head, []byte("MM\x00*")) {
		return "image/tiff"
	}
	detected := http.DetectContentType(head)
	if detected == "application/octet-stream" || strings.HasPrefix(detected, "text/plain") {
		ext := strings.ToLower(path.Ext(name))
		for t, known := range extensions {
			if ext == known {
				return t
			}
		}
		if byName := mime.TypeByExtension(ext); byName != "" {
			return byName
		}
	}
	return detected
}

// brand returns what a file of the family of MP4 says of itself, in its first box. A photo of an iPhone may be of the
// general brand mif1; the compatible ones after it say more.
func brand(head []byte) string {
	if len(head) < 16 || string(head[4:8]) != "ftyp" {
		return ""
	}
	major := string(head[8:12])
	if major == "mif1" || major == "msf1" {
		for i := 16; i+4 <= min(len(head), int(binary.BigEndian.Uint32(head))); i += 4 {
			if t := string(head[i : i+4]); t != major && brands[t] != "" {
				return t
			}
		}
	}
	return major
}

// brands are those that net/http does not know.
var brands = map[string]string{"heic": "image/heic", "heix": "image/heic", "hevc": "image/heic", "hevx": "image/heic", "heim": "image/heic", "heis": "image/heic",
	"mif1": "image/heif", "msf1": "image/heif", "avif": "image/avif", "avis": "image/avif", "qt  ": "video/quicktime"}

// extensions are those of photos, films and documents. The tables of package mime are others on each machine.
var extensions = map[string]string{"image/jpeg": ".jpg", "image/png": ".png", "image/gif": ".gif", "image/webp": ".webp", "image/heic": ".heic",
	"image/heif": ".heif", "image/avif": ".avif", "image/tiff": ".tif", "image/bmp": ".bmp", "video/mp4": ".mp4", "video/quicktime": ".mov",
	"application/pdf": ".pdf", "text/plain; charset=utf-8": ".txt"}

// shownName returns the name that a file is sent under: without directories, which say something about
// the sender, and never empty, because a part without one is no file to most servers. A file without a
// name is called by its label: Media[0] becomes media0.jpg.
func shownName(f *File) string {
	if name := f.Name[strings.LastIndexAny(f.Name, `/\`)+1:]; strings.Trim(name, ".") != "" { // . and .. are directories
		return name
	}
	label := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, f.Label)
	return label + extensions[f.Type]
}

// withoutPath takes the path off an error of the file system: paths have names of people in them.
func withoutPath(err error) error {
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		return fmt.Errorf("%s: %w", pe.Op, pe.Err)
	}
	return err
}

// open opens the file for being sent. It is an error of reading if it does not have its size.
func (f *File) open() (io.ReadCloser, error) {
	r, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Label, withoutPath(err))
	}
	return readCloser{&sized{r: r, left: f.Size, label: f.Label}, r}, nil
}

// readCloser reads one thing and closes another.
type readCloser struct {
	io.Reader
	io.Closer
}

// sized passes a file on and insists on its size: the Content-Length has been sent by then.
type sized struct {
	r     io.Reader
	left  int64
	label string
}

func (s *sized) Read(p []byte) (int, error) {
	if s.left == 0 {
		var more [1]byte
		n, err := io.ReadFull(s.r, more[:])
		if n > 0 {
			return 0, fmt.Errorf("%s: the file is longer than its Size", s.label)
		}
		return 0, err
	}
	n, err := s.r.Read(p[:min(int64(len(p)), s.left)])
	s.left -= int64(n)
	if err == io.EOF && s.left > 0 {
		err = fmt.Errorf("%s: the file is %d bytes shorter than its Size: %w", s.label, s.left, io.ErrUnexpectedEOF)
	}
	return n, err
}

package open311

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"net/url"
	"os"
	"path"
	"strings"
)

// payload is the body of a POST: texts and files, one after the other. Its size is known before it is
// sent, because open311-adapter ignores bodies without a Content-Length, and no file is ever read into
// memory as a whole.
type payload struct {
	contentType string
	parts       []bodyPart
	size        int64
}

// bodyPart is a text, or a file.
type bodyPart struct {
	text string
	file *upload
	as   fileForm
	size int64
}

// fileForm is how a file stands in a body.
type fileForm uint8

const (
	asBytes  fileForm = iota // as it is
	asBase64                 // in JSON and XML
	asForm                   // base64 in a form, where +, / and = are escaped
)

// addText and addFile append to the body.
func (p *payload) addText(text string) {
	p.parts = append(p.parts, bodyPart{text: text, size: int64(len(text))})
	p.size += int64(len(text))
}

func (p *payload) addFile(u *upload, as fileForm) error {
	size := u.size
	if as != asBytes {
		size = (u.size + 2) / 3 * 4
	}
	if as == asForm {
		// How many characters have to be escaped only the file itself can tell.
		var err error
		if size, err = u.measure(as); err != nil {
			return err
		}
	}
	p.parts = append(p.parts, bodyPart{file: u, as: as, size: size})
	p.size += size
	return nil
}

// open opens the body for one attempt. All files are opened here, before anything is sent, so that one
// that has gone is an error about which there is no doubt.
func (p *payload) open() (io.ReadCloser, error) {
	b := &openPayload{}
	for _, part := range p.parts {
		if part.file == nil {
			b.readers = append(b.readers, strings.NewReader(part.text))
			continue
		}
		r, err := part.file.read(part.as)
		if err != nil {
			_ = b.Close() // the error in hand says more
			return nil, err
		}
		b.readers, b.closers = append(b.readers, r), append(b.closers, r)
	}
	return b, nil
}

// openPayload is a payload being sent.
type openPayload struct {
	readers []io.Reader
	closers []io.Closer
}

func (b *openPayload) Read(p []byte) (int, error) {
	for len(b.readers) > 0 {
		n, err := b.readers[0].Read(p)
		if err == io.EOF {
			b.readers = b.readers[1:]
			err = nil
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
	return 0, io.EOF
}

func (b *openPayload) Close() error {
	var errs []error
	for _, c := range b.closers {
		errs = append(errs, c.Close())
	}
	b.closers = nil
	return errors.Join(errs...)
}

// upload is a file of a report whose size and type are known.
type upload struct {
	field       string // of the report, for messages: Media[0]
	name        string
	contentType string
	size        int64
	source      func() (io.ReadCloser, error)
}

// read opens the file in the given form. It is an error of reading if the file does not have its size.
func (u *upload) read(as fileForm) (io.ReadCloser, error) {
	f, err := u.source()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", u.field, plain(err))
	}
	var r io.Reader = &exactly{r: f, left: u.size, field: u.field}
	if as != asBytes {
		r = &base64Reader{src: r, escape: as == asForm}
	}
	return struct {
		io.Reader
		io.Closer
	}{r, f}, nil
}

// measure reads the file and says how long it is in the given form.
func (u *upload) measure(as fileForm) (int64, error) {
	r, err := u.read(as)
	if err != nil {
		return 0, err
	}
	n, err := io.Copy(io.Discard, r)
	return n, errors.Join(err, r.Close())
}

// exactly passes a file on and insists on its size: the Content-Length has been sent by then.
type exactly struct {
	r     io.Reader
	left  int64
	field string
}

func (e *exactly) Read(p []byte) (int, error) {
	if e.left == 0 {
		var more [1]byte
		n, err := io.ReadFull(e.r, more[:])
		if n > 0 {
			return 0, fmt.Errorf("%s: the file is longer than its Size", e.field)
		}
		return 0, err
	}
	n, err := e.r.Read(p[:min(int64(len(p)), e.left)])
	e.left -= int64(n)
	if err == io.EOF && e.left > 0 {
		err = fmt.Errorf("%s: the file is %d bytes shorter than its Size: %w", e.field, e.left, io.ErrUnexpectedEOF)
	}
	return n, err
}

// base64Reader encodes what it reads, a piece at a time.
type base64Reader struct {
	src    io.Reader
	escape bool
	in     [3 << 10]byte
	text   [4 << 10]byte
	safe   []byte // text with its +, / and = escaped
	rest   []byte // encoded, not yet given away
	err    error
}

func (b *base64Reader) Read(p []byte) (int, error) {
	for len(b.rest) == 0 {
		if b.err != nil {
			return 0, b.err
		}
		n, err := io.ReadFull(b.src, b.in[:])
		if err == io.ErrUnexpectedEOF && n > 0 {
			err = io.EOF // ReadFull's word for a last piece
		}
		b.err = err
		b.rest = b.text[:base64.StdEncoding.EncodedLen(n)]
		base64.StdEncoding.Encode(b.rest, b.in[:n])
		if b.escape {
			b.escapeRest()
		}
	}
	n := copy(p, b.rest)
	b.rest = b.rest[n:]
	return n, nil
}

// escapeRest does what url.QueryEscape does, without its garbage.
func (b *base64Reader) escapeRest() {
	b.safe = b.safe[:0]
	for _, c := range b.rest {
		switch c {
		case '+':
			b.safe = append(b.safe, "%2B"...)
		case '/':
			b.safe = append(b.safe, "%2F"...)
		case '=':
			b.safe = append(b.safe, "%3D"...)
		default:
			b.safe = append(b.safe, c)
		}
	}
	b.rest = b.safe
}

// uploads makes the files of a report ready: their types are found out, and those whose size is not
// known are copied to temporary files. done removes these. Every file that cannot be sent is a problem.
func uploads(ctx context.Context, media []Media) (files []upload, done func(), err error) {
	var temporary []string
	done = func() {
		for _, name := range temporary {
			_ = os.Remove(name) // the system clears away what is left
		}
	}
	var problems []Problem
	for i := range media {
		field := fmt.Sprintf("Media[%d]", i)
		u, spooled, err := newUpload(ctx, &media[i], field)
		if spooled != "" {
			temporary = append(temporary, spooled)
		}
		if ctx.Err() != nil {
			done()
			return nil, func() {}, ctx.Err()
		}
		if err != nil {
			problems = append(problems, Problem{field, err.Error()})
			continue
		}
		files = append(files, *u)
	}
	if len(problems) > 0 {
		done()
		return nil, func() {}, &ValidationError{problems}
	}
	return files, done, nil
}

func newUpload(ctx context.Context, m *Media, field string) (u *upload, spooled string, err error) {
	u = &upload{field: field, name: m.Name, contentType: m.ContentType, size: m.Size, source: m.open}
	if m.Size <= 0 {
		if spooled, u.size, err = spool(ctx, m.open); err != nil {
			return nil, spooled, fmt.Errorf("cannot be read: %w", plain(err))
		}
		u.source = func() (io.ReadCloser, error) { return os.Open(spooled) }
	}
	if u.size == 0 {
		return nil, spooled, errors.New("the file is empty")
	}
	head, size, err := peekFile(u.source)
	switch {
	case err != nil:
		return nil, spooled, fmt.Errorf("cannot be read: %w", plain(err))
	case size >= 0 && size != u.size:
		return nil, spooled, fmt.Errorf("the file has %d bytes, not the %d that its Size says", size, u.size)
	}
	if u.contentType == "" {
		u.contentType = detectType(head, m.Name)
	}
	u.name = fileName(m.Name, field, u.contentType)
	return u, spooled, nil
}

// open opens the file. A nil one would be found out only where it is read.
func (m *Media) open() (io.ReadCloser, error) {
	f, err := m.Open()
	if err == nil && f == nil {
		err = errors.New("its Open has returned no file")
	}
	return f, err
}

// plain takes the path off an error of the file system: paths have names of people in them.
func plain(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return fmt.Errorf("%s: %w", pe.Op, pe.Err)
	}
	return err
}

// peekFile returns the beginning of a file, and its size if that can be had without reading it, else -1.
func peekFile(open func() (io.ReadCloser, error)) (head []byte, size int64, err error) {
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

// spool copies a file whose size is not known to a temporary one.
func spool(ctx context.Context, open func() (io.ReadCloser, error)) (name string, size int64, err error) {
	in, err := open()
	if err != nil {
		return "", 0, err
	}
	defer in.Close()
	out, err := os.CreateTemp("", "open311-*")
	if err != nil {
		return "", 0, err
	}
	size, err = io.Copy(out, contextReader{ctx, in})
	return out.Name(), size, errors.Join(err, out.Close())
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

// detectType finds out what a file is by its first bytes, and by its name where they do not tell.
func detectType(head []byte, name string) string {
	detected := http.DetectContentType(head)
	if detected == "application/octet-stream" || strings.HasPrefix(detected, "text/plain") {
		if byName := mime.TypeByExtension(strings.ToLower(path.Ext(name))); byName != "" {
			return byName
		}
	}
	return detected
}

// fileName returns the name that a file is sent under: without directories, which say something about
// the sender, and never empty, because a part without one is no file to most servers.
func fileName(name, field, contentType string) string {
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	if name != "" {
		return name
	}
	name = "media" + strings.Trim(field, "Media[]")
	for t, ext := range map[string]string{"image/jpeg": ".jpg", "image/png": ".png", "image/gif": ".gif", "image/webp": ".webp",
		"video/mp4": ".mp4", "application/pdf": ".pdf"} {
		if t == contentType {
			return name + ext
		}
	}
	return name
}

// formPayload is a form of parameters alone.
func formPayload(params url.Values) (*payload, error) {
	p := &payload{contentType: "application/x-www-form-urlencoded; charset=utf-8"}
	p.addText(params.Encode())
	return p, nil
}

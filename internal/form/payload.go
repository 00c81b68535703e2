package form

import (
	"errors"
	"io"
	"strings"
)

// Payload is the body of a POST: texts and files, one after the other. Its size is known before it is
// sent, because open311-adapter ignores bodies without a Content-Length, and no file is ever read into
// memory as a whole.
type Payload struct {
	ContentType string
	Size        int64

	parts []part
}

// part is a text, or a file.
type part struct {
	text string
	file *File
	as   encoding
}

// encoding is how a file stands in a body.
type encoding uint8

const (
	asBytes     encoding = iota // as it is
	asBase64                    // in JSON and XML
	asFormValue                 // base64 in a form, where +, / and = are escaped
)

// addText appends to the body, and so does addFile.
func (p *Payload) addText(text string) {
	p.parts = append(p.parts, part{text: text})
	p.Size += int64(len(text))
}

func (p *Payload) addFile(f *File, as encoding) error {
	next := part{file: f, as: as}
	size := f.Size
	switch as {
	case asBase64:
		size = (f.Size + 2) / 3 * 4
	case asFormValue:
		// How many characters have to be escaped only the file itself can tell.
		r, err := next.open()
		if err != nil {
			return err
		}
		size, err = io.Copy(io.Discard, r)
		if err = errors.Join(err, r.Close()); err != nil {
			return err
		}
	}
	p.parts = append(p.parts, next)
	p.Size += size
	return nil
}

// open opens a part that is a file.
func (p *part) open() (io.ReadCloser, error) {
	r, err := p.file.open()
	if err != nil || p.as == asBytes {
		return r, err
	}
	return readCloser{&base64Reader{src: r, escape: p.as == asFormValue}, r}, nil
}

// Open opens the body for one attempt. All files are opened here, before anything is sent, so that one
// that has gone is an error about which there is no doubt.
func (p *Payload) Open() (io.ReadCloser, error) {
	b := &openPayload{}
	for i := range p.parts {
		if p.parts[i].file == nil {
			b.readers = append(b.readers, strings.NewReader(p.parts[i].text))
			continue
		}
		r, err := p.parts[i].open()
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

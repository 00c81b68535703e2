package mirror

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/go-open311/open311"
)

// A part file holds the requests of a window as compressed lines of NDJSON, and behind them the key of each: by the
// keys it is found out which requests are there twice, without reading the lines.
//
// key stands for the id of a request, or for all of one that has none. Ten bytes are enough: that two of ten million
// requests have the same by chance is as likely as one in twenty billion.
type key [10]byte

func keyOf(id string, line []byte) (k key) {
	what := append([]byte("id "), id...)
	if id == "" {
		what = append([]byte("text "), line...)
	}
	sum := sha256.Sum256(what)
	return key(sum[:len(k)])
}

// In a part the names of fields are single control characters, which no JSON has: that spares a third of what
// compression leaves.
var shorter, longer = func() (there, back *strings.Replacer) {
	words := []string{"null"}
	for _, name := range columns {
		words = append(words, `,"`+name+`":`)
	}
	var to, from []string
	char := byte(0x0b) // behind the end of a line, and before the blank
	for _, word := range words {
		to, from = append(to, word, string(char)), append(from, string(char), word)
		if char++; char == 0x0d {
			char++ // a Scanner takes it off the end of a line
		}
	}
	return strings.NewReplacer(to...), strings.NewReplacer(from...)
}()

// partWriter writes the part file of a window.
type partWriter struct {
	*file
	lines *gzip.Writer
	keys  []key
	text  bytes.Buffer
}

func createPart(path string) (*partWriter, error) {
	f, err := create(path)
	if err != nil {
		return nil, err
	}
	z, err := gzip.NewWriterLevel(f, gzip.BestCompression) // the network is slower
	return &partWriter{file: f, lines: z}, err
}

// add writes a request.
func (p *partWriter) add(r *open311.ServiceRequest) error {
	p.text.Reset()
	if err := encode(&p.text, r); err != nil {
		return err
	}
	p.keys = append(p.keys, keyOf(r.ID, p.text.Bytes()))
	_, err := shorter.WriteString(p.lines, p.text.String())
	return err
}

// commit makes the part file what it is called, and returns its size.
func (p *partWriter) commit() (int64, error) {
	if err := p.lines.Close(); err != nil {
		return 0, err
	}
	for _, k := range p.keys {
		_, _ = p.file.Write(k[:]) // a bufio.Writer keeps its error
	}
	return p.file.commit()
}

// sections returns the lines, still compressed, and the keys of a window.
func (m *mirror) sections(w *window) (f *os.File, lines, keys *io.SectionReader, err error) {
	if f, err = os.Open(m.partPath(w)); err != nil {
		return nil, nil, nil, err
	}
	return f, io.NewSectionReader(f, 0, w.lines()), io.NewSectionReader(f, w.lines(), w.Bytes-w.lines()), nil
}

// eachKey calls f for the key of each request of a window.
func (m *mirror) eachKey(w *window, f func(key)) error {
	file, _, keys, err := m.sections(w)
	if err != nil {
		return err
	}
	defer file.Close()
	if info, err := file.Stat(); err == nil && info.Size() == w.lines() { // an earlier run has dropped them
		return m.eachLine(w, func(line []byte) error {
			var r Record
			if err := r.read(line); err != nil {
				return err
			}
			f(keyOf(r.Request.ID, append(line, '\n')))
			return nil
		})
	}
	in := bufio.NewReaderSize(keys, 1<<16)
	for range w.Records {
		var k key
		if _, err := io.ReadFull(in, k[:]); err != nil {
			return fmt.Errorf("%s: %w", file.Name(), err)
		}
		f(k)
	}
	return nil
}

// maxLine is far above what a client takes for a record.
const maxLine = 256 << 20

// eachLine calls f for each request of a window; the line is only good until f returns.
func (m *mirror) eachLine(w *window, f func(line []byte) error) error {
	file, lines, _, err := m.sections(w)
	if err != nil {
		return err
	}
	defer file.Close()
	z, err := gzip.NewReader(bufio.NewReaderSize(lines, 1<<16))
	if err != nil {
		return fmt.Errorf("%s: %w", file.Name(), err)
	}
	n := 0
	var text bytes.Buffer
	in := bufio.NewScanner(z)
	for in.Buffer(make([]byte, 1<<16), maxLine); in.Scan(); n++ {
		text.Reset()
		_, _ = longer.WriteString(&text, in.Text()) // into memory
		if err := f(text.Bytes()); err != nil {
			return err
		}
	}
	if err := in.Err(); err != nil {
		return fmt.Errorf("%s, behind line %d: %w", file.Name(), n, err)
	}
	if n != w.Records {
		return fmt.Errorf("%s has %d requests, and not the %d that were written", file.Name(), n, w.Records)
	}
	return nil
}

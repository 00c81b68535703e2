package mirror

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strconv"

	"github.com/go-open311/open311"
)

// Format is a form in which a copy is written. Those of this package are files; a database can be one, too.
type Format struct {
	Name string // "csv"
	File string // its name in the directory of the copy; "" for what is kept elsewhere
	// Begin returns a Writer. That of a file writes to path, a temporary name; the file gets its own name when all of it
	// is there.
	Begin func(ctx context.Context, path string) (Writer, error)
	// Resume returns a Writer that goes on with a file which another process has left, behind its last checkpoint. It is
	// nil if the writers are not Resumable: then a file that is not finished is begun anew.
	Resume func(ctx context.Context, path string, checkpoint []byte) (Writer, error)
}

// Writer writes the requests of a copy. It is given each once, those of the newest window first.
type Writer interface {
	// Write adds a request. The record is only good until Write returns.
	Write(r *Record) error
	// Commit ends a file, or makes the rows of a database visible in place of those of an earlier copy.
	Commit() error
	// Discard gives up, and leaves nothing behind. After Commit it does nothing.
	Discard()
}

// Resumable is a Writer of a file that another process can go on with, as those of this package are. A copy in such
// formats alone removes what was fetched while it writes the files, and so takes little more of the disk than they do.
type Resumable interface {
	Writer
	// Checkpoint makes sure that all that was written survives a crash, and returns what Resume needs to go on behind it.
	Checkpoint() ([]byte, error)
	// Close leaves the file as it is. After Commit it does nothing.
	Close() error
}

// Record is a service request in a copy.
type Record struct {
	Line    []byte // the request as a line of JSON, without the line break
	Request *open311.ServiceRequest
	Place   *open311.Point // where it is; nil if it does not say, or nowhere on Earth
}

var errNoRequest = errors.New("mirror: the record has no request: set Request, and Line for a file of JSON")

// whole says what a record lacks that is to be written as JSON.
func (r *Record) whole() error {
	if r == nil || r.Request == nil || len(r.Line) == 0 {
		return errNoRequest
	}
	return nil
}

// read reads a line of a part.
func (r *Record) read(line []byte) error {
	var request open311.ServiceRequest
	if err := request.UnmarshalJSON(line); err != nil {
		// It is one that says so little that a reader of answers does not take it for a request.
		request = open311.ServiceRequest{}
		if err := json.Unmarshal(line, &request.Extra); err != nil {
			return err
		}
	}
	*r = Record{Line: line, Request: &request}
	if p := request.Location; p != nil && p.Valid() {
		r.Place = p
	}
	return nil
}

// encode writes a request as a line.
func encode(to *bytes.Buffer, r *open311.ServiceRequest) error {
	e := json.NewEncoder(to)
	e.SetEscapeHTML(false)
	return e.Encode(r)
}

// NDJSON is one JSON object a line, as the specification names the fields: requests.ndjson.
func NDJSON() Format {
	return textFormat("ndjson", "", func(f *textFile, _ bool) Writer { return ndjson{f} })
}

type ndjson struct{ *textFile }

func (n ndjson) Write(r *Record) error {
	if err := r.whole(); err != nil {
		return err
	}
	_, _ = n.textFile.Write(r.Line) // a bufio.Writer keeps its error
	return n.WriteByte('\n')
}

// textFormat is a text file, requests.NAME, that begins with head. writer writes the requests; empty says that the head
// is all there is so far.
func textFormat(name, head string, writer func(f *textFile, empty bool) Writer) Format {
	return Format{Name: name, File: "requests." + name,
		Begin: func(_ context.Context, path string) (Writer, error) {
			f, err := createText(path)
			if err != nil {
				return nil, err
			}
			_, _ = f.WriteString(head) // a bufio.Writer keeps its error
			return writer(f, true), nil
		},
		Resume: func(_ context.Context, path string, checkpoint []byte) (Writer, error) {
			f, err := resumeText(path, checkpoint)
			if err != nil {
				return nil, err
			}
			return writer(f, string(checkpoint) == strconv.Itoa(len(head))), nil
		},
	}
}

// outputs are what a copy is written to, side by side.
type outputs []*output

type output struct {
	Writer
	path string // "" if it is no file of the directory
}

func (m *mirror) open(ctx context.Context) (out outputs, err error) {
	for _, f := range m.Formats {
		o := &output{}
		tmp := ""
		if f.File != "" {
			o.path = m.path(f.File)
			tmp = o.path + tmpSuffix
			if err = removeLeft(tmp); err != nil {
				out.discard()
				return nil, err
			}
		}
		if o.Writer, err = f.Begin(ctx, tmp); err != nil {
			out.discard()
			return nil, err
		}
		out = append(out, o)
	}
	return out, nil
}

func (o outputs) write(r *Record) error {
	for _, one := range o {
		if err := one.Write(r); err != nil {
			return err
		}
	}
	return nil
}

func (o outputs) commit() error {
	for _, one := range o {
		if err := one.Commit(); err != nil {
			return err
		}
		if one.path == "" {
			continue
		}
		if _, err := publish(one.path); err != nil {
			return err
		}
	}
	return nil
}

func (o outputs) discard() {
	for _, one := range o {
		one.Discard()
	}
}

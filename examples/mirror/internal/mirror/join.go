package mirror

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/examples/mirror/internal/page"
)

// join makes the files of the parts, newest request first and each once, and the page.
func (m *mirror) join() error {
	s := m.state
	sum := page.NewSummary(s.Since, s.Until)
	out, err := openFormats(m.Dir)
	if err != nil {
		return err
	}
	defer out.discard()
	seen := make(map[string]struct{})
	s.Records, s.Doubles = 0, 0
	for _, w := range s.Windows {
		if w.Fetched.IsZero() {
			continue
		}
		err := eachLine(filepath.Join(m.path(partsName), w.part()), func(line []byte) error {
			var row open311.Extra // a map: what the files hold is what the record says, whatever that is
			if err := json.Unmarshal(line, &row); err != nil {
				return err
			}
			key := row.String("service_request_id")
			if key == "" {
				hash := sha256.Sum256(line)
				key = "\x00" + string(hash[:])
			}
			if _, ok := seen[key]; ok {
				s.Doubles++
				return nil
			}
			seen[strings.Clone(key)] = struct{}{}
			s.Records++
			step()
			place := placeOf(row)
			sum.Add(entryOf(row, place))
			return out.write(line, row, place)
		})
		if err != nil {
			return err
		}
	}
	if err := out.commit(); err != nil {
		return err
	}
	if err := m.writePage(sum); err != nil {
		return err
	}
	s.Complete = len(s.gaps()) == 0
	return m.save()
}

// eachLine calls f for each line of a file.
func eachLine(path string, f func([]byte) error) error {
	in, err := os.Open(path)
	if err != nil {
		return err
	}
	defer in.Close()
	r := bufio.NewReaderSize(in, 1<<16)
	for n := 1; ; n++ {
		line, err := r.ReadBytes('\n')
		if line = bytes.TrimSpace(line); len(line) > 0 {
			if err := f(line); err != nil {
				return fmt.Errorf("%s, line %d: %w", path, n, err)
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// placeOf returns where a request is; nil if it does not say, or nowhere on Earth.
func placeOf(row open311.Extra) *open311.Point {
	var lat, long *float64 // null stays nil
	if row.Decode("lat", &lat) != nil || row.Decode("long", &long) != nil || lat == nil || long == nil {
		return nil
	}
	if p := (open311.Point{Lat: *lat, Long: *long}); p.Valid() {
		return &p
	}
	return nil
}

// entryOf returns what the page wants to know of a request.
func entryOf(row open311.Extra, place *open311.Point) page.Entry {
	at, _ := time.Parse(time.RFC3339, row.String("requested_datetime")) // zero if there is none
	return page.Entry{ID: row.String("service_request_id"), Code: row.String("service_code"), Service: row.String("service_name"),
		Status: row.String("status"), At: at, Place: place}
}

// writePage writes index.html.
func (m *mirror) writePage(sum *page.Summary) error {
	s := m.state
	files, err := m.files(formatNames()...)
	if err != nil {
		return err
	}
	d := page.Document{Name: s.Name, Source: s.Source, Services: s.Services, Windows: len(s.Windows), Done: s.done(),
		Doubles: s.Doubles, Gaps: s.gaps(), Files: files, Made: time.Now().UTC()}
	for _, status := range s.Statuses {
		d.Statuses = append(d.Statuses, string(status))
	}
	f, err := create(m.path(pageName))
	if err != nil {
		return err
	}
	defer f.discard()
	if err := page.Write(f, d, sum); err != nil {
		return err
	}
	_, err = f.commit()
	return err
}

// files lists files of the directory with their sizes.
func (m *mirror) files(names ...string) (out []page.File, err error) {
	for _, name := range names {
		info, err := os.Stat(m.path(name))
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%s was there, and is gone; -fresh makes the copy again", m.path(name))
		}
		if err != nil {
			return nil, err
		}
		out = append(out, page.File{Name: name, Size: info.Size()})
	}
	return out, nil
}

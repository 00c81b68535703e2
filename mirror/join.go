package mirror

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/go-open311/open311/mirror/internal/page"
)

// join makes the files of the parts, newest request first and each once, and the page. It streams: neither the
// requests nor their ids are in memory.
func (m *mirror) join(ctx context.Context) error {
	s := m.state
	var windows []*window
	total := 0
	for _, w := range s.Windows {
		if !w.Fetched.IsZero() {
			windows, total = append(windows, w), total+w.Records
		}
	}
	m.print.join(total)
	defer m.print.end()
	sum := page.NewSummary(s.Since, s.Until)
	done := s.sofar()
	if err := m.write(ctx, windows, total, &done, sum); err != nil {
		return err
	}
	s.Records, s.Doubles, s.Joined = total-done.Left, done.Left, nil
	if m.Page {
		if err := m.writePage(sum); err != nil {
			return err
		}
	}
	s.Formats = nil
	for _, f := range m.Formats {
		s.Formats = append(s.Formats, f.Name)
	}
	s.Complete = len(s.gaps()) == 0
	return m.save()
}

// write writes the files, from where an earlier run has come to.
func (m *mirror) write(ctx context.Context, windows []*window, total int, done *joined, sum *page.Summary) error {
	doubles, err := m.doublesOf(windows, total)
	if err != nil {
		return err
	}
	out, err := m.outputs(ctx)
	if err != nil {
		return err
	}
	defer out.discard()
	if err := m.dropKeys(windows); err != nil {
		return err
	}
	m.print.records = done.Requests
	safe, every := done.Requests, min(safeEvery, max(total/20, 1000)) // for the same small share of a small copy
	for _, w := range windows[done.Windows:] {
		err := m.eachLine(w, func(line []byte) error {
			at := done.Requests
			done.Requests++
			m.print.joined()
			if doubles.has(at) {
				done.Left++
				return nil
			}
			step()
			var r Record
			if err := r.read(line); err != nil {
				return err
			}
			sum.Add(entryOf(&r))
			return errors.Join(ctx.Err(), out.write(&r))
		})
		if err != nil {
			return err
		}
		done.Windows++
		if done.Requests-safe >= every || done.Windows == len(windows) {
			if err := m.secure(out, *done); err != nil {
				return err
			}
			safe = done.Requests
		}
	}
	m.print.finish()
	return out.commit()
}

// entryOf returns what the page wants to know of a request.
func entryOf(r *Record) page.Entry {
	q := r.Request
	return page.Entry{ID: q.ID, Code: q.ServiceCode, Service: q.ServiceName, Status: string(q.Status), At: q.RequestedDatetime, Place: r.Place}
}

// writePage writes index.html.
func (m *mirror) writePage(sum *page.Summary) error {
	s := m.state
	d := page.Document{Name: s.Name, Source: s.Source, Services: s.Services, Windows: len(s.Windows), Done: s.done(),
		Doubles: s.Doubles, Made: time.Now().UTC()}
	files, err := m.filesOf(m.formatFiles())
	if err != nil {
		return err
	}
	for _, f := range files {
		d.Files = append(d.Files, page.File(f))
	}
	for _, g := range s.gaps() {
		d.Gaps = append(d.Gaps, page.Gap(g))
	}
	for _, status := range s.Statuses {
		d.Statuses = append(d.Statuses, string(status))
	}
	f, err := create(m.path(pageName))
	if err != nil {
		return err
	}
	defer f.Discard()
	if err := page.Write(f, d, sum); err != nil {
		return err
	}
	_, err = f.commit()
	return err
}

// fileNames are those of the copy.
func (m *mirror) fileNames() []string {
	if m.Page {
		return append(m.formatFiles(), pageName)
	}
	return m.formatFiles()
}

func (m *mirror) formatFiles() (names []string) {
	for _, f := range m.Formats {
		if f.File != "" {
			names = append(names, f.File)
		}
	}
	return names
}

// filesOf lists files of the directory with their sizes.
func (m *mirror) filesOf(names []string) (out []File, err error) {
	for _, name := range names {
		info, err := os.Stat(m.path(name))
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%s is not there; -fresh makes the copy again", m.path(name))
		}
		if err != nil {
			return nil, err
		}
		out = append(out, File{Name: name, Size: info.Size()})
	}
	return out, nil
}

func (m *mirror) path(name string) string   { return filepath.Join(m.Dir, name) }
func (m *mirror) partPath(w *window) string { return filepath.Join(m.Dir, partsName, w.part()) }

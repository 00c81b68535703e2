package mirror

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/go-open311/open311/open311test"
)

// rows is how many requests TestSizes joins; OPEN311_MIRROR_ROWS asks for more.
func rows(t *testing.T) int {
	text := os.Getenv("OPEN311_MIRROR_ROWS")
	if text == "" {
		return 10_000
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// fetched is a copy of n requests in 50 windows that is to be joined.
func fetched(t *testing.T, n int) *mirror {
	t.Helper()
	town := open311test.NewHandler(open311test.WithSize(4000)).Requests()
	m := joinJob(t, nil)
	for i := range 50 {
		w := &window{Start: until.AddDate(0, 0, -i-1), End: until.AddDate(0, 0, -i), Fetched: until, Records: n / 50}
		f, err := createPart(m.partPath(w))
		if err != nil {
			t.Fatal(err)
		}
		for k := range w.Records {
			r := town[(i*w.Records+k)%len(town)]
			r.ID = fmt.Sprintf("%d-%s", i*w.Records+k, r.ID)
			if err := f.add(&r); err != nil {
				t.Fatal(err)
			}
		}
		if w.Bytes, err = f.commit(); err != nil {
			t.Fatal(err)
		}
		m.state.Windows = append(m.state.Windows, w)
	}
	return m
}

// A copy takes the disk for its parts no more than a fifth of what it becomes, and memory for a few requests.
func TestSizes(t *testing.T) {
	n := rows(t)
	for name, formats := range map[string][]Format{"NDJSON": {NDJSON()}, "CSV": {CSV()}, "all": allFormats} {
		m := fetched(t, n)
		m.Formats = formats
		var heap, disk uint64
		runtime.GC()
		var before runtime.MemStats
		runtime.ReadMemStats(&before)
		steps := 0
		step = func() {
			if steps++; steps%(n/10) == 0 {
				var now runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&now)
				heap = max(heap, now.HeapAlloc-min(now.HeapAlloc, before.HeapAlloc))
				disk = max(disk, diskUse(t, m.Dir))
			}
		}
		start := time.Now()
		err := m.join(t.Context())
		took := time.Since(start)
		disk = max(disk, diskUse(t, m.Dir))
		step = func() {}
		if err != nil {
			t.Fatal(err)
		}
		if err := os.RemoveAll(m.path(partsName)); err != nil {
			t.Fatal(err)
		}
		result := diskUse(t, m.Dir)
		t.Logf("%s: %d requests in %v, %.1f µs each; the disk: %.2f times the result of %d MB; memory: %.1f MB", name, n, took.Round(time.Millisecond),
			float64(took.Microseconds())/float64(n), float64(disk)/float64(result), result/1e6, float64(heap)/1e6)
		if ratio := float64(disk) / float64(result); ratio > 1.2 {
			t.Errorf("%s: the disk holds %.2f times the result", name, ratio)
		}
		if heap > 32<<20 {
			t.Errorf("%s: %d bytes of memory", name, heap)
		}
	}
}

func diskUse(t *testing.T, dir string) (sum uint64) {
	t.Helper()
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			sum += uint64(info.Size())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

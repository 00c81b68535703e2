package mirror

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/mirror/internal/page"
	"github.com/go-open311/open311/open311test"
)

// hostile are requests as the worst of citizens, and of servers, write them.
var hostile = []open311.ServiceRequest{
	{ID: "1", ServiceName: "</script><script>alert(1)</script>", ServiceCode: "a", Description: "=1+1", Location: &open311.Point{Lat: 1.5, Long: -2.25}},
	{ID: "2", ServiceName: "<img src=x onerror=alert(1)>", ServiceCode: "\"'><b>", Description: "three\nlines\r, a \"quote\" and a comma", Address: "@SUM(A1)"},
	{ID: "-3", ServiceName: "\tplus", ServiceCode: "c", Description: " \t=cmd|' /C calc'!A0", Status: "<i>odd</i>", Location: &open311.Point{}},
	{ID: "4", ServiceCode: "d", Description: "＝1＋1", Zipcode: "+49", MediaURL: "javascript:alert(1)"},
	{ID: "5", ServiceName: "\u202ereversed", Description: "harmless = text", Status: open311.StatusClosed,
		Extra: open311.Extra{"odd field": json.RawMessage(`{"a": [1, "<"]}`)}},
}

func hostileCity(t *testing.T) *city {
	t.Helper()
	list := slices.Clone(hostile)
	for i := range list {
		list[i].RequestedDatetime = until.AddDate(0, 0, -10*i-1)
	}
	return newCity(t, open311test.WithRequests(list...))
}

// The three files hold the same requests, each once, and can be read by what reads such files.
func TestFilesAgree(t *testing.T) {
	for name, c := range map[string]*city{"town": newCity(t, open311test.WithSize(400)), "hostile": hostileCity(t)} {
		job := jobFor(c.URL, t.TempDir())
		report := complete(t, job)
		lines := readLines(t, filepath.Join(job.Dir, "requests.ndjson"))
		if len(lines) != report.Records || len(lines) == 0 {
			t.Errorf("%s: %d lines, the report says %d", name, len(lines), report.Records)
		}
		var want []string
		for _, line := range lines {
			want = append(want, line.String("service_request_id"))
		}
		if sorted := slices.Compact(slices.Sorted(slices.Values(want))); len(sorted) != len(want) {
			t.Errorf("%s: %d of %d ids are doubles", name, len(want)-len(sorted), len(want))
		}
		if got := csvIDs(t, filepath.Join(job.Dir, "requests.csv"), lines); !slices.Equal(got, want) {
			t.Errorf("%s: the CSV file has other ids, or in another order", name)
		}
		if got := geoIDs(t, filepath.Join(job.Dir, "requests.geojson"), lines); !slices.Equal(got, want) {
			t.Errorf("%s: the GeoJSON file has other ids, or in another order", name)
		}
	}
}

func readLines(t *testing.T, path string) (rows []open311.Extra) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		var row open311.Extra
		if err := json.Unmarshal(s.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
	return rows
}

// csvIDs reads the CSV file and compares its cells with what the lines say.
func csvIDs(t *testing.T, path string, lines []open311.Extra) (ids []string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(string(text), "\n") != strings.Count(string(text), "\r\n") {
		t.Error("lines of the CSV file do not all end in CR LF")
	}
	r := csv.NewReader(strings.NewReader(string(text)))
	header, err := r.Read()
	if err != nil || !slices.Equal(header, append(slices.Clone(columns), "extra")) {
		t.Fatalf("header %q, %v", header, err)
	}
	for i := 0; ; i++ {
		cells, err := r.Read()
		if err == io.EOF {
			return ids
		}
		if err != nil || i >= len(lines) {
			t.Fatalf("row %d: %v", i, err)
		}
		for k, name := range columns {
			text := strings.TrimPrefix(cells[k], "'")
			if want := lineEnds.Replace(lines[i].String(name)); text != want {
				t.Errorf("row %d, %s: %q, want %q", i, name, text, want)
			}
			if first := strings.TrimSpace(cells[k]); first != "" && strings.ContainsRune("=+-@＝＋－＠", []rune(first)[0]) && name != "lat" && name != "long" {
				t.Errorf("row %d, %s: a spreadsheet takes %q for a formula", i, name, cells[k])
			}
		}
		ids = append(ids, strings.TrimPrefix(cells[0], "'"))
	}
}

// geoIDs reads the GeoJSON file and compares its features with what the lines say.
func geoIDs(t *testing.T, path string, lines []open311.Extra) (ids []string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var all struct {
		Type     string
		Features []struct {
			Type, ID string
			Geometry *struct {
				Type        string
				Coordinates []json.Number
			}
			Properties open311.Extra
		}
	}
	if err := json.Unmarshal(text, &all); err != nil || all.Type != "FeatureCollection" || len(all.Features) != len(lines) {
		t.Fatalf("%s with %d features, %v", all.Type, len(all.Features), err)
	}
	if n := strings.Count(string(text), `"geometry":`); n != len(lines) {
		t.Errorf("%d features have a geometry, null or not; want all %d", n, len(lines))
	}
	for i, f := range all.Features {
		same := func(a, b json.RawMessage) bool {
			var x, y any
			return json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil && jsonText(x) == jsonText(y)
		}
		if f.Type != "Feature" || f.ID != lines[i].String("service_request_id") || !maps.EqualFunc(f.Properties, lines[i], same) {
			t.Errorf("feature %d is not line %d: %+v", i, i, f)
		}
		lat, long := lines[i].String("lat"), lines[i].String("long")
		switch {
		case lat == "" && f.Geometry != nil, lat != "" && f.Geometry == nil:
			t.Errorf("feature %d: geometry %v, the line has %q, %q", i, f.Geometry, lat, long)
		case lat != "" && (f.Geometry.Type != "Point" || !slices.Equal(f.Geometry.Coordinates, []json.Number{json.Number(long), json.Number(lat)})):
			t.Errorf("feature %d: %+v, want %s, %s", i, f.Geometry, long, lat)
		}
		ids = append(ids, f.ID)
	}
	return ids
}

func jsonText(v any) string {
	text, _ := json.Marshal(v) // it was JSON before
	return string(text)
}

// The page holds nothing of what strangers wrote as markup.
func TestPageIsSafe(t *testing.T) {
	job := jobFor(hostileCity(t).URL, t.TempDir())
	complete(t, job)
	html, err := os.ReadFile(filepath.Join(job.Dir, pageName))
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"<script>alert", "<img", "<b>", "<i>odd", "javascript:"} {
		if strings.Contains(string(html), bad) {
			t.Errorf("the page contains %s", bad)
		}
	}
	if !strings.Contains(string(html), "&lt;img src=x") {
		t.Error("the page does not name the services")
	}
}

// A request that two windows have is in the files once, as are requests without an id that say the same.
func TestDoubles(t *testing.T) {
	defer func(n int) { keysAtOnce = n }(keysAtOnce)
	for _, keysAtOnce = range []int{1, 2, 1 << 19} {
		m := joinJob(t, [][]open311.ServiceRequest{
			{{ID: "1"}, {Status: "open"}},
			{{Status: "open"}, {ID: "1", Status: "closed"}, {ID: "2"}},
		})
		if err := m.join(t.Context()); err != nil {
			t.Fatal(err)
		}
		lines := readLines(t, m.path("requests.ndjson"))
		var got []string
		for _, l := range lines {
			got = append(got, l.String("service_request_id")+l.String("status"))
		}
		if want := []string{"1", "open", "2"}; !slices.Equal(got, want) {
			t.Errorf("%d keys at once: %q, want %q", keysAtOnce, got, want)
		}
		if m.state.Doubles != 2 || m.state.Records != 3 || !m.state.Complete {
			t.Errorf("%d doubles, %d requests, complete %t", m.state.Doubles, m.state.Records, m.state.Complete)
		}
	}
}

// joinJob is a copy whose windows have been fetched.
func joinJob(t *testing.T, parts [][]open311.ServiceRequest) *mirror {
	t.Helper()
	m := &mirror{Job: Job{Dir: t.TempDir(), Formats: []Format{NDJSON()}}, state: &state{Since: since, Until: until}, print: newProgress(nil)}
	if err := os.Mkdir(m.path(partsName), 0o777); err != nil {
		t.Fatal(err)
	}
	for i, requests := range parts {
		w := &window{Start: until.AddDate(0, 0, -i-1), End: until.AddDate(0, 0, -i), Fetched: until, Records: len(requests)}
		m.state.Windows = append(m.state.Windows, w)
		f, err := createPart(m.partPath(w))
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range requests {
			if err := f.add(&r); err != nil {
				t.Fatal(err)
			}
		}
		if w.Bytes, err = f.commit(); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

// A town in memory is the same in every run, and so the second one finds nothing to do.
func TestTownInMemory(t *testing.T) {
	town := open311test.NewHandler()
	c, err := open311.New("http://quillhaven.example/open311/v2", open311.WithHTTPClient(&http.Client{Transport: town.Transport()}))
	if err != nil {
		t.Fatal(err)
	}
	job := Job{Client: c, Dir: t.TempDir(), Days: 30, Until: town.Now(), Since: town.Now().AddDate(-1, 0, 0)}
	if report := complete(t, job); report.Records != 3600 || report.Done != 13 {
		t.Errorf("%d requests in %d windows; want 3600 in 13", report.Records, report.Done)
	}
	if report := run(t, job); !report.Already || !strings.Contains(report.String(), "complete already") {
		t.Errorf("the second run: %v", report)
	}
}

// An address of a source is written without what may be secret.
func TestSourceIsBare(t *testing.T) {
	for source, want := range map[string]string{
		"https://u:secret@city.example/o/v2?key=secret": "https://city.example/o/v2", "catalogue: chicago": "catalogue: chicago", "Quillhaven": "Quillhaven", "": "",
	} {
		if got := bare(source); got != want {
			t.Errorf("%s: %s", source, got)
		}
	}
}

// A link by a name under which a copy's files are written is replaced; what it leads to stays as it is.
func TestLinksAreNotWrittenTo(t *testing.T) {
	c := newCity(t, open311test.WithSize(20))
	job := jobFor(c.URL, t.TempDir())
	victim := filepath.Join(t.TempDir(), "victim")
	if err := os.WriteFile(victim, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, f := range allFormats {
		if err := os.Symlink(victim, filepath.Join(job.Dir, f.File+tmpSuffix)); err != nil {
			t.Skip(err)
		}
	}
	elsewhere := t.TempDir()
	if err := os.Symlink(elsewhere, filepath.Join(job.Dir, partsName)); err != nil {
		t.Fatal(err)
	}
	c.set(refuse(starts(t, job)[7])) // so that the parts stay
	run(t, job)
	if there, err := os.ReadDir(elsewhere); err != nil || len(there) > 0 {
		t.Errorf("parts in a directory that is linked to: %v %v", there, err)
	}
	c.set(nil)
	complete(t, job)
	if b, err := os.ReadFile(victim); err != nil || string(b) != "precious" {
		t.Errorf("what the links lead to has become %.20q, %v", b, err)
	}
}

// A directory takes one copy of one source, and one process at a time.
func TestDirectory(t *testing.T) {
	c := newCity(t, open311test.WithSize(100))
	job := jobFor(c.URL, t.TempDir())
	complete(t, job)
	for name, change := range map[string]func(*Job){
		"source":   func(j *Job) { j.Source = "another" },
		"since":    func(j *Job) { j.Since = j.Since.AddDate(0, 0, 1) },
		"until":    func(j *Job) { j.Until = j.Until.AddDate(0, 0, -1) },
		"states":   func(j *Job) { j.Statuses = []open311.Status{open311.StatusOpen} },
		"services": func(j *Job) { j.Services = []string{"0101"} },
	} {
		other := job
		change(&other)
		if _, err := Run(t.Context(), other); err == nil || !strings.Contains(err.Error(), "-fresh") {
			t.Errorf("another %s: %v", name, err)
		}
	}
	other := job
	other.Since, other.Until = time.Time{}, time.Time{} // as it is there
	if report := run(t, other); !report.Already {
		t.Error("without a span it does not find the copy complete")
	}
	other.Fresh, other.Statuses, other.Since, other.Until = true, []open311.Status{open311.StatusOpen}, job.Since, job.Until
	if report := complete(t, other); report.Already || report.Records == 0 || report.Records >= 100 {
		t.Errorf("a fresh copy of open requests only: %+v", report)
	}
	if err := os.Remove(filepath.Join(job.Dir, "requests.csv")); err != nil {
		t.Fatal(err)
	}
	other.Fresh = false
	if _, err := Run(t.Context(), other); err == nil || !strings.Contains(err.Error(), "requests.csv") {
		t.Errorf("a file is gone: %v", err)
	}
	if slices.Contains([]string{"js", "wasip1", "plan9"}, runtime.GOOS) {
		return // there are no locks
	}
	unlock, err := lock(job.Dir)
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	if _, err := Run(t.Context(), other); err == nil || !strings.Contains(err.Error(), "another mirror") {
		t.Errorf("two at once: %v", err)
	}
}

// Files that no copy has written are not overwritten, and damaged parts are fetched again.
func TestStrangeFiles(t *testing.T) {
	c := newCity(t, open311test.WithSize(300))
	want, _, _ := reference(t, c.URL)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, pageName), []byte("my page"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Run(t.Context(), jobFor(c.URL, dir)); err == nil || !strings.Contains(err.Error(), "no copy has written it") {
		t.Errorf("a page of somebody's: %v", err)
	}
	job := jobFor(c.URL, t.TempDir())
	c.set(refuse(starts(t, job)[7]))
	run(t, job)
	c.set(nil)
	parts, err := filepath.Glob(filepath.Join(job.Dir, partsName, "*.gz"))
	if err != nil || len(parts) < 2 {
		t.Fatalf("parts %v, %v", parts, err)
	}
	if err := errors.Join(os.Truncate(parts[0], 10), os.Remove(parts[1])); err != nil {
		t.Fatal(err)
	}
	complete(t, job)
	same(t, want, job.Dir)
}

func TestProgress(t *testing.T) {
	var out strings.Builder
	p := newProgress(&out)
	now := time.Unix(0, 0)
	p.now, p.terminal = func() time.Time { return now }, true
	p.begin(1000, 900)
	for range 900 {
		now = now.Add(7 * time.Second)
		p.records += 123456
		p.window()
	}
	p.note("a server says \x1b[31mred")
	p.end()
	for line := range strings.SplitSeq(out.String(), "\r") {
		if len(line) > 79 {
			t.Errorf("the line has %d characters: %s", len(line), line)
		}
	}
	if !strings.Contains(out.String(), "windows 101/1000, 123456 requests, 17637/s, 1:44:53 to go") || strings.Contains(out.String(), "\x1b") {
		t.Error(out.String()[:200])
	}
	if got := (page.File{Size: 2_402_175}).SizeText(); got != "2.4 MB" {
		t.Error(got)
	}
	p.join(1_024_000)
	now, p.records = now.Add(time.Second), 511_999
	if p.joined(); !strings.Contains(out.String(), "writing the files: 512000 of 1024000 requests, 50%") {
		t.Errorf("of the join nothing is told: %q", out.String()[len(out.String())-100:])
	}
	p.terminal = false
	said := out.String()
	if p.joined(); out.String() != said {
		t.Error("a log is told how far it has come")
	}
}

package open311_test

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/go-open311/open311"
)

var updateFixtures = flag.Bool("update", false, "write the golden files of TestFixtures anew")

const fixtureDir = "testdata/fixtures"

// fixture is one answer of a server, a line of testdata/fixtures/index.tsv; see the README there.
type fixture struct {
	File   string // below fixtureDir, with slashes; its folder is the operation
	Ask    string // the code, id or token that is asked for, where the operation has one
	Status int
	Header http.Header // Content-Type and, rarely, others
	Body   []byte
}

// op returns the operation that the answer belongs to.
func (f *fixture) op() string { return filepath.Dir(f.File) }

// name returns the name of the fixture without the notation: pairs have the same.
func (f *fixture) name() string { return strings.TrimSuffix(f.File, filepath.Ext(f.File)) }

// format is what the answer was asked for in; it says nothing about what came.
func (f *fixture) format() open311.Format {
	if filepath.Ext(f.File) == ".xml" {
		return open311.FormatXML
	}
	return open311.FormatJSON
}

// TestFixtures reads every fixture through the public API and compares what it gave, values, error
// and warnings, with the golden file beside it. -update writes the golden files.
func TestFixtures(t *testing.T) {
	list := fixtures(t)
	town := newTown(t, list)
	for _, f := range list {
		t.Run(f.File, func(t *testing.T) {
			got := town.read(t, f, f.format()).String()
			path := filepath.Join(fixtureDir, f.File+".golden")
			if *updateFixtures {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatalf("%v; -update writes it; the client makes of the answer:\n%s", err, got)
			}
			if d := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

// TestFixturesIndexed makes sure that no file lies about unused.
func TestFixturesIndexed(t *testing.T) {
	known := map[string]bool{"README.md": true, "index.tsv": true, ".gitattributes": true}
	for _, f := range fixtures(t) {
		known[f.File], known[f.File+".golden"] = true, true
	}
	err := filepath.WalkDir(fixtureDir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		file, err := filepath.Rel(fixtureDir, path)
		if !known[filepath.ToSlash(file)] {
			t.Errorf("%s is not in index.tsv", file)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestFixturesBytewise reads every fixture in the smallest of pieces: where the network cuts an answer
// must make no difference.
func TestFixturesBytewise(t *testing.T) {
	dribble := func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			resp, err := next.RoundTrip(r)
			if err == nil {
				resp.Body = bodyOf{iotest.OneByteReader(resp.Body), resp.Body}
			}
			return resp, err
		})
	}
	list := fixtures(t)
	town := newTown(t, list)
	for _, f := range list {
		t.Run(f.File, func(t *testing.T) {
			whole := town.read(t, f, f.format()).String()
			pieces := town.read(t, f, f.format(), open311.WithMiddleware(dribble)).String()
			if d := cmp.Diff(strings.Split(whole, "\n"), strings.Split(pieces, "\n")); d != "" {
				t.Errorf("(-at once +byte by byte):\n%s", d)
			}
		})
	}
}

// TestFixturesAnyFormat asks for every fixture in the other format, and in none: what arrives decides
// how it is read, not what was asked for.
func TestFixturesAnyFormat(t *testing.T) {
	list := fixtures(t)
	town := newTown(t, list)
	for _, f := range list {
		t.Run(f.File, func(t *testing.T) {
			want := town.read(t, f, f.format())
			for _, format := range []open311.Format{open311.FormatAuto, open311.FormatJSON, open311.FormatXML} {
				got := town.read(t, f, format)
				if d := cmp.Diff(want.plain(), got.plain(), cmpopts.EquateEmpty()); d != "" {
					t.Errorf("asked for %s (-want +got):\n%s", format, d)
				}
			}
		})
	}
}

// TestFixturesPairs compares the fixtures that exist in both notations: JSON and XML of one name must
// give the same typed values.
func TestFixturesPairs(t *testing.T) {
	list := fixtures(t)
	town := newTown(t, list)
	first := map[string]*fixture{}
	for _, f := range list {
		if ext := filepath.Ext(f.File); ext != ".json" && ext != ".xml" {
			continue
		}
		g := first[f.name()]
		first[f.name()] = f
		if g == nil {
			continue
		}
		t.Run(f.name(), func(t *testing.T) {
			skipKnown(t, "pair "+f.name())
			a, b := town.read(t, g, g.format()), town.read(t, f, f.format())
			if d := cmp.Diff(a.plain(), b.plain(), cmpopts.EquateEmpty()); d != "" {
				t.Errorf("(-%s +%s):\n%s", g.File, f.File, d)
			}
		})
	}
}

// TestFixturesStrict reads every fixture with WithStrict: the first warning must be the error, and
// where there is none nothing must change.
func TestFixturesStrict(t *testing.T) {
	list := fixtures(t)
	town := newTown(t, list)
	for _, f := range list {
		t.Run(f.File, func(t *testing.T) {
			skipKnown(t, "strict "+f.File)
			lenient := town.read(t, f, f.format())
			strict := town.read(t, f, f.format(), open311.WithStrict())
			// A wrong label is no fault of the document, so it is no error.
			lenient.Warnings = slices.DeleteFunc(lenient.Warnings, func(w open311.Warning) bool { return w.Kind == open311.WarnLabel })
			strict.Warnings = slices.DeleteFunc(strict.Warnings, func(w open311.Warning) bool { return w.Kind == open311.WarnLabel })
			if len(lenient.Warnings) == 0 {
				if d := cmp.Diff(lenient.String(), strict.String()); d != "" {
					t.Errorf("no warnings (-lenient +strict):\n%s", d)
				}
				return
			}
			first := lenient.Warnings[0]
			var de *open311.DecodeError
			switch {
			case !errors.As(strict.Err, &de):
				t.Errorf("want a *DecodeError at %s, got: %v", first.Path, strict.Err)
			case de.Path != first.Path || !strings.Contains(de.Error(), string(first.Kind)):
				t.Errorf("want the error to be about %s at %s, got: %v", first.Kind, first.Path, de)
			}
		})
	}
}

// knownDefects are cases in which the library does not yet do what it should. The golden file of such
// a fixture holds what it does.
var knownDefects = map[string]string{}

func skipKnown(t *testing.T, name string) {
	t.Helper()
	if why := knownDefects[name]; why != "" {
		t.Skip(why)
	}
}

// fixtures reads the index and all bodies, in the order of the index.
func fixtures(t *testing.T) []*fixture {
	t.Helper()
	in, err := os.Open(filepath.Join(fixtureDir, "index.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	var list []*fixture
	seen := map[string]bool{}
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		line := lines.Text()
		if strings.HasPrefix(line, "#") || line == "" {
			continue
		}
		f, err := parseFixture(line)
		if err == nil && seen[f.File] {
			err = errors.New("listed twice")
		}
		if err != nil {
			t.Fatalf("index.tsv: %q: %v", line, err)
		}
		seen[f.File] = true
		list = append(list, f)
	}
	if lines.Err() != nil {
		t.Fatal(lines.Err())
	}
	return list
}

// parseFixture reads a line of the index. A field that says nothing is "-".
func parseFixture(line string) (*fixture, error) {
	fields := strings.Split(line, "\t")
	if len(fields) != 6 || slices.Contains(fields, "") {
		return nil, fmt.Errorf("%d fields that are not empty, want 6", len(fields))
	}
	f := &fixture{File: fields[0], Ask: fields[1], Header: http.Header{}}
	var err error
	if f.Status, err = strconv.Atoi(fields[2]); err != nil {
		return nil, err
	}
	// Content types hold no " | ", so that several headers can share a column.
	for i, h := range strings.Split(fields[3], " | ") {
		switch name, value, _ := strings.Cut(h, ": "); {
		case i > 0:
			f.Header.Set(name, value)
		case h == "-":
			f.Header["Content-Type"] = nil // or net/http guesses one
		default:
			f.Header.Set("Content-Type", h)
		}
	}
	f.Body, err = os.ReadFile(filepath.Join(fixtureDir, filepath.FromSlash(f.File)))
	return f, err
}

// fixtureURL is where the fixtures come from. The name leads to a server on this machine, so that what
// errors and warnings say does not depend on its port.
const fixtureURL = "http://brackenhollow.example"

// town is a server that answers with a fixture, whatever it is asked for.
type town struct {
	client *http.Client
	byName map[string]*fixture
}

const fixtureHeader = "X-Fixture" // tells the server which one

func newTown(t *testing.T, list []*fixture) *town {
	t.Helper()
	w := &town{byName: map[string]*fixture{}}
	for _, f := range list {
		w.byName[f.File] = f
	}
	srv := httptest.NewServer(w)
	t.Cleanup(srv.Close)
	var dialer net.Dialer
	w.client = &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, srv.Listener.Addr().String())
		},
	}}
	t.Cleanup(w.client.CloseIdleConnections)
	return w
}

func (w *town) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	f := w.byName[r.Header.Get(fixtureHeader)]
	maps.Copy(rw.Header(), f.Header)
	rw.WriteHeader(f.Status)
	rw.Write(f.Body)
}

// read makes the call that the fixture is the answer to.
func (w *town) read(t *testing.T, f *fixture, format open311.Format, opts ...open311.Option) *result {
	t.Helper()
	out := &result{}
	name := func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			r = r.Clone(r.Context())
			r.Header.Set(fixtureHeader, f.File)
			return next.RoundTrip(r)
		})
	}
	c, err := open311.New(fixtureURL, append([]open311.Option{
		open311.WithHTTPClient(w.client), open311.WithMiddleware(name), open311.WithFormat(format),
		open311.WithRetry(open311.RetryPolicy{MaxAttempts: 1}),
		open311.WithAPIKey("moorhen-81c2"), open311.WithKeyOnReads(),
		open311.WithWarnings(func(_ context.Context, w open311.Warning) { out.Warnings = append(out.Warnings, w) }),
	}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	out.Value, out.Err = f.call(t.Context(), c)
	return out
}

// call makes the call through the public API. Its result is nil where there is an error.
func (f *fixture) call(ctx context.Context, c *open311.Client) (any, error) {
	switch f.op() {
	case "services":
		return valueOf(c.Services.List(ctx))
	case "definition":
		return valueOf(c.Services.Definition(ctx, f.Ask))
	case "requests", "errors":
		return valueOf(c.Requests.List(ctx, nil))
	case "request":
		return valueOf(c.Requests.Get(ctx, f.Ask))
	case "post":
		return valueOf(c.Requests.Create(ctx, &open311.NewRequest{
			ServiceCode: "017", Location: &open311.Point{Lat: 51.41, Long: -2.11}, Description: "The lamp is out.",
			Email: "una.quill@example.org", Phone: "+44 1632 960 118",
		}))
	case "token":
		return valueOf(c.Requests.Resolve(ctx, f.Ask))
	case "updates":
		return valueOf(c.Updates.List(ctx, nil))
	case "discovery":
		return valueOf(c.Discovery.Get(ctx))
	}
	return nil, fmt.Errorf("no operation %q", f.op())
}

func valueOf[T any](v T, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return v, nil
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// bodyOf is a body that is read by one reader and closed by another.
type bodyOf struct {
	io.Reader
	io.Closer
}

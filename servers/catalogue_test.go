package servers

import (
	"bytes"
	"encoding/json"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	_ "time/tzdata" // so that Chicago's zone is there on every machine

	"github.com/go-open311/open311"
)

// TestEmbedded checks what Load does not: rules for our own rows, stricter than those for anyone's.
func TestEmbedded(t *testing.T) {
	if len(embedded) > 60_000 {
		t.Errorf("servers.json has %d bytes; it is part of every program, keep it below 60,000", len(embedded))
	}
	if got := Default().Date(); got != "2026-11-23" {
		t.Errorf("Date() = %q", got)
	}
	owner := map[string]string{}
	for s := range Default().Every() {
		for name := range slices.Values(append([]string{s.Key}, s.Aliases...)) {
			name = fold(name)
			if other, taken := owner[name]; taken {
				t.Errorf("%s: %q is a name of %s too, or twice the same", s.Key, name, other)
			}
			owner[name] = s.Key
		}
		if s.Name == "" || len(s.Country) != 2 || s.Platform == "" && s.Key != "quebec" || len(s.Formats) == 0 {
			t.Errorf("%s: lacks name, country, platform or formats", s.Key)
		}
		if len(s.Sources) == 0 || s.LastSeen == "" && s.Key != "northfield-nj" || (s.LastSeen == "") != (s.LastSeenPrecision == "") {
			t.Errorf("%s: lacks sources, or what they say of the last sign of life", s.Key)
		}
		if s.Status == Live && s.LastSeen.Time().Year() < 2026 {
			t.Errorf("%s: live, last seen in %s", s.Key, s.LastSeen)
		}
		checkURLs(t, s)
		checkSuccessor(t, s)
		if _, err := open311.New(s.BaseURL, s.Options()...); err != nil {
			t.Errorf("%s: %v", s.Key, err)
		}
	}
}

func checkURLs(t *testing.T, s Server) {
	t.Helper()
	for _, u := range append([]string{s.BaseURL, s.TestURL}, s.OtherURLs...) {
		noted := s.Status == Retired || strings.Contains(strings.Join(s.Notes, " "), "lain http")
		if strings.HasPrefix(u, "http:") && !noted {
			t.Errorf("%s: %s is not https, and no note says so", s.Key, u)
		}
		if u != "" && !strings.HasSuffix(u, "/") {
			t.Errorf("%s: %s does not end in a slash", s.Key, u)
		}
	}
	for _, raw := range []string{s.DiscoveryURL, s.KeyURL, s.DocsURL} {
		u, err := url.Parse(raw)
		if err != nil || strings.Contains(strings.ToLower(u.RawQuery), "key=") {
			t.Errorf("%s: %s does not parse, or holds a key", s.Key, raw)
		}
	}
}

func checkSuccessor(t *testing.T, s Server) {
	t.Helper()
	next := s.Retired.Successor
	if next == "" || strings.HasPrefix(next, "https://") {
		return
	}
	if to, ok := Default().index.byKey[fold(next)]; !ok || !Default().rows[to].Status.Current() {
		t.Errorf("%s: its successor %s is not a server that can be used", s.Key, next)
	}
}

// TestEmbeddedLayout keeps the file easy to review: one row a line, sorted, and no source or platform that no
// row uses.
func TestEmbeddedLayout(t *testing.T) {
	var f file
	if err := json.Unmarshal(embedded, &f); err != nil {
		t.Fatal(err)
	}
	var keys []string
	sources, platforms := map[string]bool{}, map[string]bool{}
	for _, raw := range f.Servers {
		if !bytes.Contains(embedded, append([]byte{'\n'}, raw...)) || bytes.ContainsRune(raw, '\n') {
			t.Errorf("not a line of its own: %.60s", raw)
		}
		var row struct {
			Key, Platform string
			Sources       []string
		}
		if err := json.Unmarshal(raw, &row); err != nil {
			t.Fatal(err)
		}
		keys = append(keys, row.Key)
		platforms[row.Platform] = true
		for _, id := range row.Sources {
			sources[id] = true
			if f.Sources[id] == "" {
				t.Errorf("%s: source %q is not explained", row.Key, id)
			}
		}
	}
	if !slices.IsSorted(keys) {
		t.Error("the rows are not sorted by key")
	}
	for id := range f.Sources {
		if !sources[id] {
			t.Errorf("no row has the source %q", id)
		}
	}
	for name := range f.Platforms {
		if !platforms[name] {
			t.Errorf("no row has the platform %q", name)
		}
	}
}

func TestAll(t *testing.T) {
	count := map[Status]int{}
	for s := range Default().Every() {
		count[s.Status]++
	}
	for status, atLeast := range map[Status]int{Live: 20, Listed: 50, Blocked: 1, Unverified: 15, Retired: 15} {
		if count[status] < atLeast {
			t.Errorf("%d servers are %s, want %d or more", count[status], status, atLeast)
		}
	}
	var keys []string
	for s := range All() {
		if !s.Status.Current() {
			t.Errorf("All gives %s, which is %s", s.Key, s.Status)
		}
		keys = append(keys, s.Key)
	}
	if want := count[Live] + count[Listed] + count[Blocked]; len(keys) != want || !slices.IsSorted(keys) {
		t.Errorf("All gives %d servers, want %d, sorted", len(keys), want)
	}
	for range All() {
		break // must not call yield again
	}
}

func TestBy(t *testing.T) {
	keys := func(c *Catalogue, country, dialect string) (list []string) {
		seq := c.ByDialect(dialect)
		if country != "" {
			seq = c.ByCountry(country)
		}
		for s := range seq {
			list = append(list, s.Key)
		}
		return list
	}
	if got, want := keys(Default(), "de", ""), []string{"greifswald", "koln", "krefeld", "mecklenburg-vorpommern", "munchen",
		"paderborn", "rostock", "schwerin"}; !slices.Equal(got, want) {
		t.Errorf("ByCountry(de) = %v", got)
	}
	if got, want := keys(Default(), "", "UReport"), []string{"bloomington"}; !slices.Equal(got, want) {
		t.Errorf("ByDialect(UReport) = %v", got)
	}
	if got := keys(Default(), "", ""); !slices.Contains(got, "zaragoza") || slices.Contains(got, "boston") {
		t.Errorf("ByDialect of no dialect = %v", got)
	}
}

func TestDate(t *testing.T) {
	for date, want := range map[Date]string{"2026-06-06": "2026-06-06", "2026-04": "2026-04-01", "2018": "2018-01-01",
		"": "0001-01-01", "2026-13": "0001-01-01", "yesterday": "0001-01-01"} {
		if got := date.Time().Format("2006-01-02"); got != want {
			t.Errorf("Date(%q).Time() = %s, want %s", date, got, want)
		}
	}
}

func TestTri(t *testing.T) {
	var row struct{ A, B, C, D Tri }
	if err := json.Unmarshal([]byte(`{"A":"yes","B":"no","C":"unknown"}`), &row); err != nil {
		t.Fatal(err)
	}
	if row.A != Yes || row.B != No || row.C != Unknown || row.D != Unknown {
		t.Errorf("read %+v", row)
	}
	out, err := json.Marshal(row)
	if want := `{"A":"yes","B":"no","C":"unknown","D":"unknown"}`; err != nil || string(out) != want {
		t.Errorf("wrote %s, %v", out, err)
	}
	if _, err := Tri(7).MarshalText(); err == nil || Tri(7).String() != "Tri(7)" {
		t.Errorf("Tri(7) is written as if it were an answer: %v", err)
	}
}

// TestClone fails when a field is added to Server that clone forgets.
func TestClone(t *testing.T) {
	var s Server
	fill(reflect.ValueOf(&s).Elem())
	shared(t, "Server", reflect.ValueOf(s), reflect.ValueOf(s.clone()))
}

func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for _, field := range v.Fields() {
			fill(field)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
	}
}

func shared(t *testing.T, path string, a, b reflect.Value) {
	switch a.Kind() {
	case reflect.Struct:
		for i := range a.NumField() {
			shared(t, path+"."+a.Type().Field(i).Name, a.Field(i), b.Field(i))
		}
	case reflect.Slice, reflect.Map:
		if a.Pointer() == b.Pointer() {
			t.Errorf("%s is shared with the copy", path)
		}
	case reflect.Pointer, reflect.Interface, reflect.Chan, reflect.Func:
		t.Errorf("%s: clone cannot copy a %s", path, a.Kind())
	}
}

func TestConcurrentUse(t *testing.T) {
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			s, err := Lookup("boston")
			if err != nil {
				t.Error(err)
				return
			}
			s.Formats[0], s.Notes[0] = "none", "overwritten"
			for s := range Default().With(Default()).All() {
				s.Sources[0] = "overwritten"
			}
			_, _ = Lookup("no such place")
			_ = s.Options()
		})
	}
	wg.Wait()
	if s, _ := Lookup("boston"); s.Formats[0] != "json" || s.Notes[0] == "overwritten" || s.Sources[0] == "overwritten" {
		t.Errorf("a caller has changed the catalogue: %+v", s)
	}
}

package open311test_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/open311test"
)

// TestTownServices checks what the documentation promises, and users rely on.
func TestTownServices(t *testing.T) {
	h := open311test.NewHandler()
	types, datatypes := make(map[open311.ServiceType]int), make(map[open311.Datatype]int)
	seen := make(map[string]bool)
	for _, v := range h.Services() {
		types[v.Type]++
		if seen[v.Code] || v.Code == "" || v.Name == "" || len(v.Groups) != 1 || len(v.Keywords) < 2 || v.Description == "" {
			t.Errorf("incomplete or double: %+v", v)
		}
		seen[v.Code] = true
	}
	var required, optional, information int
	for _, d := range h.Definitions() {
		if !seen[d.ServiceCode] {
			t.Errorf("definition of unknown service %s", d.ServiceCode)
		}
		for i, a := range d.Attributes {
			datatypes[a.Datatype]++
			switch {
			case !a.Variable:
				information++
			case a.Required:
				required++
			default:
				optional++
			}
			isList := a.Datatype == open311.DatatypeSingleValueList || a.Datatype == open311.DatatypeMultiValueList
			if a.Order != i+1 || a.Description == "" || isList != (len(a.Values) > 1) || !a.Variable && a.Required {
				t.Errorf("service %s: odd attribute %+v", d.ServiceCode, a)
			}
		}
	}
	if len(types) != 3 || types[open311.Realtime] < 8 || types[open311.Batch] < 3 || types[open311.Blackbox] < 2 {
		t.Errorf("types: %v", types)
	}
	if len(datatypes) != 6 {
		t.Errorf("datatypes: %v", datatypes)
	}
	if required < 10 || optional < 6 || information < 2 {
		t.Errorf("%d required attributes, %d optional, %d information", required, optional, information)
	}
}

func TestTownRequests(t *testing.T) {
	h := open311test.NewHandler()
	services := make(map[string]open311.Service)
	for _, v := range h.Services() {
		services[v.Code] = v
	}
	id := regexp.MustCompile(`^QH2[56]-\d{6}$`)
	seen := make(map[string]bool)
	reported := make(map[string]bool)
	places := make(map[string]open311.Point)
	for _, r := range h.Requests() {
		age := h.Now().Sub(r.RequestedDatetime)
		switch v := services[r.ServiceCode]; {
		case !id.MatchString(r.ID) || seen[r.ID]:
			t.Errorf("%s: odd id, or twice", r.ID)
		case r.ServiceName != v.Name || v.Type == open311.Blackbox:
			t.Errorf("%s: service %s %q", r.ID, r.ServiceCode, r.ServiceName)
		case age < 0 || age > 365*24*time.Hour:
			t.Errorf("%s: requested %s", r.ID, r.RequestedDatetime)
		case r.UpdatedDatetime.Before(r.RequestedDatetime) || r.UpdatedDatetime.After(h.Now()):
			t.Errorf("%s: updated %s, requested %s", r.ID, r.UpdatedDatetime, r.RequestedDatetime)
		case !r.ExpectedDatetime.IsZero() && !r.ExpectedDatetime.After(r.RequestedDatetime):
			t.Errorf("%s: expected %s", r.ID, r.ExpectedDatetime)
		case r.Status != open311.StatusOpen && (r.Status != open311.StatusClosed || r.StatusNotes == ""):
			t.Errorf("%s: status %s, notes %q", r.ID, r.Status, r.StatusNotes)
		case r.Address == "" && r.Location == nil:
			t.Errorf("%s: nowhere", r.ID)
		case r.Zipcode != "" && !strings.HasPrefix(r.Zipcode, "0987"):
			t.Errorf("%s: zipcode %s", r.ID, r.Zipcode)
		}
		if p := r.Location; p != nil {
			if p.Lat < 43.2 || p.Lat > 43.3 || p.Long < -68.2 || p.Long > -68 {
				t.Errorf("%s: %s is out of town", r.ID, p)
			}
			if before, ok := places[r.Address]; ok && r.Address != "" && before != *p {
				t.Errorf("%s: %s is at %s and at %s", r.ID, r.Address, before, p)
			}
			places[r.Address] = *p
		}
		for _, text := range []string{r.Description, r.StatusNotes} {
			if !clean(text) {
				t.Errorf("%s: %q is not what people write", r.ID, text)
			}
		}
		seen[r.ID], reported[r.ServiceCode] = true, true
	}
	if len(reported) < 15 {
		t.Errorf("only %d services were ever used", len(reported))
	}
}

// clean reports whether a text is whole: no pattern left in it, nothing that a client may trim or drop.
func clean(s string) bool {
	odd := func(r rune) bool { return r < ' ' && r != '\n' && r != '\r' || r == utf8.RuneError }
	return s == strings.TrimFunc(s, unicode.IsSpace) && !strings.ContainsAny(s, "{}[]|") && !strings.Contains(s, "  ") &&
		utf8.RuneCountInString(s) <= 4000 && !strings.ContainsFunc(s, odd)
}

var standstill = date("2026-06-30T12:00:00Z")

// TestTownIsVaried looks for what makes the town useful for finding bugs.
func TestTownIsVaried(t *testing.T) {
	want := map[string]func(r, before *open311.ServiceRequest) bool{
		"quotes":            func(r, _ *open311.ServiceRequest) bool { return strings.Contains(r.Description, `"`) },
		"ampersands":        func(r, _ *open311.ServiceRequest) bool { return strings.Contains(r.Description, "&") },
		"tags":              func(r, _ *open311.ServiceRequest) bool { return strings.Contains(r.Description, "<b>") },
		"lines":             func(r, _ *open311.ServiceRequest) bool { return strings.Contains(r.Description, "\n") },
		"carriage returns":  func(r, _ *open311.ServiceRequest) bool { return strings.Contains(r.Description, "\r\n") },
		"Chinese":           func(r, _ *open311.ServiceRequest) bool { return strings.ContainsFunc(r.Description, isHan) },
		"beyond 16 bits":    func(r, _ *open311.ServiceRequest) bool { return strings.ContainsRune(r.Description, '🙏') },
		"no description":    func(r, _ *open311.ServiceRequest) bool { return r.Description == "" },
		"long descriptions": func(r, _ *open311.ServiceRequest) bool { return len(r.Description) > 800 },
		"no address":        func(r, _ *open311.ServiceRequest) bool { return r.Address == "" },
		"no place":          func(r, _ *open311.ServiceRequest) bool { return r.Location == nil },
		"media":             func(r, _ *open311.ServiceRequest) bool { return r.MediaURL != "" },
		"no media":          func(r, _ *open311.ServiceRequest) bool { return r.MediaURL == "" },
		"open":              func(r, _ *open311.ServiceRequest) bool { return r.Status == open311.StatusOpen },
		"open with notes":   func(r, _ *open311.ServiceRequest) bool { return r.Status == open311.StatusOpen && r.StatusNotes != "" },
		"overdue": func(r, _ *open311.ServiceRequest) bool {
			return r.Status == open311.StatusOpen && !r.ExpectedDatetime.IsZero() && r.ExpectedDatetime.Before(standstill)
		},
		"the same second": func(r, before *open311.ServiceRequest) bool {
			return r.RequestedDatetime.Equal(before.RequestedDatetime)
		},
		"last year":   func(r, _ *open311.ServiceRequest) bool { return strings.HasPrefix(r.ID, "QH25") },
		"summer time": func(r, _ *open311.ServiceRequest) bool { _, zone := r.RequestedDatetime.Zone(); return zone == -4*3600 },
		"winter time": func(r, _ *open311.ServiceRequest) bool { _, zone := r.RequestedDatetime.Zone(); return zone == -5*3600 },
	}
	count := make(map[string]int)
	before := open311.ServiceRequest{}
	for _, r := range open311test.NewHandler().Requests() {
		for name, is := range want {
			if is(&r, &before) {
				count[name]++
			}
		}
		before = r
	}
	for name := range want {
		if count[name] < 5 {
			t.Errorf("%s: %d", name, count[name])
		}
	}
}

func isHan(r rune) bool { return unicode.Is(unicode.Han, r) }

// TestTownRhythm: more by day than at night, on Mondays than on Sundays, in winter than in summer.
func TestTownRhythm(t *testing.T) {
	var day, night, monday, sunday, winter, summer int
	for _, r := range open311test.NewHandler().Requests() {
		at := r.RequestedDatetime
		if h := at.Hour(); h >= 6 && h < 22 {
			day++
		} else {
			night++
		}
		switch at.Weekday() {
		case time.Monday:
			monday++
		case time.Sunday:
			sunday++
		}
		switch at.Month() {
		case time.January, time.February, time.March:
			winter++
		case time.July, time.August, time.September:
			summer++
		}
	}
	if day < 5*night || monday < 3*sunday/2 || winter < 11*summer/10 {
		t.Errorf("day %d, night %d, Monday %d, Sunday %d, winter %d, summer %d", day, night, monday, sunday, winter, summer)
	}
}

func TestTownIsReproducible(t *testing.T) {
	year := func(opts ...open311test.Option) []open311.ServiceRequest {
		return open311test.NewHandler(append(opts, open311test.WithSize(300))...).Requests()
	}
	if diff := cmp.Diff(year(), year()); diff != "" {
		t.Errorf("two servers differ:\n%s", diff)
	}
	if cmp.Equal(year(), year(open311test.WithSeed(2))) {
		t.Error("the seed makes no difference")
	}
	at := date("2030-02-03T04:05:06Z")
	later := year(open311test.WithClock(func() time.Time { return at }))
	if age := at.Sub(later[0].RequestedDatetime); age < 0 || age > 15*24*time.Hour {
		t.Errorf("with another clock the newest request is of %s", later[0].RequestedDatetime)
	}
	if !slices.ContainsFunc(later, func(r open311.ServiceRequest) bool { return strings.HasPrefix(r.ID, "QH29") }) {
		t.Error("with another clock the ids still have the years of the usual one")
	}
}

package servers

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/go-open311/open311"
)

func TestLookup(t *testing.T) {
	for name, want := range map[string]string{
		"chicago":              "chicago",
		"CHICAGO":              "chicago",
		" Chicago, IL ":        "chicago",
		"san-francisco":        "san-francisco",
		"San Francisco":        "san-francisco",
		"san_francisco":        "san-francisco",
		"San Francisco, CA":    "san-francisco",
		"SF":                   "san-francisco",
		"koln":                 "koln",
		"Köln":                 "koln",
		"Ko\u0308ln":           "koln", // the letter as two characters
		"KÖLN":                 "koln",
		"Koeln":                "koln",
		"cologne":              "koln",
		"Zürich":               "zurich",
		"ZUERICH":              "zurich",
		"Gießen":               "giessen",
		"GIESSEN":              "giessen",
		"GIEẞEN":               "giessen",
		"Lamía":                "lamia",
		"Québec":               "quebec",
		"St. Louis":            "st-louis",
		"Saint Louis":          "st-louis",
		"Burlington, VT":       "burlington-vt",
		"grand rapids":         "grand-rapids",
		"District of Columbia": "dc",
		"Washington, D.C.":     "dc",
		"surrey":               "surrey", // a key counts before the names that begin with it
		"greenwich":            "greenwich",
		"ottawa":               "ottawa", // retired, and found all the same
	} {
		s, err := Lookup(name)
		if err != nil || s.Key != want {
			t.Errorf("Lookup(%q) = %q, %v, want %s", name, s.Key, err, want)
		}
	}
	for s := range Default().Every() {
		for _, name := range append([]string{s.Key, s.Name, strings.ToUpper(s.Name)}, s.Aliases...) {
			if got, err := Lookup(name); err != nil || got.Key != s.Key {
				t.Errorf("Lookup(%q) = %q, %v, want %s", name, got.Key, err, s.Key)
			}
		}
	}
}

func TestLookupUnknown(t *testing.T) {
	for name, near := range map[string]string{
		"chcago":      "chicago", // a letter missing
		"bosotn":      "boston",  // two letters swapped
		"Chicagoo":    "chicago",
		"burlington":  "burlington-vt", // there are others of this name: no guess
		"newport":     "newport-news",
		"kolnn":       "koln",
		"Zurich, ZH":  "zurich",
		"francisco":   "san-francisco",
		"minneapolsi": "minneapolis",
	} {
		_, err := Lookup(name)
		var unknown *UnknownError
		if !errors.As(err, &unknown) || !errors.Is(err, open311.ErrNotFound) {
			t.Errorf("Lookup(%q): %v, want an *UnknownError that is ErrNotFound", name, err)
			continue
		}
		if unknown.Name != name || len(unknown.Near) == 0 || unknown.Near[0] != near {
			t.Errorf("Lookup(%q): near are %v, want %s first", name, unknown.Near, near)
		}
		if len(unknown.Near) > maxNear || !strings.Contains(err.Error(), near) {
			t.Errorf("Lookup(%q): %d near ones, and the message is %v", name, len(unknown.Near), err)
		}
	}
	for _, name := range []string{"", " - ", "qqqqqqqq", strings.Repeat("chicago", 1000), "東京"} {
		var unknown *UnknownError
		if _, err := Lookup(name); !errors.As(err, &unknown) || len(unknown.Near) > 0 {
			t.Errorf("Lookup(%.20q): %.80v, want an *UnknownError with nothing near", name, err)
		}
	}
}

func TestNearOrder(t *testing.T) {
	own := load(t, `{"servers":[
		{"key":"aaabridge","base_url":"https://a.example/"},
		{"key":"bridgetown","base_url":"https://b.example/"},
		{"key":"fridge","base_url":"https://f.example/"},
		{"key":"zridge","base_url":"https://z.example/"}]}`)
	_, err := own.Lookup("bridge")
	var unknown *UnknownError
	if want := []string{"bridgetown", "fridge", "zridge", "aaabridge"}; !errors.As(err, &unknown) || !slices.Equal(unknown.Near, want) {
		t.Errorf("Lookup(bridge): %v, want %v", err, want)
	}
	// Half a word is no name, however many begin with it.
	if _, err := Lookup("col"); !errors.As(err, &unknown) || len(unknown.Near) < 3 {
		t.Errorf("Lookup(col): %v", err)
	}
}

func TestLookupAmbiguous(t *testing.T) {
	own := load(t, `{"servers":[
		{"key":"springfield-il","name":"Springfield","aliases":["capital"],"base_url":"https://il.example/"},
		{"key":"springfield-mo","name":"Springfield","aliases":["Capital"],"base_url":"https://mo.example/"},
		{"key":"capital-city","name":"Capital","base_url":"https://capital.example/"}]}`)
	for _, test := range []struct {
		in   *Catalogue
		name string
		want []string
	}{
		{own, "SPRINGFIELD", []string{"springfield-il", "springfield-mo"}},
		{own, "capital", []string{"springfield-il", "springfield-mo"}}, // an alias counts before a name
		{Default(), "London Borough", []string{"bexley", "brent", "bromley", "southwark"}},
		{Default(), "palm", []string{"palm-harbor", "palm-springs"}},
	} {
		_, err := test.in.Lookup(test.name)
		var ambiguous *AmbiguousError
		if !errors.As(err, &ambiguous) || ambiguous.Name != test.name || !slices.Equal(ambiguous.Matches, test.want) {
			t.Errorf("Lookup(%q): %v, want %v", test.name, err, test.want)
			continue
		}
		if !strings.Contains(err.Error(), strings.Join(test.want, ", ")) {
			t.Errorf("Lookup(%q): the message %q does not say which there are", test.name, err)
		}
	}
}

func TestFold(t *testing.T) {
	for in, want := range map[string]string{
		"":                      "",
		"--":                    "",
		"Züri wie neu":          "zuri wie neu",
		"ÅLESUND / Ørsta":       "alesund orsta",
		"Łódź, Gdańsk":          "lodz gdansk",
		"Iași; ŞIŞLI; İstanbul": "iasi sisli istanbul",
		"St. John's":            "st johns",
		"Saint-Cœur-d’Æbelø":    "saint coeur daebelo",
		"Ελλάδα 1":              "ελλάδα 1", // only Latin letters lose their marks
		"a\u0301\u0308":         "a",
	} {
		if got := fold(in); got != want {
			t.Errorf("fold(%q) = %q, want %q", in, got, want)
		}
	}
}

package conformance

import (
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// textRules are about what must not get lost of a report.
func textRules() section {
	return section{OpCreate, FeatureCreate, specCreate, []rule{
		each("create/filed/line-breaks", Must, "Line breaks are kept", "A description may have line breaks, which are there when it is read.",
			"the lines of the description", onFiled(judgeLines)),
		once("create/filed/description-4000", Must, "4000 characters are taken", "A description of 4000 characters is accepted, and is there as a whole when it is read.",
			"all 4000 characters", judgeLongText).because("create/accepted", "create/readable", "create/utf-8"),
		each("create/filed/coordinates", Must, "It is not somewhere else", "A request that was filed is in the place of the report, and not in another town.",
			"lat and long of the report, or near by", onFiled(judgeFar)),
		once("create/location/address-id-only", Must, "An address_id is enough", "address_id alone is a location.", "status 200 or 201",
			judgePlaceAlone((*session).identified)).because("create/accepted"),
		once("create/errors/names-argument", Should, "Errors name the argument", "An error says which argument was not there or not known.",
			"the name of the argument, or its value, in a description", judgeNamesArgument).at(specErrors).because("create/missing-service-code-400", "create/unknown-service-404", "create/missing-location-400", "errors/description", "errors/rows"),
	}}
}

// judgeLines leaves alone what a city has rewritten.
func judgeLines(fl *filing, r *node, x *exchange) outcome {
	lines := strings.Split(strings.TrimSpace(normal(fl.form.Get("description"))), "\n")
	got := normal(r.value("description"))
	if len(lines) < 2 {
		return cannot("the description of the sample has one line")
	}
	for i := range lines[1:] {
		if flat(got) == flat(strings.Join(lines[:i+1], " ")) {
			return broken(x, "%s: it ends at a line break; sent were %d lines", r.show("description"), len(lines))
		}
	}
	for _, l := range lines {
		if !strings.Contains(got, strings.TrimSpace(l)) {
			return cannot("the city does not publish the description as it was sent")
		}
	}
	if !strings.Contains(got, "\n") {
		return broken(x, "%s; sent were %d lines", r.show("description"), len(lines))
	}
	return fine
}

const longest = 4000

// judgeLongText: a description that begins as the one that was sent, and ends before it, was cut.
func judgeLongText(s *session) outcome {
	f := s.plain()
	fl := s.file("4000", f, s.without(func(form url.Values) string {
		// What happens to signs and lines is found by rules of their own.
		text := flat(strings.ReplaceAll(s.numbered(form.Get("description")), "&", "and")) + " "
		text += strings.Repeat("Sehr lang, very long, assez long. ", 1+longest/30)
		text = string([]rune(text)[:longest-1]) + "."
		form.Set("description", text)
		return ""
	}))
	if o := judgeAccepted(fl); !good(o) {
		return o
	}
	if fl.id == "" {
		return cannot("not judged: the report got no id")
	}
	rows, x, o := s.rows(itemCall(f, fl.id))
	if !good(o) {
		return o
	}
	if len(rows) != 1 {
		return cannot("not judged: the request cannot be read")
	}
	sent, got := flat(fl.form.Get("description")), flat(rows[0].value("description"))
	switch {
	case got == sent:
		return fine
	case got == "" || !strings.HasPrefix(sent, strings.TrimRight(got, ".… ")):
		return cannot("the city does not publish the description as it was sent")
	}
	return broken(x, "description has %d characters, sent were %d", utf8.RuneCountInString(got), longest)
}

// flat is a text without what another rule is about.
func flat(v string) string { return strings.Join(strings.Fields(v), " ") }

// farOff is a degree or more than a town is wide. That a report is a few houses off is another rule's business.
const farOff = 0.5

func judgeFar(fl *filing, r *node, x *exchange) outcome {
	for _, name := range []string{"lat", "long"} {
		sent, err := strconv.ParseFloat(fl.form.Get(name), 64)
		if err != nil {
			return cannot("the sample has no coordinates")
		}
		got, err := strconv.ParseFloat(r.value(name), 64)
		switch {
		case err != nil:
			return cannot("the city does not publish the coordinates")
		case math.Abs(got-sent) > farOff:
			return broken(x, "%s, sent was %s", r.show(name), fl.form.Get(name))
		}
	}
	return fine
}

// identified is a report with an address_id and nothing else to say where. It takes an id that the city has shown: others may rightly be unknown.
func (s *session) identified() *filing {
	return s.file("address id", s.plain(), s.without(func(form url.Values) string {
		id := form.Get("address_id")
		if all, o := s.sample(); good(o) && id == "" {
			for _, r := range all {
				if id = r.value("address_id"); id != "" {
					break
				}
			}
		}
		if id == "" {
			return "no address_id of the city is known"
		}
		dropPlace(form)
		form.Set("address_id", id)
		return ""
	}))
}

// placeWords are those of which one is in any error about a place, in the languages of the servers that we know.
var placeWords = []string{"lat", "long", "lng", "address", "location", "place", "coordinate", "position", "geo", "ort", "adress", "koord", "sijainti", "osoite", "lieu", "lugar", "direcc"}

// judgeNamesArgument looks at the refusals of reports without a service or a place, or for a service that is none.
func judgeNamesArgument(s *session) outcome {
	f := s.plain()
	seen := false
	for _, name := range []string{"no service", "unknown service", "no location"} {
		fl := s.filings[name+"."+string(f)]
		if fl == nil || !good(fl.outcome()) || fl.x.status/100 != 4 || fl.x.doc == nil {
			continue
		}
		seen = true
		words, text := []string{"service_code", "service", nobody}, ""
		if name == "no location" {
			words = placeWords
		}
		for _, e := range errorRowsOf(fl.x.doc, f) {
			text += strings.ToLower(e.value("description") + " " + e.value("code") + " ")
		}
		if !slices.ContainsFunc(words, func(w string) bool { return strings.Contains(text, w) }) {
			return broken(fl.x, "no description names %s", words[0])
		}
	}
	if !seen {
		return cannot("no such error was seen")
	}
	return fine
}

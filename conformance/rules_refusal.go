package conformance

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
)

func refusalRules() section {
	return section{OpCreate, FeatureCreate, specErrors, []rule{
		each("create/unknown-service-404", Must, "Report for an unknown service", "A report for a service that does not exist is answered with 404.",
			"status 404", refused("unknown service", 404, func(_ *session, form url.Values) string {
				form.Set("service_code", nobody)
				return ""
			})),
		each("create/missing-location-400", Must, "Report without a place", "A report without a location is answered with 400.",
			"status 400", refused("no location", 400, func(_ *session, form url.Values) string {
				dropPlace(form)
				return ""
			})),
		each("create/missing-service-code-400", Must, "Report without a service", "A report without a service_code is answered with 400.",
			"status 400", refused("no service", 400, func(_ *session, form url.Values) string {
				form.Del("service_code")
				return ""
			})),
		each("create/lat-without-long-400", Must, "Half a pair of coordinates", "A report with lat and without long is answered with 400.",
			"status 400", refused("lat only", 400, func(_ *session, form url.Values) string {
				if form.Get("lat") == "" {
					return "the sample has no coordinates"
				}
				lat := form.Get("lat")
				dropPlace(form)
				form.Set("lat", lat)
				return ""
			})),
		each("create/required-attribute-400", Must, "Report without a required attribute", "A report without an attribute that is required is answered with 400.",
			"status 400", judgeRequiredAttribute).at(specDefinition),
		once("create/invalid-value-400", Should, "A value that is no choice", "A value that is not among those of a list is answered with 400.",
			"status 400", judgeInvalidValue).at(specDefinition),
		once("create/long-description-400", Should, "A description that is too long", "A description of more than 4000 characters is answered with 400.",
			"status 400", refusedOnce("long", func(_ *session, form url.Values) string {
				form.Set("description", strings.Repeat("x", 4001))
				return ""
			})).at(specCreate).because("create/filed/description-4000"),
		once("create/several-errors", May, "Several errors at once", "A report with two faults may be answered by two errors.",
			"two errors", judgeSeveralErrors),
		each("create/wrong-key-403", Must, "Wrong key", "A report with a key that does not exist is answered with 403.",
			"status 403", judgeKey("conformance-wrong-key")).at(specKeys),
		each("create/missing-key-403", Must, "Missing key", "A report without a key is answered with 403.",
			"status 403", judgeKey("")).at(specKeys),
	}}.taking()
}

// misfitRules are about reports of which an argument is there, and cannot be what it is.
func misfitRules() section {
	return section{OpCreate, FeatureCreate, specErrors, []rule{
		once("create/location/long-without-lat", Must, "The other half of a pair", "A report with long and without lat is answered with 400.",
			"status 400", refusedOnce("long only", func(_ *session, form url.Values) string {
				long := form.Get("long")
				if long == "" {
					return "the sample has no coordinates"
				}
				dropPlace(form)
				form.Set("long", long)
				return ""
			})).at(specCreate),
		once("create/location/no-degrees", Should, "Coordinates that are none", "A report with a lat that is no degree of latitude is answered with 400.",
			"status 400", refusedOnce("no degrees", func(_ *session, form url.Values) string {
				form.Set("lat", "999")
				form.Set("long", "999")
				return ""
			})).at(specCreate),
		once("create/arguments/empty-service-code", Must, "An empty service_code", "A service_code without a value is the same as none: the report is answered with 400.",
			"status 400", refusedOnce("empty service", func(_ *session, form url.Values) string {
				form.Set("service_code", "")
				return ""
			})).at(specArguments).because("create/missing-service-code-400"),
		once("create/attribute/no-number", Should, "A number that is none", "A word for an attribute of datatype number is answered with 400.",
			"status 400", judgeMisfit("number", "many")).at(specDefinition),
		once("create/attribute/no-datetime", Should, "A time that is none", "A word for an attribute of datatype datetime, which can be turned into ISO 8601, is answered with 400.",
			"status 400", judgeMisfit("datetime", "some time ago")).at(specDefinition),
		once("create/attribute/no-choice", Should, "One value of several is no choice", "A value that is not among those of a multivaluelist is answered with 400.",
			"status 400", judgeMisfit("multivaluelist", nobody)).at(specDefinition),
	}}.taking()
}

// taking: a server that takes no report shows nothing by refusing one.
func (sec section) taking() section {
	for i := range sec.rules {
		sec.rules[i].needs = append(sec.rules[i].needs, "create/accepted")
	}
	return sec
}

func dropPlace(form url.Values) {
	for _, name := range []string{"lat", "long", "address_string", "address_id"} {
		form.Del(name)
	}
}

func refused(name string, status int, change func(*session, url.Values) string) judgeFunc {
	return func(s *session, f Format) outcome {
		fl := s.file(name, f, s.without(func(form url.Values) string { return change(s, form) }))
		return judgeRefusal(fl, status)
	}
}

func refusedOnce(name string, change func(*session, url.Values) string) func(*session) outcome {
	return func(s *session) outcome { return refused(name, 400, change)(s, s.plain()) }
}

func judgeRefusal(fl *filing, status int) outcome {
	if o := fl.outcome(); !good(o) {
		return o
	}
	return fl.x.wants(status, " for a report with "+describeForm(fl.form))
}

// judgeKey tries a report with another key. Whether a key is needed shows only if there is a right one.
func judgeKey(key string) judgeFunc {
	return func(s *session, f Format) outcome {
		if s.target.AllowCreate && s.target.APIKey == "" {
			return cannot("the target has no API key, so none is known to be right")
		}
		fl := s.fileAs("key "+key, f, key, s.without(func(url.Values) string { return "" }))
		return judgeRefusal(fl, 403)
	}
}

func judgeSeveralErrors(s *session) outcome {
	f := s.plain()
	fl := s.file("several", f, s.without(func(form url.Values) string {
		dropPlace(form)
		form.Set("description", strings.Repeat("x", 4001))
		return ""
	}))
	if o := fl.outcome(); !good(o) {
		return o
	}
	if fl.x.status/100 != 4 || fl.x.doc == nil {
		return cannot("not judged: the report was answered with status %d", fl.x.status)
	}
	if n := len(errorRowsOf(fl.x.doc, f)); n < 2 {
		return broken(fl.x, "%d error for a report without a location and with a description of 4001 characters", n)
	}
	return fine
}

// judgeRequiredAttribute leaves out the first required attribute of any service.
func judgeRequiredAttribute(s *session, f Format) outcome {
	return s.withAttribute("required", f, func(a *node) bool { return a.value("required") == "true" }, func(form url.Values, a *node) {
		for _, end := range []string{"]", "][]"} {
			form.Del("attribute[" + a.value("code") + end)
		}
	})
}

// judgeMisfit files a value that an attribute of the datatype cannot have.
func judgeMisfit(datatype, v string) func(*session) outcome {
	return func(s *session) outcome {
		return s.withAttribute("no "+datatype, s.plain(), func(a *node) bool { return a.value("datatype") == datatype }, func(form url.Values, a *node) {
			name := "attribute[" + a.value("code") + "]"
			form.Del(name)
			if datatype == "multivaluelist" {
				name += "[]"
			}
			form.Set(name, v)
		})
	}
}

func judgeInvalidValue(s *session) outcome {
	return s.withAttribute("invalid", s.plain(), func(a *node) bool { return a.value("datatype") == "singlevaluelist" }, func(form url.Values, a *node) {
		form.Set("attribute["+a.value("code")+"]", nobody)
	})
}

// withAttribute files a report that is right but for an attribute, and expects it to be refused.
func (s *session) withAttribute(name string, f Format, suits func(*node) bool, spoil func(url.Values, *node)) outcome {
	fl := s.file(name, f, func() (url.Values, string) {
		for _, code := range s.defined() {
			list := s.attributesFor(code)
			i := slices.IndexFunc(list, func(a *node) bool { return a.value("variable") == "true" && suits(a) })
			if i < 0 {
				continue
			}
			form := s.formFor(code, func(a *node) bool { return a.value("required") == "true" })
			spoil(form, list[i])
			return form, ""
		}
		return nil, fmt.Sprintf("no service has an attribute that suits (%s)", name)
	})
	return judgeRefusal(fl, 400)
}

// formFor is a report for a service with the attributes that are wanted.
func (s *session) formFor(code string, wanted func(*node) bool) url.Values {
	form := s.form(code)
	s.place(form)
	for _, a := range s.attributesFor(code) {
		if a.value("variable") == "true" && wanted(a) {
			s.fill(form, a)
		}
	}
	return form
}

func attributeRules() section {
	sec := section{OpCreate, FeatureCreate, specDefinition, nil}
	for _, d := range datatypes {
		sec.rules = append(sec.rules, once("create/attribute-"+d, Must, "Attribute of datatype "+d,
			"A report may have a value for an attribute of datatype "+d+".", "status 200 or 201", amongDatatypes(judgeDatatype(d))).because("create/accepted",
			"definition/attribute-code", "definition/json-values", "definition/values-of-lists", "definition/value-key", "definition/attribute-datatype"))
	}
	return sec
}

// amongDatatypes: a server that takes no attribute at all is told so once.
func amongDatatypes(j func(*session) outcome) func(*session) outcome {
	return func(s *session) outcome {
		o := j(s)
		if o.what != broke {
			return o
		}
		var all []judgeFunc
		for _, d := range datatypes {
			all = append(all, func(s *session, _ Format) outcome { return judgeDatatype(d)(s) })
		}
		if s.noneKept(FormatNone, all...) {
			o.alike = "attributes"
			o.text += "; nor is a report with attributes of another datatype"
		}
		return o
	}
}

// maxTries is how many services are tried before a datatype counts as refused.
const maxTries = 3

// judgeDatatype files a report with all attributes of a service: one report shows several datatypes. If that
// is refused, which may be for any of them, it tries this datatype with what is required only, and other services.
func judgeDatatype(datatype string) func(*session) outcome {
	return func(s *session) outcome {
		if !s.target.AllowCreate {
			return cannot(noCreate)
		}
		codes := s.servicesWith(datatype)
		if len(codes) == 0 {
			return cannot("no service has an attribute of this datatype")
		}
		f := s.plain()
		for _, code := range codes {
			if fl := s.filings["attributes of "+code+"."+string(f)]; fl != nil && good(judgeAccepted(fl)) {
				return fine
			}
		}
		var first outcome
		for i, code := range codes[:min(len(codes), maxTries)] {
			o := s.tryDatatype(f, code, datatype)
			if o.what != broke || o.cause != "" {
				return o
			}
			if i == 0 {
				first = o
			}
		}
		return first
	}
}

func (s *session) tryDatatype(f Format, code, datatype string) outcome {
	all := s.file("attributes of "+code, f, func() (url.Values, string) {
		return s.formFor(code, func(*node) bool { return true }), ""
	})
	if o := judgeAccepted(all); o.what != broke {
		return o
	}
	return judgeAccepted(s.file(datatype+" of "+code, f, func() (url.Values, string) {
		return s.formFor(code, func(a *node) bool { return a.value("required") == "true" || a.value("datatype") == datatype }), ""
	}))
}

// servicesWith returns the services that have an attribute of a datatype. Those that require no other
// datatype come first: what they refuse can be for this one only.
func (s *session) servicesWith(datatype string) []string {
	others := make(map[string]int)
	var codes []string
	for _, code := range s.defined() {
		has := false
		for _, a := range s.attributesFor(code) {
			switch {
			case a.value("variable") != "true":
			case a.value("datatype") == datatype:
				has = true
			case a.value("required") == "true":
				others[code]++
			}
		}
		if has {
			codes = append(codes, code)
		}
	}
	slices.SortStableFunc(codes, func(a, b string) int { return others[a] - others[b] })
	return codes
}

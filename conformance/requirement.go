package conformance

import (
	"slices"
	"strings"
)

// Level says how binding a requirement is.
type Level string

// The levels. What the specification demands is Must, what it recommends is Should, what it leaves to
// the server is May; DeFacto is what several vendors do alike although no specification says it.
const (
	Must    Level = "must"
	Should  Level = "should"
	May     Level = "may"
	DeFacto Level = "de facto"
)

// Feature is a part of the protocol that a server may have or not have; see [Target].
type Feature string

// The features. Those up to FeatureJurisdiction are always tried, but for FeatureJSON and FeatureDiscovery.
const (
	FeatureCore         Feature = "core"         // services, requests and one request, which every server has
	FeatureJSON         Feature = "json"         // services and requests in JSON too
	FeatureDiscovery    Feature = "discovery"    // a document that says where the endpoints are
	FeatureDefinitions  Feature = "definitions"  // the questions of a service
	FeatureFilters      Feature = "filters"      // lists by id, service, state and dates
	FeatureErrors       Feature = "errors"       // refusals that say what is wrong
	FeatureJurisdiction Feature = "jurisdiction" // several cities at one endpoint
	FeatureCreate       Feature = "create"       // reports can be filed
	FeatureTokens       Feature = "tokens"       // a report gets a token first, and its id later
	FeaturePaging       Feature = "paging"       // long lists in pages
	FeatureChanged      Feature = "changed"      // lists of what was updated in a span of time
	FeatureExtensions   Feature = "extensions"   // extended_attributes
	FeatureMedia        Feature = "media"        // files with a report
	FeatureUpdates      Feature = "updates"      // the updates of mySociety's servers
)

// Operation is what a requirement is about: one of the operations, or answers of any of them.
type Operation string

// The operations, in the order of the reports.
const (
	OpDiscovery  Operation = "discovery"
	OpServices   Operation = "services"
	OpDefinition Operation = "definition"
	OpRequests   Operation = "requests"
	OpRequest    Operation = "request"
	OpCreate     Operation = "create"
	OpToken      Operation = "token"
	OpUpdates    Operation = "updates"
	OpErrors     Operation = "errors"
	OpAny        Operation = "every answer"
)

// Format is the notation of an answer.
type Format string

// The formats. FormatNone stands where a requirement is not about one of them.
const (
	FormatXML  Format = "xml"
	FormatJSON Format = "json"
	FormatNone Format = ""
)

var bothFormats = []Format{FormatXML, FormatJSON}

// Requirement is one rule that a client can see kept or broken. Its ID never changes its meaning.
type Requirement struct {
	ID        string    `json:"id"`
	Title     string    `json:"title"`
	Rule      string    `json:"rule"` // the rule in one sentence
	Level     Level     `json:"level"`
	Feature   Feature   `json:"feature"`
	Operation Operation `json:"operation"`
	Formats   []Format  `json:"formats,omitempty"` // judged once in each; empty: once
	Spec      string    `json:"spec"`              // link to the section that says it
	Since     string    `json:"since"`             // the version of this package that brought it
}

// Requirements returns the catalogue, in the order of the reports.
func Requirements() []Requirement {
	list := make([]Requirement, len(catalogue))
	for i, r := range catalogue {
		list[i] = r.Requirement
		list[i].Formats = slices.Clone(r.Formats)
	}
	return list
}

// The sections of the specifications.
const (
	wiki           = "https://wiki.open311.org/"
	specServices   = wiki + "GeoReport_v2/#get-service-list"
	specDefinition = wiki + "GeoReport_v2/#get-service-definition"
	specCreate     = wiki + "GeoReport_v2/#post-service-request"
	specToken      = wiki + "GeoReport_v2/#get-service_request_id-from-a-token"
	specRequests   = wiki + "GeoReport_v2/#get-service-requests"
	specRequest    = wiki + "GeoReport_v2/#get-service-request"
	specVolume     = wiki + "GeoReport_v2/#response-volume"
	specErrors     = wiki + "GeoReport_v2/#errors"
	specFormat     = wiki + "GeoReport_v2/#format-support"
	specEncoding   = wiki + "GeoReport_v2/#encoding"
	specDates      = wiki + "GeoReport_v2/#datetime-format"
	specArguments  = wiki + "GeoReport_v2/#optional-arguments"
	specKeys       = wiki + "GeoReport_v2/#errors" // which key is wrong, and with which status
	specFields     = wiki + "Service_Discovery/#fields-for-all-versions"
	specMulti      = wiki + "GeoReport_v2/#jurisdiction_id"
	specSpark      = wiki + "JSON_and_XML_Conversion/#the-spark-convention"
	specDiscovery  = wiki + "Service_Discovery/#base-url"
	specExtensions = wiki + "GeoReport_v2/Extensions/#extended-attributes"
	specPaging     = wiki + "GeoReport_v2/Extensions/#pagination"
	specChanged    = wiki + "GeoReport_v2.1_Draft/#get-service-requests"
	specMedia      = wiki + "GeoReport_v2.1_Draft/#post-service-request"
	specUpdates    = "https://github.com/mysociety/fixmystreet/wiki/Open311-FMS---Proposed-differences-to-Open311#get-service-request-updates"
)

// rule is a requirement with the function that judges it. The functions look at exchanges that the
// session has once and keeps; what they ask for first is fetched first.
type rule struct {
	Requirement
	want  string      // what would have been right, for the report
	late  bool        // looks at all exchanges of the run, so it comes last
	needs []string    // ids: what is found there is the cause of what would be found here
	alike string      // what its findings have in common with those of others, so that it is told once
	peers []Operation // it compares their records: a field that is wrong there is told there
	judge func(s *session, f Format) outcome
}

// section is what the rules of one part of the catalogue have in common.
type section struct {
	op      Operation
	feature Feature
	spec    string
	rules   []rule
}

// catalogue is made once, of the sections in rules_*.go.
var catalogue = assemble(
	discoveryRules(), serviceRules(), definitionRules(), metadataRules(), formRules(), listRules(), recordRules(inList), volumeRules(), filterRules(), togetherRules(), answerRules(), itemRules(),
	singleRules(), errorRules(), createRules(), receiptRules(), filedRules(), textRules(), keptRules(), townRules(), refusalRules(), misfitRules(), attributeRules(), tokenRules(), deFactoRules(), updateRules(), anyRules(), labelRules(),
)

// byID finds rules for what depends on them. It is a function, since the rules must not depend on the catalogue.
func byID() map[string]*rule {
	m := make(map[string]*rule, len(catalogue))
	for i := range catalogue {
		m[catalogue[i].ID] = &catalogue[i]
	}
	return m
}

// since is the version in which a requirement appeared, unless it says otherwise.
const since = "v0.1.0"

func assemble(sections ...section) []rule {
	var list []rule
	for _, sec := range sections {
		for _, r := range sec.rules {
			r.Operation = orElse(r.Operation, sec.op)
			r.Feature = orElse(r.Feature, sec.feature)
			r.Spec = orElse(r.Spec, sec.spec)
			r.Since = orElse(r.Since, since)
			list = append(list, r)
		}
	}
	shapes(list)
	return list
}

// shapes: one writer makes all records of a server, and what it does to the list it does to single requests,
// receipts and tokens. It is told of the list.
func shapes(list []rule) {
	for i, r := range list {
		group, name, _ := strings.Cut(r.ID, "/")
		switch name {
		case "xml-root", "xml-item", "json-array", "formats-equal":
			if group == "request" || group == "create" || group == "token" {
				list[i].needs = append(r.needs, "requests/list/"+name)
			}
		}
	}
}

func orElse[T ~string](v, other T) T {
	if v == "" {
		return other
	}
	return v
}

// The makers of rules keep the catalogue a table: id, level, title, rule, what would be right, judge.

type judgeFunc = func(s *session, f Format) outcome

func each(id string, l Level, title, text, want string, j judgeFunc) rule {
	return rule{Requirement: Requirement{ID: id, Level: l, Title: title, Rule: text, Formats: bothFormats}, want: want, judge: j}
}

func inXML(id string, l Level, title, text, want string, j judgeFunc) rule {
	r := each(id, l, title, text, want, j)
	r.Formats = bothFormats[:1]
	return r
}

func inJSON(id string, l Level, title, text, want string, j judgeFunc) rule {
	r := each(id, l, title, text, want, j)
	r.Formats = bothFormats[1:]
	return r
}

func once(id string, l Level, title, text, want string, j func(s *session) outcome) rule {
	r := each(id, l, title, text, want, func(s *session, _ Format) outcome { return j(s) })
	r.Formats = nil
	return r
}

// at sets the section that a rule is from, where it is not the one of its neighbours.
func (r rule) at(spec string) rule { r.Spec = spec; return r }

// op sets the operation of a rule, where it is not the one of its neighbours.
func (r rule) op(op Operation) rule { r.Operation = op; return r }

// of sets the feature of a rule, where it is not the one of its neighbours.
func (r rule) of(f Feature) rule { r.Feature = f; return r }

// because names requirements whose breach is the cause of what this one would find: it is told once, there.
func (r rule) because(ids ...string) rule { r.needs = append(r.needs, ids...); return r }

// compares names the operations whose records a rule compares: a field that another rule has found wrong differs, and
// that is told once, there.
func (r rule) compares(ops ...Operation) rule { r.peers = ops; return r }

// wrapped is for rules about what stands around a document.
func (r rule) wrapped() rule {
	j := r.judge
	r.judge = func(s *session, f Format) outcome { return j(s, f).wrapped() }
	return r
}

// byCode is for rules that go by codes of services. Of which codes they go shows nothing if XML and JSON have others.
func (r rule) byCode() rule {
	j := r.judge
	r.judge = func(s *session, f Format) outcome {
		o := j(s, f)
		about := len(o.about) == 0 || slices.Contains(o.about, "service_code")
		if o.what == broke && o.cause == "" && about && s.codesDiffer() {
			return o.by("services/list/formats-equal")
		}
		return o
	}
	return r
}

// typed is for rules about the types of JSON: a server that writes numbers or truth as texts is told so once.
func (r rule) typed() rule { r.alike = "types"; return r }

// last makes a rule look at what the others brought.
func (r rule) last() rule { r.late = true; return r }

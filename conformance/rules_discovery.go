package conformance

import (
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"
)

const georeportV2 = "http://wiki.open311.org/GeoReport_v2"

func discoveryRules() section {
	return section{OpDiscovery, FeatureDiscovery, specFields, []rule{
		each("discovery/served", Should, "There is a discovery document",
			"An endpoint is described by a discovery document, which is there in XML and in JSON.",
			"status 200 and a document in this format", judgeDiscoveryServed).because("discovery/served/both"),
		once("discovery/served/both", Must, "Discovery in both formats", "A discovery document is there in XML and in JSON, if there is one.",
			"the document in the other format", judgeBothDiscoveries),
		inXML("discovery/xml-root", Must, "XML root of discovery", "The root element of the discovery document is discovery.",
			"<discovery>", onDiscovery(func(doc *node, x *exchange) outcome { return rootIs(doc, x, "discovery") })),
		inJSON("discovery/json-object", Must, "JSON form of discovery", "In JSON the discovery document is one object, without the root's name around it.",
			`{"changeset":…,"endpoints":[…]}`, onDiscovery(func(doc *node, x *exchange) outcome {
				if text := objectAlone(doc, discoveryFields); text != "" {
					return broken(x, "%s", text).wrapped()
				}
				return fine
			})),
		each("discovery/changeset", Must, "Changeset of the document", "The document says by its changeset when it was changed.",
			"a changeset that is not empty", discoveryField("changeset")),
		each("discovery/contact", Must, "Contact", "The document names whom to write to.",
			"a contact that is not empty", discoveryField("contact")),
		each("discovery/key-service", Must, "Key service", "The document says how to get an API key.",
			"a key_service that is not empty", discoveryField("key_service")),
		each("discovery/endpoints", Must, "List of endpoints", "The document lists one endpoint or more, as endpoint elements in endpoints, or as an array.",
			"endpoints with at least one endpoint", onDiscovery(judgeEndpointList)),
		each("discovery/endpoint-specification", Must, "Specification of an endpoint", "Every endpoint names the specification it follows, by a URL.",
			"a URL such as "+georeportV2, onEndpoints(absoluteURL("specification"))).because("discovery/endpoints"),
		each("discovery/endpoint-url", Must, "URL of an endpoint", "Every endpoint has an absolute URL.",
			"an http or https URL", onEndpoints(absoluteURL("url"))).because("discovery/endpoints"),
		each("discovery/endpoint-changeset", Must, "Changeset of an endpoint", "Every endpoint says by its changeset when its services were changed.",
			"a changeset that is not empty", onEndpoints(filled("changeset"))).because("discovery/endpoints"),
		each("discovery/endpoint-type", Must, "Type of an endpoint", "The type of an endpoint is production or test.",
			"production or test", onEndpoints(oneOf("type", "production", "test"))).because("discovery/endpoints"),
		each("discovery/endpoint-formats", Must, "Formats of an endpoint", "Every endpoint lists the MIME types it answers in, text/xml and application/json.",
			"formats with text/xml, application/json or both", onEndpoints(goodFormats)).because("discovery/endpoints"),
		each("discovery/georeport-v2", Must, "A GeoReport v2 endpoint", "An endpoint of GeoReport v2 has "+georeportV2+" as its specification.",
			"an endpoint with that specification", onDiscovery(judgeV2)).because("discovery/endpoints"),
		each("discovery/georeport-xml", Must, "XML is offered", "Every endpoint of GeoReport v2 offers text/xml, the format that all servers speak.",
			"text/xml among the formats", onV2(func(e *node) string {
				if !slices.Contains(formatsOf(e), "text/xml") {
					return "its formats are " + strings.Join(formatsOf(e), ", ")
				}
				return ""
			})),
		each("discovery/names-this-endpoint", Should, "The endpoint names itself", "One of the endpoints is the one that was checked.",
			"its URL among the endpoints", judgeOwnURL).because("discovery/endpoints", "discovery/endpoint-url"),
		once("discovery/formats-true", Must, "Formats are kept", "Every format that discovery announces for this endpoint is answered in.",
			"an answer to services in every announced format", judgeAnnounced),
		once("discovery/formats-equal", Must, "XML and JSON agree on discovery", "The discovery document says the same in XML and in JSON.",
			"the same values", judgeDiscoveryEqual).compares(OpDiscovery),
	}}
}

// discoveryCall finds out where the document is: where the target says, at the endpoint, or one level
// above it, beside several versions.
func (s *session) discoveryCall(f Format) call {
	base, name := s.target.Endpoint, "discovery"
	if u := s.target.DiscoveryURL; u != "" {
		u = strings.TrimSuffix(strings.TrimSuffix(u, ".xml"), ".json")
		if i := strings.LastIndexByte(u, '/'); i > 0 {
			base, name = u[:i], u[i+1:]
		}
		return call{op: OpDiscovery, format: f, path: name, base: base, naked: true}
	}
	// What discovery says is about the whole server: no jurisdiction_id.
	here := call{op: OpDiscovery, format: f, path: name, base: base, naked: true}
	for _, g := range bothFormats {
		here.format = g
		if x := s.get(here); x.ok() && sniff(x.body) != FormatNone {
			here.format = f
			return here
		}
	}
	above := here
	above.format, above.base = f, parentOf(base)
	if above.base != base && s.answersIn(above) {
		return above
	}
	here.format = f
	return here
}

func parentOf(endpoint string) string {
	u, err := url.Parse(endpoint)
	if err != nil || u.Path == "" || u.Path == "/" {
		return endpoint
	}
	u.Path, u.RawPath = strings.TrimRight(path.Dir(u.Path), "/"), ""
	return u.String()
}

// discovery returns the document, whatever the envelope.
func (s *session) discovery(f Format) (*node, *exchange, outcome) {
	x, o := s.reach(s.discoveryCall(f))
	if !good(o) {
		return nil, x, o
	}
	return readable(x)
}

func judgeDiscoveryServed(s *session, f Format) outcome {
	x, o := s.reach(s.discoveryCall(f))
	switch {
	case !good(o):
		return o
	case !x.ok():
		return broken(x, "status %d", x.status)
	case sniff(x.body) != f:
		return broken(x, "the answer is not %s", upper(f))
	}
	return fine
}

func judgeBothDiscoveries(s *session) outcome {
	x, o := s.reach(s.discoveryCall(FormatXML))
	if !good(o) {
		return o
	}
	j, o := s.reach(s.discoveryCall(FormatJSON))
	if !good(o) {
		return o
	}
	hasXML, hasJSON := x.ok() && sniff(x.body) == FormatXML, j.ok() && sniff(j.body) == FormatJSON
	switch {
	case !hasXML && !hasJSON:
		return cannot("there is no discovery document")
	case !hasXML:
		return broken(x, "status %d, %s", x.status, called(sniff(x.body)))
	case !hasJSON:
		return broken(j, "status %d, %s", j.status, called(sniff(j.body)))
	}
	return fine
}

func onDiscovery(check func(doc *node, x *exchange) outcome) judgeFunc {
	return func(s *session, f Format) outcome {
		doc, x, o := s.discovery(f)
		if !good(o) {
			return o
		}
		return check(doc, x)
	}
}

func discoveryField(name string) judgeFunc {
	return onDiscovery(func(doc *node, x *exchange) outcome {
		text := filled(name)(objectOf(doc, discoveryFields))
		if text == "" {
			return fine
		}
		o := broken(x, "%s", text)
		if objectOf(doc, discoveryFields).respelled(name) != "" {
			o.alike = "names"
		}
		return o
	})
}

func endpointsOf(doc *node) []*node { return objectOf(doc, discoveryFields).items("endpoints") }

func v2Endpoints(doc *node) []*node {
	return slices.DeleteFunc(slices.Clone(endpointsOf(doc)), func(e *node) bool {
		return e.value("specification") != georeportV2
	})
}

func judgeV2(doc *node, x *exchange) outcome {
	if len(v2Endpoints(doc)) == 0 {
		return broken(x, "none of %d endpoints has that specification", len(endpointsOf(doc)))
	}
	return fine
}

func judgeEndpointList(doc *node, x *exchange) outcome {
	list := objectOf(doc, discoveryFields).child("endpoints")
	switch {
	case list == nil || len(list.kids) == 0:
		return broken(x, "%s", objectOf(doc, discoveryFields).show("endpoints"))
	case x.format == FormatJSON && list.kind != kindList:
		return broken(x, "endpoints is %s", list.kind)
	case x.format == FormatXML:
		return judgeRows(list.kids, x, "element", func(r *node) string {
			if r.name != "endpoint" {
				return "it is a <" + r.name + ">"
			}
			return ""
		})
	}
	return fine
}

func onEndpoints(check func(*node) string) judgeFunc {
	return onDiscovery(func(doc *node, x *exchange) outcome {
		list := endpointsOf(doc)
		if len(list) == 0 {
			return cannot("the document lists no endpoints")
		}
		return judgeRows(list, x, "endpoint", check)
	})
}

func onV2(check func(*node) string) judgeFunc {
	return onDiscovery(func(doc *node, x *exchange) outcome {
		list := v2Endpoints(doc)
		if len(list) == 0 {
			return cannot("the document lists no endpoint of GeoReport v2")
		}
		return judgeRows(list, x, "endpoint", check)
	})
}

func absoluteURL(name string) func(*node) string {
	return func(r *node) string {
		if isURL(r.value(name)) {
			return ""
		}
		return r.show(name)
	}
}

func isURL(v string) bool {
	u, err := url.Parse(v)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && !strings.ContainsAny(v, " \t\r\n")
}

func formatsOf(e *node) []string {
	var list []string
	for _, k := range e.items("formats") {
		list = append(list, k.scalar())
	}
	return list
}

func goodFormats(e *node) string {
	list := formatsOf(e)
	if len(list) == 0 {
		return e.show("formats")
	}
	for _, v := range list {
		if v != "text/xml" && v != "application/json" {
			return fmt.Sprintf("one of its formats is %q", v)
		}
	}
	return ""
}

func judgeOwnURL(s *session, f Format) outcome {
	doc, x, o := s.discovery(f)
	if !good(o) {
		return o
	}
	var urls []string
	for _, e := range endpointsOf(doc) {
		v := strings.TrimRight(e.value("url"), "/")
		if sameURL(v, s.target.Endpoint) {
			return fine
		}
		urls = append(urls, v)
	}
	if len(urls) == 0 {
		return cannot("the document lists no endpoints")
	}
	return broken(x, "its endpoints are %s", strings.Join(urls, ", "))
}

// sameURL: the scheme may differ, for many servers are behind something that ends TLS.
func sameURL(a, b string) bool {
	_, a, _ = strings.Cut(a, "://")
	_, b, _ = strings.Cut(b, "://")
	return strings.EqualFold(a, b)
}

// judgeAnnounced asks in what discovery says about this endpoint, or about all if it is not among them.
func judgeAnnounced(s *session) outcome {
	var announced []string
	for _, f := range bothFormats {
		doc, _, o := s.discovery(f)
		if !good(o) {
			continue
		}
		for _, e := range v2Endpoints(doc) {
			announced = append(announced, formatsOf(e)...)
		}
	}
	if len(announced) == 0 {
		return cannot("discovery announces no format")
	}
	for _, f := range bothFormats {
		if !slices.Contains(announced, discoveryMIME[f]) {
			continue
		}
		x, o := s.reach(servicesCall(f))
		if !good(o) {
			return o
		}
		if !x.ok() || sniff(x.body) != f {
			o := broken(x, "%s is announced; the answer to services.%s has status %d and is %s", discoveryMIME[f], f, x.status, called(sniff(x.body)))
			if d, _ := s.reach(s.discoveryCall(f)); !d.ok() || sniff(d.body) != f {
				o = o.by("discovery/served/both") // this format is known nowhere
			}
			return o
		}
	}
	return fine
}

var discoveryMIME = map[Format]string{FormatXML: "text/xml", FormatJSON: "application/json"}

func called(f Format) string {
	if f == FormatNone {
		return "neither XML nor JSON"
	}
	return upper(f)
}

func judgeDiscoveryEqual(s *session) outcome {
	x, _, o := s.discovery(FormatXML)
	if !good(o) {
		return o
	}
	j, at, o := s.discovery(FormatJSON)
	if !good(o) {
		return o
	}
	if d := differ(objectOf(x, discoveryFields), objectOf(j, discoveryFields), ""); d.text != "" {
		return d.found(at, "discovery", "")
	}
	return fine
}

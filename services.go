package open311

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/go-open311/open311/internal/wire"
)

// ServiceType says what a city answers when a request for this service is filed.
type ServiceType string

// The types of services (GeoReport v2, GET Service List).
const (
	Realtime ServiceType = "realtime" // the id of the new request at once
	Batch    ServiceType = "batch"    // a token, which becomes an id later
	Blackbox ServiceType = "blackbox" // neither, ever
)

// Service is one kind of thing that can be reported (GeoReport v2, GET Service List). A zero field
// is one that the server did not send.
type Service struct {
	Code        string
	Name        string
	Description string
	Metadata    bool        // there is a definition with attributes to fill in
	Type        ServiceType // what comes of a report: an id, a token or neither
	Keywords    []string    // synonyms; mySociety's servers put flags such as "private" here
	Groups      []string    // categories; the specification knows one, mySociety's servers send several
	Extra       Extra
}

// ServiceDefinition lists what a service wants to know beyond the fields of every request
// (GeoReport v2, GET Service Definition). Attributes come in the order of the document; sort by
// Order to show them.
type ServiceDefinition struct {
	ServiceCode string
	Attributes  []Attribute
	Extra       Extra
}

// Datatype is the type of an attribute's value. Servers send words beyond those of the specification,
// such as Boston's Picklist; they are kept.
type Datatype string

// The datatypes of the specification.
const (
	DatatypeString          Datatype = "string"          // text without line breaks
	DatatypeNumber          Datatype = "number"          // digits, with a point and a sign
	DatatypeDatetime        Datatype = "datetime"        // ISO 8601
	DatatypeText            Datatype = "text"            // text that may have line breaks
	DatatypeSingleValueList Datatype = "singlevaluelist" // the key of one of Values
	DatatypeMultiValueList  Datatype = "multivaluelist"  // the keys of some of Values
)

// Attribute is one question of a service definition.
type Attribute struct {
	Code                string
	Datatype            Datatype
	Required            bool
	Variable            bool // false: Description is information for the user, or the caller's own system fills it in
	Order               int  // position, from 1; 0 if not given
	Description         string
	DatatypeDescription string // how to fill it in
	Values              []AttributeValue
	Extra               Extra
}

// AttributeValue is one choice: Key is sent, Name is shown.
type AttributeValue struct {
	Key  string `json:"key,omitempty"`
	Name string `json:"name,omitempty"`
}

// CatalogEntry is a service with its definition, which is nil if the service has none.
type CatalogEntry struct {
	Service    Service
	Definition *ServiceDefinition
}

// List returns all services (GET /services; GeoReport v2, GET Service List). What some servers can be asked for
// besides, such as the services of a place (lat, long) or names in a language (locale), goes into [CallParams].
//
// What the server has put beside the list is in the Extra of the first service. A service that cannot be
// read is left out, with a warning. A call that fails is an [*APIError], or a [*DecodeError] for an answer
// of which nothing can be read.
func (s *ServiceClient) List(ctx context.Context, opts ...CallOption) ([]Service, error) {
	c, err := s.conn().withOptions(opts)
	if err != nil {
		return nil, err
	}
	return listServices(ctx, c)
}

func listServices(ctx context.Context, c *conn) ([]Service, error) {
	k := &call{op: "GET services", method: http.MethodGet, path: c.path("services")}
	list, s, err := collect(ctx, c, k, serviceTable, nil)
	if err != nil {
		return nil, err
	}
	if len(list) > 0 {
		s.adopt(&list[0].Extra)
	}
	c.rememberServices(list)
	return list, nil
}

// Definition returns the attributes of a service (GET /services/{code}; GeoReport v2, GET Service
// Definition). It is needed only for services with Metadata. The error matches [ErrNotFound] if the
// server has no definition for this code.
//
// A definition that this client has read within the last hour is returned without a call, unless the options of the
// call ask for an answer: [CallFresh] does, and so do parameters, headers and [CallResponse].
func (s *ServiceClient) Definition(ctx context.Context, code string, opts ...CallOption) (*ServiceDefinition, error) {
	c, err := s.conn().withOptions(opts)
	if err != nil {
		return nil, err
	}
	return definition(ctx, c, code)
}

// definition returns the definition that is remembered, or else that of the server.
func definition(ctx context.Context, c *conn, code string) (*ServiceDefinition, error) {
	if c.call.isPlain() {
		if known := c.known(c.askedKey(code)); known.def != nil && known.by == c.cfg {
			return known.def.clone(), nil
		}
	}
	return getDefinition(ctx, c, code)
}

func getDefinition(ctx context.Context, c *conn, code string) (*ServiceDefinition, error) {
	if code == "" {
		return nil, &ValidationError{[]Problem{{Field: "code", Detail: "the service code is empty", Kind: ProblemMissing}}}
	}
	k := &call{op: "GET services/{code}", method: http.MethodGet, path: c.path("service", code)}
	list, a, err := collect(ctx, c, k, definitionTable, nil)
	if err != nil {
		return nil, err
	}
	for i := range list {
		a.adopt(&list[i].Extra)
		if list[i].ServiceCode == code {
			c.rememberDefinition(code, code, &list[i])
			return &list[i], nil
		}
	}
	if len(list) == 1 {
		// Another code than the one asked for: open311-to-Go finds definitions by an id of its own.
		c.rememberDefinition(code, cmp.Or(list[0].ServiceCode, code), &list[0])
		return &list[0], nil
	}
	if err := a.unread(); err != nil {
		return nil, err
	}
	return nil, a.missing("no definition of service " + code)
}

// Catalog yields every service with its definition, making one call for each service that has one and whose
// definition is not remembered, see [ServiceClient.Definition]. A
// definition that cannot be had is an error beside its service; the loop may go on. If the list itself
// cannot be had the only pair is nil and the error.
func (s *ServiceClient) Catalog(ctx context.Context, opts ...CallOption) iter.Seq2[*CatalogEntry, error] {
	return func(yield func(*CatalogEntry, error) bool) {
		c, err := s.conn().withOptions(opts)
		if err != nil {
			yield(nil, err)
			return
		}
		list, err := listServices(ctx, c)
		if err != nil {
			yield(nil, err)
			return
		}
		for _, service := range list {
			entry := &CatalogEntry{Service: service}
			var err error
			if service.Metadata {
				entry.Definition, err = definition(ctx, c, c.definitionKey(&service))
				if err != nil {
					err = fmt.Errorf("definition of service %s: %w", service.Code, err)
				}
			}
			if !yield(entry, err) || errors.Is(err, context.Canceled) || ctx.Err() != nil {
				return
			}
		}
	}
}

// definitionKey returns what the server finds the definition of a service by.
func (c *conn) definitionKey(service *Service) string {
	if name := c.definedBy(); name != "" {
		if key := strings.TrimSpace(service.Extra.String(name)); key != "" {
			return key
		}
	}
	return service.Code
}

// rememberServices notes which services are blackboxes.
func (c *conn) rememberServices(list []Service) {
	for i := range list {
		c.learned.blackbox.Put(c.serviceKey(list[i].Code), strings.EqualFold(string(list[i].Type), string(Blackbox)), 0)
	}
}

// isOrdinary reports whether the answer to a call is the one that any other call would get.
func (o *callOptions) isOrdinary() bool {
	return o == nil || o.params == nil && o.header == nil && !o.extensions
}

// isPlain reports whether an answer that is remembered will do for a call.
func (o *callOptions) isPlain() bool {
	return o.isOrdinary() && (o == nil || !o.fresh && o.response == nil)
}

// knownDefinition is a definition that was read, and by whom: clients that share a memory may read one document in
// different ways.
type knownDefinition struct {
	def *ServiceDefinition
	by  *config
}

// rememberDefinition notes what reports for a service are checked against, and, of an ordinary call, what was asked for.
// One of megabytes is not copied: it is asked for each time.
func (c *conn) rememberDefinition(asked, code string, d *ServiceDefinition) {
	size := d.size()
	if !c.learned.definitions.Fits(c.serviceKey(code), size) {
		c.learned.definitions.Put(c.serviceKey(code), knownDefinition{}, size) // an old one is not known any more
		return
	}
	known := knownDefinition{d.clone(), c.cfg}
	c.learned.definitions.Put(c.serviceKey(code), known, size)
	if c.call.isOrdinary() {
		c.learned.definitions.Put(c.askedKey(asked), known, size)
	}
}

// size is about how many bytes of memory a definition takes.
func (d *ServiceDefinition) size() int {
	const attribute, value = 256, 32
	n := attribute + len(d.ServiceCode) + d.Extra.size()
	for i := range d.Attributes {
		a := &d.Attributes[i]
		n += attribute + len(a.Code) + len(a.Datatype) + len(a.Description) + len(a.DatatypeDescription) + a.Extra.size()
		for _, v := range a.Values {
			n += value + len(v.Key) + len(v.Name)
		}
	}
	return n
}

// knownDefinition returns the definition of a service if this client has read it within the last hour.
func (c *conn) knownDefinition(code string) *ServiceDefinition {
	return c.known(c.serviceKey(code)).def
}

func (c *conn) known(key string) knownDefinition {
	v, _ := c.learned.definitions.Get(key)
	known, _ := v.(knownDefinition)
	return known
}

// askedKey is the key of the definition that the server gives for a code, which may be that of another service.
func (c *conn) askedKey(code string) string { return "asked\x00" + c.serviceKey(code) }

// clone returns a copy whose maps and lists are its own.
func (d *ServiceDefinition) clone() *ServiceDefinition {
	own := *d
	own.Extra, own.Attributes = maps.Clone(d.Extra), slices.Clone(d.Attributes)
	for i := range own.Attributes {
		a := &own.Attributes[i]
		a.Values, a.Extra = slices.Clone(a.Values), maps.Clone(a.Extra)
	}
	return &own
}

// isBlackbox reports whether a service answers no report with an id. What this client has not read yet
// it asks the server for: there is an answer in hand that says nothing, and it is either a receipt or a
// report in doubt.
func (c *conn) isBlackbox(ctx context.Context, code string) bool {
	is, known := c.learned.blackbox.Get(c.serviceKey(code))
	if !known {
		if _, err := listServices(ctx, c.quietly()); err != nil {
			return false
		}
		is, _ = c.learned.blackbox.Get(c.serviceKey(code))
	}
	return is
}

// findFormat finds out by a read which format the server speaks, where nobody has said it: a report is never
// sent in a second one, because no answer but words proves that it was not filed in the first. What the
// server answers to the read is no reason not to file; that it cannot be reached is.
func (c *conn) findFormat(ctx context.Context) error {
	if !c.undecided() {
		return nil
	}
	_, err := listServices(ctx, c.quietly())
	var ae *APIError
	var de *DecodeError
	if errors.As(err, &ae) || errors.As(err, &de) {
		return nil
	}
	return err
}

var serviceTable = wire.Register(&wire.Table[Service]{
	Root: "services", Item: "service",
	Roots:    []string{"service_list", "service_definition"},
	Identity: []string{"service_code", "service_name"},
	Key:      []string{"service_code"},
	Fields: func() []wire.Field[Service] {
		return []wire.Field[Service]{
			wire.ID("service_code", func(s *Service) *string { return &s.Code }),
			wire.String("service_name", func(s *Service) *string { return &s.Name }),
			wire.String("description", func(s *Service) *string { return &s.Description }),
			wire.Flag("metadata", func(s *Service) *bool { return &s.Metadata }),
			wire.String("type", func(s *Service) *string { return (*string)(&s.Type) }).Repeats(),
			wire.CSV("keywords", func(s *Service) *[]string { return &s.Keywords }),
			wire.Words("group", "group", func(s *Service) *[]string { return &s.Groups }, "groups").Plural("groups"),
		}
	},
	Extra: func(s *Service) *map[string]json.RawMessage { return (*map[string]json.RawMessage)(&s.Extra) },
})

var definitionTable = wire.Register(&wire.Table[ServiceDefinition]{
	Root:     "service_definition",
	Roots:    []string{"service_definitions", "services", "service"},
	Identity: []string{"service_code", "attributes", "attribute"},
	Key:      []string{"service_code"},
	Fields: func() []wire.Field[ServiceDefinition] {
		return []wire.Field[ServiceDefinition]{
			wire.ID("service_code", func(d *ServiceDefinition) *string { return &d.ServiceCode }),
			wire.ListOf("attributes", "attribute", func(d *ServiceDefinition) *[]Attribute { return &d.Attributes },
				attributeTable, "attribute"),
		}
	},
	Extra: func(d *ServiceDefinition) *map[string]json.RawMessage {
		return (*map[string]json.RawMessage)(&d.Extra)
	},
})

var attributeTable = wire.Register(&wire.Table[Attribute]{
	Root: "attributes", Item: "attribute",
	Identity: []string{"code"},
	Fields: func() []wire.Field[Attribute] {
		return []wire.Field[Attribute]{
			wire.Flag("variable", func(a *Attribute) *bool { return &a.Variable }),
			wire.ID("code", func(a *Attribute) *string { return &a.Code }),
			wire.String("datatype", func(a *Attribute) *string { return (*string)(&a.Datatype) }),
			wire.Flag("required", func(a *Attribute) *bool { return &a.Required }),
			wire.String("datatype_description", func(a *Attribute) *string { return &a.DatatypeDescription }),
			wire.Int("order", func(a *Attribute) *int { return &a.Order }),
			wire.String("description", func(a *Attribute) *string { return &a.Description }),
			wire.ListOf("values", "value", func(a *Attribute) *[]AttributeValue { return &a.Values }, valueTable),
		}
	},
	Extra: func(a *Attribute) *map[string]json.RawMessage { return (*map[string]json.RawMessage)(&a.Extra) },
})

var valueTable = wire.Register(&wire.Table[AttributeValue]{
	Root: "values", Item: "value",
	Fields: func() []wire.Field[AttributeValue] {
		return []wire.Field[AttributeValue]{
			wire.ID("key", func(v *AttributeValue) *string { return &v.Key }, "id", "code", "value"),
			wire.ID("name", func(v *AttributeValue) *string { return &v.Name }, "label", "text", "title"),
		}
	},
	// Plain words for values: open311-to-Go, fms-endpoint.
	Lone: func(v *AttributeValue, s string) bool { v.Key, v.Name = s, s; return true },
	Pair: func(v *AttributeValue, key, name string) { v.Key, v.Name = key, name },
	// The value of {"value":"a","text":"A"} is the key, that of {"key":"a","value":"A"} the name.
	Instead: func(name string, has func(string) bool) string {
		if name == "value" && (has("key") || has("id") || has("code")) && !has("name") && !has("label") && !has("text") {
			return "name"
		}
		return name
	},
})

package open311

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"

	"github.com/go-open311/open311/internal/wire"
)

// What programs store is written under the names of the specification. The records of servers are written by their
// tables, Extra beside the other fields; what is sent to servers by the tags of its struct. Versions before 0.1 wrote
// the names of Go, which are still read.

// MarshalJSON writes the receipt as the specification has it, with the fields of Extra beside the others. Fields that
// are zero are left out.
func (r Receipt) MarshalJSON() ([]byte, error) { return writeRecord(receiptTable, &r) }

// UnmarshalJSON reads what MarshalJSON has written.
func (r *Receipt) UnmarshalJSON(text []byte) error {
	type plain Receipt
	return readRecord(text, receiptTable, r, new(plain), "ID")
}

// MarshalJSON writes the service as the specification has it, with the fields of Extra beside the others. Fields that
// are zero are left out.
func (s Service) MarshalJSON() ([]byte, error) { return writeRecord(serviceTable, &s) }

// UnmarshalJSON reads what MarshalJSON has written.
func (s *Service) UnmarshalJSON(text []byte) error {
	type plain Service
	return readRecord(text, serviceTable, s, new(plain), "Code")
}

// MarshalJSON writes the definition as the specification has it, with the fields of Extra beside the others. Fields
// that are zero are left out.
func (d ServiceDefinition) MarshalJSON() ([]byte, error) { return writeRecord(definitionTable, &d) }

// UnmarshalJSON reads what MarshalJSON has written.
func (d *ServiceDefinition) UnmarshalJSON(text []byte) error {
	type plain ServiceDefinition
	return readRecord(text, definitionTable, d, new(plain), "ServiceCode")
}

// MarshalJSON writes the attribute as the specification has it, with the fields of Extra beside the others. Fields
// that are zero are left out.
func (a Attribute) MarshalJSON() ([]byte, error) { return writeRecord(attributeTable, &a) }

// UnmarshalJSON reads what MarshalJSON has written.
func (a *Attribute) UnmarshalJSON(text []byte) error {
	type plain Attribute
	return readRecord(text, attributeTable, a, new(plain), "Code")
}

func writeRecord[T any](t *wire.Table[T], src *T) ([]byte, error) {
	return wire.AppendJSON(nil, t.EncodeSet(src)), nil
}

// readRecord reads a record into dst. plain is a new T without its methods: a text with the names of Go, of which id
// is one, is read into that. A null leaves dst alone, as encoding/json has it.
func readRecord[T any](text []byte, t *wire.Table[T], dst *T, plain any, id string) error {
	var names map[string]json.RawMessage
	if err := json.Unmarshal(text, &names); err != nil || names == nil {
		return err
	}
	if names[id] != nil && names["Extra"] != nil {
		if err := json.Unmarshal(text, plain); err != nil {
			return err
		}
		*dst = reflect.ValueOf(plain).Elem().Convert(reflect.TypeFor[T]()).Interface().(T)
		return nil
	}
	var read T
	if err := t.ReadObject(text, &read); err != nil {
		return err
	}
	*dst = read
	return nil
}

// UnmarshalJSON reads a report that this or an earlier version has written.
func (n *NewRequest) UnmarshalJSON(text []byte) error {
	type plain NewRequest
	return readTagged(text, (*plain)(n))
}

// UnmarshalJSON reads a file that this or an earlier version has written.
func (m *Media) UnmarshalJSON(text []byte) error {
	type plain Media
	return readTagged(text, (*plain)(m))
}

// MarshalJSON writes the query under the names of the specification, without what is not set. The error says that it
// has an Area, of which nothing can be written.
func (q Query) MarshalJSON() ([]byte, error) {
	if q.Area != nil {
		return nil, errors.New("open311: a Query with an Area cannot be written as JSON: set the Area where it is read")
	}
	type plain Query
	return json.Marshal(plain(q))
}

// UnmarshalJSON reads a query that this or an earlier version has written.
func (q *Query) UnmarshalJSON(text []byte) error {
	type plain Query
	return readTagged(text, (*plain)(q))
}

// readTagged reads JSON into a struct with tags, also under the names that its fields have in Go.
func readTagged(text []byte, dst any) error {
	var values map[string]json.RawMessage
	if err := json.Unmarshal(text, &values); err != nil || values == nil {
		return err
	}
	for f := range reflect.TypeOf(dst).Elem().Fields() {
		tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if value, ok := values[f.Name]; ok && values[tag] == nil {
			values[tag] = value
			delete(values, f.Name)
		}
	}
	text, err := json.Marshal(values)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, dst)
}

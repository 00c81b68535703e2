package wire

import (
	"encoding/json"
	"errors"
	"math"
)

// ParseJSON makes a Value of JSON text, as tolerantly as records are read. What cannot be read at
// all becomes a Text. It is for writers: escaped control characters stay.
func ParseJSON(raw json.RawMessage) Value {
	s := &scan{src: raw, eof: true, depth: maxDepth, most: maxNodes, quiet: true, exact: true}
	i := skipSpace(raw, 0)
	if _, err := s.jsonValue(i, 2); err != nil || len(s.nodes) == 0 {
		return Value{Kind: Text, Text: string(raw)}
	}
	return s.value(0)
}

// value makes a Value of nodes[n].
func (s *scan) value(n int32) Value {
	d := &s.nodes[n]
	v := Value{Name: string(s.name(d)), Kind: d.kind}
	if d.kind < List {
		v.Text = string(s.text(d))
		return v
	}
	named := map[string]int{}
	for k := n + 1; k < d.next; k = s.nodes[k].next {
		kid := s.value(k)
		if d.kind == Object {
			if i, twice := named[kid.Name]; twice { // the last of several fields of one name counts
				v.Kids[i] = kid
				continue
			}
			named[kid.Name] = len(v.Kids)
		}
		v.Kids = append(v.Kids, kid)
	}
	return v
}

// ReadObject reads a JSON object as one record, whatever is in it: nothing of it is taken for an envelope or an error.
// It is for what [Table.EncodeSet] has written.
func (t *Table[T]) ReadObject(text []byte, dst *T) error {
	rd := t.Read(nil, &Options{MaxBytes: math.MaxInt64})
	defer rd.Close()
	r := rd.r
	r.format, r.s.src, r.s.eof = JSON, text, true
	i := skipSpace(text, 0)
	if i == len(text) || text[i] != '{' {
		return errors.New("open311: a record in JSON has to be an object")
	}
	if _, err := r.s.jsonRecord(i); err != nil {
		return err
	}
	r.m.reset()
	t.decode(&r.m, row{}, dst)
	return nil
}

package wire

import "encoding/json"

// open is a container of the envelope that has been entered.
type open struct {
	kind byte   // '[' or '{'; for XML '<'
	name string // XML
	path bool   // it stands on the path to the records
}

// tellEnvelope warns of what envelope says, once.
func (r *reader) tellEnvelope() {
	if r.envelope != "" {
		r.report(WarnEnvelope, r.envelope)
		r.envelope = ""
	}
}

// The steps in which the start of a document is looked at to find out where its records are.
var peekSizes = [...]int{4 << 10, 16 << 10, windowSize}

// probe reads the value at pos as far as a small window goes, sees at which level of it the records
// are, and sets path accordingly. It tries larger windows while it is not sure.
//
// The records are where the most fields of the table are: that finds them in every envelope that was
// seen and in those that were not, without a list of envelopes.
func (r *reader) probe() (best int32, err error) {
	for _, size := range peekSizes {
		if len(r.s.src)-r.pos < size && !r.s.eof {
			if err := r.more(size); err != nil {
				return -1, err
			}
		}
		full := r.s.src
		whole := r.s.eof && r.pos+size >= len(full)
		r.whole = whole
		if !whole {
			r.s.src = full[:min(len(full), r.pos+size)]
		}
		eof := r.s.eof
		r.s.eof = whole
		r.s.reset()
		if r.format == JSON {
			_, err = r.s.jsonValue(r.pos, 2)
		} else {
			_, err = r.s.xmlRecord(r.pos)
		}
		r.s.src, r.s.eof = full, eof
		r.closeOpen()
		score := 0
		r.keyed = false
		if best, score = r.best(); score >= 3 || whole || err == nil {
			break
		}
	}
	if err == errDeep {
		return -1, r.fail(r.pos, err)
	}
	return best, nil
}

// pathTo sets path to the names of the containers around nodes[to], down to the first array: what is
// inside an array is looked at item by item.
func (r *reader) pathTo(to int32) {
	r.path = r.path[:0]
	for k := int32(0); k < to; {
		d := &r.s.nodes[k]
		if d.next <= to {
			k = d.next
			continue
		}
		if r.format == XML || k > 0 {
			name := r.s.dict.table.roots[string(r.s.name(d))]
			if name == "" {
				name = string(r.s.name(d))
			}
			r.path = append(r.path, name)
		}
		if d.kind == List && r.format == JSON {
			return
		}
		k++
	}
}

// spread finds the records in nodes[n], which is an item of the list, and queues them.
func (r *reader) spread(n int32, depth int) error {
	s := &r.s
	d := &s.nodes[n]
	switch {
	case d.kind == Null && r.s.dict.table.item == "":
		return nil
	case d.kind < List:
		r.queue = append(r.queue, n)
		return nil
	case d.kind == Object && r.isRecord(n):
		if !r.hasIdentity(n) && s.looksLikeFault(n) {
			if f := s.faults(n); len(f) > 0 {
				return r.fault(f)
			}
		}
		r.queue = append(r.queue, n)
		return nil
	}
	before := len(r.queue)
	if depth < 5 {
		for k := n + 1; k < d.next; k = s.nodes[k].next {
			if s.nodes[k].kind >= List || d.kind == List {
				if err := r.spread(k, depth+1); err != nil {
					return err
				}
			}
		}
	}
	if len(r.queue) > before {
		if depth == 0 {
			r.report(WarnEnvelope, "a record inside another container")
		}
		return nil
	}
	if d.kind == List && d.next > n+1 {
		return nil
	}
	if s.looksLikeFault(n) {
		if f := s.faults(n); len(f) > 0 {
			return r.fault(f)
		}
	}
	r.queue = append(r.queue, n)
	return nil
}

// fault deals with an error among the records: in place of the first it is the answer, behind others
// it is a row that is no record.
func (r *reader) fault(f []Fault) error {
	if r.index == 0 && len(r.queue) == 0 {
		return &FaultError{f}
	}
	r.report(WarnRecord, "an error in place of a record was skipped")
	r.index++
	return nil
}

// addMeta keeps nodes[n], which stands beside the list.
func (r *reader) addMeta(n int32) {
	name := string(r.s.name(&r.s.nodes[n]))
	r.m.xml = r.format == XML
	raw := r.m.render(nil, n)
	if len(raw) > maxMeta || len(r.meta) >= 64 {
		r.report(WarnEnvelope, "left out what stands beside the list as "+r.s.sample([]byte(name)))
		return
	}
	if r.meta == nil {
		r.meta = map[string]json.RawMessage{}
	}
	r.meta[name] = raw
}

package wire

import "encoding/json"

// envelope is what stands around the records of a document, as far as it has been read.
type envelope struct {
	document
	path  []string // names of the containers around the records
	stack []open
	done  bool // the document's root is closed
	keyed bool // the records have ids: see Table.Key
	whole bool // the probe has seen all of the document
	// unusual is what is unusual about where the records are. It is told with the first of them: of an
	// error answer it would say nothing.
	unusual string
	queue   []int32 // records found in what was read last
	meta    map[string]json.RawMessage
}

// open is a container of the envelope that has been entered.
type open struct {
	kind byte   // '[' or '{'; for XML '<'
	name string // XML
	path bool   // it stands on the path to the records
}

// tellEnvelope warns of what unusual says, once.
func (e *envelope) tellEnvelope() {
	if e.unusual != "" {
		e.report(WarnEnvelope, e.unusual)
		e.unusual = ""
	}
}

// The steps in which the start of a document is looked at to find out where its records are.
var peekSizes = [...]int{4 << 10, 16 << 10, windowSize}

// probe reads the value at pos as far as a small window goes, sees at which level of it the records
// are, and sets path accordingly. It tries larger windows while it is not sure.
//
// The records are where the most fields of the table are: that finds them in every envelope that was
// seen and in those that were not, without a list of envelopes.
func (e *envelope) probe() (best int32, err error) {
	for _, size := range peekSizes {
		if len(e.s.src)-e.pos < size && !e.s.eof {
			if err := e.more(size); err != nil {
				return -1, err
			}
		}
		full := e.s.src
		whole := e.s.eof && e.pos+size >= len(full)
		e.whole = whole
		if !whole {
			e.s.src = full[:min(len(full), e.pos+size)]
		}
		eof := e.s.eof
		e.s.eof = whole
		e.s.reset()
		if e.format == JSON {
			_, err = e.s.jsonValue(e.pos, 2)
		} else {
			_, err = e.s.xmlRecord(e.pos)
		}
		e.s.src, e.s.eof = full, eof
		e.s.closeOpen()
		score := 0
		if best, score, e.keyed = e.s.best(); score >= 3 || whole || err == nil {
			break
		}
	}
	if err == errDeep {
		return -1, e.fail(e.pos, err)
	}
	return best, nil
}

// pathTo sets path to the names of the containers around nodes[to], down to the first array: what is
// inside an array is looked at item by item.
func (e *envelope) pathTo(to int32) {
	e.path = e.path[:0]
	for k := int32(0); k < to; {
		d := &e.s.nodes[k]
		if d.next <= to {
			k = d.next
			continue
		}
		if e.format == XML || k > 0 {
			name := e.s.dict.table.roots[string(e.s.name(d))]
			if name == "" {
				name = string(e.s.name(d))
			}
			e.path = append(e.path, name)
		}
		if d.kind == List && e.format == JSON {
			return
		}
		k++
	}
}

// spread finds the records in nodes[n], which is an item of the list, and queues them.
func (e *envelope) spread(n int32, depth int) error {
	s := &e.s
	d := &s.nodes[n]
	switch {
	case d.kind == Null && e.s.dict.table.item == "":
		return nil
	case d.kind < List:
		e.queue = append(e.queue, n)
		return nil
	case d.kind == Object && s.isRecord(n):
		if !s.hasIdentity(n) && s.looksLikeFault(n) {
			if f := s.faults(n); len(f) > 0 {
				return e.fault(f)
			}
		}
		e.queue = append(e.queue, n)
		return nil
	}
	before := len(e.queue)
	if depth < 5 {
		for k := n + 1; k < d.next; k = s.nodes[k].next {
			if s.nodes[k].kind >= List || d.kind == List {
				if err := e.spread(k, depth+1); err != nil {
					return err
				}
			}
		}
	}
	if len(e.queue) > before {
		if depth == 0 {
			e.report(WarnEnvelope, "a record inside another container")
		}
		return nil
	}
	if d.kind == List && d.next > n+1 {
		return nil
	}
	if s.looksLikeFault(n) {
		if f := s.faults(n); len(f) > 0 {
			return e.fault(f)
		}
	}
	e.queue = append(e.queue, n)
	return nil
}

// fault deals with an error among the records: in place of the first it is the answer, behind others
// it is a row that is no record.
func (e *envelope) fault(f []Fault) error {
	if e.index == 0 && len(e.queue) == 0 {
		return &FaultError{f}
	}
	e.report(WarnRecord, "an error in place of a record was skipped")
	e.index++
	return nil
}

// addMeta keeps nodes[n], which stands beside the list.
func (e *envelope) addMeta(n int32) {
	name := string(e.s.name(&e.s.nodes[n]))
	raw := e.m.render(nil, n)
	if len(raw) > maxMeta || len(e.meta) >= 64 {
		e.report(WarnEnvelope, "left out what stands beside the list as "+e.s.sample([]byte(name)))
		return
	}
	if e.meta == nil {
		e.meta = map[string]json.RawMessage{}
	}
	e.meta[name] = raw
}

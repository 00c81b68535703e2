package wire

import (
	"encoding/json"
	"slices"
)

// envelope is what stands around the records of a document, as far as it has been read.
type envelope struct {
	document
	path  []string // names of the containers around the records
	stack []open
	queue []row // records found in what was read last
	found
}

// found is what has been found in an envelope.
type found struct {
	done  bool // the document's root is closed
	keyed bool // the records have ids: see Table.Key
	whole bool // the probe has seen all of the document
	// unusual is what is unusual about where the records are. It is told with the first of them: of an
	// error answer it would say nothing.
	unusual string
	meta    map[string]json.RawMessage
	gone    skipped
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
		var score int
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

// spread finds the records in an item of the list, which is all that is in nodes, and queues them.
func (e *envelope) spread() error {
	s, n := &e.s, int32(0)
	d := &s.nodes[n]
	switch {
	case d.kind == Null && s.dict.table.item == "":
		return nil
	case d.kind < List, d.kind == Object && s.isPlain(n):
		e.queue = append(e.queue, row{n, n})
		return nil
	}
	found := s.inside(n, 0, nil)
	if len(found) == 0 {
		return e.spreadNothing(n)
	}
	if slices.ContainsFunc(found, func(k int32) bool { return s.weigh(k).keyed }) {
		found = slices.DeleteFunc(found, func(k int32) bool { return !s.weigh(k).keyed })
	}
	if found[0] != n {
		e.report(WarnEnvelope, "a record inside another container")
	}
	if len(found) == 1 {
		e.queue = append(e.queue, row{found[0], n})
		return nil
	}
	for _, k := range found {
		e.queue = append(e.queue, row{k, k})
	}
	for k := n + 1; k < d.next; k = s.nodes[k].next {
		if i, _ := slices.BinarySearch(found, k); i == len(found) || found[i] >= s.nodes[k].next {
			e.addMeta(k)
		}
	}
	return nil
}

// spreadNothing deals with an item in which there is no record.
func (e *envelope) spreadNothing(n int32) error {
	s := &e.s
	d := &s.nodes[n]
	if s.looksLikeFault(n) || d.kind == Object && s.refuses(n, false) {
		if f := s.faults(n); len(f) > 0 {
			e.fault(f)
			return nil
		}
	}
	switch {
	case d.kind == List || d.next == n+1 && s.dict.table.isRoot(s.name(d)) && string(s.name(d)) != s.dict.table.item:
		if !s.isEmpty(n) {
			return e.skip(errNoRecord)
		}
		return nil // a list that has nothing in it
	case s.dict.table.item == "" || s.keepEmpty || s.isEmpty(n):
		e.queue = append(e.queue, row{n, n})
		return nil
	}
	return e.skip(errNoRecord)
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

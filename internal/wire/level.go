package wire

import (
	"bytes"
	"encoding/json"
	"math/bits"
)

// begin looks at the start of the document: its charset, its format, and where its records are.
func (r *reader) begin() error {
	if err := r.decodeCharset(); err != nil {
		return err
	}
	c, ok, err := r.peek()
	if err != nil {
		return err
	}
	if !ok {
		if r.readErr != nil {
			return r.fail(r.pos, errCut)
		}
		return r.fail(r.pos, ErrEmpty)
	}
	switch {
	case c == '<':
		r.format = XML
		return r.beginXML()
	case c == '[' || c == '{' || c == '"' || r.startsWithNull():
		r.format = JSON
		return nil
	}
	if r.skipPadding() {
		r.format = JSON
		return nil
	}
	if r.skipJunk() {
		return r.begin()
	}
	return r.fail(r.pos, ErrFormat)
}

// skipJunk skips what a server has printed in front of the document, such as a warning of PHP: all up
// to an XML declaration, or to a line that begins with a bracket. It does so once.
func (r *reader) skipJunk() bool {
	b := r.s.src[r.pos:min(len(r.s.src), r.pos+4<<10)]
	at := bytes.Index(b, []byte("<?xml"))
	for _, start := range []string{"\n[", "\n{"} {
		if i := bytes.Index(b, []byte(start)); i >= 0 && (at < 0 || i+1 < at) {
			at = i + 1
		}
	}
	if at <= 0 || r.junk || bytes.HasPrefix(b, []byte("HTTP/")) {
		return false
	}
	r.junk = true
	r.pos += at
	r.report(WarnSyntax, "something in front of the document")
	return true
}

func (r *reader) startsWithNull() bool {
	b := r.s.src[r.pos:]
	return bytes.HasPrefix(b, []byte("null")) && (len(b) == 4 || ends(b[4]))
}

// skipPadding skips the call around a JSONP answer: cb([…]);
func (r *reader) skipPadding() bool {
	b := r.s.src[r.pos:]
	i := 0
	for i < len(b) && i < 64 && (isWord(b[i]) || b[i] == '.') {
		i++
	}
	if i == 0 || i >= len(b) || b[i] != '(' {
		return false
	}
	if i = skipSpace(b, i+1); i >= len(b) || b[i] != '[' && b[i] != '{' {
		return false
	}
	r.pos += i
	r.report(WarnEnvelope, "JSONP")
	return true
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

// closeOpen ends the containers that the window cut: so far their next is not behind them.
func (r *reader) closeOpen() {
	for i := range r.s.nodes {
		if d := &r.s.nodes[i]; d.next <= int32(i) {
			d.next = int32(len(r.s.nodes))
			if i+1 < len(r.s.nodes) && d.kind == Null {
				d.kind = Object
			}
		}
	}
}

// best returns the node of the first record: the first object that has a key, or, where none has one,
// the one with the most fields of the table, if possible in a list or under a name that lists have. score
// is how sure that is: 3 is enough.
func (r *reader) best() (node int32, score int) {
	node = -1
	table := r.s.dict.table
	most := 0
	for i := range r.s.nodes {
		d := &r.s.nodes[i]
		if d.kind != Object {
			continue
		}
		var seen uint64 // rows of the table: many fields of one name are a list, not a record
		for k := int32(i) + 1; k < d.next; k = r.s.nodes[k].next {
			f := table.field(r.s.name(&r.s.nodes[k]))
			if f == unknownField {
				continue
			}
			bit := uint64(1) << max(f, -2-f)
			if table.keys&bit != 0 && r.s.nodes[k].kind != Object {
				r.keyed = true
				return int32(i), 3
			}
			seen |= bit
		}
		n := bits.OnesCount64(seen)
		if n > 0 && r.listed(int32(i)) {
			n += 100
		}
		if n > most {
			node, most = int32(i), n
		}
	}
	if list := r.emptyList(); list >= 0 && most < 100 && r.s.nodes[list].next == list+1 && table.isRoot(r.s.name(&r.s.nodes[list])) {
		return -1, 0 // an empty list says more than what stands beside it
	}
	return node, most % 100
}

// listed reports whether nodes[n] is an item of a list or stands under a name that lists have.
func (r *reader) listed(n int32) bool {
	if n == 0 {
		return r.s.dict.table.item == "" // the document itself is the record
	}
	for k := int32(0); k < n; {
		d := &r.s.nodes[k]
		if d.next <= n {
			k = d.next
			continue
		}
		if name := r.s.name(d); d.kind == List || r.s.dict.table.isRoot(name) || genericRoots[string(name)] {
			return true
		}
		k++
	}
	return r.s.dict.table.isRoot(r.s.name(&r.s.nodes[n]))
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

// emptyList returns the node that is an empty list of records, or the list of the errors, or -1.
func (r *reader) emptyList() int32 {
	table := r.s.dict.table
	for i := range r.s.nodes {
		d := &r.s.nodes[i]
		if (d.kind != Bool && d.kind != Number && d.kind != Text) && (table.isRoot(r.s.name(d)) || genericRoots[string(r.s.name(d))]) {
			return int32(i)
		}
	}
	return -1
}

// genericRoots are names that servers of every kind put around their lists.
var genericRoots = map[string]bool{"data": true, "results": true, "result": true, "items": true, "response": true}

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

// hasKey reports whether the object nodes[n] has an id.
func (r *reader) hasKey(n int32) bool {
	s := &r.s
	for k := n + 1; k < s.nodes[n].next; k = s.nodes[k].next {
		if f := s.dict.table.field(s.name(&s.nodes[k])); f != unknownField && s.dict.table.keys>>max(f, -2-f)&1 != 0 {
			return true
		}
	}
	return false
}

// isRecord reports whether the object nodes[n] has a field of the table.
func (r *reader) isRecord(n int32) bool {
	s := &r.s
	for k := n + 1; k < s.nodes[n].next; k = s.nodes[k].next {
		d := &s.nodes[k]
		if d.entry > 0 && s.dict.entries[d.entry].field != unknownField || d.entry <= 0 && s.dict.table.field(s.name(d)) != unknownField {
			return true
		}
	}
	return false
}

// hasIdentity reports whether the object nodes[n] has a field that only a real record has.
func (r *reader) hasIdentity(n int32) bool {
	s := &r.s
	for k := n + 1; k < s.nodes[n].next; k = s.nodes[k].next {
		d := &s.nodes[k]
		if d.entry > 0 && s.dict.entries[d.entry].ident || d.entry <= 0 && s.dict.table.identity[string(s.name(d))] {
			return true
		}
	}
	return false
}

// isEmpty reports whether nothing in nodes[n] says anything.
func (r *reader) isEmpty(n int32) bool {
	s := &r.s
	for k := n + 1; k < s.nodes[n].next; k++ {
		if d := &s.nodes[k]; d.kind == Bool || d.kind == Number || d.kind == Text && len(trim(s.text(d))) > 0 {
			return false
		}
	}
	return true
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

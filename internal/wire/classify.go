package wire

import "math/bits"

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

// itemLike reports whether the element nodes[0], which stands where the records are, is one of them:
// it has a field of the table, or a name that records have.
func (r *reader) itemLike(n int32) bool {
	d := &r.s.nodes[n]
	isRecord := r.isRecord
	if r.keyed { // the records of this document have ids, so what has none is something else
		isRecord = r.hasKey
	}
	if r.s.dict.table.isRoot(r.s.name(d)) {
		return true
	}
	if d.kind < List {
		return false
	}
	for k := n; k < d.next; k++ {
		if r.s.nodes[k].kind == Object && isRecord(k) {
			return true
		}
	}
	return r.s.looksLikeFault(n) && len(r.s.faults(n)) > 0
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

package wire

import "math/bits"

// best returns the node of the first record: the first object that has a key, or, where none has one,
// the one with the most fields of the table, if possible in a list or under a name that lists have. score
// is how sure that is: 3 is enough. keyed is whether it has a key.
func (s *scan) best() (node int32, score int, keyed bool) {
	node = -1
	table := s.dict.table
	most := 0
	for i := range s.nodes {
		d := &s.nodes[i]
		if d.kind != Object {
			continue
		}
		var seen uint64 // rows of the table: many fields of one name are a list, not a record
		for k := int32(i) + 1; k < d.next; k = s.nodes[k].next {
			f := table.field(s.name(&s.nodes[k]))
			if f == unknownField {
				continue
			}
			bit := uint64(1) << max(f, -2-f)
			if table.keys&bit != 0 && s.nodes[k].kind != Object {
				return int32(i), 3, true
			}
			seen |= bit
		}
		n := bits.OnesCount64(seen)
		if n > 0 && s.listed(int32(i)) {
			n += 100
		}
		if n > most {
			node, most = int32(i), n
		}
	}
	if list := s.emptyList(); list >= 0 && most < 100 && s.nodes[list].next == list+1 && table.isRoot(s.name(&s.nodes[list])) {
		return -1, 0, false // an empty list says more than what stands beside it
	}
	return node, most % 100, false
}

// listed reports whether nodes[n] is an item of a list or stands under a name that lists have.
func (s *scan) listed(n int32) bool {
	if n == 0 {
		return s.dict.table.item == "" // the document itself is the record
	}
	for k := int32(0); k < n; {
		d := &s.nodes[k]
		if d.next <= n {
			k = d.next
			continue
		}
		if name := s.name(d); d.kind == List || s.dict.table.isRoot(name) || genericRoots[string(name)] {
			return true
		}
		k++
	}
	return s.dict.table.isRoot(s.name(&s.nodes[n]))
}

// emptyList returns the node that is an empty list of records, or the list of the errors, or -1.
func (s *scan) emptyList() int32 {
	table := s.dict.table
	for i := range s.nodes {
		d := &s.nodes[i]
		if (d.kind != Bool && d.kind != Number && d.kind != Text) && (table.isRoot(s.name(d)) || genericRoots[string(s.name(d))]) {
			return int32(i)
		}
	}
	return -1
}

// genericRoots are names that servers of every kind put around their lists.
var genericRoots = map[string]bool{"data": true, "results": true, "result": true, "items": true, "response": true}

// itemLike reports whether nodes[n], which stands where the records are, is one of them: it has a field
// of the table, or a name that records have. keyed says that the records of this document have keys, so
// that what has none is something else.
func (s *scan) itemLike(n int32, keyed bool) bool {
	d := &s.nodes[n]
	isRecord := s.isRecord
	if keyed {
		isRecord = s.hasKey
	}
	if s.dict.table.isRoot(s.name(d)) {
		return true
	}
	if d.kind < List {
		return false
	}
	for k := n; k < d.next; k++ {
		if s.nodes[k].kind == Object && isRecord(k) {
			return true
		}
	}
	return s.looksLikeFault(n) && len(s.faults(n)) > 0
}

// isRecord reports whether the object nodes[n] has a field of the table.
func (s *scan) isRecord(n int32) bool {
	for k := n + 1; k < s.nodes[n].next; k = s.nodes[k].next {
		d := &s.nodes[k]
		if d.entry > 0 && s.dict.entries[d.entry].field != unknownField || d.entry <= 0 && s.dict.table.field(s.name(d)) != unknownField {
			return true
		}
	}
	return false
}

// hasKey reports whether the object nodes[n] has an id.
func (s *scan) hasKey(n int32) bool {
	for k := n + 1; k < s.nodes[n].next; k = s.nodes[k].next {
		if f := s.dict.table.field(s.name(&s.nodes[k])); f != unknownField && s.dict.table.keys>>max(f, -2-f)&1 != 0 {
			return true
		}
	}
	return false
}

// hasIdentity reports whether the object nodes[n] has a field that only a real record has.
func (s *scan) hasIdentity(n int32) bool {
	for k := n + 1; k < s.nodes[n].next; k = s.nodes[k].next {
		d := &s.nodes[k]
		if d.entry > 0 && s.dict.entries[d.entry].ident || d.entry <= 0 && s.dict.table.identity[string(s.name(d))] {
			return true
		}
	}
	return false
}

// isEmpty reports whether nothing in nodes[n] says anything.
func (s *scan) isEmpty(n int32) bool {
	for k := n + 1; k < s.nodes[n].next; k++ {
		if d := &s.nodes[k]; d.kind == Bool || d.kind == Number || d.kind == Text && len(trim(s.text(d))) > 0 {
			return false
		}
	}
	return true
}

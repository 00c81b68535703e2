package wire

import (
	"bytes"
	"math/bits"
)

// weight is how much an object is like a record of the table.
type weight struct {
	strong int  // fields with a value that make a record
	weak   int  // fields that records have and other things as well
	keyed  bool // one of the strong ones is a key
	id     bool // one of the strong ones is an id
	named  bool // it has the name of a root or an item
}

// weigh counts the fields of the object nodes[n]. Many fields of one name are a list, not a record.
func (s *scan) weigh(n int32) (w weight) {
	table := s.dict.table
	var seen uint64
	for k := n + 1; k < s.nodes[n].next; k = s.nodes[k].next {
		d := &s.nodes[k]
		f := s.row(d)
		if f == unknownField {
			continue
		}
		bit := rowBit(f)
		if d.kind == Null || table.keys&bit != 0 && d.kind == Object && !s.holdsValue(k) {
			bit &^= table.identity
			w.weak++
		}
		w.id = w.id || bit&table.identity&table.ids != 0 && d.kind < List && looksLikeID(trim(s.text(d)))
		seen |= bit
	}
	w.strong = bits.OnesCount64(seen & table.identity)
	w.weak += bits.OnesCount64(seen &^ table.identity)
	w.keyed = seen&table.keys != 0
	w.named = table.isRoot(s.name(&s.nodes[n]))
	return w
}

// row returns the table's row for the node d.
func (s *scan) row(d *node) int16 {
	if d.entry > 0 {
		return s.dict.entries[d.entry].field
	}
	return s.dict.table.field(s.name(d))
}

// holdsValue reports whether the object nodes[n] has a member called value, as those of NGSI-LD have.
func (s *scan) holdsValue(n int32) bool {
	for k := n + 1; k < s.nodes[n].next; k = s.nodes[k].next {
		if string(s.name(&s.nodes[k])) == "value" && s.nodes[k].kind < List {
			return true
		}
	}
	return false
}

// looksLikeID reports whether b, which stands where an id does, is one and not a word about it ("is unknown").
func looksLikeID(b []byte) bool {
	return bytes.ContainsAny(b, "0123456789") && bytes.IndexByte(b, ' ') < 0
}

// isRecord reports whether an object of this weight, which is nodes[n], is a record. What refuses and has
// but one field of a record tells what is wrong with that field, unless that is an id: the status is then
// its own, if no words of an error are beside it.
func (s *scan) isRecord(n int32, w weight) bool {
	switch {
	case w.strong > 1:
		return true
	case w.strong == 1:
		return !s.refuses(n, w.keyed || w.id && !s.hasWords(n))
	}
	// A row that has neither id nor place nor date may still say something.
	return (w.weak > 0 && w.named || w.weak > 1 && s.isItem(n)) && !s.refuses(n, false) && !s.hasWords(n)
}

// isItem reports whether nodes[n] is an item of a JSON list.
func (s *scan) isItem(n int32) bool {
	if n == 0 {
		return s.item
	}
	return s.nodes[s.parent(n)].kind == List
}

// best returns the node of the first record: the first object that has a key, or, where none has one,
// the one with the most fields of the table, if possible in a list or under a name that lists have. score
// is how sure that is: 3 is enough. keyed is whether it has a key.
func (s *scan) best() (node int32, score int, keyed bool) {
	node = -1
	most := 0
	for i := range s.nodes {
		n := int32(i)
		if s.nodes[i].kind != Object {
			continue
		}
		w := s.weigh(n)
		if w.strong+w.weak == 0 || !s.isRecord(n, w) && !s.isWrapped(n, w) {
			continue
		}
		if w.keyed {
			return n, 3, true
		}
		count := w.strong + w.weak
		if s.listed(n) {
			count += 100
		}
		if count > most {
			node, most = n, count
		}
	}
	return node, most % 100, false
}

// isWrapped reports whether the object nodes[n], which is no record by itself, has an id beside it in its
// container: {"id":"17","attributes":{"status":"open"}}.
func (s *scan) isWrapped(n int32, w weight) bool {
	if n == 0 || w.weak == 0 || s.refuses(n, false) {
		return false
	}
	up := s.parent(n)
	if s.nodes[up].kind != Object {
		return false
	}
	for k := up + 1; k < s.nodes[up].next; k = s.nodes[k].next {
		if name := string(s.name(&s.nodes[k])); s.nodes[k].kind < List && (name == "id" || name == "_id") {
			return true
		}
	}
	return false
}

// parent returns the container of nodes[n]. It looks back as far as the node that it was asked for last, so that
// asking for one sibling behind the other is linear.
func (s *scan) parent(n int32) int32 {
	up := n - 1
	for s.nodes[up].next <= n {
		if up == s.child && up > 0 && s.nodes[s.up].next > n {
			up = s.up
			break
		}
		up--
	}
	s.child, s.up = n, up
	return up
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
		if d.kind == List || s.isListName(d) {
			return true
		}
		k++
	}
	return s.dict.table.isRoot(s.name(&s.nodes[n]))
}

// inList reports whether nodes[n] is anywhere in a list of JSON.
func (s *scan) inList(n int32) bool {
	for n > 0 {
		if n = s.parent(n); s.nodes[n].kind == List {
			return true
		}
	}
	return false
}

// emptyList returns the node that is a list of records and has none, or -1: an empty list under a name
// that lists have, or else null or an empty object under one.
func (s *scan) emptyList() int32 {
	found := int32(-1)
	for i := range s.nodes {
		d := &s.nodes[i]
		if d.kind != Null && d.kind < List || d.next > int32(i)+1 || !s.isListName(d) {
			continue
		}
		if d.kind == List {
			return int32(i)
		}
		if found < 0 {
			found = int32(i)
		}
	}
	return found
}

// namedList returns the first container under a name that the list of the table or its items have, or -1.
func (s *scan) namedList() int32 {
	for i := range s.nodes {
		if d := &s.nodes[i]; d.kind >= List && s.dict.table.isRoot(s.name(d)) {
			return int32(i)
		}
	}
	return -1
}

// isListName reports whether d has a name that lists of records have, at servers of every kind.
func (s *scan) isListName(d *node) bool {
	name := s.name(d)
	switch string(name) {
	case "data", "results", "result", "items", "response", "value", "content", "features", "records", "rows", "list",
		"hits", "docs", "documents", "entries", "objects", "_embedded", "d":
		return true
	}
	return s.dict.table.isRoot(name)
}

// itemLike reports whether nodes[n], which stands where the records are, is one of them: there is a record
// in it, or it has a name that records have. keyed says that the records of this document have keys, so
// that what has none is something else.
func (s *scan) itemLike(n int32, keyed bool) bool {
	d := &s.nodes[n]
	if s.dict.table.isRoot(s.name(d)) {
		return true
	}
	if d.kind < List {
		return false
	}
	for _, k := range s.inside(n, 0, nil) {
		if !keyed || s.weigh(k).keyed {
			return true
		}
	}
	return n > 0 && s.looksLikeFault(n) && len(s.faults(n)) > 0
}

// maxWrap is how many containers there may be around a record that is in an item of the list.
const maxWrap = 5

// inside appends the outermost records in nodes[n], which may be one itself.
func (s *scan) inside(n int32, depth int, out []int32) []int32 {
	d := &s.nodes[n]
	if d.kind == Object {
		if w := s.weigh(n); s.isRecord(n, w) || s.isWrapped(n, w) {
			return append(out, n)
		}
	}
	if d.kind < List || depth > maxWrap || isLinkName(s.name(d)) {
		return out
	}
	for k := n + 1; k < d.next; k = s.nodes[k].next {
		out = s.inside(k, depth+1, out)
	}
	return out
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

// isPlain reports whether the object nodes[n] is a record at first sight: it has two fields that make one.
func (s *scan) isPlain(n int32) bool {
	var seen uint16
	for k, end := n+1, s.nodes[n].next; k < end; {
		d := &s.nodes[k]
		k = d.next
		if d.entry <= 0 || d.kind == Null || d.kind >= List {
			continue
		}
		if seen |= s.dict.entries[d.entry].makes; seen&(seen-1) != 0 {
			return true
		}
	}
	return false
}

// isBlank reports whether the text of nodes[n] is blank.
func (s *scan) isBlank(n int32) bool { return len(trim(s.text(&s.nodes[n]))) == 0 }

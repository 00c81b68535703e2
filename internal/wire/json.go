package wire

import (
	"encoding/binary"
	"math/bits"
)

// jsonValue reads the JSON value at src[i], which is not white space, and appends its nodes. It
// returns the index behind it.
func (s *scan) jsonValue(i, depth int) (int, error) {
	if i >= len(s.src) {
		return i, s.cut()
	}
	switch s.src[i] {
	case '{':
		return s.jsonObject(i, depth)
	case '[':
		return s.jsonArray(i, depth)
	}
	s.nodes = append(s.nodes, node{entry: -1})
	return s.jsonScalar(i, len(s.nodes)-1)
}

// jsonRecord reads the object at src[i], whose fields are the fields of a record.
func (s *scan) jsonRecord(i int) (int, error) {
	return s.jsonObject(i, 1)
}

func (s *scan) jsonObject(i, depth int) (int, error) {
	if depth > s.depth {
		return i, errDeep
	}
	self := len(s.nodes)
	s.nodes = append(s.nodes, node{kind: Object, entry: -1, text: span{lo: uint32(i)}})
	b := s.src
	i++
	comma := true // before the first field none is needed
	for {
		for i < len(b) && b[i] <= ' ' {
			i++
		}
		if i >= len(b) {
			return i, s.cut()
		}
		switch b[i] {
		case '}':
			if comma && len(s.nodes) > self+1 {
				s.repairIn(self, WarnSyntax, "superfluous comma")
			}
			i++
			s.close(self, i)
			return i, nil
		case ',':
			// Two commas in a row, or one before the brace: not JSON, and clear enough.
			if comma {
				s.repairIn(self, WarnSyntax, "superfluous comma")
			}
			comma = true
			i++
			continue
		}
		var err error
		if len(s.nodes) >= s.most {
			return i, errMany
		}
		if !comma {
			s.repairIn(self, WarnSyntax, "missing comma between fields")
		} else if depth == 1 {
			from := i
			if i, comma, err = s.jsonFields(i); err != nil {
				return i, err
			} else if i > from {
				continue
			}
		}
		comma = false
		if i, err = s.jsonField(i, depth); err != nil {
			return i, err
		}
	}
}

// jsonFields reads fields of the record at i, each with the comma behind it, for as long as they come as
// they came in the record before and have plain values. It stops in front of the first that does not.
// All of this is done by jsonField as well, more slowly.
func (s *scan) jsonFields(i int) (end int, comma bool, err error) {
	b := s.src
	if s.loose { // which names are expected depends on the documents before; where a text ends must not
		return i, true, nil
	}
	for {
		e := s.dict.expected()
		if e == nil || len(s.nodes) >= s.most {
			return i, true, nil
		}
		j := i + len(e.json)
		if j >= len(b) || string(b[i:j]) != e.json {
			return i, true, nil
		}
		n := node{name: span{uint32(i + 1), uint32(j - 2)}, entry: s.dict.entries[s.dict.last].next, next: int32(len(s.nodes) + 1)}
		switch c := b[j]; {
		case c == '"':
			n.kind, n.flags = Text, quoted
			j++
			start := j
			var high span // from the first byte beyond ASCII to the last
			for {
				if len(b)-j < 8 {
					return i, true, nil
				}
				x := binary.LittleEndian.Uint64(b[j:])
				ends := stringEnds(x)
				if (ends|x)&highs == 0 {
					j += 8
					continue
				}
				ends = ends &^ x & highs
				if x &= highs & (ends - 1); x != 0 {
					high = high.with(x, j)
				}
				if j += bits.TrailingZeros64(ends) >> 3; ends != 0 {
					break
				}
			}
			if b[j] != '"' {
				s.nodes = append(s.nodes, n)
				if j, err = s.jsonStringTail(start, j, len(s.nodes)-1, false); err != nil {
					return j, false, err
				}
				s.dict.took()
				if j >= len(b) || b[j] != ',' {
					return j, false, nil
				}
				i = j + 1
				continue
			}
			n.text = span{uint32(start), uint32(j)}
			if high.hi > 0 {
				s.check(high)
			}
			j++
		case c == '-' || '0' <= c && c <= '9':
			k := jsonNumber(b, j)
			if k == j {
				return i, true, nil
			}
			n.kind, n.text = Number, span{uint32(j), uint32(k)}
			j = k
		case c == 'n' && len(b)-j > 4 && string(b[j:j+4]) == "null":
			n.text = span{uint32(j), uint32(j + 4)}
			j += 4
		default:
			return i, true, nil
		}
		if j >= len(b) || b[j] != ',' && b[j] != '}' {
			return i, true, nil
		}
		s.nodes = append(s.nodes, n)
		s.dict.took()
		if b[j] == '}' {
			return j, false, nil
		}
		i = j + 1
	}
}

// jsonField reads a name, a colon and a value.
func (s *scan) jsonField(i, depth int) (int, error) {
	b := s.src
	n := len(s.nodes)
	s.nodes = append(s.nodes, node{entry: -1})
	d := &s.nodes[n]
	if depth == 1 {
		if e := s.dict.expected(); e != nil && len(b)-i > len(e.json) && string(b[i:i+len(e.json)]) == e.json {
			d.name = span{uint32(i + 1), uint32(i + 1 + len(e.name))}
			d.entry = s.dict.took()
			i += len(e.json)
			return s.jsonFieldValue(i, n, depth)
		}
	}
	j, err := s.jsonName(i, n)
	if err != nil {
		return i, err
	}
	if depth == 1 {
		d = &s.nodes[n]
		d.entry = s.dict.find(s.name(d))
	}
	j = skipSpace(b, j)
	if j >= len(b) {
		return j, s.cut()
	}
	if b[j] != ':' {
		return j, s.fail(j, "no colon behind the name of a field")
	}
	return s.jsonFieldValue(j+1, n, depth)
}

// jsonName reads the name of a field into nodes[n].
func (s *scan) jsonName(i, n int) (int, error) {
	switch s.src[i] {
	case '"':
		return s.jsonString(i, n, true)
	case '\'':
		return s.jsonSingleQuoted(i, n, true)
	}
	// A name without quotes, as JavaScript writes it.
	j := i
	for j < len(s.src) && isWord(s.src[j]) {
		j++
	}
	if j >= len(s.src) {
		return j, s.cut()
	}
	if j == i {
		return i, s.fail(i, "no name where a field should start")
	}
	s.repairIn(n, WarnSyntax, "name without quotes")
	s.nodes[n].name = span{uint32(i), uint32(j)}
	return j, nil
}

// jsonFieldValue reads the value of the field nodes[n].
func (s *scan) jsonFieldValue(i, n, depth int) (int, error) {
	b := s.src
	for i < len(b) && b[i] <= ' ' {
		i++
	}
	if i >= len(b) {
		return i, s.cut()
	}
	if c := b[i]; c != '{' && c != '[' {
		return s.jsonScalar(i, n)
	}
	// The container makes a node of its own; give it the name and drop ours.
	field := s.nodes[n]
	s.nodes = s.nodes[:n]
	j, err := s.jsonValue(i, depth+1)
	if len(s.nodes) > n {
		d := &s.nodes[n]
		d.name, d.entry = field.name, field.entry
		d.flags |= field.flags & (nameScratch | repaired)
	}
	return j, err
}

func (s *scan) jsonArray(i, depth int) (int, error) {
	if depth > s.depth {
		return i, errDeep
	}
	self := len(s.nodes)
	s.nodes = append(s.nodes, node{kind: List, entry: -1, text: span{lo: uint32(i)}})
	b := s.src
	comma := true
	for i++; ; {
		i = skipSpace(b, i)
		if i >= len(b) {
			return i, s.cut()
		}
		switch b[i] {
		case ']':
			if comma && len(s.nodes) > self+1 {
				s.repairIn(self, WarnSyntax, "superfluous comma")
			}
			i++
			s.close(self, i)
			return i, nil
		case ',':
			if comma {
				s.repairIn(self, WarnSyntax, "superfluous comma")
			}
			comma = true
			i++
			continue
		}
		if len(s.nodes) >= s.most {
			return i, errMany
		}
		if !comma {
			s.repairIn(self, WarnSyntax, "missing comma between items")
		}
		comma = false
		var err error
		if i, err = s.jsonValue(i, depth+1); err != nil {
			return i, err
		}
	}
}

// close completes the container nodes[self], which ends before src[end].
func (s *scan) close(self, end int) {
	d := &s.nodes[self]
	d.text.hi = uint32(end)
	d.next = int32(len(s.nodes))
}

// jsonScalar reads a string, number or word into nodes[n].
func (s *scan) jsonScalar(i, n int) (int, error) {
	b := s.src
	d := &s.nodes[n]
	d.next = int32(n + 1)
	switch c := b[i]; {
	case c == '"':
		d.kind = Text
		d.flags |= quoted
		return s.jsonString(i, n, false)
	case c == '-' || '0' <= c && c <= '9':
		if j := jsonNumber(b, i); j > i && (j < len(b) || s.eof) && (j == len(b) || ends(b[j])) {
			d.kind, d.text = Number, span{uint32(i), uint32(j)}
			return j, nil
		}
	case c == 'n' && hasWord(b, i, "null"):
		d.text = span{uint32(i), uint32(i + 4)}
		return i + 4, nil
	case c == 't' && hasWord(b, i, "true"):
		d.kind, d.text = Bool, span{uint32(i), uint32(i + 4)}
		return i + 4, nil
	case c == 'f' && hasWord(b, i, "false"):
		d.kind, d.text = Bool, span{uint32(i), uint32(i + 5)}
		return i + 5, nil
	case c == '\'':
		return s.jsonSingleQuoted(i, n, false)
	}
	return s.jsonBare(i, n)
}

// jsonNumber returns the index behind the number at b[i], or i if it is not one.
func jsonNumber(b []byte, i int) int {
	j := i
	if j < len(b) && b[j] == '-' {
		j++
	}
	switch {
	case j >= len(b):
		return i
	case b[j] == '0':
		j++
	case '1' <= b[j] && b[j] <= '9':
		j = digits(b, j)
	default:
		return i
	}
	if j+1 < len(b) && b[j] == '.' && '0' <= b[j+1] && b[j+1] <= '9' {
		j = digits(b, j+1)
	}
	if j < len(b) && (b[j] == 'e' || b[j] == 'E') {
		k := j + 1
		if k < len(b) && (b[k] == '+' || b[k] == '-') {
			k++
		}
		if e := digits(b, k); e > k {
			j = e
		}
	}
	return j
}

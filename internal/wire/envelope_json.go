package wire

import "io"

// stepJSON reads on in a JSON document up to the next item of the list, or out of a container.
func (e *envelope) stepJSON() error {
	c, ok, err := e.peek()
	if err != nil {
		return err
	}
	if !ok {
		if len(e.stack) > 0 || !e.done || e.readErr != nil && !e.done {
			return e.fail(e.pos, errCut)
		}
		return io.EOF
	}
	if len(e.stack) == 0 {
		return e.topJSON(c)
	}
	top := e.stack[len(e.stack)-1]
	switch {
	case c == ',':
		e.pos++
		return nil
	case c == ']' && top.kind == '[', c == '}' && top.kind == '{':
		e.pos++
		e.stack = e.stack[:len(e.stack)-1]
		e.done = len(e.stack) == 0
		return nil
	case c == ']' || c == '}':
		return e.fail(e.pos, &syntaxError{e.pos, "a bracket that closes nothing"})
	case top.kind == '[' && c == '[':
		e.report(WarnEnvelope, "a list inside the list")
		return e.push('[', false)
	case top.kind == '[':
		return e.itemJSON()
	}
	return e.fieldJSON()
}

func (e *envelope) push(kind byte, onPath bool) error {
	if len(e.stack) >= e.s.depth {
		return e.fail(e.pos, errDeep)
	}
	e.pos++
	e.stack = append(e.stack, open{kind: kind, path: onPath})
	return nil
}

// topJSON reads what stands outside every container: the document, and what servers put behind it.
func (e *envelope) topJSON(c byte) error {
	if e.done {
		switch c {
		case '[', '{':
			e.report(WarnTrailing, "another list behind the first")
			e.done = false
		case ',':
			e.pos++
			return nil
		default:
			if !isPaddingEnd(e.s.src[e.pos:]) {
				e.report(WarnTrailing, "something behind the end")
			}
			return io.EOF
		}
	}
	switch c {
	case '[':
		if e.s.dict.table.item == "" {
			e.unusual = "a list around the record"
		}
		return e.push('[', true)
	case '{':
		return e.objectJSON()
	}
	// A lone scalar: null is an empty list, anything else is no list at all.
	null := e.startsWithNull()
	if err := e.valueJSON(); err != nil {
		return err
	}
	e.done = true
	if null {
		e.unusual = "null in place of a list"
		return nil
	}
	if f := e.s.faults(0); len(f) > 0 {
		return &FaultError{f}
	}
	return e.fail(e.pos, ErrList)
}

func isPaddingEnd(b []byte) bool {
	for _, c := range b {
		if c != ')' && c != ';' && c > ' ' {
			return false
		}
	}
	return true
}

// objectJSON decides whether the document's object is a record or an envelope.
func (e *envelope) objectJSON() error {
	best, err := e.probe()
	if err != nil {
		return err
	}
	if best >= 0 && e.s.refuses(0, best == 0) && !e.s.inList(best) && (best > 0 || e.s.weigh(0).strong < 2) {
		best = -1 // what stands there tells of the fields that are wrong
	}
	table := e.s.dict.table
	switch {
	case best == 0:
		if err := e.readJSON(true); err != nil {
			return err
		}
		e.queue = append(e.queue, row{})
		if table.item != "" && e.unusual == "" {
			e.unusual = "an object in place of a list"
		}
		e.done = true
		return nil
	case best > 0:
		e.pathTo(best)
	default:
		if ok, err := e.objectWithout(); !ok {
			return err
		}
	}
	if e.unusual = "a list wrapped in an object"; table.item == "" {
		e.unusual = "the record is inside another object"
	}
	return e.push('{', true)
}

// objectWithout decides what an object is in which no record was found. It reports whether it is an
// envelope, of an empty list or of one that is yet to come.
func (e *envelope) objectWithout() (bool, error) {
	s := &e.s
	list := s.emptyList()
	refused := s.refuses(0, false)
	if list >= 0 && s.nodes[list].kind == Null && s.looksLikeFault(0) {
		list = -1
	}
	if refused || list < 0 && s.looksLikeFault(0) {
		if f := s.faults(0); len(f) > 0 {
			return false, &FaultError{f}
		}
	}
	if list < 0 {
		list = s.namedList()
	}
	switch {
	case list > 0 && !refused:
		e.pathTo(list)
		if s.nodes[list].kind != Null {
			e.path = append(e.path, string(s.name(&s.nodes[list])))
		}
		return true, nil
	case !e.whole && s.dict.table.item != "":
		e.path = e.path[:0] // so much stands in front of the list, if there is one: see what comes
		return true, nil
	case s.keepEmpty && s.isEmpty(0), s.dict.table.item != "" && len(s.nodes) > 1 && s.isEmpty(0):
		if err := e.readJSON(true); err != nil {
			return false, err
		}
		e.done = true
		return false, e.spread()
	}
	return false, e.fail(e.pos, ErrList)
}

// itemJSON reads an item of the list and queues the records in it.
func (e *envelope) itemJSON() error {
	if e.s.src[e.pos] == '{' {
		if err := e.readJSON(false); err != nil || len(e.s.nodes) == 0 {
			return err
		}
		e.s.item = true
		return e.spread()
	}
	if err := e.valueJSON(); err != nil {
		return err
	}
	if e.s.nodes[0].kind == Null {
		e.skipBlank("a row that is null was skipped")
		return nil
	}
	return e.spread()
}

// readJSON reads the object at pos as a record, with its nodes from nodes[0] on; there are none if it
// had to be skipped. alone says that it is all there is, so that it cannot be skipped.
func (e *envelope) readJSON(alone bool) error {
	for loose := false; ; {
		e.s.reset()
		e.s.loose = loose
		end, err := e.s.jsonRecord(e.pos)
		switch err {
		case nil:
			e.s.record = e.s.src[e.pos:end]
			e.pos = end
			return nil
		case errMore:
			if err := e.again(); err != nil {
				return err
			}
			continue
		case errDeep, errMany:
			return e.fail(e.pos, err)
		}
		if !loose { // once more, with quotes that nobody has escaped
			loose = true
			continue
		}
		if err == errCut {
			return e.fail(e.pos, err)
		}
		if alone {
			return e.fail(e.pos, err)
		}
		if next := e.s.jsonSkipRecord(e.pos); next > 0 {
			e.s.record = e.s.src[e.pos:next]
			e.pos = next
			e.s.nodes = e.s.nodes[:0]
			return e.skip(err)
		}
		if e.s.eof {
			return e.fail(e.pos, err)
		}
		if err := e.again(); err != nil {
			return err
		}
	}
}

// valueJSON reads any value at pos, with its nodes from nodes[0] on.
func (e *envelope) valueJSON() error {
	for {
		e.s.reset()
		end, err := e.s.jsonValue(e.pos, 2)
		switch err {
		case nil:
			e.s.record = e.s.src[e.pos:end]
			e.pos = end
			return nil
		case errMore:
			if err := e.again(); err != nil {
				return err
			}
		default:
			return e.fail(e.pos, err)
		}
	}
}

// fieldJSON reads a field of an envelope: it leads to the records, is one, or stands beside them.
func (e *envelope) fieldJSON() error {
	name, behind, err := e.nameJSON()
	if err != nil {
		return err
	}
	depth := 0
	for _, o := range e.stack {
		if o.path {
			depth++
		}
	}
	onWay := depth <= len(e.path) && e.path[depth-1] == name
	if depth > len(e.path) { // inside the container of the records: each of its values is one
		onWay = false
	}
	e.pos = behind
	c, ok, err := e.peek()
	if err != nil {
		return err
	}
	switch {
	case !ok:
		return e.fail(e.pos, errCut)
	case onWay && (c == '[' || c == '{'):
		return e.push(c, true)
	case depth > len(e.path) && c == '{':
		err = e.readJSON(false)
	default:
		err = e.valueJSON()
	}
	if err != nil || len(e.s.nodes) == 0 {
		return err
	}
	if depth > len(e.path) && e.s.nodes[0].kind >= List && e.s.itemLike(0, e.keyed) {
		return e.spread()
	}
	e.nameMeta(name)
	return nil
}

// nameMeta keeps the value just read as a field beside the list.
func (e *envelope) nameMeta(name string) {
	e.s.scratch = append(e.s.scratch, name...)
	d := &e.s.nodes[0]
	d.name = span{uint32(len(e.s.scratch) - len(name)), uint32(len(e.s.scratch))}
	d.flags |= nameScratch
	e.addMeta(0)
}

// nameJSON reads a field's name at pos and returns the index behind its colon.
func (e *envelope) nameJSON() (name string, behind int, err error) {
	for {
		e.s.reset()
		e.s.nodes = append(e.s.nodes, node{entry: -1})
		i, err := e.s.jsonName(e.pos, 0)
		if err == nil {
			name = string(e.s.name(&e.s.nodes[0]))
			switch i = skipSpace(e.s.src, i); {
			case i >= len(e.s.src):
				err = e.s.cut()
			case e.s.src[i] != ':':
				err = e.s.fail(i, "no colon behind the name of a field")
			default:
				return name, i + 1, nil
			}
		}
		if err != errMore {
			return "", 0, e.fail(e.pos, err)
		}
		if err := e.again(); err != nil {
			return "", 0, err
		}
	}
}

package wire

import "io"

// stepJSON reads on in a JSON document up to the next item of the list, or out of a container.
func (r *reader) stepJSON() error {
	c, ok, err := r.peek()
	if err != nil {
		return err
	}
	if !ok {
		if len(r.stack) > 0 || !r.done || r.readErr != nil && !r.done {
			return r.fail(r.pos, errCut)
		}
		return io.EOF
	}
	if len(r.stack) == 0 {
		return r.topJSON(c)
	}
	top := r.stack[len(r.stack)-1]
	switch {
	case c == ',':
		r.pos++
		return nil
	case c == ']' && top.kind == '[', c == '}' && top.kind == '{':
		r.pos++
		r.stack = r.stack[:len(r.stack)-1]
		r.done = len(r.stack) == 0
		return nil
	case c == ']' || c == '}':
		return r.fail(r.pos, &syntaxError{r.pos, "a bracket that closes nothing"})
	case top.kind == '[' && c == '[':
		r.report(WarnEnvelope, "a list inside the list")
		return r.push('[', false)
	case top.kind == '[':
		return r.itemJSON()
	}
	return r.fieldJSON()
}

func (r *reader) push(kind byte, onPath bool) error {
	if len(r.stack) >= r.s.depth {
		return r.fail(r.pos, errDeep)
	}
	r.pos++
	r.stack = append(r.stack, open{kind: kind, path: onPath})
	return nil
}

// topJSON reads what stands outside every container: the document, and what servers put behind it.
func (r *reader) topJSON(c byte) error {
	if r.done {
		switch c {
		case '[', '{':
			r.report(WarnTrailing, "another list behind the first")
			r.done = false
		case ',':
			r.pos++
			return nil
		default:
			if !isPaddingEnd(r.s.src[r.pos:]) {
				r.report(WarnTrailing, "something behind the end")
			}
			return io.EOF
		}
	}
	switch c {
	case '[':
		if r.s.dict.table.item == "" {
			r.envelope = "a list around the record"
		}
		return r.push('[', true)
	case '{':
		return r.objectJSON()
	}
	// A lone scalar: null is an empty list, anything else is no list at all.
	null := r.startsWithNull()
	if err := r.valueJSON(); err != nil {
		return err
	}
	r.done = true
	if null {
		r.envelope = "null in place of a list"
		return nil
	}
	if f := r.s.faults(0); len(f) > 0 {
		return &FaultError{f}
	}
	return r.fail(r.pos, ErrList)
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
func (r *reader) objectJSON() error {
	best, err := r.probe()
	if err != nil {
		return err
	}
	table := r.s.dict.table
	switch {
	case best == 0:
		if err := r.readJSON(true); err != nil {
			return err
		}
		if err := r.spread(0, 0); err != nil {
			return err
		}
		if table.item != "" && r.envelope == "" {
			r.envelope = "an object in place of a list"
		}
		r.done = true
		return nil
	case best > 0:
		r.pathTo(best)
	default:
		list := r.emptyList()
		if list >= 0 && r.s.nodes[list].next == list+1 {
			r.pathTo(list)
			if r.s.nodes[list].kind != Null {
				r.path = append(r.path, string(r.s.name(&r.s.nodes[list])))
			}
			break
		}
		if r.s.looksLikeFault(0) {
			if f := r.s.faults(0); len(f) > 0 {
				return &FaultError{f}
			}
		}
		if len(r.s.nodes) <= 1 { // {}
			if err := r.valueJSON(); err != nil {
				return err
			}
			r.done = true
			if table.item == "" || r.s.nodes[0].next > 1 {
				return r.fail(r.pos, ErrList)
			}
			return r.spread(0, 0)
		}
		if list >= 0 {
			r.pathTo(list)
			r.path = append(r.path, string(r.s.name(&r.s.nodes[list])))
			break
		}
		if !r.whole && table.item != "" {
			r.path = r.path[:0] // so much stands in front of the list, if there is one: see what comes
			break
		}
		return r.fail(r.pos, ErrList)
	}
	if r.envelope = "a list wrapped in an object"; table.item == "" {
		r.envelope = "the record is inside another object"
	}
	return r.push('{', true)
}

// itemJSON reads an item of the list and queues the records in it.
func (r *reader) itemJSON() error {
	if r.s.src[r.pos] == '{' {
		if err := r.readJSON(false); err != nil || len(r.s.nodes) == 0 {
			return err
		}
		return r.spread(0, 0)
	}
	if err := r.valueJSON(); err != nil {
		return err
	}
	if r.s.nodes[0].kind == Null {
		r.report(WarnRecord, "a row that is null was skipped")
		r.index++
		return nil
	}
	return r.spread(0, 0)
}

// readJSON reads the object at pos as a record, with its nodes from nodes[0] on; there are none if it
// had to be skipped. alone says that it is all there is, so that it cannot be skipped.
func (r *reader) readJSON(alone bool) error {
	for {
		r.s.reset()
		end, err := r.s.jsonRecord(r.pos)
		switch err {
		case nil:
			r.s.record = r.s.src[r.pos:end]
			r.pos = end
			r.m.xml = false
			return nil
		case errMore:
			if err := r.again(); err != nil {
				return err
			}
			continue
		case errCut, errDeep, errMany:
			return r.fail(r.pos, err)
		}
		if alone {
			return r.fail(r.pos, err)
		}
		if next := r.s.jsonSkipRecord(r.pos); next > 0 {
			r.pos = next
			r.report(WarnRecord, "a row that cannot be read was skipped: "+err.Error())
			r.index++
			r.s.nodes = r.s.nodes[:0]
			return nil
		}
		if r.s.eof {
			return r.fail(r.pos, err)
		}
		if err := r.again(); err != nil {
			return err
		}
	}
}

// valueJSON reads any value at pos, with its nodes from nodes[0] on.
func (r *reader) valueJSON() error {
	for {
		r.s.reset()
		end, err := r.s.jsonValue(r.pos, 2)
		switch err {
		case nil:
			r.s.record = r.s.src[r.pos:end]
			r.pos = end
			return nil
		case errMore:
			if err := r.again(); err != nil {
				return err
			}
		default:
			return r.fail(r.pos, err)
		}
	}
}

// fieldJSON reads a field of an envelope: it leads to the records, is one, or stands beside them.
func (r *reader) fieldJSON() error {
	name, behind, err := r.nameJSON()
	if err != nil {
		return err
	}
	depth := 0
	for _, o := range r.stack {
		if o.path {
			depth++
		}
	}
	onWay := depth <= len(r.path) && r.path[depth-1] == name
	if depth > len(r.path) { // inside the container of the records: each of its values is one
		onWay = false
	}
	r.pos = behind
	c, ok, err := r.peek()
	if err != nil {
		return err
	}
	switch {
	case !ok:
		return r.fail(r.pos, errCut)
	case onWay && (c == '[' || c == '{'):
		return r.push(c, true)
	case depth > len(r.path) && c == '{':
		err = r.readJSON(false)
	default:
		err = r.valueJSON()
	}
	if err != nil || len(r.s.nodes) == 0 {
		return err
	}
	if depth > len(r.path) && r.s.nodes[0].kind >= List && r.itemLike(0) {
		return r.spread(0, 0)
	}
	r.nameMeta(name)
	return nil
}

// nameMeta keeps the value just read as a field beside the list.
func (r *reader) nameMeta(name string) {
	r.s.scratch = append(r.s.scratch, name...)
	d := &r.s.nodes[0]
	d.name = span{uint32(len(r.s.scratch) - len(name)), uint32(len(r.s.scratch))}
	d.flags |= nameScratch
	r.addMeta(0)
}

// nameJSON reads a field's name at pos and returns the index behind its colon.
func (r *reader) nameJSON() (name string, behind int, err error) {
	for {
		r.s.reset()
		r.s.nodes = append(r.s.nodes, node{entry: -1})
		i, err := r.s.jsonName(r.pos, 0)
		if err == nil {
			name = string(r.s.name(&r.s.nodes[0]))
			switch i = skipSpace(r.s.src, i); {
			case i >= len(r.s.src):
				err = r.s.cut(i)
			case r.s.src[i] != ':':
				err = r.s.fail(i, "no colon behind the name of a field")
			default:
				return name, i + 1, nil
			}
		}
		if err != errMore {
			return "", 0, r.fail(r.pos, err)
		}
		if err := r.again(); err != nil {
			return "", 0, err
		}
	}
}

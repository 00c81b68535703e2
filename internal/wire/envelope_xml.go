package wire

import (
	"io"
	"strings"
)

// beginXML finds the root of the document and the level of the records in it.
func (r *reader) beginXML() error {
	if err := r.checkHTML(); err != nil {
		return err
	}
	t, err := r.tagXML()
	if err != nil {
		return err
	}
	switch {
	case t.kind == xmlDone && r.readErr != nil:
		return r.fail(r.pos, errCut)
	case t.kind == xmlDone:
		return r.fail(r.pos, ErrEmpty)
	case t.kind == xmlEnd:
		return r.fail(t.at, &syntaxError{t.at, "an end tag before any start tag"})
	}
	if isHTML(r.s.src[t.name.lo:t.name.hi]) {
		if r.pos = t.at; r.skipJunk() {
			r.format = Unknown
			return r.begin()
		}
		return r.fail(t.at, ErrHTML)
	}
	r.pos = t.at
	if r.isSpec(t) {
		return nil
	}
	best, err := r.probe()
	if err != nil {
		return err
	}
	switch {
	case best >= 0:
		r.pathTo(best)
		r.envelopeXML(best)
		return nil
	case r.s.dict.table.item == "" && len(r.s.nodes) <= 1:
		// <service_definition/>: nothing in it, and that is all there is to say.
		if r.s.dict.table.isRoot(r.s.name(&r.s.nodes[0])) {
			r.path = r.path[:0]
			return nil
		}
	}
	list := r.emptyList()
	if f := r.s.faults(0); len(f) > 0 && r.s.looksLikeFault(0) {
		return &FaultError{f}
	}
	if list < 0 {
		return r.fail(r.pos, ErrList)
	}
	r.pathTo(list)
	r.path = append(r.path, string(r.s.name(&r.s.nodes[list])))
	return nil
}

// isSpec reports whether the root t, its first child and its first field are called as the
// specification has it, and sets path if so. It saves most documents the probe.
func (r *reader) isSpec(t xmlToken) bool {
	table := r.s.dict.table
	want := [...]string{table.root, table.item}
	for _, name := range want[:1+min(len(table.item), 1)] {
		if t.kind != xmlStart || t.empty || t.note != "" || string(r.s.src[t.name.lo:t.name.hi]) != name {
			return false
		}
		var err error
		if t, err = r.s.xmlNext(t.end); err != nil {
			return false
		}
	}
	if t.kind != xmlStart || !table.known(r.s.src[t.name.lo:t.name.hi]) {
		return false
	}
	r.path = r.path[:0]
	if table.item != "" {
		r.path = append(r.path, table.root)
	}
	return true
}

// envelopeXML warns if the records are not where the specification has them.
func (r *reader) envelopeXML(best int32) {
	if r.m.warn == nil {
		return
	}
	table := r.s.dict.table
	name := string(r.s.name(&r.s.nodes[best]))
	switch {
	case table.item == "":
		if len(r.path) > 0 || name != table.root {
			r.envelope = ("the record is in <" + r.s.sample([]byte(name)) + ">")
		}
	case len(r.path) != 1 || r.path[0] != table.root || name != table.item:
		r.envelope = ("the records are in <" + r.s.sample([]byte(strings.Join(append(r.path[:len(r.path):len(r.path)], name), "><"))) + ">")
	}
}

// checkHTML recognises a page by its doctype. Some start with an XML declaration (uReport).
func (r *reader) checkHTML() error {
	for {
		b := r.s.src[r.pos:min(len(r.s.src), r.pos+512)]
		if hasHTMLDoctype(b) {
			return r.fail(r.pos, ErrHTML)
		}
		if len(b) >= 512 || r.s.eof {
			return nil
		}
		if err := r.more(512); err != nil {
			return err
		}
	}
}

// tagXML returns the next tag outside the records, at or behind pos.
func (r *reader) tagXML() (xmlToken, error) {
	for {
		t, err := r.s.xmlNext(r.pos)
		if t.note != "" {
			r.report(WarnSyntax, t.note)
		}
		if err == nil {
			return t, nil
		}
		r.pos = t.at
		if err := r.again(); err != nil {
			return t, err
		}
	}
}

// stepXML reads on in an XML document up to the next item of the list, or out of a container.
func (r *reader) stepXML() error {
	t, err := r.tagXML()
	if err != nil {
		return err
	}
	switch t.kind {
	case xmlDone:
		r.pos = t.at
		if len(r.stack) > 0 || !r.done {
			return r.fail(r.pos, errCut)
		}
		return io.EOF
	case xmlEnd:
		return r.endXML(t)
	}
	name := r.s.src[t.name.lo:t.name.hi]
	level := len(r.stack)
	if level == 0 && r.done {
		if isHTML(name) {
			r.report(WarnTrailing, "a page behind the end")
			return io.EOF
		}
		r.report(WarnTrailing, "another root behind the first")
		r.done = false
	}
	if level < len(r.path) && string(name) == r.path[level] {
		r.pos = t.end
		if t.empty {
			r.done = level == 0
			return nil
		}
		r.stack = append(r.stack, open{kind: '<', name: r.path[level], path: true})
		return nil
	}
	if err := r.recordXML(t.at); err != nil {
		return err
	}
	r.done = level == 0
	if len(r.s.nodes) == 0 {
		return nil // skipped
	}
	if level < len(r.path) || !r.itemLike(0) {
		r.addMeta(0)
		return nil
	}
	return r.spread(0, 0)
}

// endXML closes the innermost container. An end tag that is spelt otherwise closes the container it
// names, if there is one, or else nothing.
func (r *reader) endXML(t xmlToken) error {
	name := string(r.s.src[t.name.lo:t.name.hi])
	r.pos = t.end
	for i := len(r.stack) - 1; i >= 0; i-- {
		if r.stack[i].name == name {
			if i < len(r.stack)-1 {
				r.report(WarnSyntax, "end tag missing before </"+r.s.sample([]byte(name))+">")
			}
			r.stack = r.stack[:i]
			r.done = i == 0
			return nil
		}
	}
	r.report(WarnSyntax, "end tag </"+r.s.sample([]byte(name))+"> that ends nothing")
	return nil
}

// recordXML reads the element at src[at] with its nodes from nodes[0] on. There are no nodes if it had
// to be skipped.
func (r *reader) recordXML(at int) error {
	r.pos = at
	for {
		r.s.reset()
		end, err := r.s.xmlRecord(r.pos)
		switch err {
		case nil:
			r.s.record = r.s.src[r.pos:end]
			r.pos = end
			r.m.xml = true
			return nil
		case errMore:
			if err := r.again(); err != nil {
				return err
			}
			continue
		case errCut, errDeep, errMany:
			return r.fail(r.pos, err)
		}
		if len(r.stack) == 0 {
			return r.fail(r.pos, err)
		}
		r.report(WarnRecord, "an element that cannot be read was skipped: "+err.Error())
		r.pos++ // behind its '<': the next tag is found from there
		r.s.nodes = r.s.nodes[:0]
		return nil
	}
}

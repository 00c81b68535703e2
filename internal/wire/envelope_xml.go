package wire

import (
	"bytes"
	"html"
	"io"
	"slices"
	"strings"
)

// beginXML finds the root of the document and the level of the records in it.
func (e *envelope) beginXML() error {
	if err := e.checkHTML(); err != nil {
		return err
	}
	t, err := e.tagXML()
	if err != nil {
		return err
	}
	switch {
	case t.kind == xmlDone && e.readErr != nil:
		return e.fail(e.pos, errCut)
	case t.kind == xmlDone:
		return e.fail(e.pos, ErrEmpty)
	case t.kind == xmlEnd:
		return e.fail(t.at, &syntaxError{t.at, "an end tag before any start tag"})
	}
	e.pos = t.at
	switch name := e.s.src[t.name.lo:t.name.hi]; {
	case isPage(name):
		return e.fail(t.at, ErrHTML)
	case isHTML(name):
		return e.skipJunk(ErrHTML)
	}
	if e.isSpec(t) {
		return nil
	}
	best, err := e.probe()
	if err != nil {
		return err
	}
	switch {
	case best >= 0:
		e.pathTo(best)
		e.envelopeXML(best)
		return nil
	case e.s.dict.table.item == "" && len(e.s.nodes) <= 1:
		// <service_definition/>: nothing in it, and that is all there is to say.
		if e.s.dict.table.isRoot(e.s.name(&e.s.nodes[0])) {
			e.path = e.path[:0]
			return nil
		}
	}
	list := e.s.emptyList()
	if f := e.s.faults(0); len(f) > 0 && (e.s.looksLikeFault(0) || e.s.refuses(0, false)) {
		return &FaultError{f}
	}
	if list < 0 {
		list = e.s.namedList()
	}
	if list < 0 {
		return e.fail(e.pos, ErrList)
	}
	e.pathTo(list)
	e.path = append(e.path, string(e.s.name(&e.s.nodes[list])))
	return nil
}

// isSpec reports whether the root t, its first child and its first field are called as the
// specification has it, and sets path if so. It saves most documents the probe.
func (e *envelope) isSpec(t xmlToken) bool {
	table := e.s.dict.table
	want := [...]string{table.root, table.item}
	for _, name := range want[:1+min(len(table.item), 1)] {
		if t.kind != xmlStart || t.empty || t.note != "" || string(e.s.src[t.name.lo:t.name.hi]) != name {
			return false
		}
		var err error
		if t, err = e.s.xmlNext(t.end); err != nil {
			return false
		}
	}
	if t.kind != xmlStart || !table.known(e.s.src[t.name.lo:t.name.hi]) {
		return false
	}
	e.path = e.path[:0]
	if table.item != "" {
		e.path = append(e.path, table.root)
	}
	return true
}

// envelopeXML warns if the records are not where the specification has them.
func (e *envelope) envelopeXML(best int32) {
	if e.m.warn == nil {
		return
	}
	table := e.s.dict.table
	name := string(e.s.name(&e.s.nodes[best]))
	switch {
	case table.item == "":
		if len(e.path) > 0 || name != table.root {
			e.unusual = "the record is in <" + e.s.sample([]byte(name)) + ">"
		}
	case len(e.path) != 1 || e.path[0] != table.root || name != table.item:
		e.unusual = "the records are in <" + e.s.sample([]byte(strings.Join(append(slices.Clip(e.path), name), "><"))) + ">"
	}
}

// checkHTML recognises a page by its doctype. Some start with an XML declaration (uReport).
func (e *envelope) checkHTML() error {
	for {
		b := e.s.src[e.pos:min(len(e.s.src), e.pos+512)]
		if hasHTMLDoctype(b) {
			return e.fail(e.pos, ErrHTML)
		}
		if len(b) >= 512 || e.s.eof {
			return nil
		}
		if err := e.more(512); err != nil {
			return err
		}
	}
}

// tagXML returns the next tag outside the records, at or behind pos.
func (e *envelope) tagXML() (xmlToken, error) {
	for {
		t, err := e.s.xmlNext(e.pos)
		if t.note != "" {
			e.report(WarnSyntax, t.note)
		}
		if err == nil {
			return t, nil
		}
		e.pos = t.at
		if err := e.again(); err != nil {
			return t, err
		}
	}
}

// stepXML reads on in an XML document up to the next item of the list, or out of a container.
func (e *envelope) stepXML() error {
	t, err := e.tagXML()
	if err != nil {
		return err
	}
	switch t.kind {
	case xmlDone:
		e.pos = t.at
		if len(e.stack) > 0 || !e.done {
			return e.fail(e.pos, errCut)
		}
		return io.EOF
	case xmlEnd:
		return e.endXML(t)
	}
	name := e.s.src[t.name.lo:t.name.hi]
	level := len(e.stack)
	if level == 0 && e.done {
		if isHTML(name) {
			e.report(WarnTrailing, "a page behind the end")
			return io.EOF
		}
		e.report(WarnTrailing, "another root behind the first")
		e.done = false
	}
	if level < len(e.path) && string(name) == e.path[level] {
		e.pos = t.end
		e.attrMeta()
		if t.empty {
			e.done = level == 0
			return nil
		}
		e.stack = append(e.stack, open{kind: '<', name: e.path[level], path: true})
		return nil
	}
	if err := e.recordXML(t.at); err != nil {
		return err
	}
	e.done = level == 0
	if len(e.s.nodes) == 0 {
		return nil // skipped
	}
	if level < len(e.path) || !e.s.itemLike(0, e.keyed) && !e.errorXML() {
		e.addMeta(0)
		return nil
	}
	return e.spread()
}

// errorXML reports whether the element at hand, which stands among the records, is one error and has the place of a record. A list
// of errors is the document's.
func (e *envelope) errorXML() bool {
	return e.s.nodes[0].kind == Object && bytes.EqualFold(e.s.name(&e.s.nodes[0]), []byte("error")) && len(e.s.faults(0)) > 0
}

// attrMeta keeps the attributes of a container around the records.
func (e *envelope) attrMeta() {
	for _, a := range e.s.attrs {
		name := string(e.s.src[a.name.lo:a.name.hi])
		e.s.reset()
		e.s.scratch = append(e.s.scratch, html.UnescapeString(string(a.value))...)
		e.s.nodes = append(e.s.nodes, node{kind: Text, flags: untyped | textScratch, text: span{0, uint32(len(e.s.scratch))}, next: 1})
		e.nameMeta(name)
	}
}

// endXML closes the innermost container. An end tag that is spelt otherwise closes the container it
// names, if there is one, or else nothing.
func (e *envelope) endXML(t xmlToken) error {
	name := string(e.s.src[t.name.lo:t.name.hi])
	e.pos = t.end
	for i, open := range slices.Backward(e.stack) {
		if open.name == name {
			if i < len(e.stack)-1 {
				e.report(WarnSyntax, "end tag missing before </"+e.s.sample([]byte(name))+">")
			}
			e.stack = e.stack[:i]
			e.done = i == 0
			return nil
		}
	}
	e.report(WarnSyntax, "end tag </"+e.s.sample([]byte(name))+"> that ends nothing")
	return nil
}

// recordXML reads the element at src[at] with its nodes from nodes[0] on. There are no nodes if it had
// to be skipped.
func (e *envelope) recordXML(at int) error {
	e.pos = at
	for {
		e.s.reset()
		end, err := e.s.xmlRecord(e.pos)
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
		case errCut, errDeep, errMany:
			return e.fail(e.pos, err)
		}
		if len(e.stack) == 0 {
			return e.fail(e.pos, err)
		}
		e.s.record = nil
		e.s.nodes = e.s.nodes[:0]
		_ = e.skip(err)
		e.pos++ // behind its '<': the next tag is found from there
		return nil
	}
}

package wire

import "errors"

// skipped is what became of the rows that gave no record.
type skipped struct {
	rows   int      // that are there and cannot be read
	errs   []*Error // of the first of them
	blank  int      // rows in which everything is empty
	given  int      // rows that could be read
	faults []Fault  // of the errors in front of the first record: the answer, if no record comes
	held   []*Error // where they are
}

// maxSkipped is of how many rows the errors are kept.
const maxSkipped = 16

var (
	errNoRecord = errors.New("a row that is no record: it has none of the fields that make one")
	errText     = errors.New("a row that is no record but a text")
)

// skip counts the row at hand as one that cannot be read.
func (e *envelope) skip(err error) error {
	e.gone.rows++
	if len(e.gone.errs) < maxSkipped {
		e.gone.keep(e.failRow(err))
	}
	e.report(WarnRecord, "skipped: "+err.Error())
	e.index++
	return nil
}

// skipBlank counts the row at hand as one that says nothing.
func (e *envelope) skipBlank(what string) {
	e.gone.blank++
	e.report(WarnRecord, what)
	e.index++
}

// fault deals with an error among the records: in front of the first it may be the answer, behind others
// it is a row that cannot be read.
func (e *envelope) fault(f []Fault) {
	err := &FaultError{f}
	if e.gone.given > 0 || len(e.queue) > 0 {
		_ = e.skip(err)
		return
	}
	if len(e.gone.held) < maxFaults {
		e.gone.held = append(e.gone.held, e.failRow(err))
		e.gone.faults = append(e.gone.faults, f...)
	}
	e.index++
}

// unhold takes the errors in front of the first record for rows that cannot be read.
func (e *envelope) unhold() {
	for _, err := range e.gone.held {
		e.gone.rows++
		e.gone.keep(err)
		if e.m.warn != nil {
			e.m.warn([]byte(err.Path), WarnRecord, "skipped: "+err.Err.Error())
		}
	}
	e.gone.held, e.gone.faults = nil, nil
}

// failRow makes an error of what is wrong with the row at hand.
func (e *envelope) failRow(err error) *Error {
	we, _ := e.fail(max(0, e.pos-len(e.s.record)), err).(*Error)
	return we
}

func (g *skipped) keep(err *Error) {
	if len(g.errs) < maxSkipped {
		g.errs = append(g.errs, err)
	}
}

// verdict is what the end of the document says about what was in it: the errors if there was nothing else,
// and if no row could be read why that is so.
func (e *envelope) verdict(end error) error {
	switch {
	case e.gone.given > 0:
		return end
	case len(e.gone.held) > 0:
		return &FaultError{e.gone.faults}
	case e.gone.rows > 0 && len(e.gone.errs) > 0:
		return e.gone.errs[0]
	}
	return end
}

package listing

// A server that heeds nothing gives one list, whatever it is asked. Two calls show that, each of which asks for several
// things at once that would bring another list if only one of them were heeded.

// isDeaf reports whether the list of an answer comes again for both. Where a page was seen to be heeded, they are not asked.
func (w *walk) isDeaf(list *response) (bool, error) {
	if w.belief.Paging != nil || list.meta.Next != "" || w.told.Brief || len(list.rows) == 0 || w.off(offQuestions) {
		return false, nil
	}
	for _, s := range w.mixed(list.sent) {
		r, err := w.page(s, true)
		if err != nil || r.err != nil || r.print() != list.print() {
			return false, err
		}
	}
	return true, nil
}

// deafTo returns errDates if the server was seen to heed nothing.
func (w *walk) deafTo(a *answer) error {
	no, err := w.isDeaf(a.response)
	if err == nil && no {
		w.dates, err = deaf, errDates
	}
	return err
}

// askedStates are those of the query, or all: rows of others that do not show their state would be given to the caller.
func (w *walk) askedStates() []string {
	if len(w.q.Statuses) > 0 && len(w.facet.statuses) > 0 {
		return w.facet.statuses
	}
	return stateWords[:]
}

// mixed are calls that a server answers with the list of so many rows only if it heeds nothing of them: the second page, and
// what is behind the list, one row less, one state, and a time before and behind all others.
func (w *walk) mixed(rows int) [2]Slice {
	long := w.slice(span{w.began() - longAgo, w.began() - longAgo + day})
	soon := w.slice(span{w.began() + safeStart, w.began() + safeStart + day})
	if !w.told.NoPage {
		long.Page = pageTwo
	}
	if !w.told.NoOffset {
		soon.Offset = rows
	}
	if !w.told.NoSize && w.belief.Size == nil {
		long.Size, soon.Size = rows-1, rows-1
	}
	if words := w.askedStates(); !w.told.NoStatus {
		long.Statuses, soon.Statuses = words[:1], words[len(words)-1:]
	}
	return [2]Slice{long, soon}
}

package redact

const (
	// maxLevels is how many levels of escaping are undone.
	maxLevels = 8

	// maxMixed is how many of them may each be of another kind.
	maxMixed = 5

	// maxViews is how many ways to read one text are tried. JSON in a form in a
	// page of HTML has a dozen.
	maxViews = 100
)

// kinds are the characters that begin an escape: of a URL, of a string in a
// program or in JSON, and of HTML or XML.
var kinds = [...]string{"%", `\`, "&"}

const allKinds = `%\&`

// views calls visit with a text and with every way to read it that undoes up to
// maxLevels of escaping, those with less to undo first.
//
// What was written last is to be undone first, and a text does not tell what
// that was: "%5Cu0034" may be the letter 4, or an escape that was itself the
// secret. To undo all kinds at once goes too far in the one half of a secret
// before it has gone far enough in the other, and what only stands beside it may
// eat its first letter (\u00 before 41). So each kind is undone alone as well, in
// every order; most orders read the same, and nothing is looked at twice.
//
// deeper reports that there are more levels than that, and endless that there
// are more ways than maxViews, which no one but an attacker writes.
func views(in string, visit func(*view)) (deeper, endless bool) {
	level := []*view{{text: in}}
	var seen map[string]bool // none for a text without escapes, as most are
	for depth := range maxLevels {
		var next []*view
		for _, v := range level {
			visit(v)
			for _, inner := range v.inner(depth < maxMixed) {
				if seen[inner.text] {
					continue
				}
				if len(seen) == maxViews {
					return true, true
				}
				if seen == nil {
					seen = map[string]bool{}
				}
				seen[inner.text] = true
				next = append(next, inner)
			}
		}
		if level = next; len(level) == 0 {
			return false, false
		}
	}
	return true, false
}

// inner returns the ways to undo one more level: all kinds at once, and each by
// itself where there are several.
func (v *view) inner(each bool) (all []*view) {
	if each {
		for _, kind := range kinds {
			if inner := v.undo(kind); inner != nil {
				all = append(all, inner)
			}
		}
	}
	if len(all) > 1 || !each {
		if inner := v.undo(allKinds); inner != nil {
			all = append(all, inner)
		}
	}
	return all
}

package match

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// likeness is what two texts have in common.
type likeness struct {
	kind     kind
	letters  int  // that agree
	replaced bool // other words stand where mine have stood
}

type kind uint8

const (
	silent     kind = iota // one of them says nothing
	same                   // the same text, in whatever spelling
	part                   // the one holds the other: it was cut, or framed
	renumbered             // much of it agrees, and a number does not: another report of a series
	akin                   // much of it agrees, but not enough to say so
	other                  // another text
)

const (
	leastPart   = 8   // letters that a text must have to be known again as a part of another one
	looseEnds   = 20  // the same where both have more than the part that agrees
	agreement   = 0.8 // share of the letters in what agrees, from its first word to its last
	maxWords    = 800 // a description has 4,000 characters
	maxPattern  = 40  // bytes of a word with question marks
	digitWeight = 3   // a number that differs counts more than a word: two reports may differ in nothing else
)

// compare says how like the text that is shown is to mine.
func compare(mine *text, shown string) likeness {
	theirs := readShown(shown, mine)
	best := alike(mine, theirs)
	for plain := shown; best.kind == other || best.kind == akin; {
		mended, ok := misread(plain)
		if !ok || mended == plain {
			break
		}
		if l := alike(mine, readShown(mended, mine)); better(l, best) {
			best = l
		}
		plain = mended
	}
	return best
}

func better(a, b likeness) bool {
	return a.kind != silent && (a.kind < b.kind || a.kind == b.kind && a.letters > b.letters)
}

func alike(mine, theirs *text) likeness {
	switch {
	case len(mine.words) == 0 && mine.shape == theirs.shape && strings.Contains(mine.shape, "?"):
		return likeness{kind: same, letters: 1} // nothing but emoji
	case len(mine.words) == 0:
		return likeness{}
	case mine.shape == theirs.shape:
		return likeness{kind: same, letters: max(len(strings.NewReplacer("?", "", " ", "").Replace(mine.shape)), strings.Count(mine.shape, "?")*2)}
	case theirs.letters == 0:
		return likeness{}
	case mine.joined == theirs.joined:
		return likeness{kind: same, letters: mine.letters}
	case mine.bare == theirs.bare && 2*len(mine.bare) >= mine.letters: // a blank for each letter that is not ASCII
		return likeness{kind: same, letters: len(mine.bare)}
	}
	if l, ok := within(mine, theirs); ok {
		return l
	}
	if !related(mine, theirs) {
		return likeness{kind: other}
	}
	a := align(mine, theirs)
	return a.judge(mine, theirs)
}

// within is the quick way for texts of which one holds the other letter by letter.
func within(mine, theirs *text) (likeness, bool) {
	short, long := mine, theirs
	if len(short.joined) > len(long.joined) {
		short, long = long, short
	}
	switch {
	case !strings.Contains(long.joined, short.joined), splitsNumber(long.joined, short.joined):
		return likeness{}, false
	case short.letters < leastPart && !(short.letters >= 3 && long.letters-short.letters <= 2):
		return likeness{}, true // a word that is in many texts says neither yes nor no
	}
	return likeness{kind: part, letters: short.letters}, true
}

// splitsNumber reports whether what is held begins or ends among digits: lamp 1 is not lamp 13.
func splitsNumber(long, short string) bool {
	i := strings.Index(long, short)
	digit := func(s string, i int) bool { return i >= 0 && i < len(s) && '0' <= s[i] && s[i] <= '9' }
	end := i + len(short)
	return digit(short, 0) && digit(long, i-1) || digit(short, len(short)-1) && digit(long, end)
}

// related is a quick look: texts that have few words in common need not be laid beside each other.
func related(mine, theirs *text) bool {
	known := make(map[string]bool, 2*len(mine.words))
	for _, w := range mine.words {
		known[w.fold], known[w.bare] = true, true
	}
	common, last := 0, lastWord(theirs.words)
	for i, w := range theirs.words {
		if known[w.fold] || strings.Contains(w.fold, "?") || i == last {
			common += w.size
		}
	}
	return 3*common >= min(mine.letters, theirs.letters)
}

// lastWord returns the index of the last word that is one.
func lastWord(words []word) int {
	for i, w := range slices.Backward(words) {
		if w.gap == 0 {
			return i
		}
	}
	return -1
}

// alignment is the longest sequence of words that two texts have in common, counted in letters.
type alignment struct {
	matched       int
	inside        stretch // between the first and the last word that agree
	before, after stretch // and outside
	renumbered    bool    // beside what agrees, they have different numbers
	replaced      bool    // between what agrees, words of mine stand where they have others
}

// stretch is what two texts have where they do not agree, in letters.
type stretch struct {
	a, b    int
	numbers int // of a: numbers, where the other text has blanked some
	digitsA string
	digitsB string // if they are the same, they were only written otherwise: 555-0199, 555 01 99
	blanked int    // that signs in b may stand for, at most
	cut     int    // the same for dots
}

// end takes out what is no difference, where the stretch ends.
func (s *stretch) end() stretch {
	out := *s
	if s.digitsA == s.digitsB {
		out.a, out.b = s.a-digitWeight*utf8.RuneCountInString(s.digitsA), s.b-digitWeight*utf8.RuneCountInString(s.digitsB)
	}
	return out
}

func (s *stretch) add(o stretch) {
	s.a, s.b, s.numbers, s.blanked, s.cut = s.a+o.a, s.b+o.b, s.numbers+o.numbers, s.blanked+o.blanked, s.cut+o.cut
}

// left returns how much of mine the signs of the other text do not explain. They may stand for no more than what agrees.
func (s *stretch) left(matched int) int {
	left := s.a - s.numbers - min(s.blanked, matched)
	if matched >= looseEnds {
		left -= s.cut
	}
	return max(0, left)
}

// agreeing returns a table of the letters that agree from a word of a and one of b on.
func agreeing(a, b []word, last int) [][]int32 {
	cells := make([]int32, (len(a)+1)*(len(b)+1))
	best := make([][]int32, len(a)+1)
	for i := range best {
		best[i], cells = cells[:len(b)+1], cells[len(b)+1:]
	}
	for i := range slices.Backward(a) {
		for j := range slices.Backward(b) {
			best[i][j] = max(best[i+1][j], best[i][j+1])
			if agree(a[i], b[j], j == last) {
				best[i][j] = max(best[i][j], best[i+1][j+1]+gain(a[i], b[j]))
			}
		}
	}
	return best
}

// gain is what a pair of words counts. More words are better than as many letters in fewer.
func gain(a, b word) int32 { return int32(min(a.size, b.size)) + 1 }

func align(mine, theirs *text) alignment {
	a, b := mine.words[:min(len(mine.words), maxWords)], theirs.words[:min(len(theirs.words), maxWords)]
	last := lastWord(b)
	best := agreeing(a, b, last)
	var out alignment
	var s stretch
	begun := false
	fromA, fromB := 0, 0 // where the stretch began
	for i, j := 0, 0; i < len(a) || j < len(b); {
		switch {
		case i < len(a) && j < len(b) && agree(a[i], b[j], j == last) && best[i][j] == best[i+1][j+1]+gain(a[i], b[j]):
			out.matched += min(a[i].size, b[j].size)
			onlyA, onlyB := a[fromA:i], b[fromB:j]
			out.renumbered = out.renumbered || begun && clash(head(onlyA), head(onlyB)) || clash(tail(onlyA), tail(onlyB)) ||
				i == len(a)-1 && shortened(a[i], b[j])
			end := s.end()
			out.replaced = out.replaced || begun && end.a > 0 && end.b > 0 && s.blanked == 0 && s.cut == 0
			if begun {
				out.inside.add(end)
			} else {
				out.before = end
			}
			begun, s = true, stretch{}
			i, j = i+1, j+1
			fromA, fromB = i, j
		case j == len(b) || i < len(a) && best[i+1][j] >= best[i][j+1]:
			s.miss(a[i], theirs.blanked)
			i++
		default:
			s.extra(b[j], theirs.blanked)
			j++
		}
	}
	out.after = s.end()
	out.renumbered = !theirs.blanked && (out.renumbered || clash(head(a[fromA:]), head(b[fromB:])))
	return out
}

// clash reports whether both have numbers in one place, and different ones. Cities leave numbers out and write them
// otherwise; none writes another one.
func clash(mine, shown []word) bool {
	a, b := digits(mine), digits(shown)
	return a != "" && b != "" && a != b
}

// shortened reports whether a number is shown without its end: it was cut, or is another one.
func shortened(mine, shown word) bool {
	return mine.digit && shown.size < mine.size && strings.HasPrefix(mine.fold, shown.fold)
}

// head returns the words with numbers that come first.
func head(words []word) []word {
	n := slices.IndexFunc(words, func(w word) bool { return !w.digit })
	if n < 0 {
		return words
	}
	return words[:n]
}

// tail returns those that come last.
func tail(words []word) []word {
	for i, w := range slices.Backward(words) {
		if !w.digit {
			return words[i+1:]
		}
	}
	return words
}

func digits(words []word) string {
	var b strings.Builder
	for _, w := range words {
		for _, r := range w.fold {
			if unicode.IsDigit(r) {
				b.WriteRune(r)
			}
		}
	}
	return b.String()
}

// miss notes a word that only my text has. A number that differs counts more.
func (s *stretch) miss(w word, blanked bool) {
	switch {
	case w.digit && blanked:
		s.a, s.numbers = s.a+w.size, s.numbers+w.size
	case w.digit:
		s.a, s.digitsA = s.a+digitWeight*w.size, s.digitsA+w.fold
	default:
		s.a += w.size
	}
}

// extra notes a word that only the other text has, or a sign that stands for words.
func (s *stretch) extra(w word, blanked bool) {
	switch {
	case w.gap == restLetters:
		s.cut += w.gap
	case w.gap > 0:
		s.blanked += w.gap
	case w.digit && !blanked:
		s.b, s.digitsB = s.b+digitWeight*w.size, s.digitsB+w.fold
	default:
		s.b += w.size
	}
}

// judge says what an alignment means.
func (a alignment) judge(mine, theirs *text) likeness {
	inside := a.inside.left(a.matched) + a.inside.b
	share := float64(a.matched) / float64(a.matched+inside)
	endsA, endsB := a.before.left(a.matched)+a.after.left(a.matched), a.before.b+a.after.b
	smallA, smallB := 5*endsA <= mine.letters, 5*endsB <= theirs.letters
	switch {
	case a.matched == 0:
		return likeness{kind: other}
	case a.renumbered && 2*a.matched >= min(mine.letters, theirs.letters):
		return likeness{kind: renumbered, letters: a.matched}
	case share >= agreement && smallA && smallB:
		return likeness{same, a.matched, a.replaced}
	case share >= agreement && (smallA || smallB) && a.matched >= leastPart,
		share >= agreement && a.matched >= looseEnds:
		return likeness{part, a.matched, a.replaced}
	case 2*a.matched >= min(mine.letters, theirs.letters):
		return likeness{kind: akin, letters: a.matched}
	}
	return likeness{kind: other}
}

// agree reports whether two words are one. The last word of what is shown may have been cut.
func agree(mine, shown word, last bool) bool {
	switch {
	case mine.fold == shown.fold, mine.bare != "" && mine.bare == shown.fold && mine.bare != mine.fold:
		return true
	case strings.Contains(shown.fold, "?") && len(shown.fold) <= maxPattern:
		return fits(shown.fold, mine.fold)
	}
	return last && shown.size < mine.size && strings.HasPrefix(mine.fold, shown.fold)
}

// fits reports whether a word fits a pattern, in which each '?' stands for up to four letters.
func fits(pattern, s string) bool {
	for pattern != "" {
		if pattern[0] != '?' {
			if s == "" || s[0] != pattern[0] {
				return false
			}
			pattern, s = pattern[1:], s[1:]
			continue
		}
		rest := strings.TrimLeft(pattern, "?")
		for most := 4 * (len(pattern) - len(rest)); ; most-- {
			if fits(rest, s) {
				return true
			}
			if most == 0 || s == "" {
				return false
			}
			_, size := utf8.DecodeRuneInString(s)
			s = s[size:]
		}
	}
	return s == ""
}

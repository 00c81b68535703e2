package match

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// text is a text made ready to be compared.
type text struct {
	raw     string
	words   []word
	letters int
	joined  string // all words, without blanks between them
	bare    string // the ASCII letters of them
	shape   string // what is left of it where other letters than ASCII become question marks
	digits  string // all of them
	blanked bool   // its numbers were made unreadable on purpose
}

// word is one word, or one sign of a script that has no blanks.
type word struct {
	fold  string // without case, accents and quotes; a '?' stands for what could not be read
	bare  string // without what is not ASCII: some databases drop it
	size  int    // letters and digits
	digit bool
	gap   int // for how many letters it may stand, if it is none but the sign of what was taken out
}

// Signs of what was taken out, in a text that is being read: runes for private use, which no city shows.
const (
	blank = '\uE000' // a name, a number, an address
	rest  = '\uE001' // anything, of any length
)

const (
	blankLetters = 40
	restLetters  = 4000
	leastMask    = 5 // digits, all of them the same
)

// read makes a text ready.
func read(s string) *text { return split(mend(s)) }

// split makes a text ready that needs no mending.
func split(s string) *text {
	t := &text{raw: s}
	t.shape = shape(t.raw)
	var current []rune
	var bare strings.Builder
	flush := func() {
		t.add(string(current), bare.String())
		current = current[:0]
		bare.Reset()
	}
	for _, r := range t.raw {
		switch {
		case isQuote(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Mn, r):
			continue
		case r == blank || r == rest:
			flush()
			t.words = append(t.words, word{gap: gapOf(r)})
			continue
		case r == '?' || r == unicode.ReplacementChar:
			current = append(current, '?')
			continue
		case !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.Mc, r):
			flush()
			continue
		}
		if r < 0x80 {
			bare.WriteRune(unicode.ToLower(r))
		}
		for _, f := range folded(r) {
			current = append(current, f)
		}
		if unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai) {
			flush()
		}
	}
	flush()
	var joined, plain, digits strings.Builder
	for _, w := range t.words {
		joined.WriteString(w.fold)
		plain.WriteString(w.bare)
		if w.digit {
			digits.WriteString(strings.Trim(w.fold, "abcdefghijklmnopqrstuvwxyz?"))
		}
	}
	t.joined, t.bare, t.digits = joined.String(), plain.String(), digits.String()
	return t
}

func gapOf(r rune) int {
	if r == rest {
		return restLetters
	}
	return blankLetters
}

// umlauts are written in two ways, and so one of them is chosen.
var umlauts = strings.NewReplacer("ae", "a", "oe", "o", "ue", "u")

func (t *text) add(fold, bare string) {
	if strings.Trim(fold, "?") == "" {
		return
	}
	w := word{fold: umlauts.Replace(fold), bare: bare, digit: strings.ContainsFunc(fold, unicode.IsDigit)}
	if len(fold) >= 3 && strings.Trim(fold, "x") == "" { // XXX-XXX-XXXX
		t.blanked = true
		t.words = append(t.words, word{gap: blankLetters})
		return
	}
	w.size = len([]rune(strings.ReplaceAll(w.fold, "?", "")))
	t.words = append(t.words, w)
	t.letters += w.size
}

var (
	starred   = pattern(`\*+|#+|•{2,}|_{3,}|█+`)
	bracketed = pattern(`\[[^\[\]]{1,40}\]|\([^()]{1,40}\)|\{[^{}]{1,40}\}`)
	ellipsis  = pattern(`\.{3,}|…`)
	numbers   = pattern(`\d+`)
	private   = strings.NewReplacer(string(blank), "", string(rest), "")
)

// readShown makes a text ready that stands for the text mine, if it is one: what is in brackets that are not in
// mine, or in stars, was blanked; so were numbers that are all zeros, or have gone. Dots may stand for all that lies
// between a beginning and an end.
func readShown(s string, mine *text) *text {
	s = private.Replace(mend(s))
	blanked := false
	s = ellipsis().ReplaceAllStringFunc(s, func(dots string) string {
		if strings.Contains(mine.raw, dots) {
			return dots
		}
		return string(rest)
	})
	hide := func(part string) string {
		if strings.Contains(mine.raw, part) {
			return part
		}
		blanked = true
		return string(blank)
	}
	s = bracketed().ReplaceAllStringFunc(s, hide)
	s = starred().ReplaceAllStringFunc(s, hide)
	t := split(s)
	if zeros(t.digits) && strings.Trim(mine.digits, t.digits[:1]) != "" {
		t = split(numbers().ReplaceAllString(s, string(blank)))
	}
	t.blanked = t.blanked || blanked || t.digits == "" && mine.digits != ""
	return t
}

// zeros reports whether digits look like what is put in place of others: zeros, or another digit so often that no number
// has it.
func zeros(digits string) bool {
	return len(digits) > 1 && strings.Trim(digits, digits[:1]) == "" && (digits[0] == '0' || len(digits) >= leastMask)
}

func isQuote(r rune) bool {
	return strings.ContainsRune("'\"`´‘’‚‛“”„‟«»‹›′″", r)
}

// folded returns a letter without case and accents; several for a ligature.
func folded(r rune) string {
	if r < 0x80 {
		return string(unicode.ToLower(r))
	}
	var b strings.Builder
	for _, d := range norm.NFKD.String(string(unicode.ToLower(r))) {
		if unicode.Is(unicode.Mn, d) {
			continue
		}
		if plain, ok := unaccented[d]; ok {
			b.WriteString(plain)
			continue
		}
		b.WriteRune(unicode.ToLower(d))
	}
	return b.String()
}

// unaccented are letters that Unicode does not take apart.
var unaccented = map[rune]string{'ß': "ss", 'æ': "a", 'œ': "o", 'ø': "o", 'ł': "l", 'đ': "d", 'ð': "d", 'ı': "i", 'þ': "th", 'ς': "σ"}

// shape keeps the ASCII letters and puts a question mark for each run of what a narrower character set lacks.
func shape(s string) string {
	var b strings.Builder
	last := ' '
	for _, r := range s {
		switch {
		case r < 0x80 && (unicode.IsLetter(r) || unicode.IsDigit(r)):
			r = unicode.ToLower(r)
		case r == '?' || r >= 0x80 && !unicode.IsSpace(r):
			if r = '?'; last == '?' {
				continue
			}
		default:
			if r = ' '; last == ' ' {
				continue
			}
		}
		b.WriteRune(r)
		last = r
	}
	return strings.TrimSpace(b.String())
}

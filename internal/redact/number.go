package redact

import (
	"regexp"
	"strings"
	"sync"
	"unicode"
)

const (
	minDigits  = 7         // a phone number has as many, without the codes that are dialled before it
	fewDigits  = 5         // and this many in a small town, where they are looked for as a number of their own
	maxDigits  = 20        // and not more than these
	maxBetween = 4         // marks between two digits of one number
	digitMarks = " -./()_" // those that people write themselves
	maxOdd     = 4         // others, in the last digits of a number: more of them are between the items of a list
)

// extension is what stands behind a number, in front of that of the room.
var extension = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(.*\d[ -./()_]*)(?:x|e?xt?\.?|extension|durchwahl|poste|#|,|;ext=) *\d{1,6}$`)
})

// phoneDigits returns the digits of what may be a phone number: digits, and the
// marks that people put between them. It returns "" for anything else.
func phoneDigits(s string) string {
	folded := strings.TrimPrefix((&view{text: s}).fold().text, "tel:")
	if parts := extension().FindStringSubmatch(folded); parts != nil {
		folded = parts[1]
	}
	var digits []byte
	for _, r := range folded {
		switch {
		case '0' <= r && r <= '9':
			digits = append(digits, byte(r))
		case !strings.ContainsRune(digitMarks, r):
			return ""
		}
	}
	if len(digits) < fewDigits || len(digits) > maxDigits {
		return ""
	}
	return string(digits)
}

// findNumbers appends where a folded view has one of the numbers, however its
// digits are set apart, and with or without the codes of its country and area.
func findNumbers(v *view, numbers []string, found []span) []span {
	if len(numbers) == 0 {
		return found
	}
	type place struct {
		at  int // in the view
		odd int // how many odd marks there are before it, as in ["555","0199"]
	}
	var digits []byte // of the view; a line end between those that are not of one number
	var places []place
	between, marks, oddly := maxBetween, 0, false
	for i, r := range v.text {
		digit := byte('\n')
		switch {
		case '0' <= r && r <= '9':
			if digit, between = byte(r), 0; oddly {
				marks++
			}
		case between < maxBetween && !unicode.IsLetter(r):
			between++
			oddly = oddly || !strings.ContainsRune(digitMarks, r)
			continue
		case between < maxBetween || len(digits) > 0 && digits[len(digits)-1] != '\n':
			between = maxBetween
		default:
			continue
		}
		digits, places, oddly = append(digits, digit), append(places, place{i, marks}), false
	}
	text := string(digits)
	for _, number := range numbers {
		tail := number[max(0, len(number)-minDigits):]
		for i := 0; ; {
			n := strings.Index(text[i:], tail)
			if n < 0 {
				break
			}
			from, end := i+n, i+n+len(tail)
			known := len(number) - len(tail)
			for from > i && known > 0 && text[from-1] == number[known-1] {
				from--
				known--
			}
			for from > i && text[from-1] == '0' { // dialled before an area or a country
				from--
			}
			first, behind := places[from].at, places[end-1].at+1
			marks := places[end-1].odd - places[i+n].odd
			if len(tail) == minDigits && marks <= maxOdd || !digitAt(v.text, first-1) && !digitAt(v.text, behind) && marks == 0 {
				found = append(found, v.span(first, behind))
			}
			i = end
		}
	}
	return found
}

func digitAt(s string, i int) bool { return 0 <= i && i < len(s) && decimal(s[i]) }

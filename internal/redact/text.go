package redact

import (
	"slices"
	"strings"
)

// find appends where what follows secret names stands in a view. It is one pass
// over the text that looks back a bounded distance, and ahead only over what it
// then hides or steps over: linear, whatever a server sends.
//
// Values that were found with their ends where there was less to undo are not
// looked at again, for some of their quotes were escaped. Those that are found
// now are kept in v, in order.
func (n names) find(v *view, found []span) []span {
	in := v.text
	whole, wholes := v.whole, slices.Clip(v.whole)
	for i := 0; i < len(in); {
		h := hit{quote: -1}
		next := i + 1
		switch {
		case strings.HasPrefix(in[i:], "://"):
			h = userinfo(in, i+len("://"))
		case in[i] == '%' && nameLetter(in, i) == 0:
			if _, size := hexRune(in[i:], "%", 2); size > 0 {
				next = i + size
			}
		case nameLetter(in, i) > 0:
			for next = i; next < len(in) && nameLetter(in, next) > 0; {
				next += nameLetter(in, next)
			}
			if name := plainName(in[i:next]); n.secret(name) {
				h = n.valueOf(in, i, next, name)
			}
		}
		if h.to > h.from {
			s := v.span(h.from, h.to)
			if h.quote >= 0 {
				q := v.span(h.quote, h.quote+1) // as the text writes it
				s.quoteFrom, s.quoteTo = q.from, q.to
			}
			for len(whole) > 0 && whole[0].to < s.from {
				whole = whole[1:]
			}
			if len(whole) == 0 || s.from < whole[0].from {
				found = append(found, s)
				if h.whole {
					wholes = append(wholes, s)
				}
			}
			next = max(h.to, next)
		}
		i = next
	}
	slices.SortFunc(wholes, func(a, b span) int { return a.from - b.from })
	v.whole = wholes
	return found
}

// nameLetter returns the length of a letter of a name, which may be escaped as
// in api%5Fkey; 0 if there is none.
func nameLetter(in string, i int) int {
	if nameByte(in[i]) {
		return 1
	}
	if c, n := hexRune(in[i:], "%", 2); n > 0 && nameByte(byte(c)) {
		return n
	}
	return 0
}

func plainName(name string) string {
	if len(name) > 3*maxName {
		return ""
	}
	if strings.IndexByte(name, '%') >= 0 {
		name = (&view{text: name}).unescape().text
	}
	return normalize(name)
}

// A hit is a piece of a view to hide.
type hit struct {
	from, to int
	quote    int  // where the quote stands that the mask should have on both sides; -1 for none
	whole    bool // it is a string or a list, with its end
}

// userinfo finds the user and the password in the authority that begins at i.
func userinfo(in string, i int) hit {
	end := len(in)
	if n := strings.IndexAny(in[i:], "/?#\\\"'<> \t\r\n"); n >= 0 {
		end = i + n
	}
	at := strings.LastIndexByte(in[i:end], '@')
	if at < 0 {
		return hit{quote: -1}
	}
	return hit{from: i, to: i + at, quote: -1}
}

// valueOf finds the value of the secret name in[i:j], if one follows.
func (n names) valueOf(in string, i, j int, name string) hit {
	none := hit{quote: -1}
	if quoted(in, i, j) {
		if n.secretMember(name) {
			return memberValue(in, i-1, j+1)
		}
		return none
	}
	if openTag(in, i) {
		if n.secretMember(name) {
			return elementValue(in, i, j)
		}
		return none
	}
	j = skipBracket(in, j)
	switch {
	case j >= len(in):
		return none
	case in[j] == '=':
		return plainValue(in, j+1)
	case in[j] == ':' && endsWithLine(name):
		return lineValue(in, j+1)
	case in[j] == ':':
		return adjacentValue(in, j+1, name)
	}
	return none
}

// quoted reports whether in[i:j] stands in quotes.
func quoted(in string, i, j int) bool {
	return i > 0 && j < len(in) && in[i-1] == in[j] && (in[j] == '"' || in[j] == '\'')
}

// skipBracket steps over the end of attribute[email] and attribute%5Bemail%5D,
// and over a following [].
func skipBracket(in string, j int) int {
	for _, b := range []string{"]", "%5D", "%5d", "[]", "%5B%5D", "%5b%5d"} {
		if strings.HasPrefix(in[j:], b) {
			j += len(b)
		}
	}
	return j
}

// memberValue finds the value after "name" in JSON, a Python or a PHP dump. The
// first quote of the name is at q, and the last one before j.
func memberValue(in string, q, j int) hit {
	none := hit{quote: -1}
	j = skipBlanks(in, j)
	switch {
	case strings.HasPrefix(in[j:], "=>"):
		j += 2
	case j < len(in) && (in[j] == ':' || in[j] == '='):
		j++
	default:
		return none
	}
	j = skipBlanks(in, j)
	if j >= len(in) {
		return none
	}
	if c := in[j]; c == '"' || c == '\'' {
		return stringAt(in, j)
	}
	end := j
	if in[j] == '{' || in[j] == '[' {
		end = endOfNested(in, j)
	} else {
		for end < len(in) && !strings.ContainsRune(",}] \t\r\n&", rune(in[end])) {
			end++
		}
		if v := in[j:end]; v == "null" || v == "None" {
			return none
		}
	}
	return hit{j, end, q, strings.IndexByte("]}", in[end-1]) >= 0}
}

// stringAt returns the string whose first quote is at i.
func stringAt(in string, i int) hit {
	end := endOfString(in, i+1, in[i])
	return hit{i + 1, end, -1, end < len(in)}
}

// endOfString returns the index of the closing quote, or the end of the text.
func endOfString(in string, i int, quote byte) int {
	for ; i < len(in); i++ {
		switch in[i] {
		case quote:
			return i
		case '\\':
			i++
		}
	}
	return len(in)
}

// endOfNested returns the index behind an array or object that begins at i.
func endOfNested(in string, i int) int {
	depth := 0
	for ; i < len(in); i++ {
		switch in[i] {
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		case '"':
			i = endOfString(in, i+1, '"')
		}
	}
	return len(in)
}

// openTag reports whether the name at i follows "<" or "<prefix:".
func openTag(in string, i int) bool {
	if i > 0 && in[i-1] == ':' {
		first := max(i-1-maxName, 0)
		for i--; i > first && nameByte(in[i-1]); i-- {
		}
	}
	return i > 0 && in[i-1] == '<'
}

// maxAttributes bounds how far the ">" of a start tag is looked for.
const maxAttributes = 512

// elementValue finds the content of the element whose name is in[i:j]: up to
// its own end tag, since a value may hold markup; without one, everything.
func elementValue(in string, i, j int) hit {
	gt := strings.IndexByte(in[j:min(len(in), j+maxAttributes)], '>')
	if gt < 0 || in[j+gt-1] == '/' {
		return hit{quote: -1}
	}
	from := j + gt + 1
	for to := from; ; {
		n := strings.Index(in[to:], "</")
		if n < 0 {
			return hit{from: from, to: len(in), quote: -1}
		}
		to += n
		name := in[to+2 : min(len(in), to+2+maxName)]
		if end := strings.IndexAny(name, "> \t\r\n"); end >= 0 {
			name = name[:end]
		}
		name = name[strings.LastIndexByte(name, ':')+1:]
		if strings.EqualFold(name, in[i:j]) {
			return hit{from: from, to: to, quote: -1}
		}
		to += 2
	}
}

// plainValue finds the value after "name=", quoted or as in a form.
func plainValue(in string, i int) hit {
	if i < len(in) && (in[i] == '"' || in[i] == '\'') {
		return stringAt(in, i)
	}
	end := i
	// Commas, semicolons and apostrophes do not end it: O'Brien, Smith;Jr.
	for end < len(in) && in[end] > ' ' && !strings.ContainsRune(`&"<>`, rune(in[end])) {
		if in[end] == '\\' && end+1 < len(in) && strings.ContainsRune(`nrt"`, rune(in[end+1])) {
			break // the escapes of a text that was quoted once more
		}
		end++
	}
	return hit{from: i, to: end, quote: -1}
}

// lineValue finds the value of a header line. The scheme of an Authorization
// stays, it tells what was wrong more often than the key does.
func lineValue(in string, i int) hit {
	i = skipBlanks(in, i)
	end := len(in)
	if n := strings.IndexAny(in[i:], "\r\n\"<"); n >= 0 {
		end = i + n
	}
	i += scheme(in[i:end])
	return hit{from: i, to: end, quote: -1}
}

// adjacentValue finds the value in name:[value], as fmt prints url.Values, and
// in name:value. After "name: " comes prose ("email: is required"), and it may
// come without the blank.
func adjacentValue(in string, i int, name string) hit {
	if i < len(in) && in[i] == '[' {
		end := len(in)
		if n := strings.IndexByte(in[i:], ']'); n >= 0 {
			end = i + n
		}
		return hit{from: i + 1, to: end, quote: -1}
	}
	if strings.HasPrefix(in[i:], "//") {
		return hit{quote: -1}
	}
	end := i
	for end < len(in) && in[end] > ' ' && !strings.ContainsRune(`,;&"<>]}`, rune(in[end])) {
		end++
	}
	if name == "key" && isWord(in[i:end]) || isSentence(in[i:]) {
		return hit{quote: -1}
	}
	return hit{from: i, to: end, quote: -1}
}

// maxWord is how long a word of prose is. A key is longer, or there are digits in it.
const maxWord = 12

// isWord reports whether s is a word: "object key:value pair" tells no key.
func isWord(s string) bool {
	s = strings.TrimRight(s, ".!?:)'`")
	return len(s) <= maxWord && s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz") == "" || s == Mask
}

// isSentence reports whether in begins with what a server says of a field, as
// in "last_name:This field may not be blank": a word that is no one's name, and
// another. Whatever else follows a name may be a value.
func isSentence(in string) bool {
	word, rest, _ := strings.Cut(in[:min(len(in), maxSentence)], " ")
	if tellsFault(strings.TrimRight(word, ".,;!")) {
		return true
	}
	next, _, _ := strings.Cut(rest, " ")
	return saidOfField(word) && next != "" && !strings.ContainsAny(next, ":=@0123456789")
}

// maxSentence bounds how much of a text is looked at for the words of a sentence.
const maxSentence = 80

// tellsFault reports whether a word says all by itself what is wrong with a field.
func tellsFault(word string) bool {
	switch word {
	case "required", "missing", "invalid", "blank", "empty", "unknown":
		return true
	}
	return false
}

// saidOfField reports whether a word begins what servers say of a field. May, Can and
// Too are names of people as well.
func saidOfField(word string) bool {
	switch word {
	case "This", "this", "The", "the", "Please", "please", "field", "Field",
		"is", "must", "Must", "should", "Should", "may", "can", "can't", "cannot",
		"Cannot", "not", "Not", "has", "was", "too", "value", "Value",
		"Required", "Missing", "Invalid", "expected", "Expected":
		return true
	}
	return false
}

// scheme returns the length of an authentication scheme and its blank.
func scheme(v string) int {
	for _, s := range []string{"Basic ", "Bearer ", "Digest ", "Token ", "ApiKey "} {
		if len(v) > len(s) && strings.EqualFold(v[:len(s)], s) {
			return len(s)
		}
	}
	return 0
}

func skipBlanks(in string, i int) int {
	for i < len(in) && (in[i] == ' ' || in[i] == '\t' || in[i] == '\r' || in[i] == '\n') {
		i++
	}
	return i
}

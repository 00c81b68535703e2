package redact

import "strings"

// byName hides what follows secret names. It is one pass over the text that
// looks back a bounded distance, and ahead only over what it then hides or
// steps over: linear, whatever a server sends.
func (k *known) byName(in string) string {
	var out strings.Builder
	done := 0 // in[:done] is in out
	for i := 0; i < len(in); {
		var h hit
		next := i + 1
		switch {
		case strings.HasPrefix(in[i:], "://"):
			h = password(in, i+len("://"))
		case nameByte(in[i]):
			next = i
			for next < len(in) && nameByte(in[next]) {
				next++
			}
			if name := normalize(in[i:next]); k.secret(name) {
				h = k.valueOf(in, i, next, name)
			}
		}
		if h.to > h.from {
			out.WriteString(in[done:h.from])
			out.WriteString(h.quote)
			out.WriteString(k.mask)
			out.WriteString(h.quote)
			done, next = h.to, max(h.to, next)
		}
		i = next
	}
	if done == 0 {
		return in
	}
	out.WriteString(in[done:])
	return out.String()
}

// A hit is a piece of text to hide, and the quotes to put around the mask.
type hit struct {
	from, to int
	quote    string
}

// password finds the password in the authority that begins at i.
func password(in string, i int) hit {
	end := len(in)
	if n := strings.IndexAny(in[i:], "/?#\\\"'<> \t\r\n"); n >= 0 {
		end = i + n
	}
	at := strings.LastIndexByte(in[i:end], '@')
	if at < 0 {
		return hit{}
	}
	colon := strings.IndexByte(in[i:i+at], ':')
	if colon < 0 {
		return hit{}
	}
	return hit{from: i + colon + 1, to: i + at}
}

// valueOf finds the value of the secret name in[i:j], if one follows.
func (k *known) valueOf(in string, i, j int, name string) hit {
	if quote := quoteAround(in, i, j); quote != "" {
		if k.secretMember(name) {
			return memberValue(in, j+len(quote), quote)
		}
		return hit{}
	}
	if openTag(in, i) {
		if k.secretMember(name) {
			return elementValue(in, i, j)
		}
		return hit{}
	}
	j = skipBracket(in, j)
	switch {
	case j >= len(in):
		return hit{}
	case in[j] == '=':
		return plainValue(in, j+1)
	case in[j] == ':' && headerLines[name]:
		return lineValue(in, j+1)
	case in[j] == ':':
		return adjacentValue(in, j+1, name)
	}
	return hit{}
}

// quoteAround returns the quote on both sides of in[i:j]: ", ' or, in a text
// that was quoted once more, \".
func quoteAround(in string, i, j int) string {
	for _, q := range []string{`\"`, `"`, `'`} {
		if strings.HasSuffix(in[:i], q) && strings.HasPrefix(in[j:], q) {
			return q
		}
	}
	return ""
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

// memberValue finds the value after "name" in JSON, a Python or a PHP dump.
func memberValue(in string, j int, quote string) hit {
	j = skipBlanks(in, j)
	switch {
	case strings.HasPrefix(in[j:], "=>"):
		j += 2
	case j < len(in) && (in[j] == ':' || in[j] == '='):
		j++
	default:
		return hit{}
	}
	j = skipBlanks(in, j)
	if j >= len(in) {
		return hit{}
	}
	for _, q := range []string{quote, `"`, `'`} {
		if strings.HasPrefix(in[j:], q) {
			from := j + len(q)
			return hit{from: from, to: endOfString(in, from, q)}
		}
	}
	end := j
	if in[j] == '{' || in[j] == '[' {
		end = endOfNested(in, j)
	} else {
		for end < len(in) && !strings.ContainsRune(",}] \t\r\n&", rune(in[end])) {
			end++
		}
		if v := in[j:end]; v == "null" || v == "None" {
			return hit{}
		}
	}
	return hit{from: j, to: end, quote: quote}
}

// endOfString returns the index of the closing quote, or the end of the text.
func endOfString(in string, i int, quote string) int {
	for ; i < len(in); i++ {
		switch {
		case strings.HasPrefix(in[i:], quote):
			return i
		case quote == `\"` && strings.HasPrefix(in[i:], `\\\"`):
			i += 3 // an escaped quote, escaped once more
		case in[i] == '\\':
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
			i = endOfString(in, i+1, `"`)
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
		return hit{}
	}
	from := j + gt + 1
	for to := from; ; {
		n := strings.Index(in[to:], "</")
		if n < 0 {
			return hit{from: from, to: len(in)}
		}
		to += n
		name := in[to+2 : min(len(in), to+2+maxName)]
		if end := strings.IndexAny(name, "> \t\r\n"); end >= 0 {
			name = name[:end]
		}
		name = name[strings.LastIndexByte(name, ':')+1:]
		if strings.EqualFold(name, in[i:j]) {
			return hit{from: from, to: to}
		}
		to += 2
	}
}

// plainValue finds the value after "name=", quoted or as in a form.
func plainValue(in string, i int) hit {
	for _, q := range []string{`\"`, `"`, `'`} {
		if strings.HasPrefix(in[i:], q) {
			from := i + len(q)
			return hit{from: from, to: endOfString(in, from, q)}
		}
	}
	end := i
	// Commas, semicolons and apostrophes do not end it: O'Brien, Smith;Jr.
	for end < len(in) && in[end] > ' ' && !strings.ContainsRune(`&"<>`, rune(in[end])) {
		if in[end] == '\\' && end+1 < len(in) && strings.ContainsRune(`nrt"`, rune(in[end+1])) {
			break // the escapes of a text that was quoted once more
		}
		end++
	}
	return hit{from: i, to: end}
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
	return hit{from: i, to: end}
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
		return hit{from: i + 1, to: end}
	}
	if strings.HasPrefix(in[i:], "//") {
		return hit{}
	}
	end := i
	for end < len(in) && in[end] > ' ' && !strings.ContainsRune(`,;&"<>]}`, rune(in[end])) {
		end++
	}
	if name == "key" && isWord(in[i:end]) || isSentence(in[i:]) {
		return hit{}
	}
	return hit{from: i, to: end}
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
	if faultWords[strings.TrimRight(word, ".,;!")] {
		return true
	}
	next, _, _ := strings.Cut(rest, " ")
	return saidOfFields[word] && next != "" && !strings.ContainsAny(next, ":=@0123456789")
}

// maxSentence bounds how much of a text is looked at for the words of a sentence.
const maxSentence = 80

// faultWords are words that say all by themselves what is wrong with a field.
var faultWords = map[string]bool{"required": true, "missing": true, "invalid": true, "blank": true, "empty": true, "unknown": true}

// saidOfFields are the words that begin what servers say of a field. May, Can and
// Too are names of people as well.
var saidOfFields = map[string]bool{
	"This": true, "this": true, "The": true, "the": true, "Please": true, "please": true, "field": true, "Field": true,
	"is": true, "must": true, "Must": true, "should": true, "Should": true, "may": true, "can": true, "can't": true, "cannot": true,
	"Cannot": true, "not": true, "Not": true, "has": true, "was": true, "too": true, "value": true, "Value": true,
	"Required": true, "Missing": true, "Invalid": true, "expected": true, "Expected": true,
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

func nameByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '-'
}

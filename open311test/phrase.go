package open311test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
)

// phrase makes a text from a pattern: [a|b|c] is one of several, {name} is one of vocabulary[name],
// which may be a pattern again, or something of the place the text is about. There is no [ within [ ].
type phrase struct {
	rng *rand.Rand
	at  address
}

func (p *phrase) expand(b *strings.Builder, pattern string) {
	for pattern != "" {
		i := strings.IndexAny(pattern, "[{")
		if i < 0 {
			break
		}
		b.WriteString(pattern[:i])
		end := strings.IndexByte(pattern, closing(pattern[i]))
		inside := pattern[i+1 : end]
		if pattern[i] == '[' {
			p.expand(b, p.oneOf(inside))
		} else {
			p.word(b, inside)
		}
		pattern = pattern[end+1:]
	}
	b.WriteString(pattern)
}

// oneOf chooses between texts with | between them.
func (p *phrase) oneOf(texts string) string {
	for range p.rng.IntN(1 + strings.Count(texts, "|")) {
		_, texts, _ = strings.Cut(texts, "|")
	}
	text, _, _ := strings.Cut(texts, "|")
	return text
}

func closing(open byte) byte {
	if open == '[' {
		return ']'
	}
	return '}'
}

func (p *phrase) word(b *strings.Builder, name string) {
	switch name {
	case "nr":
		b.WriteString(strconv.Itoa(p.at.number))
	case "n":
		b.WriteString(strconv.Itoa(5 + p.rng.IntN(60)))
	case "street":
		b.WriteString(streets[p.at.street])
	case "corner": // the next street: it crosses this one
		b.WriteString(streets[(p.at.street+1)%len(streets)])
	case "pole":
		fmt.Fprintf(b, "%c%04d", 'A'+p.at.street%26, 1000+7*p.at.number)
	default:
		p.expand(b, pick(p.rng, vocabulary[name]))
	}
}

// text returns what a pattern gives, without the blanks that empty choices leave.
func (p *phrase) text(pattern string) string {
	var b strings.Builder
	p.expand(&b, pattern)
	return strings.TrimSpace(spare.Replace(b.String()))
}

var spare = strings.NewReplacer("  ", " ", " \n", "\n", " \r", "\r")

func pick[T any](rng *rand.Rand, list []T) T { return list[rng.IntN(len(list))] }

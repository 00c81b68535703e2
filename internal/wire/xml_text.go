package wire

import (
	"bytes"
	"html"
	"unicode/utf16"
	"unicode/utf8"
)

// xmlText collects the text of the innermost open element, as a span of the source for as long as
// that can be.
type xmlText struct {
	*scan
	open int32 // index of that element's node; -1 behind the record
}

// mix notes that the open element has both text and child elements.
func (x *xmlText) mix() {
	if n := &x.nodes[x.open]; n.flags&mixed == 0 {
		n.flags |= mixed
		x.repair(int(x.open), WarnSyntax, "text beside elements")
	}
}

// chars reads text up to the next '<' or the end of the window. In an element that has child
// elements it only notes that there is text.
//
// It tolerates "]]>", which stays as it is, and control bytes, which go.
func (x *xmlText) chars(i int) int {
	if x.nodes[x.open].kind == Object {
		return x.gap(i)
	}
	src := x.src
	run, lo := i, i
	if n := &x.nodes[x.open]; n.text.hi == uint32(i) && n.flags&textScratch == 0 {
		run = int(n.text.lo) // fields has begun
	}
	for {
		j, high := xmlStop(src, i)
		x.check(high)
		if j == len(src) || src[j] == '<' {
			x.add(lo, j)
			return j
		}
		i = j + 1
		switch src[j] {
		case '>':
			if j-run >= 2 && src[j-1] == ']' && src[j-2] == ']' {
				x.repair(int(x.open), WarnSyntax, "]]> in text")
			}
			continue
		case '&':
			x.add(lo, j)
			i = x.reference(j)
		default:
			x.add(lo, j)
			i = x.control(j)
		}
		lo = i
	}
}

// control reads the control byte at i, and the line feed behind a carriage return with it.
func (x *xmlText) control(i int) int {
	if x.src[i] != '\r' {
		x.repair(int(x.open), WarnControl, "control byte in text, dropped")
		return i + 1
	}
	x.addRune('\n')
	if i++; i < len(x.src) && x.src[i] == '\n' {
		i++
	}
	return i
}

// gap skips what stands between two child elements.
func (x *xmlText) gap(i int) int {
	src := x.src
	for {
		if i = xmlSkipIdle(src, i); i == len(src) || src[i] == '<' {
			return i
		}
		r, end := xmlCharRef(src, i)
		if end == 0 || r > ' ' || xmlClass[byte(r)]&xmlSpace == 0 {
			break
		}
		i = end
	}
	x.mix()
	if k := bytes.IndexByte(src[i:], '<'); k >= 0 {
		return i + k
	}
	return len(src)
}

// bare reads the '<' at i as text.
func (x *xmlText) bare(i int) int {
	if x.nodes[x.open].kind == Object {
		x.mix()
	} else {
		x.add(i, i+1)
		x.repair(int(x.open), WarnSyntax, "< in text where no tag starts")
	}
	return i + 1
}

// cdata reads the CDATA section at i.
func (x *xmlText) cdata(i int) (int, error) {
	i += len(xmlCDATA)
	n := bytes.Index(x.src[i:], xmlEndData)
	if n < 0 {
		return i, x.cut()
	}
	src := x.src[:i+n]
	if x.nodes[x.open].kind == Object {
		if !xmlIdle(src[i:]) {
			x.mix()
		}
		return len(src) + len(xmlEndData), nil
	}
	for lo := i; ; {
		j, high := xmlStop(src, i)
		x.check(high)
		if j == len(src) {
			x.add(lo, j)
			return j + len(xmlEndData), nil
		}
		i = j + 1
		if src[j] < ' ' {
			x.add(lo, j)
			i = x.control(j)
			lo = i
		}
	}
}

// add adds src[lo:hi] to the text of the open element. The text is a span of src for as long as that
// can be; only the innermost element adds text, so its text in scratch can grow in place.
func (x *xmlText) add(lo, hi int) {
	if lo >= hi {
		return
	}
	n := &x.nodes[x.open]
	if n.flags&textScratch == 0 {
		if n.text.lo == n.text.hi {
			n.text = span{uint32(lo), uint32(hi)}
			return
		}
		if int(n.text.hi) == lo {
			n.text.hi = uint32(hi)
			return
		}
		x.spill(n)
	}
	x.scratch = append(x.scratch, x.src[lo:hi]...)
	n.text.hi = uint32(len(x.scratch))
}

// addRune adds a character that does not stand in src as it is.
func (x *xmlText) addRune(r rune) {
	n := &x.nodes[x.open]
	x.spill(n)
	x.scratch = utf8.AppendRune(x.scratch, r)
	n.text.hi = uint32(len(x.scratch))
}

// spill moves the text of n to scratch.
func (x *xmlText) spill(n *node) {
	if n.flags&textScratch != 0 {
		return
	}
	lo := len(x.scratch)
	x.scratch = append(x.scratch, x.src[n.text.lo:n.text.hi]...)
	n.text = span{uint32(lo), uint32(len(x.scratch))}
	n.flags |= textScratch
}

// reference reads the reference that starts with the '&' at i and returns the index behind it. Names
// that only HTML has are resolved; whatever else is no reference stays as it stands.
func (x *xmlText) reference(i int) int {
	src := x.src
	if i+1 < len(src) && src[i+1] == '#' {
		if r, end := xmlCharRef(src, i); end > 0 {
			return x.char(r, end)
		}
	} else if end := xmlEntityRef(src, i); end > 0 {
		switch string(src[i+1 : end-1]) {
		case "amp":
			x.addRune('&')
			return end
		case "lt":
			x.addRune('<')
			return end
		case "gt":
			x.addRune('>')
			return end
		case "quot":
			x.addRune('"')
			return end
		case "apos":
			x.addRune('\'')
			return end
		}
		// A semicolon that is left shows that only the start of the name was known, as in &notit;
		name := string(src[i:end])
		if t := html.UnescapeString(name); t != name && (t[len(t)-1] != ';' || name == "&semi;") {
			for _, r := range t {
				x.addRune(r)
			}
			x.repair(int(x.open), WarnSyntax, "entity that XML does not know, read as in HTML")
			return end
		}
	}
	x.add(i, i+1)
	x.repair(int(x.open), WarnSyntax, "& without a reference, kept")
	return i + 1
}

// char adds the character r that a reference before end stands for.
func (x *xmlText) char(r rune, end int) int {
	if utf16.IsSurrogate(r) {
		if low, behind := xmlCharRef(x.src, end); behind > 0 {
			if both := utf16.DecodeRune(r, low); both != utf8.RuneError {
				x.addRune(both)
				x.repair(int(x.open), WarnSyntax, "character as two references to surrogates, joined")
				return behind
			}
		}
		r = -1
	}
	if isControl(r) || r > utf8.MaxRune {
		x.repair(int(x.open), WarnControl, "reference to a control character, or to none at all, dropped")
		return end
	}
	x.addRune(r)
	return end
}

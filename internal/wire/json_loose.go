package wire

import "bytes"

// jsonLoose reads the string at src[i] as the text of nodes[n]. A quote that a string cannot end with is a
// part of it: "see "Elm St" file". It is slower than jsonString, and only asked for what that could not
// read.
func (s *scan) jsonLoose(i, n int) (int, error) {
	lo := len(s.scratch)
	for i++; ; {
		end, err := s.jsonUnescape(i, n)
		if err != nil {
			return end, err
		}
		ends, err := s.jsonEnds(end)
		if err != nil {
			return end, err
		}
		i = end
		if ends {
			s.setText(n, lo)
			return i, nil
		}
		s.repairIn(n, WarnSyntax, "quote that is not escaped")
		s.scratch = append(s.scratch, '"')
	}
}

// jsonEnds reports whether a text can end in front of src[i]: a bracket follows, or a comma with something
// behind it that can follow one. A colon says that the text has swallowed the end of another.
func (s *scan) jsonEnds(i int) (bool, error) {
	b := s.src
	if i = skipSpace(b, i); i < len(b) && b[i] == ',' {
		if i = skipSpace(b, i+1); i < len(b) {
			return b[i] == '"' || b[i] == '\'' || b[i] == '{' || b[i] == '[' || b[i] == '}' || b[i] == ']', nil
		}
	}
	if i >= len(b) {
		if s.eof {
			return true, nil
		}
		return false, errMore
	}
	return b[i] == '}' || b[i] == ']' || b[i] == ':', nil
}

// maxBroken is how far the end of an object that could not be read is looked for by its braces. Whoever
// looked as far as the window goes would find another end in a larger one.
const maxBroken = 64 << 10

// jsonSkipRecord finds the end of the object at src[i] whose inside could not be read: the brace that
// balances the first, by counting braces outside strings, or one that a row follows which begins with the
// same name, whichever comes first. Where an unescaped quote has turned texts inside out and there is
// neither, it is the first brace that any row or the end of the list follows. It returns -1 if the window
// does not tell.
func (s *scan) jsonSkipRecord(i int) int {
	name := s.jsonFirstName(i)
	depth, inText, first := 0, false, -1
	for k := i; k < len(s.src) && k < i+maxBroken; k++ {
		switch c := s.src[k]; {
		case inText && c == '\\':
			k++
		case c == '"':
			inText = !inText
		case c == '{' && !inText:
			depth++
		case c == '}':
			if !inText {
				depth--
			}
			ends, next, known := s.jsonRowEnds(k + 1)
			if !known {
				return -1
			}
			if ends && first < 0 {
				first = k + 1
			}
			if ends && (depth == 0 && !inText || len(name) > 0 && bytes.HasPrefix(next, name)) {
				return k + 1
			}
		}
	}
	if first > 0 && (s.eof || len(s.src) >= i+maxBroken) {
		return first
	}
	return -1
}

// jsonFirstName returns the first name in the object at src[i], with its quotes, or nothing.
func (s *scan) jsonFirstName(i int) []byte {
	b := s.src[skipSpace(s.src, i+1):]
	if len(b) == 0 || b[0] != '"' {
		return nil
	}
	if end := bytes.IndexByte(b[1:], '"'); end >= 0 && end < maxRowName-2 {
		return b[:end+2]
	}
	return nil
}

// jsonRowEnds reports whether a row can end in front of src[i], what is in the row that follows, if any, and
// whether the window is large enough to know.
func (s *scan) jsonRowEnds(i int) (ends bool, next []byte, known bool) {
	b := s.src
	i = skipSpace(b, i)
	comma := i < len(b) && b[i] == ','
	if comma {
		i = skipSpace(b, i+1)
	}
	switch {
	case i >= len(b):
		return !comma, nil, s.eof
	case b[i] == '{':
		next = b[skipSpace(b, i+1):]
		return true, next, s.eof || len(next) > maxRowName
	}
	return !comma && (b[i] == ']' || b[i] == '}'), nil, true
}

// maxRowName is how much of the next row has to be there to see what name it begins with.
const maxRowName = 64

package wire

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
// balances the first, by counting braces outside strings. Where an unescaped quote has turned texts inside
// out, it is the first brace that another row or the end of the list follows. It returns -1 if the window
// does not tell.
func (s *scan) jsonSkipRecord(i int) int {
	end := s.jsonBalance(i)
	if end < 0 && !s.eof && len(s.src) < i+maxBroken {
		return -1
	}
	if end > 0 {
		switch ends, known := s.jsonRowEnds(end); {
		case !known:
			return -1
		case ends:
			return end
		}
	}
	for k := i; k < len(s.src); k++ {
		if s.src[k] != '}' {
			continue
		}
		switch ends, known := s.jsonRowEnds(k + 1); {
		case !known:
			return -1
		case ends:
			return k + 1
		}
	}
	return -1
}

// jsonBalance returns the index behind the brace that balances the one at src[i], or -1.
func (s *scan) jsonBalance(i int) int {
	depth, inText := 0, false
	for k := i; k < min(len(s.src), i+maxBroken); k++ {
		switch c := s.src[k]; {
		case inText && c == '\\':
			k++
		case c == '"':
			inText = !inText
		case inText:
		case c == '{':
			depth++
		case c == '}':
			if depth--; depth == 0 {
				return k + 1
			}
		}
	}
	return -1
}

// jsonRowEnds reports whether a row can end in front of src[i], and whether the window is large enough to
// know.
func (s *scan) jsonRowEnds(i int) (ends, known bool) {
	b := s.src
	i = skipSpace(b, i)
	comma := i < len(b) && b[i] == ','
	if comma {
		i = skipSpace(b, i+1)
	}
	switch {
	case i >= len(b):
		return !comma, s.eof
	case comma:
		return b[i] == '{', true
	}
	return b[i] == ']' || b[i] == '}' || b[i] == '{', true
}

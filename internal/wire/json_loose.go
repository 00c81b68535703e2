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

// jsonSkipRecord finds the end of the object at src[i] whose inside could not be read: the brace that
// balances the first, by counting braces outside strings, which begin and end only where strings can. It
// returns -1 if there is none in the window.
func (s *scan) jsonSkipRecord(i int) int {
	depth, inText := 0, false
	before := byte(0) // the last byte that is not white space
	for ; i < len(s.src); i++ {
		c := s.src[i]
		switch {
		case inText && c == '\\':
			i++
		case inText && c == '"':
			inText = !ends(byteAt(s.src, skipSpace(s.src, i+1)))
		case inText:
		case c == '"':
			inText = before == ':' || before == ',' || before == '{' || before == '['
		case c == '{':
			depth++
		case c == '}':
			if depth--; depth == 0 {
				return i + 1
			}
		}
		if c > ' ' {
			before = c
		}
	}
	return -1
}

// byteAt returns b[i], or a blank behind the end.
func byteAt(b []byte, i int) byte {
	if i < len(b) {
		return b[i]
	}
	return ' '
}

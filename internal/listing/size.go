package listing

// pageSize is how many rows to ask for: as many as the caller wants, or as the server is known to give at once; 0 leaves
// it to the server. most is what was told of that, and known what was seen.
func pageSize(wanted, most int, known caps) int {
	if wanted > 0 {
		return wanted
	}
	if most < leastTold {
		most = 0
	}
	usual := known.of(0).Rows
	best := Cap{Size: most, Rows: most}
	for _, c := range known {
		if c.Size > 0 && c.Rows > best.Rows {
			best = c
		}
	}
	if best.Rows <= usual {
		return 0 // it gives as many by itself
	}
	return best.Size
}

// leastTold is how many rows have to be told of for asking for so many: servers give as many by themselves, and what was
// told may be of another one.
const leastTold = 50

// size is how many rows to ask for; 0: it is left to the server.
func (l *session) size() int {
	if l.belief.Size != nil {
		return 0
	}
	return l.asks
}

package wire

// account counts what records take in memory once they are read, which has little to do with their length in the
// document: eight bytes of JSON can become a struct of four hundred, and a map of as many. A record that the
// caller lets go before the next one is read has the whole room; records that are kept share it.
type account struct {
	room int64
	full bool // there was not enough
}

// charge takes bytes from the room. It reports false once there is none, and whoever makes more must stop.
func (a *account) charge(bytes int) bool {
	a.room -= int64(bytes)
	a.full = a.full || a.room < 0
	return !a.full
}

const (
	stringCost = 24                // a string in a list that grows, beside its bytes
	mapCost    = 80 + 8*41         // a map for Extra, which begins with room for eight fields
	pairCost   = 2*41 + stringCost // each further one: the map grows by doubling
)

// itemCost is what an item of a list takes. A list that grows is copied, and has room for more.
func itemCost(size int) int { return size + size/2 }

// most is how many nodes a record may have where a document may have so many bytes: a node takes as much as a word of
// some letters.
func most(maxBytes int64) int {
	const least = 1 << 12
	return int(min(max(maxBytes/64, least), maxNodes))
}

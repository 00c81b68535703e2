// Package match says whether a record that a city shows is a report that was sent to it. Cities show reports again
// in other words, at other places and under other dates: escaped, cut, with the numbers blanked, moved to the middle
// of the street, stamped in another zone. So nothing is compared for being equal; each trait is evidence, and the
// evidence is added up.
//
// It knows no protocol: texts, places and times come in, scores go out.
package match

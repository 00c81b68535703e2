//go:build conformance && !race

package conformance

const raceEnabled = false

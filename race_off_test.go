//go:build !race

package open311_test

// raceDetector says that the race detector slows everything down tenfold.
const raceDetector = false

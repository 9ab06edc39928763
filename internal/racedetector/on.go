//go:build race

// Package racedetector says whether the race detector is on: it makes some tests ten times
// as slow, and pools forget what was put into them.
package racedetector

// On reports whether the program was built with -race.
const On = true

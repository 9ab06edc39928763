//go:build !race

package racedetector

// On reports whether the program was built with -race.
const On = false

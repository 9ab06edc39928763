//go:build race

package ban_test

const raceDetector = true

package main

import (
	"runtime"
	"slices"
	"testing"
	"time"
)

// work does something n times. It goes on where it stopped the time before.
type work func(n int) error

// alternate times several kinds of work in turn, in short slices, so that what
// else the machine does falls on all of them alike. It returns for each the
// median time of one piece of work, in nanoseconds.
//
// Garbage is collected first: a collection that is under way takes a core.
func alternate(rounds int, slice time.Duration, works ...work) ([]float64, error) {
	counts := make([]int, len(works))
	for i, w := range works {
		n, err := calibrate(w, slice)
		if err != nil {
			return nil, err
		}
		counts[i] = n
	}
	runtime.GC()
	times := make([][]float64, len(works))
	for range rounds {
		for i, w := range works {
			began := time.Now()
			if err := w(counts[i]); err != nil {
				return nil, err
			}
			times[i] = append(times[i], float64(time.Since(began))/float64(counts[i]))
		}
	}
	medians := make([]float64, len(works))
	for i := range times {
		medians[i] = median(times[i])
	}
	return medians, nil
}

// calibrate returns how often the work is done in about that time.
func calibrate(w work, slice time.Duration) (int, error) {
	for n := 1; ; n *= 2 {
		began := time.Now()
		if err := w(n); err != nil {
			return 0, err
		}
		if took := time.Since(began); took >= slice/2 {
			return max(1, int(float64(n)*float64(slice)/float64(took))), nil
		}
	}
}

// once times work that is done once a round.
func once(rounds int, works ...func(round int) error) ([]float64, error) {
	times := make([][]float64, len(works))
	for round := range rounds {
		for i, w := range works {
			began := time.Now()
			if err := w(round); err != nil {
				return nil, err
			}
			times[i] = append(times[i], float64(time.Since(began)))
		}
	}
	medians := make([]float64, len(works))
	for i := range times {
		medians[i] = median(times[i])
	}
	return medians, nil
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	if n := len(sorted); n%2 == 0 {
		return (sorted[n/2-1] + sorted[n/2]) / 2
	}
	return sorted[len(sorted)/2]
}

// allocations returns how many there are a piece of work.
func allocations(w work) (float64, error) {
	var err error
	n := testing.AllocsPerRun(1000, func() {
		if e := w(1); e != nil {
			err = e
		}
	})
	return n, err
}

// Package sketch counts distinct client addresses in bounded space: it is what
// backends merge and estimate [store.Hit.Clients] with.
//
//	var s sketch.Sketch
//	s.Add(netip.MustParseAddr("203.0.113.7"))
//	data := s.Bytes()              // goes into store.Hit.Clients
//	merged, err := sketch.Merge(stored, data)
//	n, err := sketch.Count(merged) // 1
//
// A sketch is a HyperLogLog of 2^12 registers: exact for a handful of addresses,
// and with a standard error of 1.6% however many there are, in at most
// [MaxSize] bytes. Merging is idempotent and commutative, so sketches of several processes
// add up to that of the union.
//
// [store.Hit.Clients]: https://pkg.go.dev/example.com/ostraka/store#Hit
package sketch

import (
	"fmt"
	"net/netip"

	"github.com/axiomhq/hyperloglog"
)

// precision gives 2^12 registers: a standard error of 1.04/sqrt(4096) = 1.6%.
const precision = 12

// MaxSize is the size in bytes that no sketch exceeds: a header, and either one
// byte a register or a list of hashes that is not longer.
const MaxSize = 1<<precision + 20

// Sketch is a set of addresses that knows only about how many there are. The
// zero value is an empty one. It is not safe for concurrent use.
type Sketch struct {
	hll *hyperloglog.Sketch
}

// Add adds an address. An IPv4 address and its IPv4-mapped IPv6 form are one;
// the zero Addr is none.
func (s *Sketch) Add(addr netip.Addr) {
	if !addr.IsValid() {
		return
	}
	if s.hll == nil {
		s.hll = empty()
	}
	b := addr.Unmap().As16()
	s.hll.Insert(b[:])
}

// Merge adds what other holds.
func (s *Sketch) Merge(other *Sketch) {
	switch {
	case other.hll == nil:
	case s.hll == nil:
		s.hll = other.hll.Clone()
	default:
		// Only sketches of different precision do not merge, and here all have
		// the same.
		_ = s.hll.Merge(other.hll)
	}
}

// Bytes returns the sketch for storage, nil if it is empty. Equal sets may give
// different bytes.
func (s *Sketch) Bytes() []byte {
	if s.hll == nil {
		return nil
	}
	s.hll.Estimate() // compacts what was added last, which the bound on the size relies on
	data, err := s.hll.MarshalBinary()
	if err != nil {
		return nil // only a sketch without precision has no encoding
	}
	return data
}

// Merge returns the sketch of the union of two, each of which may be empty. It
// fails if one of them is no sketch.
func Merge(a, b []byte) ([]byte, error) {
	x, err := decode(a)
	if err != nil {
		return nil, err
	}
	y, err := decode(b)
	if err != nil {
		return nil, err
	}
	switch {
	case y == nil:
		return (&Sketch{x}).Bytes(), nil
	case x == nil:
		return (&Sketch{y}).Bytes(), nil
	}
	if err := x.Merge(y); err != nil {
		return nil, fmt.Errorf("sketch: merge: %w", err)
	}
	return (&Sketch{x}).Bytes(), nil
}

// Count returns about how many addresses a sketch holds; 0 for an empty one. It
// fails if it is no sketch.
func Count(data []byte) (int64, error) {
	s, err := decode(data)
	if err != nil || s == nil {
		return 0, err
	}
	return int64(s.Estimate()), nil
}

// decode returns nil for an empty sketch. Only sketches of this package's
// precision are taken, since merging others would lose their error bound, and
// none that is longer than this package makes them.
func decode(data []byte) (*hyperloglog.Sketch, error) {
	if len(data) == 0 {
		return nil, nil
	}
	if len(data) < 2 || len(data) > MaxSize || data[1] != precision {
		return nil, fmt.Errorf("sketch: not a sketch of precision %d", precision)
	}
	s := new(hyperloglog.Sketch)
	if err := s.UnmarshalBinary(data); err != nil {
		return nil, fmt.Errorf("sketch: %w", err)
	}
	return s, nil
}

func empty() *hyperloglog.Sketch {
	s, err := hyperloglog.NewSketch(precision, true)
	if err != nil {
		panic(err) // precision is a constant within 4 to 18
	}
	return s
}

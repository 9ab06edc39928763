package sketch_test

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"testing"

	"example.com/ostraka/store/sketch"
)

func Example() {
	var morning, evening sketch.Sketch
	morning.Add(netip.MustParseAddr("203.0.113.7"))
	morning.Add(netip.MustParseAddr("2001:db8::1"))
	evening.Add(netip.MustParseAddr("203.0.113.7"))
	evening.Add(netip.MustParseAddr("198.51.100.1"))

	day, err := sketch.Merge(morning.Bytes(), evening.Bytes())
	if err != nil {
		panic(err)
	}
	n, err := sketch.Count(day)
	fmt.Println(n, err)
	// Output: 3 <nil>
}

// addrs returns n different addresses, the same ones for the same seed.
func addrs(seed uint64, n int) []netip.Addr {
	rng := rand.New(rand.NewPCG(seed, 0))
	seen := make(map[netip.Addr]bool, n)
	out := make([]netip.Addr, 0, n)
	for len(out) < n {
		var a netip.Addr
		if v := rng.Uint64(); v%2 == 0 {
			a = netip.AddrFrom4([4]byte{byte(v >> 8), byte(v >> 16), byte(v >> 24), byte(v >> 32)})
		} else {
			a = netip.AddrFrom16([16]byte{0x20, 1, byte(v >> 8), byte(v >> 16), byte(v >> 24), byte(v >> 32), 15: byte(v >> 40)})
		}
		if !seen[a] {
			seen[a] = true
			out = append(out, a)
		}
	}
	return out
}

func sketchOf(addrs []netip.Addr) []byte {
	var s sketch.Sketch
	for _, a := range addrs {
		s.Add(a)
	}
	return s.Bytes()
}

func count(t *testing.T, data []byte) int64 {
	t.Helper()
	n, err := sketch.Count(data)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func merge(t *testing.T, a, b []byte) []byte {
	t.Helper()
	m, err := sketch.Merge(a, b)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestCountIsWithinItsErrorAndSize(t *testing.T) {
	for _, n := range []int{1, 2, 10, 100, 1000, 5000, 10_000, 100_000} {
		for seed := range uint64(3) {
			data := sketchOf(addrs(seed, n))
			got := count(t, data)
			if off := math.Abs(float64(got)-float64(n)) / float64(n); off > 0.05 {
				t.Errorf("%d addresses count as %d: %.1f%% off", n, got, 100*off)
			}
			if n <= 100 && got != int64(n) {
				t.Errorf("%d addresses count as %d: a handful should be exact", n, got)
			}
			if len(data) > sketch.MaxSize {
				t.Errorf("the sketch of %d addresses has %d bytes, want at most %d", n, len(data), sketch.MaxSize)
			}
		}
	}
}

func TestMergeIsUnion(t *testing.T) {
	all := addrs(1, 20_000)
	for _, tt := range []struct {
		name       string
		a, b       []netip.Addr
		want, slip int64
	}{
		{"disjoint handfuls", all[:10], all[10:30], 30, 0},
		{"overlapping handfuls", all[:20], all[10:30], 30, 0},
		{"a handful and many", all[:10], all[5:10_000], 10_000, 500},
		{"many and a handful", all[5:10_000], all[:10], 10_000, 500},
		{"overlapping many", all[:12_000], all[8_000:], 20_000, 1000},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, b := sketchOf(tt.a), sketchOf(tt.b)
			ab, ba := merge(t, a, b), merge(t, b, a)
			if got := count(t, ab); got < tt.want-tt.slip || got > tt.want+tt.slip {
				t.Errorf("the union counts as %d, want %d ± %d", got, tt.want, tt.slip)
			}
			if x, y := count(t, ab), count(t, ba); x != y {
				t.Errorf("one way round the union counts as %d, the other as %d", x, y)
			}
			if x, y := count(t, ab), count(t, merge(t, merge(t, ab, a), ab)); x != y {
				t.Errorf("the union counts as %d, merged with itself as %d", x, y)
			}
			if len(ab) > sketch.MaxSize {
				t.Errorf("the union has %d bytes, want at most %d", len(ab), sketch.MaxSize)
			}
		})
	}
}

func TestMergeLeavesItsArguments(t *testing.T) {
	a, b := sketchOf(addrs(1, 50)), sketchOf(addrs(2, 50))
	a2, b2 := bytes.Clone(a), bytes.Clone(b)
	m := merge(t, a, b)
	clear(m)
	if !bytes.Equal(a, a2) || !bytes.Equal(b, b2) {
		t.Error("Merge, or a write to its result, changed its arguments")
	}
}

func TestEmpty(t *testing.T) {
	var s sketch.Sketch
	s.Add(netip.Addr{})
	if s.Bytes() != nil {
		t.Error("a sketch of no address has bytes")
	}
	one := sketchOf(addrs(1, 1))
	for _, none := range [][]byte{nil, {}} {
		if n := count(t, none); n != 0 {
			t.Errorf("no sketch counts as %d", n)
		}
		if m := merge(t, none, nil); len(m) != 0 {
			t.Errorf("the union of nothing is %x", m)
		}
		if n := count(t, merge(t, none, one)); n != 1 {
			t.Errorf("the union of nothing and one counts as %d", n)
		}
		if n := count(t, merge(t, one, none)); n != 1 {
			t.Errorf("the union of one and nothing counts as %d", n)
		}
	}
}

func TestMappedAddressIsTheIPv4One(t *testing.T) {
	data := sketchOf([]netip.Addr{netip.MustParseAddr("203.0.113.7"), netip.MustParseAddr("::ffff:203.0.113.7")})
	if n := count(t, data); n != 1 {
		t.Errorf("an address and its mapped form count as %d", n)
	}
}

func TestAddingAfterBytesGoesOn(t *testing.T) {
	var s sketch.Sketch
	for i, a := range addrs(1, 300) {
		s.Add(a)
		if n := count(t, s.Bytes()); n != int64(i+1) {
			t.Fatalf("%d addresses count as %d", i+1, n)
		}
	}
}

func TestBytesThatAreNoSketch(t *testing.T) {
	few, many := sketchOf(addrs(1, 30)), sketchOf(addrs(1, 30_000))
	flipped := bytes.Clone(many)
	flipped[1] = 14
	for name, data := range map[string][]byte{
		"one byte":              {2},
		"text":                  []byte("no sketch at all"),
		"a cut list":            few[:len(few)-1],
		"cut registers":         many[:len(many)-1],
		"a byte too many":       append(bytes.Clone(many), 0),
		"another precision":     flipped,
		"far more than MaxSize": make([]byte, 1<<20),
	} {
		if _, err := sketch.Count(data); err == nil {
			t.Errorf("Count of %s: no error", name)
		}
		if _, err := sketch.Merge(few, data); err == nil {
			t.Errorf("Merge with %s: no error", name)
		}
		if _, err := sketch.Merge(data, few); err == nil {
			t.Errorf("Merge of %s: no error", name)
		}
		if _, err := sketch.Merge(data, nil); err == nil {
			t.Errorf("Merge of %s with nothing: no error", name)
		}
	}
}

func FuzzMerge(f *testing.F) {
	few, many := sketchOf(addrs(1, 30)), sketchOf(addrs(1, 30_000))
	f.Add([]byte(nil), few)
	f.Add(few, many)
	f.Add(many, many)
	f.Add(few[:len(few)-1], []byte{2, 12, 0, 1})
	f.Fuzz(func(t *testing.T, a, b []byte) {
		_, errA := sketch.Count(a)
		_, errB := sketch.Count(b)
		m, err := sketch.Merge(a, b)
		if (err == nil) != (errA == nil && errB == nil) {
			t.Fatalf("Count says %v and %v, Merge %v", errA, errB, err)
		}
		if err != nil {
			return
		}
		if len(m) > sketch.MaxSize {
			t.Fatalf("the union has %d bytes, want at most %d", len(m), sketch.MaxSize)
		}
		n, err := sketch.Count(m)
		if err != nil {
			t.Fatalf("the union is no sketch: %v", err)
		}
		again, err := sketch.Merge(m, b)
		if err != nil {
			t.Fatalf("the union cannot be merged: %v", err)
		}
		if n2, _ := sketch.Count(again); n2 != n {
			t.Fatalf("the union counts as %d, merged once more as %d", n, n2)
		}
	})
}

func BenchmarkAdd(b *testing.B) {
	all := addrs(1, 1<<16)
	var s sketch.Sketch
	for i := 0; b.Loop(); i++ {
		s.Add(all[i%len(all)])
	}
}

func BenchmarkMerge(b *testing.B) {
	many, few := sketchOf(addrs(1, 30_000)), sketchOf(addrs(2, 10))
	for b.Loop() {
		if _, err := sketch.Merge(many, few); err != nil {
			b.Fatal(err)
		}
	}
}

package value

import (
	"errors"
	"fmt"
	"math/big"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

func TestARangeBecomesTheFewestPrefixesThatCoverIt(t *testing.T) {
	for in, want := range map[string]string{
		"198.51.100.7-198.51.100.20":                 "[198.51.100.7 198.51.100.8/29 198.51.100.16/30 198.51.100.20]",
		"198.51.100.7 - 198.51.100.20":               "[198.51.100.7 198.51.100.8/29 198.51.100.16/30 198.51.100.20]",
		" 198.51.100.0\t-198.51.100.255 ":            "[198.51.100.0/24]",
		"198.51.100.0\u2013198.51.100.255":           "[198.51.100.0/24]",
		"0.0.0.0-255.255.255.255":                    "[0.0.0.0/0]",
		"255.255.255.255-255.255.255.255":            "[255.255.255.255]",
		"2001:db8:1::-2001:db8:1::ff":                "[2001:db8:1::/120]",
		"2001:DB8::1-2001:db8::4":                    "[2001:db8::1 2001:db8::2/127 2001:db8::4]",
		"::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff": "[::/0]",
		"::ffff:192.0.2.0-::ffff:192.0.2.1":          "[192.0.2.0/31]",
	} {
		values, ok, err := ParseRange(in)
		if got := fmt.Sprint(values); !ok || err != nil || got != want {
			t.Errorf("ParseRange(%q) = %s, %v, %v; want %s", in, got, ok, err, want)
		}
	}
}

func TestARangeThatIsNone(t *testing.T) {
	for in, code := range map[string]string{
		"198.51.100.20-198.51.100.7":   CodeRange,
		"198.51.100.7-2001:db8::1":     CodeSyntax,
		"fe80::1%eth0-fe80::2%eth0":    CodeSyntax,
		"a-b.example":                  "",
		"198.51.100.7":                 "",
		"198.51.100.0/24-198.51.100.9": "",
		"-":                            "",
	} {
		values, ok, err := ParseRange(in)
		if code == "" {
			if ok || err != nil || values != nil {
				t.Errorf("ParseRange(%q) = %v, %v, %v, want nothing", in, values, ok, err)
			}
			continue
		}
		if ve, is := err.(*ValueError); !ok || !is || ve.Code != code || values != nil {
			t.Errorf("ParseRange(%q) = %v, %v, %v, want the code %s", in, values, ok, err, code)
		}
	}
}

// The prefixes lie end to end from first to last, and no two neighbours are
// halves of one wider prefix: so there are no fewer that cover the range.
func FuzzPrefixes(f *testing.F) {
	f.Add([]byte{198, 51, 100, 7}, []byte{198, 51, 100, 20})
	f.Add(make([]byte, 16), slices.Repeat([]byte{255}, 16))
	f.Add([]byte{0, 0, 0, 1}, []byte{255, 255, 255, 254})
	f.Fuzz(func(t *testing.T, from, to []byte) {
		first, ok1 := netip.AddrFromSlice(from)
		last, ok2 := netip.AddrFromSlice(to)
		all := Prefixes(first, last)
		if !ok1 || !ok2 || len(from) != len(to) || last.Less(first) {
			if all != nil {
				t.Fatalf("Prefixes(%v, %v) = %v, want none", first, last, all)
			}
			return
		}
		if limit := 2*len(from)*8 - 2; len(all) == 0 || len(all) > limit {
			t.Fatalf("Prefixes(%v, %v) gives %d prefixes", first, last, len(all))
		}
		next := number(from)
		for i, p := range all {
			if number(p.Addr().AsSlice()).Cmp(next) != 0 || p != p.Masked() {
				t.Fatalf("Prefixes(%v, %v) = %v: %v does not go on", first, last, all, p)
			}
			size := new(big.Int).Lsh(big.NewInt(1), uint(p.Addr().BitLen()-p.Bits()))
			next = new(big.Int).Add(next, size)
			if i > 0 && all[i-1].Bits() == p.Bits() && p.Bits() > 0 {
				if wider := netip.PrefixFrom(all[i-1].Addr(), p.Bits()-1); wider == wider.Masked() {
					t.Fatalf("Prefixes(%v, %v) = %v: %v covers two of them", first, last, all, wider)
				}
			}
		}
		if end := new(big.Int).Add(number(to), big.NewInt(1)); next.Cmp(end) != 0 {
			t.Fatalf("Prefixes(%v, %v) = %v: it ends elsewhere", first, last, all)
		}
	})
}

func number(b []byte) *big.Int { return new(big.Int).SetBytes(b) }

func TestRangesInWords(t *testing.T) {
	for text, want := range map[string]string{
		"203.0.113.7 to 203.0.113.20":         "203.0.113.7-203.0.113.20",
		" 203.0.113.7  ->\t203.0.113.20 ":     "203.0.113.7-203.0.113.20",
		"2001:db8::1 bis 2001:db8::4":         "2001:db8::1-2001:db8::4",
		"203.0.113.7 - 203.0.113.20":          "",
		"203.0.113.7 \u2013 203.0.113.20":     "",
		"203.0.113.7 203.0.113.8 203.0.113.9": "",
		"203.0.113.7 203.0.113.20":            "",
		"203.0.113.7 to a.example":            "",
		"a.example to 203.0.113.20":           "",
		"":                                    "",
		"203.0.113.7 " + strings.Repeat("x", 1000) + " 203.0.113.20": "",
	} {
		got, ok := RangeInWords(text)
		if ok != (want != "") || ok && got != want {
			t.Errorf("%q is %q, %t", text, got, ok)
		}
	}
	if _, err := ParseAny("203.0.113.7 to 203.0.113.20"); !isCode(err, CodeNotSupported) {
		t.Errorf("by hand: %v", err)
	}
}

func isCode(err error, code string) bool {
	e, ok := errors.AsType[*ValueError](err)
	return ok && e.Code == code
}

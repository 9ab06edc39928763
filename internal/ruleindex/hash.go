package ruleindex

import (
	"encoding/binary"
	"hash/maphash"
	"math/bits"
	"math/rand/v2"
	"net/netip"
	"strings"

	"example.com/ostraka/store"
)

// seeds make the hashes of an index its own: nobody can choose keys that
// collide.
type seeds struct {
	text   maphash.Seed
	prefix [4]uint64
}

func newSeeds() seeds {
	return seeds{maphash.MakeSeed(), [4]uint64{rand.Uint64(), rand.Uint64(), rand.Uint64() | 1, rand.Uint64() | 1}}
}

// hash returns the hash of a key that is no wildcard.
func (s *seeds) hash(k store.Key) uint64 {
	if k.Kind == store.KindIP {
		if p, ok := canonicalPrefix(k.Text); ok {
			hi, lo := halves(p.Addr())
			return s.hashPrefix(family(p.Addr()), hi, lo, uint8(p.Bits()))
		}
	}
	return s.hashText(k.Kind, k.Text)
}

func (s *seeds) hashText(kind store.Kind, text string) uint64 {
	return maphash.String(s.text, text) + uint64(kind)*0x9e3779b97f4a7c15 // so that the kinds of one text part ways
}

// hashPrefix hashes a prefix as it is, so that those that hold an address need
// not be written out to be looked for. What is behind the prefix is cut off.
func (s *seeds) hashPrefix(family int, hi, lo uint64, length uint8) uint64 {
	hi &= ^uint64(0) << (64 - min(length, 64))
	lo &= ^uint64(0) << (128 - max(length, 64)) // of IPv4 there is nothing in lo
	what := uint64(length)<<1 | uint64(family)
	return fold(fold(hi^s.prefix[0], s.prefix[2])^lo^s.prefix[1], s.prefix[3]+what<<40)
}

// fold mixes two numbers, one of which is a secret.
func fold(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}

// halves returns an address as two numbers; an IPv4 address begins the first.
func halves(a netip.Addr) (hi, lo uint64) {
	if a.Is4() {
		b := a.As4()
		return uint64(binary.BigEndian.Uint32(b[:])) << 32, 0
	}
	b := a.As16()
	return binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])
}

// family returns 0 for IPv4 and 1 for IPv6.
func family(a netip.Addr) int {
	if a.Is4() {
		return 0
	}
	return 1
}

// canonicalPrefix returns the prefix or address that the text spells in the one
// way that keys have.
func canonicalPrefix(text string) (netip.Prefix, bool) {
	if len(text) > len("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128") {
		return netip.Prefix{}, false
	}
	var room [64]byte
	if !strings.Contains(text, "/") {
		a, err := netip.ParseAddr(text)
		if err != nil || a.Zone() != "" || a.Is4In6() || string(a.AppendTo(room[:0])) != text {
			return netip.Prefix{}, false
		}
		return netip.PrefixFrom(a, a.BitLen()), true
	}
	p, err := netip.ParsePrefix(text)
	if err != nil || p.IsSingleIP() || p.Addr().Is4In6() || p != p.Masked() || string(p.AppendTo(room[:0])) != text {
		return netip.Prefix{}, false
	}
	return p, true
}

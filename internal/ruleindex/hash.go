package ruleindex

import (
	"encoding/binary"
	"math/bits"
	"math/rand/v2"
	"net/netip"
	"strings"

	"example.com/ostraka/store"
)

// seeds make the hashes of an index its own: nobody can choose keys that
// collide. Each step of a hash multiplies what was there with a secret number,
// and keeps both halves of the product.
type seeds struct {
	start  [8]uint64 // by kind: where the hashes of texts begin
	text   [3]uint64 // for the pieces of a text, for its end, and for the whole
	prefix [4]uint64
}

func newSeeds() seeds {
	var s seeds
	for i := range s.start {
		s.start[i] = rand.Uint64()
	}
	s.text = [3]uint64{rand.Uint64() | 1, rand.Uint64() | 1, rand.Uint64() | 1}
	s.prefix = [4]uint64{rand.Uint64(), rand.Uint64(), rand.Uint64() | 1, rand.Uint64() | 1}
	return s
}

// fold mixes two numbers, one of which is a secret.
func fold(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}

// hash returns the hash of a key that is no wildcard.
func (s *seeds) hash(k store.Key) uint64 {
	if k.Kind == store.KindIP {
		if p, ok := canonicalPrefix(k.Text); ok {
			return s.hashNetwork(p)
		}
	}
	return s.hashText(k.Kind, k.Text)
}

// hashNetwork returns the hash of the key that a prefix has.
func (s *seeds) hashNetwork(p netip.Prefix) uint64 {
	hi, lo := halves(p.Addr())
	return s.hashPrefix(family(p.Addr()), hi, lo, uint8(p.Bits()))
}

func (s *seeds) hashText(kind store.Kind, text string) uint64 {
	if kind == store.KindDomain {
		return s.hashDomain(text)
	}
	if _, sum, ok := store.ParseHashText(text); ok {
		return s.hashSum(kind, &sum)
	}
	return s.finish(s.add(s.start[kind&7], text))
}

// hashSum hashes the key of a hashed value by that hash, so that it can be looked for
// without its text. Whoever may write bans may choose it, so that it is not taken as it
// is.
func (s *seeds) hashSum(kind store.Kind, sum *[store.HashSize]byte) uint64 {
	h := s.start[kind&7]
	for i := 0; i < store.HashSize; i += 8 {
		h = fold(h^binary.LittleEndian.Uint64(sum[i:]), s.text[0])
	}
	return s.finish(h)
}

// hashDomain hashes the labels of a domain from the last to the first, so that
// the domains above it are hashed by the way.
func (s *seeds) hashDomain(text string) uint64 {
	h := s.start[store.KindDomain]
	for end := len(text); end >= 0; {
		start := strings.LastIndexByte(text[:end], '.') + 1
		h = s.add(h, text[start:end])
		end = start - 1
	}
	return s.finish(h)
}

// add returns the unfinished hash of what has the unfinished hash h with a text
// added. Texts of different lengths never go the same way.
func (s *seeds) add(h uint64, text string) uint64 {
	end := s.text[1] + uint64(len(text))<<40
	for len(text) > 8 {
		h = fold(h^load64(text), s.text[0])
		text = text[8:]
	}
	return fold(h^loadUpTo8(text), end)
}

// finish spreads a hash that may have had one step only, and that of few bytes.
func (s *seeds) finish(h uint64) uint64 { return fold(h, s.text[2]) }

// load64 returns the first eight bytes.
func load64(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// loadUpTo8 returns all of at most eight bytes, some of them twice. Of one length
// no two texts give the same.
func loadUpTo8(s string) uint64 {
	n := len(s)
	if n >= 4 {
		return load32(s) | load32(s[n-4:])<<32
	}
	if n == 0 {
		return 0
	}
	return uint64(s[0]) | uint64(s[n/2])<<8 | uint64(s[n-1])<<16
}

func load32(s string) uint64 {
	_ = s[3]
	return uint64(uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24)
}

// hashPrefix hashes a prefix as it is, so that those that hold an address need
// not be written out to be looked for. What is behind the prefix is cut off.
func (s *seeds) hashPrefix(family int, hi, lo uint64, length uint8) uint64 {
	hi &= ^uint64(0) << (64 - min(length, 64))
	lo &= ^uint64(0) << (128 - max(length, 64)) // of IPv4 there is nothing in lo
	what := uint64(length)<<1 | uint64(family)
	return s.finish(fold(fold(hi^s.prefix[0], s.prefix[2])^lo^s.prefix[1], s.prefix[3]+what<<40))
}

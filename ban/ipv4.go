package ban

import (
	"math/bits"
	"net/netip"
)

// plainIPv4 returns the IPv4 address that s spells, and whether it does: four
// numbers up to 255 without leading zeros. It is what [netip.ParseAddr] does, for
// a fraction of the time: it looks at eight characters at once, and asks nothing
// that a processor would have to guess, as how many digits a number has.
func plainIPv4(s string) (netip.Addr, bool) {
	n := uint(len(s))
	if n < 7 || n > 15 {
		return netip.Addr{}, false
	}
	// Behind the address comes one more dot, so that each number has its own.
	var low, high uint64
	if n == 7 {
		low = load32(s) | load32(s[3:])<<24 | '.'<<56
	} else {
		low, high = load64(s), load64(s[n-8:])>>(8*(16-n))|'.'<<(8*(n-8))
	}
	dots := bytesThat(equal(low, '.'), equal(high, '.'))
	others := bytesThat(noDigits(low), noDigits(high))
	all := uint(1)<<(n+1) - 1
	bad := bits.OnesCount(dots) ^ 4 | int((dots^others)&all)

	var quad [4]byte
	begin := uint(0)
	for i := range quad {
		end := uint(bits.TrailingZeros(dots))
		dots &= dots - 1
		digits := end - begin
		begin = end + 1
		// What comes before the dot, in the highest bytes of a word. A shift by
		// 64 or more, as a negative one is, leaves nothing.
		word := low<<(8*(8-end)) | low>>(8*(end-8)) | high<<(8*(16-end))
		word = (word ^ '0'*eachByte) & (^uint64(0) << (64 - 8*digits))
		value := word>>56 + 10*(word>>48&0xff) + 100*(word>>40&0xff)
		// One, two or three digits, of which two or more are at least 10, three at
		// least 100.
		least := uint64(leastOf>>(digits&7*8)) & 0xff
		bad |= int(value>>8) | int((value-least)>>63) | int((digits-1)&^3) | int(digits&^3)
		quad[i] = byte(value)
	}
	return netip.AddrFrom4(quad), bad == 0
}

// leastOf has, by the number of digits, the least number that is written with so
// many; of none there is none.
const leastOf = 0xff | 0<<8 | 10<<16 | 100<<24

const (
	eachByte = 0x0101_0101_0101_0101
	highBit  = 0x80 * eachByte
)

// load64 returns the first eight bytes of a text, the first one lowest.
func load64(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// load32 returns the first four bytes of a text.
func load32(s string) uint64 {
	_ = s[3]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24
}

// equal returns the high bits of the bytes that are c.
func equal(word uint64, c byte) uint64 {
	x := word ^ uint64(c)*eachByte
	return ^(x&^highBit + 0x7f*eachByte | x) & highBit
}

// noDigits returns the high bits of the bytes that are no digits.
func noDigits(word uint64) uint64 {
	x := word ^ '0'*eachByte
	return (x&^highBit + (0x80-10)*eachByte | x) & highBit
}

// bytesThat returns a bit for each of the bytes of two words whose high bit is
// set, the first lowest.
func bytesThat(low, high uint64) uint {
	const gather = 0x0102_0408_1020_4080 // brings bit 8k to 56+k
	return uint(low>>7*gather>>56) | uint(high>>7*gather>>56)<<8
}

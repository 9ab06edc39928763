package value

import (
	"strings"
	"unicode/utf8"
)

// plainHost is [Parser.Host] for a name of letters, beyond ASCII too, in labels that
// may be A-labels. ok is false if it is none.
func (f *Parser) plainHost(s string) (host string, ok bool) {
	if len(s) > 4*maxDomain {
		return "", false
	}
	start := len(f.buf)
	digits := false
	for more := true; more; {
		var label string
		label, s, more = strings.Cut(s, ".")
		if len(f.buf) > start {
			f.buf = append(f.buf, '.')
		}
		if s == "" && more { // the root
			s, more = "", false
		}
		at := len(f.buf)
		if digits, ok = f.label(label); !ok || len(f.buf)-at > maxLabel {
			return "", false
		}
	}
	host = f.since(start)
	return host, !digits && len(host) <= maxDomain
}

// label appends a label in canonical form to the buffer, and reports whether it is
// all digits.
func (f *Parser) label(s string) (digits, ok bool) {
	at, seen := len(f.buf), byte(0)
	for i := range len(s) {
		c := lowerASCII(s[i])
		what := hostBytes[c]
		if c >= utf8.RuneSelf {
			f.buf = f.buf[:at]
			return false, f.encoded(s)
		}
		if what == 0 || what == hostDot {
			return false, false
		}
		seen |= what
		f.buf = append(f.buf, c)
	}
	label := f.since(at)
	if strings.HasPrefix(label, acePrefix) {
		return false, f.isEncoded(label)
	}
	return seen == hostDigit, isPlainLabel(label)
}

// encoded appends the A-label of a label that is not ASCII to the buffer.
func (f *Parser) encoded(s string) bool {
	var runes [maxLabel]rune
	n := 0
	add := func(r rune) bool {
		if n == maxLabel {
			return false
		}
		runes[n] = r
		n++
		return true
	}
	for i, r := range s {
		if r < utf8.RuneSelf {
			c := lowerASCII(byte(r))
			if what := hostBytes[c]; what == 0 || what == hostDot || !add(rune(c)) {
				return false
			}
			continue
		}
		if r == utf8.RuneError && !strings.HasPrefix(s[i:], "\ufffd") {
			return false
		}
		l := letterOf(r)
		if l.host == "" {
			return false
		}
		for _, m := range l.host {
			if !add(m) {
				return false
			}
		}
	}
	return f.encode(runes[:n])
}

// encode appends the A-label of a label whose characters may all stand in one. It
// fails if these would make no label, or one that is all ASCII and so no A-label, or
// where hyphens are side by side, which foldHost looks at.
func (f *Parser) encode(label []rune) bool {
	n := len(label)
	if n == 0 || label[0] == '-' || label[n-1] == '-' {
		return false
	}
	for i := range label[1:] {
		if label[i] == '-' && label[i+1] == '-' {
			return false
		}
	}
	f.buf = append(f.buf, acePrefix...)
	var ok bool
	f.buf, ok = appendPunycode(f.buf, label)
	return ok
}

// isEncoded reports whether an A-label is that of a label whose characters may all
// stand in one.
func (f *Parser) isEncoded(label string) bool {
	var room [maxLabel]rune
	runes, ok := decodePunycode(room[:0], label[len(acePrefix):])
	if !ok {
		return false
	}
	for _, r := range runes {
		if r >= utf8.RuneSelf {
			if host := letterOf(r).host; host == "" || !isRune(host, r) {
				return false
			}
		} else if what := hostBytes[r]; what == 0 || what == hostDot {
			return false
		}
	}
	at := len(f.buf)
	same := f.encode(runes) && f.since(at) == label
	f.buf = f.buf[:at]
	return same
}

// isRune reports whether a text is that character alone.
func isRune(s string, r rune) bool {
	first, size := utf8.DecodeRuneInString(s)
	return first == r && size == len(s)
}

// The parameters of Punycode (RFC 3492, section 5).
const (
	punyBase        = 36
	punyTMin        = 1
	punyTMax        = 26
	punySkew        = 38
	punyDamp        = 700
	punyInitialBias = 72
	punyInitialN    = 128
)

func punyAdapt(delta, points int32, first bool) int32 {
	if first {
		delta /= punyDamp
	} else {
		delta /= 2
	}
	delta += delta / points
	k := int32(0)
	for ; delta > (punyBase-punyTMin)*punyTMax/2; k += punyBase {
		delta /= punyBase - punyTMin
	}
	return k + (punyBase-punyTMin+1)*delta/(delta+punySkew)
}

// punyThreshold returns the threshold of a digit.
func punyThreshold(k, bias int32) int32 { return max(punyTMin, min(k-bias, punyTMax)) }

const punyDigits = "abcdefghijklmnopqrstuvwxyz0123456789"

// appendPunycode appends the Punycode of a label of at most 63 characters (RFC 3492,
// section 6.3), which none is that is all ASCII.
func appendPunycode(dst []byte, label []rune) ([]byte, bool) {
	basic := int32(0)
	for _, r := range label {
		if r < utf8.RuneSelf {
			dst = append(dst, byte(r))
			basic++
		}
	}
	all := int32(len(label))
	if basic == all {
		return dst, false
	}
	if basic > 0 {
		dst = append(dst, '-')
	}
	n, delta, bias := rune(punyInitialN), int32(0), int32(punyInitialBias)
	for done := basic; done < all; {
		next := rune(utf8.MaxRune)
		for _, r := range label {
			if r >= n {
				next = min(next, r)
			}
		}
		delta += (next - n) * (done + 1)
		n = next
		for _, r := range label {
			if r < n {
				delta++
			}
			if r != n {
				continue
			}
			q := delta
			for k := int32(punyBase); ; k += punyBase {
				t := punyThreshold(k, bias)
				if q < t {
					break
				}
				dst = append(dst, punyDigits[t+(q-t)%(punyBase-t)])
				q = (q - t) / (punyBase - t)
			}
			dst = append(dst, punyDigits[q])
			bias = punyAdapt(delta, done+1, done == basic)
			delta = 0
			done++
		}
		delta++
		n++
	}
	return dst, true
}

// decodePunycode appends the characters of a label of at most 63 in Punycode (RFC
// 3492, section 6.2). The capacity of dst is the most that it may have.
func decodePunycode(dst []rune, s string) ([]rune, bool) {
	at := max(strings.LastIndexByte(s, '-'), 0)
	if at+1 > cap(dst) {
		return nil, false
	}
	for i := range at {
		dst = append(dst, rune(s[i]))
	}
	if at > 0 {
		at++
	}
	n, i, bias := rune(punyInitialN), int32(0), int32(punyInitialBias)
	for at < len(s) {
		before, w := i, int64(1)
		for k := int32(punyBase); ; k += punyBase {
			if at == len(s) {
				return nil, false
			}
			digit := int32(strings.IndexByte(punyDigits, s[at]))
			at++
			sum := int64(i) + int64(digit)*w
			if digit < 0 || sum > utf8.MaxRune*maxLabel {
				return nil, false
			}
			i = int32(sum)
			t := punyThreshold(k, bias)
			if digit < t {
				break
			}
			w *= int64(punyBase - t)
			if w > utf8.MaxRune*maxLabel {
				return nil, false
			}
		}
		points := int32(len(dst)) + 1
		bias = punyAdapt(i-before, points, before == 0)
		n += i / points
		i %= points
		if n > utf8.MaxRune || len(dst) == cap(dst) {
			return nil, false
		}
		dst = append(dst, 0)
		copy(dst[i+1:], dst[i:])
		dst[i] = n
		i++
	}
	return dst, true
}

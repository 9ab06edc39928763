package ban

import (
	"strings"
	"unsafe"

	"example.com/ostraka/internal/confusables"
)

// folder makes the fields of a Subject canonical without allocating: what has
// to be written differently is written into its buffer. It is for ASCII only,
// which nearly everything is; for anything else, and for what does not parse,
// the parsers that it stands before are asked, and are the measure of what it
// does.
//
// Its strings are good until it is reset: they must not outlive a check.
type folder struct{ buf []byte }

func (f *folder) reset() { f.buf = f.buf[:0] }

// since returns what was written from a place on. The bytes are not written
// again before the reset, even if the buffer has to grow.
func (f *folder) since(start int) string {
	b := f.buf[start:]
	return unsafe.String(unsafe.SliceData(b), len(b))
}

// lower returns an ASCII string with small letters. ok is false if there is a
// byte that is no printable ASCII.
func (f *folder) lower(s string) (folded string, ok bool) {
	capitals := false
	for i := range len(s) {
		c := s[i]
		if c < ' ' || c > '~' {
			return "", false
		}
		capitals = capitals || 'A' <= c && c <= 'Z'
	}
	if !capitals {
		return s, true
	}
	return f.replace(s, lowerASCII), true
}

func lowerASCII(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}

// replace returns s with each byte replaced.
func (f *folder) replace(s string, by func(byte) byte) string {
	start := len(f.buf)
	for i := range len(s) {
		f.buf = append(f.buf, by(s[i]))
	}
	return f.since(start)
}

// join returns an address.
func (f *folder) join(local, domain string) string {
	start := len(f.buf)
	f.buf = append(append(append(f.buf, local...), '@'), domain...)
	return f.since(start)
}

// address sets a to what [parseAddress] returns.
func (f *folder) address(a *address, s string) (err error) {
	at, ok := plainAddress(s)
	if !ok && len(s) <= maxAddress {
		if folded, ascii := f.lower(s); ascii {
			if at, ok = plainAddress(folded); ok {
				s = folded
			}
		}
	}
	if !ok {
		*a, err = parseAddress(s)
		return err
	}
	a.text, a.local, a.domain = s, s[:at], s[at+1:]
	a.mailbox = f.mailbox(a)
	return nil
}

// mailbox is [mailboxOf] for an ASCII address.
func (f *folder) mailbox(a *address) string {
	p := providerFor(a.domain)
	if p == nil {
		if user, domain, ok := subdomainUser(a.domain); ok {
			return f.join(user, domain)
		}
		return a.text
	}
	local := a.local
	if p.CutAt != 0 {
		if i := strings.IndexByte(local, p.CutAt); i >= 0 {
			local = local[:i]
		}
	}
	local = f.without(local, p.DropChars)
	to := a.domain
	if p.CanonicalDomain != "" {
		to = p.CanonicalDomain
	}
	switch {
	case local == a.local && to == a.domain, local != a.local && !isASCIIDotAtom(local):
		return a.text
	}
	return f.join(local, to)
}

// without returns s without the characters in drop.
func (f *folder) without(s, drop string) string {
	if drop == "" || !strings.ContainsAny(s, drop) {
		return s
	}
	start := len(f.buf)
	for i := range len(s) {
		if strings.IndexByte(drop, s[i]) < 0 {
			f.buf = append(f.buf, s[i])
		}
	}
	return f.since(start)
}

// host is [parseHost].
func (f *folder) host(s string) (string, error) {
	if isPlainHost(s) {
		return s, nil
	}
	if len(s) <= maxDomain+1 {
		if folded, ok := f.lower(s); ok {
			if folded = strings.TrimSuffix(folded, "."); isPlainHost(folded) {
				return folded, nil
			}
		}
	}
	return parseHost(s)
}

// name sets n to what [newAskedName] makes of the text. It keeps the room that
// n has for readings.
func (f *folder) name(n *askedName, written string, leet bool) error {
	text := written
	what := nameBytes(text)
	if what == 0 && len(written) <= maxName {
		if folded, ascii := f.lower(written); ascii {
			text, what = folded, nameBytes(folded)
		}
	}
	if what == 0 {
		name, err := parseUsername(written)
		*n = newAskedName(written, name, leet)
		return err
	}
	n.text, n.skeleton, n.readings = text, text, n.readings[:0]
	if what&nameDressed != 0 {
		n.skeleton = f.skeleton(text)
	}
	if text != written && capitalI(written) {
		alt := f.replace(written, lowerCapitalI)
		n.readings = append(n.readings, reading{username{alt, f.skeleton(alt)}, ViaSkeleton, rankSkeleton})
	}
	if leet && strings.ContainsAny(text, "012345789") {
		alt := f.replace(text, leetLetter)
		n.readings = append(n.readings, reading{username{alt, f.skeleton(alt)}, ViaLeet, rankLeet})
	}
	return nil
}

// skeleton is [skeletonOf] for ASCII.
func (f *folder) skeleton(text string) string {
	start := len(f.buf)
	f.buf = confusables.AppendASCII(f.buf, text)
	return f.since(start)
}

// capitalI reports what [capitalIAsL] does for an ASCII name: whether it has a
// capital I and a small letter.
func capitalI(written string) bool {
	if strings.IndexByte(written, 'I') < 0 {
		return false
	}
	for i := range len(written) {
		if 'a' <= written[i] && written[i] <= 'z' {
			return true
		}
	}
	return false
}

func lowerCapitalI(c byte) byte {
	if c == 'I' {
		return 'l'
	}
	return lowerASCII(c)
}

func leetLetter(c byte) byte {
	if '0' <= c && c <= '9' {
		return leetDigits[c-'0']
	}
	return c
}

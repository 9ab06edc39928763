package value

import "strings"

// UnreadableLabel stands for the labels of a host name that are none of a domain
// name: see [ReadableHost]. As a top-level name it is reserved (RFC 2606, section 2).
const UnreadableLabel = "invalid"

// ReadableHost returns what can be read of a host name that need not be a domain
// name, for who must match it and may not refuse it for its form: the DNS, and what
// SMTP clients say, has names with underscores, empty labels and worse.
//
// A name that [ParseHost] reads is returned in canonical form. Of another, all the
// labels at its end that are those of a domain name are kept, and
// [UnreadableLabel] stands for what is before them: "x_y.Spam.example." gives
// "invalid.spam.example", which the rules for spam.example and its subdomains
// match. Dots at the end are dropped, however many. ok is false if nothing can be
// read: the name is empty, an IP address, or ends in a label that is none.
//
// The work is bounded, whatever the length of the name.
func ReadableHost(name string) (host string, ok bool) {
	name = cutFront(name, maxReadable)
	name = strings.TrimRightFunc(strings.TrimSpace(name), isDot)
	if host, err := ParseHost(name); err == nil {
		return host, true
	}
	labels := strings.Split(strings.Map(plainDot, name), ".")
	kept, size := len(labels), len(UnreadableLabel)
	for kept > 0 {
		label, err := ParseHost("x." + labels[kept-1] + ".x") // it may be a number; no space is trimmed
		if err != nil {
			break
		}
		labels[kept-1] = label[len("x.") : len(label)-len(".x")]
		if size += 1 + len(labels[kept-1]); size > maxDomain {
			break
		}
		kept--
	}
	// Labels that are good alone may not be so together (RFC 5893, or a number last).
	for ; kept < len(labels); kept++ {
		host, err := ParseHost(UnreadableLabel + "." + strings.Join(labels[kept:], "."))
		if err == nil {
			return host, true
		}
	}
	return "", false
}

// maxReadable bounds the bytes of a name that are looked at, from its end: more than
// 253 characters of UTF-8 take.
const maxReadable = 1 << 10

// cutFront returns the last n bytes of s at most, from the start of a label.
func cutFront(s string, n int) string {
	if len(s) <= n {
		return s
	}
	s = s[len(s)-n:]
	if i := strings.IndexFunc(s, isDot); i >= 0 {
		return "_" + s[i:] // what is before is not read
	}
	return ""
}

// isDot reports whether UTS #46 takes the character for a dot.
func isDot(r rune) bool { return r == '.' || r == '\u3002' || r == '\uff0e' || r == '\uff61' }

func plainDot(r rune) rune {
	if isDot(r) {
		return '.'
	}
	return r
}

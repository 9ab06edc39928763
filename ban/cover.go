package ban

import (
	"strings"

	"example.com/ostraka/store"
)

// valueOf returns the Value that was stored as those texts.
func valueOf(k Kind, text, key string) Value { return Value{kind: k, text: text, key: key} }

// covers reports whether a rule of value a matches all that a rule of value b
// matches. Both may cover each other: two spellings of one mailbox do.
func covers(a, b Value) bool {
	switch {
	case a == b:
		return true
	case a.kind == KindDomain && b.kind == KindDomain:
		return domainCovers(a.text, b.text)
	case a.kind == KindDomain && b.kind == KindEmail:
		return domainCovers(a.text, "="+emailDomain(b.text))
	case a.kind != b.kind:
		return false
	}
	switch a.kind {
	case KindEmail:
		return emailCovers(a, b)
	case KindIP:
		p, q := a.Prefix(), b.Prefix()
		return p.Bits() <= q.Bits() && p.Contains(q.Addr())
	case KindName:
		return nameCovers(a, b)
	}
	return false
}

func domainCovers(a, b string) bool {
	hostA, formA := splitDomain(a)
	hostB, formB := splitDomain(b)
	below := strings.HasSuffix(hostB, "."+hostA)
	switch formA {
	case formExact:
		return hostA == hostB && formB == formExact
	case formSubdomains:
		return below || hostA == hostB && formB == formSubdomains
	}
	return below || hostA == hostB
}

func emailDomain(text string) string { return text[strings.LastIndexByte(text, '@')+1:] }

func emailCovers(a, b Value) bool {
	switch {
	case !a.Wildcard():
		return !b.Wildcard() && a.key == b.key
	case !b.Wildcard():
		addr, err := parseAddress(plainText(b.text))
		return err == nil && compileLocal(a.text).match(addr)
	}
	localA, domainA, _ := strings.Cut(a.text, "@")
	localB, domainB, _ := strings.Cut(b.text, "@")
	return domainA == domainB && patternCovers(localA, localB)
}

func nameCovers(a, b Value) bool {
	switch {
	case !a.Wildcard():
		return !b.Wildcard() && a.key == b.key
	case !b.Wildcard():
		n, err := parseUsername(plainText(b.text))
		if err != nil {
			return false
		}
		exact, alike := compileName(a.text).match(n)
		return exact || alike
	}
	return patternCovers(a.text, b.text)
}

// patternCovers reports whether everything that fits pattern b fits a: a is
// open wherever b is, and fits the text of b.
func patternCovers(a, b string) bool {
	p, _ := splitStars(a)
	q, _ := splitStars(b)
	return (p.before || !q.before) && (p.after || !q.after) && p.find(q.fixed, p.fixed)
}

// specificity orders rules that match the same value, the more specific the
// higher, as the ranks of a check do.
func specificity(v Value) int {
	switch {
	case v.kind == KindDomain:
		return rankEmailDomain + domainRank(splitDomain(v.text))
	case v.kind == KindIP:
		return v.Prefix().Bits()
	case v.Wildcard():
		return rankLocal + wildcardLiteral(v)
	}
	return rankMailbox
}

// overlapIP reports whether both are prefixes with an address in common.
func overlapIP(a, b Value) bool {
	return a.kind == KindIP && b.kind == KindIP && a.Prefix().Overlaps(b.Prefix())
}

// ruleValue returns the value of a stored rule.
func ruleValue(r *store.Rule) Value { return valueOf(r.Key.Kind, r.Value, r.Key.Text) }

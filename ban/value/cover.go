package value

import (
	"slices"
	"strings"

	"example.com/ostraka/internal/confusables"
)

// Covers reports whether a rule of extent a matches all that one of extent b
// matches. Both may cover each other: two spellings of one mailbox do. It may
// say no where yes is right, and does not read digits as letters.
func (a *Extent) Covers(b *Extent) bool {
	switch {
	case a.hashed || b.hashed:
		return a.hashed == b.hashed && a.kind == b.kind && a.key == b.key
	case a.kind == KindDomain && b.kind == KindEmail:
		return !slices.ContainsFunc(b.mailHosts(), func(h Domain) bool { return !a.host.Covers(h) })
	case a.kind != b.kind:
		return false
	}
	switch a.kind {
	case KindDomain:
		return (b.mail || !a.mail) && a.host.Covers(b.host)
	case KindEmail:
		return a.coversEmail(b)
	case KindIP:
		return a.prefix.Bits() <= b.prefix.Bits() && a.prefix.Contains(b.prefix.Addr())
	}
	return a.coversName(b)
}

func (a *Extent) coversEmail(b *Extent) bool {
	switch {
	case !a.wild:
		return !b.wild && a.key == b.key
	case !b.wild && b.literal:
		addr, err := b.tables.ParseAddress(b.text)
		return err == nil && a.local.Match(addr)
	case a.local.domain != b.mailDomain():
		return false
	case !b.wild:
		return a.local.folded != "" && a.local.find(emailLocal(b.key), a.local.folded)
	}
	return patternCovers(a.local.stars, b.local.stars, a.local.fixed, b.local.fixed) &&
		(b.local.folded == "" || a.local.folded != "" && patternCovers(a.local.stars, b.local.stars, a.local.folded, b.local.folded))
}

func (a *Extent) coversName(b *Extent) bool {
	switch {
	case !a.wild && a.literal:
		return !b.wild && b.literal && a.text == b.text
	case !a.wild:
		return !b.wild && a.key == b.key
	case a.literal && !b.literal:
		return false
	case b.wild && b.literal:
		return patternCovers(a.name.stars, b.name.stars, a.name.fixed, b.name.fixed)
	case b.wild:
		return patternCoversLooks(a.name, b.name.stars, b.name.skeleton)
	case b.literal:
		exact, alike := a.name.Match(Look{b.text, b.key})
		return exact || alike && !a.literal
	}
	return patternCoversLooks(a.name, stars{}, b.key)
}

// patternCovers reports whether all that fits pattern q fits p: p is open
// wherever q is, and fits the text of q.
func patternCovers(p, q stars, pFixed, qFixed string) bool {
	return openWhere(p, q) && p.find(qFixed, pFixed)
}

func openWhere(p, q stars) bool { return (p.before || !q.before) && (p.after || !q.after) }

// patternCoversLooks reports whether all that looks like q looks like p, where
// skeleton is that of q. By looks, the literal of p has to stand at the bounds
// of characters.
func patternCoversLooks(p NamePattern, q stars, skeleton string) bool {
	if !openWhere(p.stars, q) || strings.Count(p.skeleton, "rn") > countM(p.fixed) {
		return false // a rn of the pattern does not mean the m that looks like it
	}
	for at := range skeleton {
		rest := skeleton[at:]
		if at > 0 && !p.before {
			break
		}
		if !strings.HasPrefix(rest, p.skeleton) || !p.after && len(rest) != len(p.skeleton) {
			continue
		}
		if confusables.MayCut(skeleton, at) && confusables.MayCut(skeleton, at+len(p.skeleton)) {
			return true
		}
	}
	return false
}

// Overlaps reports whether there may be something that rules of both extents
// match. It may say yes where no is right.
func (a *Extent) Overlaps(b *Extent) bool {
	switch {
	case a.hashed || b.hashed:
		return a.overlapsHashed(b)
	case a.kind == KindEmail && b.kind == KindDomain:
		return slices.ContainsFunc(a.mailHosts(), b.host.Overlaps)
	case a.kind == KindDomain && b.kind == KindEmail:
		return b.Overlaps(a)
	case a.kind != b.kind:
		return false
	}
	switch a.kind {
	case KindDomain:
		return a.host.Overlaps(b.host)
	case KindIP:
		return a.prefix.Overlaps(b.prefix) || mayHold(a.prefix, b.prefix) || mayHold(b.prefix, a.prefix)
	case KindEmail:
		return a.overlapsEmail(b)
	}
	return a.overlapsName(b)
}

// overlapsHashed is Overlaps where one of them is hashed at least. Of two that are under
// one secret it can be told.
func (a *Extent) overlapsHashed(b *Extent) bool {
	if a.kind != b.kind {
		return min(a.kind, b.kind) == KindEmail && max(a.kind, b.kind) == KindDomain
	}
	idA, okA := IsHashed(a.kind, a.key)
	idB, okB := IsHashed(b.kind, b.key)
	return !okA || !okB || idA != idB || a.key == b.key
}

func (a *Extent) overlapsEmail(b *Extent) bool {
	switch {
	case !a.wild && !b.wild:
		return a.key == b.key
	case !a.wild:
		return b.overlapsEmail(a)
	case !b.wild && b.tables.provider(b.mailDomain()) == nil:
		return a.Covers(b) // there is one spelling
	}
	return slices.ContainsFunc(a.mailHosts(), func(h Domain) bool { return slices.ContainsFunc(b.mailHosts(), h.Overlaps) })
}

func (a *Extent) overlapsName(b *Extent) bool {
	switch {
	case !a.wild && !b.wild && a.literal && b.literal:
		return a.text == b.text
	case !a.wild && !b.wild:
		return a.key == b.key
	case !a.wild:
		return b.overlapsName(a)
	case !b.wild:
		return a.name.find(b.key, a.name.skeleton)
	}
	p, q := a.name, b.name
	switch {
	case !p.before && !q.before:
		return strings.HasPrefix(p.skeleton, q.skeleton) || strings.HasPrefix(q.skeleton, p.skeleton)
	case !p.after && !q.after:
		return strings.HasSuffix(p.skeleton, q.skeleton) || strings.HasSuffix(q.skeleton, p.skeleton)
	}
	return true
}

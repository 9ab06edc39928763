package match

import (
	"example.com/ostraka/ban/value"
	"example.com/ostraka/store"
)

// A rank says how specific a rule is for a field: a higher rank is more
// specific. Ranks compare within one field only. They have levels; within a
// level the more specific rule has the higher rest, which stays below rankStep.
const rankStep = 1 << 16

// Ranks of an e-mail address, by what the rule names.
const (
	rankAddress     = 4 * rankStep
	rankMailbox     = 3 * rankStep
	rankLocal       = 2 * rankStep
	rankEmailDomain = 1 * rankStep
)

// Ranks of a name, by how the rule matches.
const (
	rankName     = 4 * rankStep
	rankSkeleton = 3 * rankStep
	rankLeet     = 2 * rankStep
	rankPattern  = 1 * rankStep
)

// domainRank orders domain rules that match the same host: the one with more
// labels is more specific; of two with as many, the one that covers less.
// "=host" covers less than "*.host", that less than "host".
func domainRank(d value.Domain) int {
	rank := 4 * d.Labels()
	switch d.Form {
	case value.DomainExact:
		return rank + 2
	case value.DomainSubdomains:
		return rank + 1
	}
	return rank
}

// onlyName reports whether the rule is for one name, and not for those that look
// like it.
func onlyName(r *store.Rule) bool {
	_, only := value.SplitName(r.Value)
	return only && r.Key.Kind == store.KindName && !r.Key.Wildcard()
}

// Extent is what a rule matches, and the lowest and highest rank with which it
// does.
type Extent struct {
	value.Extent
	Low, High int
	family    int // 4 or 6, of an ip rule
}

// MayBeat reports whether a rule may go before another where both match the same
// field, by their ranks alone; mayTie whether they may be of one rank.
func (e *Extent) MayBeat(o *Extent) (beats, mayTie bool) {
	low, high := o.Low, e.High
	if e.family == 4 && o.family == 6 {
		high += maxBefore // by an IPv6 address that has the IPv4 one in it
	}
	return high > low, high == low
}

// maxBefore is how many bits may be before the IPv4 address in an IPv6 one.
const maxBefore = 96

// ExtentOf returns the extent of a rule by those tables.
func ExtentOf(t *value.Tables, r *store.Rule) Extent {
	v := value.Stored(r.Key, r.Value)
	e := Extent{Extent: t.ExtentOf(v)}
	if r.Origin == store.OriginBlock {
		e.Extent = e.OfMail()
	}
	rank := 0
	switch w := Compile(t, *r); {
	case v.Kind() == store.KindDomain:
		rank = rankEmailDomain + domainRank(value.SplitDomain(r.Value))
	case v.Kind() == store.KindIP:
		rank, e.family = v.Prefix().Bits(), 6
		if v.Prefix().Addr().Is4() {
			e.family = 4
		}
	case v.Wildcard() && v.Kind() == store.KindEmail:
		rank = rankLocal + w.local.Literal()
	case v.Wildcard():
		rank = rankPattern + w.name.Literal()
	}
	e.Low, e.High = rank, rank
	switch {
	case v.Wildcard():
	case v.Kind() == store.KindEmail:
		e.Low, e.High = rankMailbox, rankAddress
	case v.Hashed():
		e.Low, e.High = rankLeet, rankSkeleton
	case v.Kind() == store.KindName:
		e.Low, e.High = rankLeet, rankName
	}
	if v.Kind() == store.KindName && (r.Effect == store.Allow || onlyName(r)) { // see name
		e.Extent, e.Low = e.AsWritten(), e.High
	}
	return e
}

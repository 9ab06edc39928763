package match

import (
	"bytes"
	"slices"
	"unicode/utf8"

	"example.com/ostraka/ban/value"
	"example.com/ostraka/internal/literals"
	"example.com/ostraka/store"
)

// Patterns are the wildcard rules of a kind, found by the literals in them: to
// match one text against ten thousand takes little more than to match it against
// none. Patterns never change; see [Patterns.Change]. They are safe for concurrent
// use.
//
// What is found is what may match, which [Fields] then decides rule by rule.
type Patterns struct {
	kind   store.Kind
	tables *value.Tables
	// Of names, skeletons are those of all literals; texts are the literals that are
	// not ASCII, for these need not be found by their skeletons: combining marks may
	// stand in another order there. Of addresses, texts are all literals, with and
	// without what providers ignore; their scopes are made of domains.
	skeletons, texts literals.Set[*Wildcard]
	rules            int
}

// PatternSet has the wildcard rules of each kind, nil where there are none.
type PatternSet [store.KindName + 1]*Patterns

// NewPatterns returns the wildcard rules of the kind that are among the rules,
// ready to match by those tables.
func NewPatterns(t *value.Tables, kind store.Kind, rules []store.Rule) *Patterns {
	var wild []*store.Rule
	for i := range rules {
		if rules[i].Key == store.WildcardKey(kind) {
			wild = append(wild, &rules[i])
		}
	}
	return (&Patterns{kind: kind, tables: t}).Change(nil, wild)
}

// Len returns how many rules there are.
func (p *Patterns) Len() int {
	if p == nil {
		return 0
	}
	return p.rules
}

// Change returns the patterns without the rules that are gone and with those that
// were added.
func (p *Patterns) Change(gone, added []*store.Rule) *Patterns {
	out := *p
	for _, r := range gone {
		out.drop(r)
	}
	var skeletons, texts batch
	for _, r := range added {
		w := Compile(p.tables, *r)
		p.entries(&w, skeletons.add, texts.add)
	}
	out.skeletons = out.skeletons.WithAll(skeletons.literals, skeletons.rules)
	out.texts = out.texts.WithAll(texts.literals, texts.rules)
	out.rules += len(added)
	return &out
}

// batch collects literals.
type batch struct {
	literals []literals.Literal
	rules    []*Wildcard
}

func (b *batch) add(l literals.Literal, w *Wildcard) {
	b.literals = append(b.literals, l)
	b.rules = append(b.rules, w)
}

// drop takes a rule out, if it is there.
func (p *Patterns) drop(r *store.Rule) {
	w := Compile(p.tables, *r)
	there := false
	without := func(set *literals.Set[*Wildcard]) func(literals.Literal, *Wildcard) {
		return func(l literals.Literal, _ *Wildcard) {
			for old := range set.Values(l) {
				if old.Rule.ID == r.ID {
					*set = set.Without(l, old)
					there = true
					return
				}
			}
		}
	}
	p.entries(&w, without(&p.skeletons), without(&p.texts))
	if there {
		p.rules--
	}
}

// entries tells under which literals a rule is found.
func (p *Patterns) entries(w *Wildcard, skeletons, texts func(literals.Literal, *Wildcard)) {
	if p.kind == store.KindName {
		literal, skeleton := w.name.Texts()
		place := placeOf(w.name.Stars())
		skeletons(literals.Literal{Text: skeleton, Place: place}, w)
		if !isASCII(literal) {
			texts(literals.Literal{Text: literal, Place: place}, w)
		}
		return
	}
	literal, folded := w.local.Texts()
	place := placeOf(w.local.Stars())
	scopes := []uint32{scopeOf(w.local.Domain())}
	for _, domain := range p.tables.DomainsLike(w.local.Domain()) {
		if scope := scopeOf(domain); !slices.Contains(scopes, scope) {
			scopes = append(scopes, scope)
		}
	}
	for _, scope := range scopes {
		texts(literals.Literal{Scope: scope, Text: literal, Place: place}, w)
	}
	if folded != "" && folded != literal { // of a mailbox, whose domain is that
		texts(literals.Literal{Scope: scopes[0], Text: folded, Place: place}, w)
	}
}

// placeOf returns where the literal of a pattern stands by its stars.
func placeOf(before, after bool) literals.Place {
	switch {
	case before && after:
		return literals.Anywhere
	case before:
		return literals.AtEnd
	}
	return literals.AtStart
}

// scopeOf makes a scope of a domain. That two share one is rare, and costs little.
func scopeOf(domain string) uint32 {
	h := uint64(len(domain))
	switch n := len(domain); {
	case n >= 8:
		for at := 0; at < n-8; at += 8 {
			h = mix(h ^ load64(domain[at:]))
		}
		h ^= load64(domain[n-8:])
	case n >= 4:
		h ^= load32(domain)<<32 | load32(domain[n-4:])
	case n > 0:
		h ^= uint64(domain[0])<<32 | uint64(domain[n/2])<<16 | uint64(domain[n-1])<<8
	}
	return 1 + uint32(mix(h)>>32)%(literals.Scopes-1)
}

func mix(h uint64) uint64 {
	h *= 0x9e3779b97f4a7c15
	return h ^ h>>29
}

// load64 returns the first eight bytes.
func load64(s string) uint64 { return load32(s) | load32(s[4:])<<32 }

func load32(s string) uint64 {
	_ = s[3]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// Wild is a wildcard rule that matches a field, and how specific it is for it.
type Wild struct {
	Rule *store.Rule
	Rank int
}

// Candidate returns the rule as a candidate.
func (w Wild) Candidate() Candidate { return Candidate{*w.Rule, value.ViaWildcard, w.Rank} }

// Wild returns those of the patterns that match the field of that kind, expired or
// not, each once. What it returns is good until it is called again, or Reset.
func (f *Fields) Wild(k store.Kind, p *Patterns) []Wild {
	f.forgetWild()
	if p.Len() == 0 {
		return nil
	}
	if k == store.KindEmail {
		f.near = f.email.near(f.near[:0], p)
	} else {
		f.near = f.name.near(f.near[:0], p)
	}
	if len(f.near) == 0 {
		return nil
	}
	for _, w := range once(f.near) {
		if rank, ok := f.matchWildcard(k, w); ok {
			f.wild = append(f.wild, Wild{&w.Rule, rank})
		}
	}
	return f.wild
}

// forgetWild keeps no rule alive.
func (f *Fields) forgetWild() {
	clear(f.near)
	clear(f.wild)
	f.near, f.wild = f.near[:0], f.wild[:0]
}

// few is up to how many are compared each with all.
const few = 8

// once returns the rules, each once.
func once(rules []*Wildcard) []*Wildcard {
	if len(rules) <= few {
		n := 0
		for _, w := range rules {
			if !slices.Contains(rules[:n], w) {
				rules[n] = w
				n++
			}
		}
		return rules[:n]
	}
	slices.SortFunc(rules, func(a, b *Wildcard) int { return bytes.Compare(a.Rule.ID[:], b.Rule.ID[:]) })
	return slices.Compact(rules)
}

// near appends the rules whose literals are in the name, or in one that it may be
// read as.
func (n *name) near(dst []*Wildcard, p *Patterns) []*Wildcard {
	dst = p.alike(dst, n.Look())
	for i := range n.read {
		dst = p.alike(dst, n.readings[i].Look)
	}
	return dst
}

// alike appends the rules whose literals are in a name, or look like a part of it.
func (p *Patterns) alike(dst []*Wildcard, l value.Look) []*Wildcard {
	dst = p.skeletons.AppendFound(dst, 0, l.Skeleton())
	if p.texts.Len() > 0 && !isASCII(l.String()) {
		dst = p.texts.AppendFound(dst, 0, l.String())
	}
	return dst
}

// near appends the rules whose literals are in the local part, or in that of the
// canonical mailbox.
func (e *email) near(dst []*Wildcard, p *Patterns) []*Wildcard {
	a := &e.Address
	dst = p.texts.AppendFound(dst, scopeOf(a.Domain()), a.Local())
	if a.HasMailbox() {
		local, domain := a.MailboxParts()
		dst = p.texts.AppendFound(dst, scopeOf(domain), local)
	}
	return dst
}

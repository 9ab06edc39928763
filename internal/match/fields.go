package match

import (
	"net/netip"

	"example.com/ostraka/ban/value"
	"example.com/ostraka/store"
)

// Kinds are the fields of a subject, in the order in which equal verdicts are
// reported.
var Kinds = [...]store.Kind{store.KindEmail, store.KindDomain, store.KindIP, store.KindName}

// Texts are the fields of a subject as the caller wrote them, by [Kinds]; empty
// where there is none.
type Texts [len(Kinds)]string

// Fields are those of a subject in canonical form. The zero Fields have none.
// They may be used again, after [Fields.Reset], and then allocate nothing.
//
// Each has methods of the same names: keys tells the keys under which rules for
// it may be stored, but for those of wildcards; match says whether and how a rule
// that carries one of the keys matches, and how specific it is; matchWildcard is
// match for a wildcard rule.
type Fields struct {
	parser value.Parser
	email  email
	domain domain
	ip     ip
	name   name
	has    uint8 // bits, by kind

	near []*Wildcard // room for the rules that may match
	wild []Wild      // room for those that do
}

// Keys is told the keys of fields, each with the kind of its field, field by field
// in the order of [Kinds]. What it is told must not be kept for longer than the
// Fields are.
type Keys interface {
	// Key is told a key of its own.
	Key(field uint8, kind store.Kind, text string)
	// Hashed is told a key of hashed rules of its own, by the ID of the secret and the
	// hash, of which [store.AppendHashText] makes its text. The hash is good until the
	// fields are reset.
	Hashed(field uint8, kind store.Kind, id string, hash *[store.HashSize]byte)
	// Domains is told a host: the keys are it and every domain above.
	Domains(field uint8, host string)
	// Prefixes is told an address: the keys are the prefixes that cover it, of
	// the lengths in use.
	Prefixes(field uint8, addr netip.Addr)
}

// Reading says how texts are read. The zero Reading is by the bundled tables.
type Reading struct {
	Tables *value.Tables
	Leet   bool // names are also read with their digits as letters
	// SeparateIPv4: an IPv6 address is not also the IPv4 address in it.
	SeparateIPv4 bool
}

// Parse makes the fields that are not empty canonical. The error is a
// [*value.ValueError] about the first field that does not parse.
func (f *Fields) Parse(email, domain, ip, name string, by Reading) (err error) {
	f.parser.Tables = by.Tables
	f.has = 0
	if email != "" {
		f.has |= 1 << store.KindEmail
		if f.email.Address, err = f.parser.Address(email); err != nil {
			return err
		}
	}
	if domain != "" {
		f.has |= 1 << store.KindDomain
		if f.domain.host, err = f.parser.Host(domain); err != nil {
			return err
		}
	}
	if ip != "" {
		f.has |= 1 << store.KindIP
		if err = f.ip.parse(ip, by.SeparateIPv4); err != nil {
			return err
		}
	}
	if name != "" {
		f.has |= 1 << store.KindName
		return f.name.parse(&f.parser, name, by.Leet)
	}
	return nil
}

// Reset forgets the fields, and makes room for others.
func (f *Fields) Reset() {
	if f.Has(store.KindEmail) {
		f.email.reset()
	}
	if f.Has(store.KindName) {
		f.name.reset()
	}
	f.domain = domain{}
	f.forgetWild()
	f.has = 0
	f.parser.Reset()
}

// Has reports whether there is a field of that kind.
func (f *Fields) Has(k store.Kind) bool { return f.has&(1<<k) != 0 }

// Address returns the e-mail address, if there is one. It must not be kept for longer
// than the Fields are.
func (f *Fields) Address() value.Address { return f.email.Address }

// Addr returns the IP address, the zero Addr if there is none.
func (f *Fields) Addr() netip.Addr {
	if !f.Has(store.KindIP) {
		return netip.Addr{}
	}
	return f.ip.addr
}

// Keys tells the keys under which rules for the fields may be stored, but for
// those of wildcards.
func (f *Fields) Keys(to Keys) {
	if f.Has(store.KindEmail) {
		f.email.keys(to)
	}
	if f.Has(store.KindDomain) {
		f.domain.keys(to)
	}
	if f.Has(store.KindIP) {
		f.ip.keys(to)
	}
	if f.Has(store.KindName) {
		f.name.keys(to)
	}
}

// match says how a rule matches the field of that kind.
func (f *Fields) match(k store.Kind, r *store.Rule) (value.Via, int, bool) {
	switch k {
	case store.KindEmail:
		return f.email.match(r)
	case store.KindDomain:
		return f.domain.match(r)
	case store.KindIP:
		return f.ip.match(r)
	}
	return f.name.match(r)
}

// matchWildcard says how a wildcard rule matches the field of that kind.
func (f *Fields) matchWildcard(k store.Kind, w *Wildcard) (int, bool) {
	if k == store.KindEmail {
		return f.email.matchWildcard(w)
	}
	return f.name.matchWildcard(w)
}

// Append appends the rule as a candidate for the field of that kind, which there
// must be, if it matches. The rule carries one of the field's keys.
func (f *Fields) Append(dst []Candidate, k store.Kind, r *store.Rule) []Candidate {
	if via, rank, ok := f.match(k, r); ok {
		dst = append(dst, Candidate{*r, via, rank})
	}
	return dst
}

// Wildcards returns the kind of wildcard rules that may match the field of that
// kind, 0 if there are none of it or no such field.
func (f *Fields) Wildcards(k store.Kind) store.Kind {
	if f.Has(k) && (k == store.KindEmail || k == store.KindName) {
		return k
	}
	return 0
}

// Rank returns how specific any rule is for the field of that kind, and whether
// it matches.
func (f *Fields) Rank(k store.Kind, w *Wildcard) (rank int, ok bool) {
	if w.Rule.Key.Wildcard() {
		if f.Wildcards(k) != w.Rule.Key.Kind {
			return 0, false
		}
		return f.matchWildcard(k, w)
	}
	_, rank, ok = f.match(k, &w.Rule)
	return rank, ok
}

package match

import (
	"net/netip"
	"time"

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
type Fields struct {
	parser value.Parser
	email  email
	domain domain
	ip     ip
	name   name
	asked  [len(Kinds)]field // nil for those that are empty, else one of those above
}

// field is one field of a subject.
type field interface {
	// keys tells the keys under which rules for it may be stored, but for those
	// of wildcards.
	keys(to Keys)
	// match says whether and how a rule that carries one of the keys matches,
	// and how specific it is.
	match(r *store.Rule) (via value.Via, rank int, ok bool)
	// wildcards returns the kind of wildcard rules that may match, or 0.
	wildcards() store.Kind
	// matchWildcard is match for a rule of that kind.
	matchWildcard(w *Wildcard) (rank int, ok bool)
}

// Keys is told the keys of a field. What it is told must not be kept for longer
// than the Fields are.
type Keys interface {
	// Key is told a key of its own.
	Key(k store.Key)
	// Domains is told a host: the keys are it and every domain above.
	Domains(host string)
	// Prefixes is told an address: the keys are the prefixes that cover it, of
	// the lengths in use.
	Prefixes(addr netip.Addr)
}

// Reading says how texts are read. The zero Reading is by the bundled tables.
type Reading struct {
	Tables *value.Tables
	Leet   bool // names are also read with their digits as letters
}

// Parse makes the texts canonical. The error is a [*value.ValueError] about the
// first field that does not parse.
func (f *Fields) Parse(texts *Texts, by Reading) (err error) {
	f.parser.Tables = by.Tables
	f.asked = [len(Kinds)]field{}
	if s := texts[store.KindEmail-1]; s != "" {
		if f.email.Address, err = f.parser.Address(s); err != nil {
			return err
		}
		f.asked[store.KindEmail-1] = &f.email
	}
	if s := texts[store.KindDomain-1]; s != "" {
		if f.domain.host, err = f.parser.Host(s); err != nil {
			return err
		}
		f.asked[store.KindDomain-1] = &f.domain
	}
	if s := texts[store.KindIP-1]; s != "" {
		if f.ip.addr, err = value.ParseAddr(s); err != nil {
			return err
		}
		f.asked[store.KindIP-1] = &f.ip
	}
	if s := texts[store.KindName-1]; s != "" {
		if err = f.name.parse(&f.parser, s, by.Leet); err != nil {
			return err
		}
		f.asked[store.KindName-1] = &f.name
	}
	return nil
}

// Reset forgets the fields, and makes room for others.
func (f *Fields) Reset() {
	f.email, f.domain = email{}, domain{}
	f.name.reset()
	f.asked = [len(Kinds)]field{}
	f.parser.Reset()
}

// Has reports whether there is a field of that kind.
func (f *Fields) Has(k store.Kind) bool { return f.asked[k-1] != nil }

// Keys tells the keys under which rules for the field of that kind, which there
// must be, may be stored, but for those of wildcards.
func (f *Fields) Keys(k store.Kind, to Keys) { f.asked[k-1].keys(to) }

// Append appends the rule as a candidate for the field of that kind, which there
// must be, if it matches. The rule carries one of the field's keys.
func (f *Fields) Append(dst []Candidate, k store.Kind, r *store.Rule) []Candidate {
	if via, rank, ok := f.asked[k-1].match(r); ok {
		dst = append(dst, Candidate{*r, via, rank})
	}
	return dst
}

// Wildcards returns the kind of wildcard rules that may match the field of that
// kind, 0 if there are none of it or no such field.
func (f *Fields) Wildcards(k store.Kind) store.Kind {
	if f.asked[k-1] == nil {
		return 0
	}
	return f.asked[k-1].wildcards()
}

// AppendWildcards appends those of the wildcard rules that match the field of
// that kind and have not expired by at.
func (f *Fields) AppendWildcards(dst []Candidate, k store.Kind, wild []Wildcard, at time.Time) []Candidate {
	for i := range wild {
		w := &wild[i]
		if !w.Rule.InForce(at) {
			continue
		}
		if rank, ok := f.asked[k-1].matchWildcard(w); ok {
			dst = append(dst, Candidate{w.Rule, value.ViaWildcard, rank})
		}
	}
	return dst
}

// Rank returns how specific any rule is for the field of that kind, and whether
// it matches.
func (f *Fields) Rank(k store.Kind, w *Wildcard) (rank int, ok bool) {
	if w.Rule.Key.Wildcard() {
		if f.Wildcards(k) != w.Rule.Key.Kind {
			return 0, false
		}
		return f.asked[k-1].matchWildcard(w)
	}
	_, rank, ok = f.asked[k-1].match(&w.Rule)
	return rank, ok
}

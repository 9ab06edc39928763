package value

import (
	"net/netip"
	"strings"
)

// Extent is what a value matches, ready to be compared with that of others.
type Extent struct {
	tables  *Tables
	kind    Kind
	text    string // of a value without wildcard, unescaped
	key     string
	wild    bool
	hashed  bool // text and key are those of a hash: what it matches is not known
	literal bool // only what the value spells: no other spelling of a mailbox, no look-alike
	mail    bool // matches the domains of e-mail addresses only

	host   Domain       // of a domain rule
	prefix netip.Prefix // of an ip rule
	local  LocalPattern // of an e-mail wildcard
	name   NamePattern  // of a name wildcard
}

// ExtentOf is [Tables.ExtentOf] by the bundled tables.
func ExtentOf(v Value) Extent { return bundled.ExtentOf(v) }

// ExtentOf returns the extent of a value. What a hashed value matches is not known: it
// covers, and is covered by, nothing but itself, and may overlap with whatever has to do
// with its kind.
func (t *Tables) ExtentOf(v Value) Extent {
	t = t.or()
	e := Extent{tables: t, kind: v.kind, text: PlainText(v.text), key: v.key, wild: v.Wildcard(), hashed: v.Hashed()}
	if v.kind == KindName && !e.wild {
		e.text, e.literal = SplitName(v.text)
	}
	switch {
	case v.kind == KindDomain:
		e.host = SplitDomain(v.text)
	case v.kind == KindIP:
		e.prefix = v.Prefix()
	case v.kind == KindEmail && e.wild:
		e.local = t.CompileLocalPattern(v.text)
	case v.kind == KindName && e.wild:
		e.name = CompileNamePattern(v.text)
	}
	return e
}

// AsWritten returns the part of the extent that the value spells: without other
// spellings of a mailbox, without look-alikes.
func (e Extent) AsWritten() Extent {
	e.literal = true
	return e
}

// OfMail returns the part of the extent that is the domains of e-mail addresses,
// which is what a block of an e-mail domain means.
func (e Extent) OfMail() Extent {
	e.mail = true
	return e
}

// mailHosts returns the hosts of the addresses that an e-mail rule matches: all
// those of a provider that takes them for one.
func (e *Extent) mailHosts() []Domain {
	if e.literal && !e.wild {
		return []Domain{{emailDomain(e.text), DomainExact}}
	}
	domain := e.mailDomain()
	p := e.tables.provider(domain)
	if p == nil {
		return []Domain{{domain, DomainExact}}
	}
	form, names := DomainExact, []string{domain}
	if p.Subdomains {
		form = DomainTree
	}
	if p.CanonicalDomain != "" && !e.literal {
		names = p.Domains
	}
	out := make([]Domain, len(names))
	for i, n := range names {
		out[i] = Domain{n, form}
	}
	return out
}

// mailDomain returns the domain that stands for those of an e-mail rule.
func (e *Extent) mailDomain() string {
	if e.wild {
		return e.local.domain
	}
	return emailDomain(e.key)
}

func emailDomain(text string) string { return text[strings.LastIndexByte(text, '@')+1:] }

func emailLocal(text string) string { return text[:strings.LastIndexByte(text, '@')] }

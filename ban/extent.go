package ban

import (
	"net/netip"
	"strings"

	"example.com/ostraka/store"
)

// extent is what a rule matches and how specific it is, ready to be compared
// with that of other rules.
type extent struct {
	kind    Kind
	text    string // of a value without wildcard, unescaped
	key     string
	wild    bool
	literal bool // only what the value spells: no other spelling of a mailbox, no look-alike
	block   bool // matches the domains of e-mail addresses only

	host   hosts        // of a domain rule
	prefix netip.Prefix // of an ip rule
	local  localPattern // of an e-mail wildcard
	name   namePattern  // of a name wildcard

	// The lowest and the highest rank with which the rule can match.
	low, high int
}

func extentOf(r *store.Rule) extent {
	v := ruleValue(r)
	e := extent{kind: v.kind, text: plainText(v.text), key: v.key, wild: v.Wildcard(), block: r.Origin == store.OriginBlock}
	rank := 0
	switch {
	case v.kind == KindDomain:
		e.host.name, e.host.form = splitDomain(v.text)
		rank = rankEmailDomain + domainRank(e.host.name, e.host.form)
	case v.kind == KindIP:
		e.prefix = v.Prefix()
		rank = e.prefix.Bits()
	case v.kind == KindEmail && e.wild:
		e.local = compileLocal(v.text)
		rank = rankLocal + e.local.literal()
	case v.kind == KindName && e.wild:
		e.name = compileName(v.text)
		rank = rankPattern + e.name.literal()
	}
	e.low, e.high = rank, rank
	switch {
	case e.wild:
	case v.kind == KindEmail:
		e.low, e.high = rankMailbox, rankAddress
	case v.kind == KindName:
		e.low, e.high = rankLeet, rankName
	}
	if v.kind == KindName && r.Effect == Allow { // see askedName
		e.literal, e.low = true, e.high
	}
	return e
}

// asWritten returns the part of the extent that the value spells.
func (e extent) asWritten() extent {
	e.literal = true
	return e
}

// ruleValue returns the value of a stored rule.
func ruleValue(r *store.Rule) Value { return valueOf(r.Key.Kind, r.Value, r.Key.Text) }

// valueOf returns the Value that was stored as those texts.
func valueOf(k Kind, text, key string) Value { return Value{kind: k, text: text, key: key} }

// hosts are those that the value of a domain rule means.
type hosts struct {
	name string
	form domainForm
}

func (h hosts) cover(o hosts) bool {
	below := strings.HasSuffix(o.name, "."+h.name)
	switch h.form {
	case formExact:
		return h == o
	case formSubdomains:
		return below || h == o
	}
	return below || h.name == o.name
}

func (h hosts) overlap(o hosts) bool {
	if h.form == formExact || o.form == formExact {
		return h.cover(o) || o.cover(h)
	}
	return h.name == o.name || strings.HasSuffix(h.name, "."+o.name) || strings.HasSuffix(o.name, "."+h.name)
}

// mailHosts returns the hosts of the addresses that an e-mail rule matches: all
// those of a provider that takes them for one.
func (e *extent) mailHosts() []hosts {
	if e.literal && !e.wild {
		return []hosts{{emailDomain(e.text), formExact}}
	}
	domain := e.mailDomain()
	p := providerOf[domain]
	if p == nil {
		return []hosts{{domain, formExact}}
	}
	form, names := formExact, []string{domain}
	if p.Subdomains {
		form = formTree
	}
	if p.CanonicalDomain != "" && !e.literal {
		names = p.Domains
	}
	out := make([]hosts, len(names))
	for i, n := range names {
		out[i] = hosts{n, form}
	}
	return out
}

// mailDomain returns the domain that stands for those of an e-mail rule.
func (e *extent) mailDomain() string {
	if e.wild {
		return e.local.domain
	}
	return emailDomain(e.key)
}

func emailDomain(text string) string { return text[strings.LastIndexByte(text, '@')+1:] }

func emailLocal(text string) string { return text[:strings.LastIndexByte(text, '@')] }

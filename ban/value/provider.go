package value

import (
	"strings"

	"golang.org/x/text/unicode/norm"
)

// provider says which addresses of a mail provider are one mailbox. The rows
// are in providers.
type provider struct {
	// Domains are the provider's mail domains, canonical. They are listed one by
	// one: a pattern like "yahoo.*" would take in domains of strangers.
	Domains []string
	// CanonicalDomain stands for all Domains where a local part is the same
	// mailbox in each. Empty: a local part is another mailbox in each.
	CanonicalDomain string
	// DropChars are ignored by the provider in local parts.
	DropChars string
	// CutAt begins the part of a local part that the provider ignores. Zero:
	// there is none.
	CutAt byte
	// Subdomains: x@user.domain is delivered to user@domain.
	Subdomains bool
	// Source is where the provider, or else who tried it out, says so.
	Source string
}

// providerOf finds the row of a domain.
var providerOf = func() map[string]*provider {
	m := make(map[string]*provider)
	for i := range providers {
		for _, d := range providers[i].Domains {
			m[d] = &providers[i]
		}
	}
	return m
}()

// providerSieve has a bit for every domain of a provider. Nearly all mail
// domains that are none are told by it, for less than a look into the map.
var providerSieve = func() (sieve [64]uint64) {
	for d := range providerOf {
		i := sieveBit(d)
		sieve[i/64] |= 1 << (i % 64)
	}
	return sieve
}()

// sieveBit returns the bit of a domain in the sieve.
func sieveBit(domain string) uint {
	n := len(domain)
	if n < 2 {
		return 0
	}
	return (uint(domain[0])*131 + uint(domain[1])*31 + uint(domain[n-1])*7 + uint(n)*257) % (64 * 64)
}

// providerFor finds the row of a domain, nil if there is none.
func providerFor(domain string) *provider {
	if i := sieveBit(domain); providerSieve[i/64]&(1<<(i%64)) == 0 {
		return nil
	}
	return providerOf[domain]
}

// canonicalDomain returns the domain that stands for the mail domain given:
// itself, unless its provider has one for all.
func canonicalDomain(domain string) string {
	if p := providerFor(domain); p != nil && p.CanonicalDomain != "" {
		return p.CanonicalDomain
	}
	return domain
}

// mailboxOf returns the canonical mailbox of the canonical address text, which
// is local@domain.
//
// No provider in the table has mailboxes with other than ASCII local parts. An
// address at one of them that is spelled with compatibility characters
// (full-width letters, say) can reach a mailbox only if something on its way
// folds it; so the mailbox is that of the folded spelling (NFKC) where this is
// ASCII. Otherwise such a spelling would evade the ban of the plain one.
//
// Where what is left is no local part, the address is its own mailbox.
func mailboxOf(text, local, domain string) string {
	p := providerFor(domain)
	if p == nil {
		return subdomainMailbox(text, domain)
	}
	folded, ok := p.foldLocal(local)
	if !ok {
		return text
	}
	to := domain
	if p.CanonicalDomain != "" {
		to = p.CanonicalDomain
	}
	if folded == local && to == domain {
		return text
	}
	return folded + "@" + to
}

// subdomainMailbox is mailboxOf for a domain without a row: user@domain for
// x@user.domain if the domain above has subdomain addressing.
func subdomainMailbox(text, domain string) string {
	if user, domain, ok := subdomainUser(domain); ok {
		return user + "@" + domain
	}
	return text
}

// subdomainUser returns the user and the domain that "user.domain" stands for,
// if the domain above has subdomain addressing.
func subdomainUser(domain string) (user, parent string, ok bool) {
	for _, parent := range subdomainParents {
		user, ok := strings.CutSuffix(domain, parent)
		if ok && !strings.Contains(user, ".") && !strings.HasPrefix(user, acePrefix) {
			return user, parent[1:], true
		}
	}
	return "", "", false
}

// subdomainParents are the domains with subdomain addressing, each after a dot.
var subdomainParents = func() (parents []string) {
	for _, p := range providers {
		if p.Subdomains {
			for _, d := range p.Domains {
				parents = append(parents, "."+d)
			}
		}
	}
	return parents
}()

// foldLocal returns the local part of the mailbox that a canonical local part
// belongs to, and whether there is one.
func (p *provider) foldLocal(local string) (string, bool) {
	if !isPrintableASCII(local) {
		local = strings.ToLower(norm.NFKC.String(local))
		if !isASCIIDotAtom(local) {
			return "", false
		}
	}
	folded := local
	if p.CutAt != 0 {
		if i := strings.IndexByte(folded, p.CutAt); i >= 0 {
			folded = folded[:i]
		}
	}
	folded = p.drop(folded)
	return folded, folded == local || isASCIIDotAtom(folded)
}

// drop removes the characters that the provider ignores.
func (p *provider) drop(local string) string {
	if p.DropChars == "" || !strings.ContainsAny(local, p.DropChars) {
		return local
	}
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(p.DropChars, r) {
			return -1
		}
		return r
	}, local)
}

// isASCIIDotAtom reports whether s is a canonical local part in ASCII.
func isASCIIDotAtom(s string) bool {
	return isPrintableASCII(s) && len(s) <= maxLocal && checkLocal(s).ok()
}

package value

import (
	"strings"

	"golang.org/x/text/unicode/norm"
)

// Provider says which addresses of a mail provider are one mailbox: a row of
// [Tables].
type Provider struct {
	// Domains are the provider's mail domains. They are listed one by one: a
	// pattern like "yahoo.*" would take in domains of strangers.
	Domains []string
	// CanonicalDomain is one of Domains, and stands for all of them, where a local
	// part is the same mailbox in each. Empty: a local part is another mailbox in
	// each.
	CanonicalDomain string
	// DropChars are ignored by the provider in local parts. ASCII.
	DropChars string
	// CutAt begins the part of a local part that the provider ignores, as '+' does
	// in "name+tag". ASCII; zero: there is none.
	CutAt byte
	// Subdomains: x@user.domain is delivered to user@domain.
	Subdomains bool
	// Source is where the provider, or else who tried it out, says so. For people;
	// it makes no difference.
	Source string
}

// row is a provider in a table.
type row struct {
	Provider
	own bool // of a host
}

// canonicalDomain returns the domain that stands for one of the row's.
func (p *row) canonicalDomain(domain string) string {
	if p.CanonicalDomain != "" {
		return p.CanonicalDomain
	}
	return domain
}

// sieveBit returns the bit of a domain in a sieve.
func sieveBit(domain string) uint {
	n := len(domain)
	if n < 2 {
		return 0
	}
	return (uint(domain[0])*131 + uint(domain[1])*31 + uint(domain[n-1])*7 + uint(n)*257) % sieveBits
}

// provider finds the row of a domain, nil if there is none.
func (t *Tables) provider(domain string) *row {
	if i := sieveBit(domain); t.sieve[i/64]&(1<<(i%64)) == 0 {
		return nil
	}
	return t.rows[domain]
}

// canonicalDomain returns the domain that stands for the mail domain given:
// itself, unless its provider has one for all.
func (t *Tables) canonicalDomain(domain string) string {
	if p := t.provider(domain); p != nil {
		return p.canonicalDomain(domain)
	}
	return domain
}

// mailbox returns the canonical mailbox of the canonical address text, which is
// local@domain. Where what is left is no local part, the address is its own
// mailbox.
func (t *Tables) mailbox(text, local, domain string) string {
	p := t.provider(domain)
	if p == nil {
		return t.subdomainMailbox(text, domain)
	}
	folded, ok := p.foldLocal(local)
	if !ok {
		return text
	}
	to := p.canonicalDomain(domain)
	if folded == local && to == domain {
		return text
	}
	return folded + "@" + to
}

// subdomainMailbox is mailbox for a domain without a row: user@domain for
// x@user.domain if the domain above has subdomain addressing.
func (t *Tables) subdomainMailbox(text, domain string) string {
	user, p, parent := t.subdomainUser(domain)
	if p == nil {
		return text
	}
	if user, ok := p.foldLocal(user); ok {
		return user + "@" + p.canonicalDomain(parent)
	}
	return text
}

// subdomainUser returns the user and the domain that "user.domain" stands for, if
// the domain above has subdomain addressing, with its row; else the row is nil.
func (t *Tables) subdomainUser(domain string) (user string, p *row, parent string) {
	user, parent, _ = strings.Cut(domain, ".")
	if p = t.provider(parent); p == nil || !p.Subdomains || strings.HasPrefix(user, acePrefix) {
		return "", nil, ""
	}
	return user, p, parent
}

// foldLocal returns the local part of the mailbox that a canonical local part
// belongs to, and whether there is one.
//
// No provider of the bundled table has mailboxes with other than ASCII local
// parts. An address at one of them that is spelled with compatibility characters
// (full-width letters, say) can reach a mailbox only if something on its way
// folds it; so the mailbox is that of the folded spelling (NFKC) where this is
// ASCII. Otherwise such a spelling would evade the ban of the plain one. A host
// may have others.
func (p *row) foldLocal(local string) (string, bool) {
	if !isPrintableASCII(local) {
		plain := strings.ToLower(norm.NFKC.String(local))
		switch {
		case isASCIIDotAtom(plain):
			local = plain
		case !p.own:
			return "", false
		}
	}
	folded := p.drop(p.cut(local))
	return folded, folded == local || isDotAtom(folded)
}

// cut returns a local part without what the provider ignores at its end.
func (p *row) cut(local string) string {
	if p.CutAt != 0 {
		if i := strings.IndexByte(local, p.CutAt); i >= 0 {
			return local[:i]
		}
	}
	return local
}

// drop removes the characters that the provider ignores.
func (p *row) drop(local string) string {
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

// isDotAtom reports whether s is a canonical local part.
func isDotAtom(s string) bool { return len(s) <= maxLocal && checkLocal(s).ok() }

// isASCIIDotAtom reports whether s is a canonical local part in ASCII.
func isASCIIDotAtom(s string) bool { return isPrintableASCII(s) && isDotAtom(s) }

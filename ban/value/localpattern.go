package value

import (
	"strings"
	"unicode/utf8"
)

// LocalPattern is a wildcard in the local part of an e-mail rule, ready to be
// matched. It is made by [Tables.CompileLocalPattern].
type LocalPattern struct {
	stars
	tables *Tables
	domain string // the one that stands for the provider's domains
	// folded is the literal without the characters that the provider ignores.
	// It is empty if no mailbox can match that the address itself does not.
	folded string
}

// CompileLocalPattern is [Tables.CompileLocalPattern] by the bundled tables.
func CompileLocalPattern(value string) LocalPattern { return bundled.CompileLocalPattern(value) }

// CompileLocalPattern compiles the canonical text of a wildcard e-mail value, which
// other tables may have made.
func (t *Tables) CompileLocalPattern(value string) LocalPattern {
	t = t.or()
	at := strings.LastIndexByte(value, '@')
	literals, _ := splitStars(value[:at])
	p := LocalPattern{stars: literals, tables: t, domain: t.canonicalDomain(value[at+1:])}
	p.folded = p.fixed
	if pr := t.provider(p.domain); pr != nil {
		p.folded = pr.drop(p.folded)
		if pr.CutAt != 0 && strings.IndexByte(p.folded, pr.CutAt) >= 0 {
			p.folded = ""
		}
	}
	return p
}

// Match reports whether the pattern means the address: whether it fits its
// local part at its own domain, or that of its canonical mailbox.
func (p LocalPattern) Match(a Address) bool {
	return p.find(a.Local(), p.fixed) && p.tables.canonicalDomain(a.Domain()) == p.domain || p.MatchMailbox(a)
}

// MatchMailbox reports whether the pattern fits the local part of the canonical
// mailbox. What exceptions let in must not depend on a tag that everyone is free
// to add.
func (p LocalPattern) MatchMailbox(a Address) bool {
	if p.folded == "" {
		return false
	}
	local, domain := a.MailboxParts()
	return domain == p.domain && p.find(local, p.folded)
}

// Texts returns what an address that the pattern means has in its local part: the
// literal, or without what the provider ignores in that of its canonical mailbox;
// folded is empty if no mailbox can match that the address itself does not.
func (p LocalPattern) Texts() (literal, folded string) { return p.fixed, p.folded }

// Domain returns the domain of the addresses that the pattern means: the one that
// stands for those that their provider takes for one.
func (p LocalPattern) Domain() string { return p.domain }

// DomainsLike returns the other mail domains that a provider takes for this one.
func (t *Tables) DomainsLike(domain string) (others []string) {
	t = t.or()
	if t.provider(domain) == nil {
		return nil
	}
	for other, row := range t.rows {
		if other != domain && row.canonicalDomain(other) == domain {
			others = append(others, other)
		}
	}
	return others
}

// Literal returns how many characters of the pattern are no wildcards. The
// longest pattern that matches is the most specific.
func (p LocalPattern) Literal() int { return utf8.RuneCountInString(p.fixed) }

// Significant is Literal without the characters that the provider ignores.
func (p LocalPattern) Significant() int {
	if p.folded == "" {
		return p.Literal()
	}
	return utf8.RuneCountInString(p.folded)
}

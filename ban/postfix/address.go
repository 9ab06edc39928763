package postfix

import (
	"strings"
	"unicode/utf8"

	"example.com/ostraka/ban/value"
)

// StandIn stands for a local part that cannot be read: the replacement character,
// which nobody has for a name.
const StandIn = "\uFFFD"

// The longest local part and address, in bytes (RFC 5321, section 4.5.3.1).
const (
	maxLocal   = 64
	maxAddress = 254
)

// address is what can be read of one of an envelope.
type address struct {
	text    string // as package value reads it; empty: nothing can be judged
	literal string // the IP address that it has for a domain
	mail    mailDomain
}

// readAddress reads the address of an envelope.
func readAddress(s string) address {
	s = strings.TrimSpace(s)
	if inner, ok := strings.CutPrefix(s, "<"); ok {
		s = strings.TrimSuffix(inner, ">")
	}
	local, domain := splitRoute(s)
	a := address{literal: literalAddress(domain), mail: readMailDomain(domain)}
	host, ok := value.ReadableHost(domain)
	if !ok || a.literal != "" {
		return a
	}
	host = fitHost(host)
	local = fitLocal(unquote(local), min(maxLocal, maxAddress-len("@")-len(host)))
	read, err := value.ParseAddress(local + "@" + host) // as nearly always
	for _, as := range [...]func(string) string{replaceTag, func(string) string { return StandIn }} {
		if err != nil {
			read, err = value.ParseAddress(as(local) + "@" + host)
		}
	}
	if err == nil {
		a.text = read.String()
	}
	return a
}

// splitRoute cuts an address in two, at the last @. A route before it is dropped
// (RFC 5321, appendix C). Without an @, the forms are read that Postfix makes
// addresses of, user%domain and domain!user (allow_percent_hack, swap_bangpath).
func splitRoute(s string) (local, domain string) {
	if strings.HasPrefix(s, "@") {
		if _, after, ok := strings.Cut(s, ":"); ok && strings.Contains(after, "@") {
			s = after
		}
	}
	if i := strings.LastIndexByte(s, '@'); i >= 0 {
		return s[:i], s[i+1:]
	}
	if before, after, ok := strings.Cut(s, "!"); ok {
		return after, before
	}
	if i := strings.LastIndexByte(s, '%'); i >= 0 {
		return s[:i], s[i+1:]
	}
	return s, ""
}

// unquote returns the content of a quoted local part, which means the same
// (RFC 5321, section 4.1.2). Postfix has unquoted it already.
func unquote(local string) string {
	if len(local) < 2 || local[0] != '"' || local[len(local)-1] != '"' {
		return local
	}
	var b strings.Builder
	for inner := local[1 : len(local)-1]; inner != ""; {
		if inner[0] == '\\' && len(inner) > 1 {
			inner = inner[1:]
		}
		b.WriteByte(inner[0])
		inner = inner[1:]
	}
	return b.String()
}

// replaceTag returns a local part with another tag, for one whose tag cannot be
// read: providers that ignore tags deliver by what is before. For others it is an
// address that nobody has. It is empty if there is no tag.
func replaceTag(local string) string {
	for _, separator := range []string{"+", "-"} {
		if before, _, ok := strings.Cut(local, separator); ok {
			return before + separator + "unreadable"
		}
	}
	return ""
}

// fitLocal cuts a local part to n bytes at most, between characters.
func fitLocal(local string, n int) string {
	if len(local) <= n {
		return local
	}
	for n > 0 && !utf8.RuneStart(local[n]) {
		n--
	}
	return strings.TrimRight(local[:n], ".")
}

// fitHost drops labels at the front of a host that leaves no room for a local part.
func fitHost(host string) string {
	for len(StandIn)+len("@")+len(host) > maxAddress {
		_, above, _ := strings.Cut(strings.TrimPrefix(host, value.UnreadableLabel+"."), ".")
		host = value.UnreadableLabel + "." + above
	}
	return host
}

// mailDomain is the name by which the DNS knows the mail hosts of an address.
type mailDomain struct {
	plain bool   // it is the domain of the address that is read
	name  string // it is this one; empty: the DNS has none
}

// readMailDomain reads the domain of an address as the DNS does, which has more
// names than there are host names: those with underscores (RFC 2181, section 11).
func readMailDomain(domain string) mailDomain {
	if _, err := value.ParseHost(domain); err == nil {
		return mailDomain{plain: true}
	}
	name := strings.TrimSuffix(domain, ".")
	if len(name) > 253 {
		return mailDomain{}
	}
	name = strings.ToLower(name)
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return mailDomain{}
		}
	}
	return mailDomain{name: name}
}

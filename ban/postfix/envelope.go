package postfix

import (
	"net/netip"
	"slices"
	"strings"

	"example.com/ostraka/ban"
	"example.com/ostraka/ban/value"
)

// Envelope is what a mail server knows of a message when a recipient is named, in
// the words of the client. What is empty is not known, and not judged.
type Envelope struct {
	Client    string // the IP address of the client, with or without a port; "unknown" is none
	Helo      string // what it said in HELO or EHLO
	Sender    string // of MAIL FROM, with or without angle brackets; empty: the null sender
	Recipient string // of RCPT TO
}

// EnvelopeOf returns the envelope of a request: its attributes client_address,
// helo_name, sender and recipient.
func EnvelopeOf(r Request) Envelope {
	return Envelope{Client: r["client_address"], Helo: r["helo_name"], Sender: r["sender"], Recipient: r["recipient"]}
}

// Subjects returns what is to be checked, for the action [ban.Mail]: who sends, with
// client and HELO name; then who receives; then the IP addresses that stand for a
// domain, in HELO and in addresses, each once: address literals (RFC 5321, section
// 4.1.3), and those that lack the brackets. Subjects of which nothing is known are left out, so there may be none.
//
// No form of address or HELO name makes a check fail. Of what is no plain address
// or domain name, the fields hold what can be read:
//
//   - no address for the null sender, and for a local part alone ("postmaster");
//   - the address that is meant, for quotes that are not needed and for the
//     forms with a route that Postfix rewrites (user%domain and domain!user
//     without an @, @relay:user@domain);
//   - the first 64 bytes of a local part that is longer;
//   - [StandIn] for a local part that cannot be read, so that the rules for the
//     domain decide;
//   - the domain as [value.ReadableHost] has it, so that the rules for the domains
//     above decide.
//
// Only a Client that is no address is left as it is: the mail server is at fault
// there and not its client, and [ban.Checker.Check] says so.
func (e Envelope) Subjects() []ban.Subject {
	var subjects []ban.Subject
	var room questions
	for _, q := range e.questions(&room, clientAddress(e.Client)) {
		subjects = append(subjects, q.subject)
	}
	return subjects
}

// question is a Subject, and the mail domain of its address.
type question struct {
	subject ban.Subject
	mail    mailDomain
}

// questions is room for as many as there are.
type questions [5]question

// questions are [Envelope.Subjects], put into room; client is the [clientAddress].
func (e Envelope) questions(room *questions, client string) []question {
	sender, recipient := readAddress(e.Sender), readAddress(e.Recipient)
	helo, _ := value.ReadableHost(e.Helo)
	n := 0
	ask := func(s ban.Subject, mail mailDomain) {
		if s != (ban.Subject{}) {
			s.Action = ban.Mail
			room[n] = question{s, mail}
			n++
		}
	}
	ask(ban.Subject{Email: sender.text, IP: client, Domain: helo}, sender.mail)
	ask(ban.Subject{Email: recipient.text}, recipient.mail)
	literals := [...]string{literalAddress(e.Helo), sender.literal, recipient.literal}
	for i, ip := range literals {
		if ip != client && !slices.Contains(literals[:i], ip) {
			ask(ban.Subject{IP: ip}, mailDomain{})
		}
	}
	return room[:n]
}

// clientAddress returns the canonical form of the address of a client, without the
// port, and without the zone of one on the local link; text that is no address as
// it is.
func clientAddress(text string) string {
	if text == "" || strings.EqualFold(text, "unknown") {
		return ""
	}
	if addr, err := netip.ParseAddr(strings.Trim(text, "[]")); err == nil {
		return canonicalAddr(addr)
	}
	if with, err := netip.ParseAddrPort(text); err == nil {
		return canonicalAddr(with.Addr())
	}
	return text
}

// literalAddress returns the IP address that stands for a domain, "" if s is none:
// an address literal, or what should be one and lacks the brackets.
func literalAddress(s string) string {
	inner := strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(s), "["), "]")
	if tag := "ipv6:"; len(inner) > len(tag) && strings.EqualFold(inner[:len(tag)], tag) {
		inner = inner[len(tag):]
	}
	if n := len(inner); n == 0 || (inner[n-1] < '0' || inner[n-1] > '9') && strings.IndexByte(inner, ':') < 0 {
		return "" // as nearly always; an error would have to be made
	}
	addr, err := netip.ParseAddr(inner)
	if err != nil {
		return ""
	}
	return canonicalAddr(addr)
}

// canonicalAddr returns an address without what stands for no other one: the zone,
// and the IPv6 form of an IPv4 address.
func canonicalAddr(addr netip.Addr) string { return addr.Unmap().WithZone("").String() }

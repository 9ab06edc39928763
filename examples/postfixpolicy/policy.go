package main

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"strings"

	"example.com/ostraka/ban"
	"example.com/ostraka/examples/internal/policyproto"
)

// policy answers requests by the rules of a store.
type policy struct {
	checker    *ban.Checker
	review     reviewAction
	unreadable choice // of an address whose domain cannot be read
	log        *slog.Logger
}

// question is a look-up for a request.
type question struct {
	subject    ban.Subject
	badAddress string // the enhanced status code of an address that cannot be read
}

// answer is the [policyproto.Handler].
func (p *policy) answer(ctx context.Context, r policyproto.Request) policyproto.Action {
	answer, worst := policyproto.Dunno, ban.Allowed
	for _, q := range []question{
		// Of the sender, X.1.7: bad syntax of its address. Of the recipient, X.1.3.
		{ban.Subject{Email: r["sender"], IP: clientAddress(r), Domain: r["helo_name"], Action: ban.Mail}, "5.1.7"},
		{ban.Subject{Email: r["recipient"], Action: ban.Mail}, "5.1.3"},
	} {
		d, err := p.check(ctx, q.subject)
		if d.Verdict < worst {
			answer, worst = p.action(d, err, q.badAddress), d.Verdict
			p.logRefusal(ctx, r, d, err, answer)
		} else if err != nil {
			p.log.ErrorContext(ctx, "ban check failed, accepted nevertheless", "err", err)
		}
		if worst == ban.Denied {
			break
		}
	}
	return answer
}

// action returns what Postfix is to do where a check did not allow.
func (p *policy) action(d ban.Decision, err error, badAddress string) policyproto.Action {
	text := d.Err().Error() // safe to show; d.Match.Reason and err are not
	if invalid, ok := errors.AsType[*ban.ValueError](err); ok {
		return policyproto.Reject(badAddress, invalid.Error()) // is safe to show, too
	}
	switch {
	case err != nil:
		return policyproto.Defer("4.3.0", text)
	case d.Verdict == ban.Denied, p.review == reviewReject:
		return policyproto.Reject("5.7.1", text)
	case p.review == reviewDefer:
		return policyproto.Defer("4.7.1", text)
	case p.review == reviewPrepend:
		return policyproto.Prepend("X-Ostraka-Review", text)
	}
	return policyproto.Hold(text)
}

// logRefusal is for moderators.
func (p *policy) logRefusal(ctx context.Context, r policyproto.Request, d ban.Decision, err error, a policyproto.Action) {
	log := p.log.With("action", a.String(), "sender", r["sender"], "recipient", r["recipient"],
		"client", r["client_address"], "helo", r["helo_name"])
	if err != nil {
		log.ErrorContext(ctx, "mail not accepted", "err", err)
		return
	}
	log.InfoContext(ctx, "mail not accepted", "match", d.Match.String(), "id", d.Match.ID, "reason", d.Match.Reason)
}

// check asks about the subject, without those of its fields that are no reason to
// refuse.
func (p *policy) check(ctx context.Context, s ban.Subject) (ban.Decision, error) {
	if !strings.Contains(s.Email, "@") {
		s.Email = "" // the empty sender, or "postmaster" (RFC 5321, section 4.5.1)
	}
	sent, standIn := s.Email, false
	for s.Email != "" || s.IP != "" || s.Domain != "" {
		d, err := p.checker.Check(ctx, s)
		invalid, ok := errors.AsType[*ban.ValueError](err)
		switch {
		case !ok:
			return d, err
		case invalid.Field == "domain":
			s.Domain = ""
		case invalid.Field == "email" && isLiteral(s.Email):
			s.Email = "" // no ban can be about it
		case invalid.Field == "email" && !standIn:
			s.Email, standIn = standInAddress(s.Email), true
		case invalid.Field == "email" && p.unreadable == choiceAccept:
			s.Email = ""
		case invalid.Field == "email":
			// The client is told about the address that it sent.
			return d, ban.NewValueError(invalid.Field, sent, invalid.Code, invalid.Hint)
		default:
			return d, err
		}
	}
	return ban.Decision{Verdict: ban.Allowed}, nil
}

// standInAddress returns an address at the domain of one whose local part cannot
// be read, so that the rules for the domain are not evaded by a strange local part.
func standInAddress(email string) string {
	return "unreadable" + email[strings.LastIndexByte(email, '@'):]
}

// isLiteral reports whether the domain of an address is an address literal
// (RFC 5321, section 4.1.3).
func isLiteral(email string) bool {
	return strings.HasPrefix(email[strings.LastIndexByte(email, '@')+1:], "[")
}

// clientAddress returns the address of the client, without the zone of one on the
// local link. "unknown" is what Postfix calls a client that has none.
func clientAddress(r policyproto.Request) string {
	text := r["client_address"]
	if text == "unknown" {
		return ""
	}
	addr, err := netip.ParseAddr(text)
	if err != nil {
		return text // not from Postfix: it will be refused
	}
	return addr.WithZone("").String()
}

package postfix

import (
	"github.com/google/uuid"

	"example.com/ostraka/ban"
)

// The enhanced status codes of answers (RFC 3463, section 3): policy, for good and
// for now; trouble of this system; the DNS does not answer.
const (
	statusRefused = "5.7.1"
	statusReview  = "4.7.1"
	statusTrouble = "4.3.0"
	statusDNS     = "4.4.3"
)

// outcome is what is to be done with mail, for whichever server asks.
type outcome uint8

const (
	accept outcome = iota
	refuse
	review
	trouble // nobody could judge
	noDNS   // mail hosts are not known, and ban.MXOptions.OnUnknown is to deny
)

func (a Answer) outcome() outcome {
	switch {
	case a.Decision.Verdict == ban.Allowed:
		return accept
	case a.Err != nil:
		return trouble
	case a.deniedUnknown():
		return noDNS
	case a.Decision.Verdict == ban.Denied, a.review == ReviewReject:
		return refuse
	}
	return review
}

// deniedUnknown reports whether no rule denied, but that the DNS did not answer:
// it may, when the client comes back.
func (a Answer) deniedUnknown() bool {
	d := a.Decision
	return d.Verdict == ban.Denied && d.MX == ban.MXUnknown && d.Match.Via == ban.ViaMX && d.Match.ID == uuid.Nil
}

// text is what the client is told: it holds the public reason of the rule, and
// nothing internal.
func (a Answer) text() string {
	if err := a.Decision.Err(); err != nil {
		return err.Error()
	}
	return ""
}

// Action returns what Postfix is to do:
//
//	allowed   DUNNO
//	denied    REJECT 5.7.1, with the public reason
//	review    HOLD, or what PolicyOptions.Review says
//	trouble   DEFER_IF_PERMIT: 4.3.0 if the check failed and failing means refusing,
//	          4.4.3 if ban.MXOptions denies because the DNS did not answer
func (a Answer) Action() Action {
	switch a.outcome() {
	case accept:
		return Dunno
	case trouble:
		return Defer(statusTrouble, a.text())
	case noDNS:
		return Defer(statusDNS, a.text())
	case refuse:
		return Reject(statusRefused, a.text())
	}
	switch a.review {
	case ReviewDefer:
		return Defer(statusReview, a.text())
	case ReviewPrepend:
		return Prepend(a.reviewHeader, a.text())
	}
	return Hold(a.text())
}

// Reply returns the reply of an SMTP server to RCPT, one line without its end, and ""
// to go on:
//
//	allowed   ""
//	denied    550 5.7.1, with the public reason
//	review    450 4.7.1; 550 5.7.1 with ReviewReject
//	trouble   451 4.3.0 if the check failed and failing means refusing,
//	          451 4.4.3 if ban.MXOptions denies because the DNS did not answer
//
// It is printable ASCII of at most 500 bytes, whatever the public reason holds:
// line breaks become spaces, other characters question marks. A server that can keep
// a message back looks at Decision.Verdict, and accepts what [ban.NeedsReview].
func (a Answer) Reply() string {
	switch a.outcome() {
	case accept:
		return ""
	case refuse:
		return cleanText("550 " + statusRefused + " " + a.text())
	case review:
		return cleanText("450 " + statusReview + " " + a.text())
	case noDNS:
		return cleanText("451 " + statusDNS + " " + a.text())
	}
	return cleanText("451 " + statusTrouble + " " + a.text())
}

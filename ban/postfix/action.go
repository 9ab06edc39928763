package postfix

import (
	"strings"
)

// maxText bounds the text of an action, in bytes. A reply of SMTP has 512 at most
// (RFC 5321, section 4.5.3.1.5), of which Postfix takes some for the address that
// it refuses.
const maxText = 320

// Action is what Postfix is to do, one of those in access(5). The zero Action asks
// the client to come back later.
type Action struct {
	verb string
	text string // clean
}

// Dunno has Postfix go on to its next restriction.
var Dunno = Action{verb: "DUNNO"}

// Reject has Postfix refuse for good. The status is an enhanced status code that
// begins with a 5 (RFC 3463), the text is for the client.
func Reject(status, text string) Action { return Action{"REJECT", cleanText(status + " " + text)} }

// Defer has Postfix ask the client to come back later, unless a restriction that
// follows refuses for good. The status begins with a 4.
func Defer(status, text string) Action { return Action{deferVerb, cleanText(status + " " + text)} }

// Hold has Postfix accept the message, if nothing else refuses it, and keep it
// until a person releases or deletes it. The text is for Postfix's log.
func Hold(text string) Action { return Action{"HOLD", cleanText(text)} }

// Prepend has Postfix put a header before those of the message.
func Prepend(name, value string) Action { return Action{"PREPEND", cleanText(name + ": " + value)} }

const deferVerb = "DEFER_IF_PERMIT"

// String returns the action as Postfix wants it, on one line.
func (a Action) String() string {
	if a.verb == "" {
		return deferVerb
	}
	return strings.TrimSpace(a.verb + " " + a.text)
}

// cleanText returns the text as one line of ASCII, which is what SMTP allows in
// replies and headers without extensions: no line break that somebody put into a
// text may end the answer and begin another. White space becomes one space, what
// else is no printable ASCII a question mark.
func cleanText(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, strings.Join(strings.Fields(s), " "))
	if len(s) > maxText {
		s = strings.TrimSpace(s[:maxText-len(ellipsis)]) + ellipsis
	}
	return s
}

const ellipsis = "..."

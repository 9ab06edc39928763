package blocklist

import (
	"bytes"
	"strings"

	"example.com/ostraka/ban"
)

// maxMessage is how long an input is at most that is looked at for a message.
const maxMessage = 512

// messages are what servers say in place of a list, in small letters and without
// the number of a status before it (RFC 9110, section 15, and what is common).
var messages = map[string]bool{
	"bad request": true, "unauthorized": true, "payment required": true, "forbidden": true, "not found": true, "method not allowed": true,
	"not acceptable": true, "proxy authentication required": true, "request timeout": true, "request time-out": true, "conflict": true, "gone": true,
	"too many requests": true, "internal server error": true, "not implemented": true, "bad gateway": true, "service unavailable": true,
	"gateway timeout": true, "gateway time-out": true, "moved permanently": true, "moved temporarily": true, "found": true, "see other": true,
	"temporary redirect": true, "permanent redirect": true, "not modified": true, "no content": true,
	"access denied": true, "permission denied": true, "authentication required": true, "not authorized": true, "invalid token": true, "invalid api key": true,
	"page not found": true, "file not found": true, "no such file": true, "nosuchkey": true, "rate limit exceeded": true, "quota exceeded": true,
	"temporarily unavailable": true, "server error": true, "timeout": true, "no data": true, "ok": true, "error": true, "failed": true, "unavailable": true,
	"null": true, "nil": true, "none": true, "undefined": true, "nan": true, "true": true, "false": true, "{}": true, `""`: true, "()": true,
	"default backend": true, "no healthy upstream": true,
}

// message says why an input, which is short and all there is, is what a server
// says in place of a list: a known message, a number, or one word. A word may be a
// list of names, if it is one.
func message(input []byte, kind ban.Kind) (hint string) {
	if len(input) > maxMessage {
		return ""
	}
	text := strings.ToLower(string(bytes.TrimSpace(input)))
	if text == "" {
		return ""
	}
	if words, status := withoutStatus(text); messages[text] || messages[words] || status && words == "" || strings.HasPrefix(text, "error code") {
		return "it looks like the message of a server that has no list: check where it was fetched from"
	}
	if kind != ban.KindName && strings.Trim(text, "abcdefghijklmnopqrstuvwxyz0123456789-_!?") == "" {
		return "it is one word and no list: check where it was fetched from, or write the kind before the word, as in domain:localhost"
	}
	return ""
}

// withoutStatus returns a text without the number of a status and what is around
// it, and whether it had one.
func withoutStatus(text string) (words string, status bool) {
	const around = " \t\r\n.,:;!-'\""
	words = text
	if rest, ok := strings.CutPrefix(words, "http/"); ok {
		words = strings.TrimLeft(rest, "0123456789.")
	}
	words = strings.Trim(words, around)
	if messages[words] {
		return words, false
	}
	words = strings.Trim(strings.TrimPrefix(words, "error"), around)
	rest := strings.TrimLeft(words, "0123456789")
	status = len(words)-len(rest) == 3 && '1' <= words[0] && words[0] <= '5' && text[0] != ':'
	if !status || rest != "" && !strings.ContainsAny(rest[:1], around) {
		return words, false
	}
	return strings.Join(strings.Fields(strings.Trim(rest, around)), " "), status
}

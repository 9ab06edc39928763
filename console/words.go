package console

import (
	"fmt"
	"strings"

	"example.com/ostraka/ban"
)

// effectWord says what a rule does.
func effectWord(e ban.Effect) string {
	switch e {
	case ban.Allow:
		return "let in"
	case ban.Review:
		return "hold for review"
	}
	return "keep out"
}

func verdictWord(v ban.Verdict) string {
	switch v {
	case ban.Allowed:
		return "Let in"
	case ban.NeedsReview:
		return "Held for review"
	}
	return "Kept out"
}

// kindWord names a kind of values.
func kindWord(k ban.Kind) string {
	switch k {
	case ban.KindEmail:
		return "e-mail address"
	case ban.KindDomain:
		return "domain"
	case ban.KindIP:
		return "IP address"
	case ban.KindName:
		return "name"
	}
	return ""
}

// actionWord names what somebody is about to do.
func actionWord(a ban.Action) string {
	switch a {
	case ban.SignUp:
		return "sign up"
	case ban.SignIn:
		return "sign in"
	case ban.Alias:
		return "make an alias"
	case ban.Mail:
		return "send or get mail"
	case ban.Content:
		return "post"
	}
	return a.String()
}

var actions = []ban.Action{ban.SignUp, ban.SignIn, ban.Alias, ban.Mail, ban.Content}

// scopeWords says what a rule is about.
func scopeWords(s ban.Scope) string {
	if s == 0 {
		return "everything"
	}
	var words []string
	for _, a := range actions {
		if s.Has(a) {
			words = append(words, actionWord(a))
		}
	}
	return strings.Join(words, ", ")
}

// viaWords says how a rule came to match.
func viaWords(v ban.Via) string {
	switch v {
	case ban.ViaExact:
		return "it is the very value"
	case ban.ViaParentDomain:
		return "it is below this domain"
	case ban.ViaMailbox:
		return "it is another spelling of the mailbox"
	case ban.ViaPrefix:
		return "the address is in this network"
	case ban.ViaSkeleton:
		return "it looks like this name"
	case ban.ViaLeet:
		return "with digits read as letters it looks like this name"
	case ban.ViaWildcard:
		return "it fits the pattern"
	case ban.ViaTrait:
		return "the address is of that sort"
	case ban.ViaMX:
		return "its mail goes to this host"
	}
	return v.String()
}

// changeVerbs are the verbs of changes, in the past.
var changeVerbs = map[string]string{
	"create": "made", "create_many": "many made", "update": "changed", "revoke": "revoked", "reinstate": "reinstated",
	"delete": "deleted", "purge": "old ones purged", "sync": "synced", "undo": "undone", "drop": "dropped",
	"suspend": "suspended", "approve": "approved", "reject": "rejected", "expire": "expired",
	"rewrite": "keys made anew", "tables": "tables of keys set", "mixed": "keys of other tables came in", "restore": "restored from a backup",
}

// changeWords says what a change did: "ban revoked".
func changeWords(action any) string {
	record, verb, _ := strings.Cut(fmt.Sprint(action), ".")
	if word, ok := changeVerbs[verb]; ok {
		verb = word
	}
	return strings.ReplaceAll(record, "_", " ") + " " + verb
}

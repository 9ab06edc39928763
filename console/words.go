package console

import (
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

// originWords says where a rule is from. What a moderator made to let somebody in is
// called an exception: nobody is banned by it.
func originWords(o ban.Origin, e ban.Effect) string {
	if name, ok := o.ListName(); ok {
		return "list " + name
	}
	switch {
	case o == ban.OriginBan && e == ban.Allow:
		return "exception"
	case o == ban.OriginBan:
		return "ban"
	case o == ban.OriginBlock:
		return "block of an e-mail domain"
	}
	return string(o)
}

// valueKind names what a value is: of IP addresses, one or a network of them; of
// others, a pattern where it is one.
func valueKind(k ban.Kind, value string) string {
	switch {
	case k == ban.KindIP && strings.Contains(value, "/"):
		return "network"
	case k == ban.KindIP:
		return "IP address"
	case k == ban.KindEmail && isPattern(value):
		return "pattern of e-mail addresses"
	case k == ban.KindName && isPattern(value):
		return "pattern of names"
	}
	return kindWord(k)
}

// isPattern reports whether a value has a star that stands for anything.
func isPattern(value string) bool {
	return strings.Contains(strings.ReplaceAll(value, `\*`, ""), "*")
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
	"delete": "deleted", "hash": "turned into its hash", "purge": "old ones purged", "sync": "synced", "undo": "undone", "drop": "dropped",
	"suspend": "suspended", "hold": "made to wait", "put": "set", "copy": "copied", "approve": "approved", "reject": "rejected", "expire": "expired",
	"rewrite": "keys made anew", "tables": "tables of keys set", "mixed": "keys of other tables came in", "restore": "restored from a backup",
}

// didWords says what a change did, by what the log has of it: a ban that no longer is a
// shadow was promoted, and what lets in is an exception.
func didWords(c ban.Change) string {
	words := changeWords(string(c.Action))
	before, after := asObject(c.Before), asObject(c.After)
	if c.Action == "ban.update" && before != nil && after != nil {
		was, _ := before["shadow"].(bool)
		is, _ := after["shadow"].(bool)
		switch {
		case was && !is:
			words = "ban promoted: no longer a shadow"
		case is && !was:
			words = "ban made a shadow"
		}
	}
	of := after
	if of == nil {
		of = before
	}
	if of["effect"] == ban.Allow.String() {
		if rest, ok := strings.CutPrefix(words, "ban "); ok {
			words = "exception " + rest
		}
	}
	return words
}

// changeWords says what a sort of change does: "ban revoked".
func changeWords(action string) string {
	record, verb, _ := strings.Cut(action, ".")
	if word, ok := changeVerbs[verb]; ok {
		verb = word
	}
	return strings.ReplaceAll(record, "_", " ") + " " + verb
}

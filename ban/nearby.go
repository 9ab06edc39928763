package ban

import (
	"cmp"
	"context"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"example.com/ostraka/ban/value"
	"example.com/ostraka/internal/match"
	"example.com/ostraka/internal/oldkeys"
	"example.com/ostraka/store"
)

// neighbours finds the rules that have something to do with a ban: among all of its
// kinds where these are few, else by their keys.
func (a *Admin) neighbours(ctx context.Context, b *Ban, now time.Time) (*neighbours, error) {
	old, err := a.oldKeys(ctx, b.Kind)
	if err != nil {
		return nil, err
	}
	s := search{admin: a, ban: b, now: now, old: old}
	s.begin()
	whole, err := s.all(ctx)
	if err == nil && !whole {
		s.begin()
		err = s.byKeys(ctx)
	}
	if err != nil {
		return nil, err
	}
	n := s.found
	slices.SortFunc(n.wider, func(x, y *placed) int {
		return cmp.Or(cmp.Compare(y.High, x.High), cmp.Compare(match.EffectOrder(x.rule.Effect), match.EffectOrder(y.rule.Effect)), compareValues(x, y))
	})
	slices.SortFunc(n.narrower, compareValues)
	return n, nil
}

// search looks for the neighbours of a planned ban.
type search struct {
	admin *Admin
	ban   *Ban
	now   time.Time
	old   bool // keys of other tables may be in the store
	found *neighbours
	seen  map[ruleName]bool // of those that more than one look may find
}

// ruleName tells rules apart: an entry of a list may have more than one.
type ruleName struct {
	origin store.Origin
	key    store.Key
	value  string
}

func (s *search) begin() {
	rule := s.ban.Rule()
	s.found = &neighbours{planned: &placed{rule, match.ExtentOf(s.admin.tables, &rule)}}
	s.seen = map[ruleName]bool{}
}

// add sorts a rule in, unless it is the ban itself or not in force.
func (s *search) add(r store.Rule) {
	planned := &s.found.planned.rule
	sameBan := r.Origin == planned.Origin && r.Key.Kind == planned.Key.Kind && r.Value == planned.Value
	if !sameBan && r.InForce(s.now) {
		s.found.add(&placed{r, match.ExtentOf(s.admin.tables, &r)})
	}
}

// all reads all rules of the kinds concerned, and reports whether these were no more
// than may be read. As long as there are keys of other tables it reads on: nothing
// can be found by them.
func (s *search) all(ctx context.Context) (whole bool, err error) {
	read := 0
	for _, k := range overlappingKinds(s.ban.Kind) {
		for r, err := range s.admin.store.Scan(ctx, k) {
			if err != nil {
				return false, err
			}
			if read++; read > s.admin.previewRules && !s.old {
				return false, nil
			}
			if s.old {
				r.Key = oldkeys.Key(s.admin.tables, &r)
			}
			s.add(r)
		}
	}
	return true, nil
}

// byKeys finds the rules that match the value of the ban, the patterns, all rules
// that do not deny, and some narrower bans.
func (s *search) byKeys(ctx context.Context) error {
	s.found.partial = true
	keys, err := s.keys(ctx)
	if err != nil {
		return err
	}
	rules, err := s.admin.store.Lookup(ctx, keys)
	if err != nil {
		return err
	}
	for _, r := range rules {
		s.addOnce(r)
	}
	// Rivals of a ban that denies are those that do not, and known if all of these are.
	s.found.doubt = s.ban.Effect != Deny
	read := 0
	for _, k := range overlappingKinds(s.ban.Kind) {
		for r, err := range s.admin.store.Exceptions(ctx, k) {
			if err != nil {
				return err
			}
			if read++; read > s.admin.previewRules {
				s.found.doubt = true
				break
			}
			s.addOnce(r)
		}
	}
	return s.narrowerBans(ctx)
}

// addOnce is add for a rule that may have been found before.
func (s *search) addOnce(r store.Rule) {
	name := ruleName{r.Origin, r.Key, r.Value}
	if !s.seen[name] {
		s.seen[name] = true
		s.add(r)
	}
}

// keys returns the keys of the rules that match the value of the ban, hashed ones as far
// as the ring of the Admin tells, and those of all patterns that may.
func (s *search) keys(ctx context.Context) (keys []store.Key, err error) {
	key := s.found.planned.rule.Key
	if !key.Wildcard() {
		keys = append(keys, key)
	}
	switch key.Kind {
	case KindDomain:
		keys = appendDomainKeys(keys, key.Text)
	case KindEmail:
		domain := s.ban.Value[strings.LastIndexByte(s.ban.Value, '@')+1:]
		keys = appendDomainKeys(keys, domain)
		if !key.Wildcard() {
			domain = key.Text[strings.LastIndexByte(key.Text, '@')+1:]
			keys = appendDomainKeys(keys, domain)
		}
		for _, other := range s.admin.tables.DomainsLike(domain) {
			keys = appendDomainKeys(keys, other)
		}
	case KindIP:
		return s.prefixKeys(ctx, keys)
	}
	if key.Kind != KindName {
		keys = append(keys, store.WildcardKey(KindEmail))
	} else {
		keys = append(keys, store.WildcardKey(KindName))
	}
	for _, hashed := range s.admin.hasher.under(banValue(s.ban)) {
		keys = append(keys, hashed.Key())
	}
	slices.SortFunc(keys, func(x, y store.Key) int { return cmp.Or(cmp.Compare(x.Kind, y.Kind), cmp.Compare(x.Text, y.Text)) })
	return slices.Compact(keys), nil
}

// appendDomainKeys appends the keys of rules for a domain and those above it.
func appendDomainKeys(keys []store.Key, domain string) []store.Key {
	for above := true; above; _, domain, above = strings.Cut(domain, ".") {
		keys = append(keys, store.Key{Kind: KindDomain, Text: domain})
	}
	return keys
}

// prefixKeys appends the keys of the prefixes that hold the one of the ban.
func (s *search) prefixKeys(ctx context.Context, keys []store.Key) ([]store.Key, error) {
	p := banValue(s.ban).Prefix()
	lengths, err := s.admin.store.PrefixLengths(ctx)
	if err != nil {
		return nil, err
	}
	for _, l := range lengths {
		if l.IPv6 == p.Addr().Is6() && int(l.Bits) < p.Bits() {
			wider := value.PrefixValue(netip.PrefixFrom(p.Addr(), int(l.Bits)).Masked())
			keys = append(keys, wider.Key())
		}
	}
	return keys, nil
}

// narrowerBans looks for bans that have what the value of this one spells in theirs.
func (s *search) narrowerBans(ctx context.Context) error {
	spelt := s.spelling()
	if spelt == "" {
		return nil
	}
	active := true
	f := store.BanFilter{Contains: spelt, Active: &active, At: s.now}
	if s.ban.Kind == KindIP || s.ban.Kind == KindName {
		f.Kind = s.ban.Kind
	}
	bans, err := s.admin.store.ListBans(ctx, f, store.Page{Limit: PreviewNarrower})
	if err != nil {
		return err
	}
	for i := range bans {
		if slices.Contains(overlappingKinds(s.ban.Kind), bans[i].Kind) {
			s.addOnce(bans[i].Rule())
		}
	}
	return nil
}

// spelling returns a text that stands in the values of narrower bans, empty if there
// is none.
func (s *search) spelling() string {
	switch v := banValue(s.ban); {
	case s.ban.Kind == KindDomain:
		return value.SplitDomain(s.ban.Value).Name
	case s.ban.Kind == KindIP:
		return leadingGroups(v.Prefix())
	case v.Wildcard() && s.ban.Kind == KindName:
		literal, _ := value.CompileNamePattern(s.ban.Value).Texts()
		return literal
	case v.Wildcard():
		return s.ban.Value[strings.LastIndexByte(s.ban.Value, '@'):]
	}
	return "" // what has the same key was looked up
}

// leadingGroups returns the text with which the addresses in a prefix begin: of the
// groups that are whole, up to the first of zeros, which an address may leave out.
func leadingGroups(p netip.Prefix) string {
	var text strings.Builder
	if a := p.Addr(); a.Is4() {
		for _, octet := range a.AsSlice()[:min(p.Bits(), 24)/8] {
			text.WriteString(strconv.Itoa(int(octet)) + ".")
		}
		return text.String()
	}
	raw := p.Addr().As16()
	for i := 0; i < min(p.Bits(), 112)/16; i++ {
		group := uint64(raw[2*i])<<8 | uint64(raw[2*i+1])
		if group == 0 {
			break
		}
		text.WriteString(strconv.FormatUint(group, 16) + ":")
	}
	return text.String()
}

package sqlbackend

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"example.com/ostraka/store"
)

// kindLetters begin the keys of rules. KeyRange relies on no letter being the
// beginning of another.
var kindLetters = map[store.Kind]string{
	store.KindEmail: "e:", store.KindDomain: "d:", store.KindIP: "i:", store.KindName: "n:",
}

// lettersKind is an array, since it is asked once for each rule of a store; zero is no
// kind.
var lettersKind = [256]store.Kind{
	'e': store.KindEmail, 'd': store.KindDomain, 'i': store.KindIP, 'n': store.KindName,
}

// RuleKey is what a column of keys of rules keeps of a key. It fails for a kind that
// no rule can have.
func RuleKey(k store.Key) (string, error) {
	letter, ok := kindLetters[k.Kind]
	if !ok {
		return "", fmt.Errorf("no such kind: %d", k.Kind)
	}
	return letter + k.Text, nil
}

// ParseRuleKey is the inverse of [RuleKey].
func ParseRuleKey(s string) (store.Key, error) {
	if len(s) >= 2 && s[1] == ':' {
		if kind := lettersKind[s[0]]; kind != 0 {
			return store.Key{Kind: kind, Text: s[2:]}, nil
		}
	}
	return store.Key{}, fmt.Errorf("%w: rule with the key %.64q", ErrCorrupt, s)
}

// CompareKeys compares keys by the order of their rows.
func CompareKeys(a, b store.Key) int {
	if a.Kind != b.Kind {
		return strings.Compare(kindLetters[a.Kind], kindLetters[b.Kind])
	}
	return strings.Compare(a.Text, b.Text)
}

// KeyRange returns what lies before the first key of a kind, and behind the last; of
// all kinds for zero. It reports false for a kind that no rule can have.
func KeyRange(kind store.Kind) (above, below string, ok bool) {
	if kind == 0 {
		return "", "\x7f", true
	}
	letter, ok := kindLetters[kind]
	if !ok {
		return "", "", false
	}
	return letter[:1], letter[:1] + ";", true // ';' follows ':'
}

// ValueArg is the argument for the value of a rule: NULL where it says what the key
// says.
func ValueArg(value string, k store.Key) any {
	if value == k.Text {
		return nil
	}
	return value
}

// labelArg is the argument for the label of a rule, NULL for none.
func labelArg(label string) any {
	if label == "" {
		return nil
	}
	return label
}

// HashKeys are the names of the secrets that rules are hashed under, collected from
// their keys, one key for each at least.
type HashKeys []store.HashKey

// Add adds the one of a key, if it is of a hashed value.
func (h *HashKeys) Add(key string) error {
	k, err := ParseRuleKey(key)
	if hashed, ok := k.HashKey(); ok && !slices.Contains(*h, hashed) {
		*h = append(*h, hashed)
	}
	return err
}

// origins are the numbers that columns keep of origins, but for that of entries,
// which have the name of their list in it.
var origins = []store.Origin{0: store.OriginBan, 1: store.OriginBlock}

// OriginEntry is the number of the origin of entries of lists.
const OriginEntry = 2

// originNumber returns the number of an origin that is no list's.
func originNumber(o store.Origin) (int, error) {
	for i, known := range origins {
		if known == o {
			return i, nil
		}
	}
	return 0, fmt.Errorf("no such origin: %.64q", string(o))
}

// NumberedOrigin is the inverse of [originNumber].
func NumberedOrigin(n int) (store.Origin, error) {
	if n < 0 || n >= len(origins) {
		return "", fmt.Errorf("%w: rule of the origin %d", ErrCorrupt, n)
	}
	return origins[n], nil
}

// ListTexts keeps once what all rules of a list have in common, for those that are
// read together: a driver gives each row texts of its own. The zero value is ready.
type ListTexts struct {
	byName map[string]listTexts
}

type listTexts struct {
	origin                       store.Origin
	source, reason, publicReason string
}

// Share replaces the texts that the rule has from its list by those kept, unless
// the list has changed since. It sets Origin and Source.
func (t *ListTexts) Share(r *store.Rule, list, source string) {
	kept, ok := t.byName[list]
	if now := (listTexts{kept.origin, source, r.Reason, r.PublicReason}); !ok || now != kept {
		if kept = now; !ok {
			kept.origin = store.OriginList(list)
		}
		if t.byName == nil {
			t.byName = make(map[string]listTexts)
		}
		t.byName[list] = kept
	}
	r.Origin, r.Source = kept.origin, kept.source
	r.Reason, r.PublicReason = kept.reason, kept.publicReason
}

// prefixCounts counts rules that come and go by the length of their prefix, in
// memory, to be written once.
type prefixCounts map[store.PrefixLen]int64

// Count counts n more rules of the key, or fewer.
func (c prefixCounts) Count(k store.Key, n int64) {
	if length, ok := k.PrefixLen(); ok {
		c[length] += n
	}
}

// Changed returns the lengths whose count is not zero, in the same order for
// everybody, so that no two writers wait for each other.
func (c prefixCounts) Changed() []store.PrefixLen {
	lengths := slices.SortedFunc(maps.Keys(c), func(a, b store.PrefixLen) int {
		if a.IPv6 != b.IPv6 {
			if b.IPv6 {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.Bits, b.Bits)
	})
	return slices.DeleteFunc(lengths, func(l store.PrefixLen) bool { return c[l] == 0 })
}

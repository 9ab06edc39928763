package ban

import (
	"fmt"
	"net/netip"
	"slices"

	"example.com/ostraka/ban/value"
)

// GuardError says that a value is dangerous to ban: it would hit many who are
// not meant. The Force of the options overrides it.
type GuardError struct {
	Code  string // one of the Guard constants
	Value string // the canonical value
	Hint  string // what is dangerous about it, and what to do instead
}

// The codes of a [GuardError].
const (
	// GuardPublicSuffix: a domain under which anyone registers names, by the
	// list of publicsuffix.org; and every domain of one label.
	GuardPublicSuffix = "public_suffix"
	// GuardPrefixTooShort: a prefix shorter than /16 for IPv4, /19 for IPv6.
	GuardPrefixTooShort = "prefix_too_short"
	// GuardNonPublicAddress: a loopback, private, shared, link-local or
	// unspecified address, or a prefix with one in it (RFC 1122, 1918, 3927,
	// 4193, 4291, 6598).
	GuardNonPublicAddress = "non_public_address"
	// GuardProtected: a value that covers one of [GuardOptions.Protected] or
	// [DefaultProtected].
	GuardProtected = "protected"
	// GuardTooManyAddresses: rules that are made together, by [Admin.CreateMany] or as
	// a list, that deny more than a /8 of IPv4 or a /11 of IPv6; see
	// [Guard.CheckTogether].
	GuardTooManyAddresses = "too_many_addresses"
	// GuardWildcardTooWide: a wildcard with fewer than three characters of its
	// own.
	GuardWildcardTooWide = "wildcard_too_wide"
	// GuardHashKey: a value that comes as a hash, under a key that is neither in the ring
	// nor in use: from then on checks fail wherever the key is missing.
	GuardHashKey = "hash_key"
)

func (e *GuardError) Error() string {
	return fmt.Sprintf("%q is guarded (%s): %s", e.Value, e.Code, e.Hint)
}

const (
	minIPv4Bits        = 16
	minIPv6Bits        = 19
	minWildcardLiteral = 3
)

var nonPublic = mustPrefixes(
	"0.0.0.0/8", "10.0.0.0/8", "127.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16",
	"172.16.0.0/12", "192.168.0.0/16",
	"::/127", "fc00::/7", "fe80::/10",
)

// GuardOptions configures a [Guard]. The zero value is the default.
type GuardOptions struct {
	// Protected are values that a rule must not cover: your own domains, the
	// addresses of your proxies. Each is read as by [ParseAny]. They are in
	// addition to [DefaultProtected].
	Protected []string

	// NoDefaultProtected leaves out DefaultProtected.
	NoDefaultProtected bool

	// Tables are those by which values were made, and their list of public suffixes
	// is the one that counts. Default: those that package value bundles.
	Tables *value.Tables
}

// Guard knows which values are dangerous to ban. An [Admin] has one of its own;
// this is for packages that make rules of other origins, as package blocklist
// does. It is never changed, and safe for concurrent use.
type Guard struct {
	tables    *value.Tables
	protected protectedSet
}

// NewGuard returns a Guard. A protected value that does not parse gives a
// [*ValueError].
func NewGuard(o GuardOptions) (*Guard, error) {
	protected, err := parseProtected(o)
	if err != nil {
		return nil, err
	}
	return &Guard{o.Tables, protected}, nil
}

// Check returns nil, or a [*GuardError] that says what is dangerous about a rule
// of that value and effect. Dangers whose codes are named as excused are passed
// over, though not the others that the same value may bring. An exception (Allow) for an own or private address
// endangers nobody; one for a whole public suffix does.
func (g *Guard) Check(v Value, e Effect, excused ...string) error {
	if danger := g.check(v, e, excused...); danger != nil {
		return danger
	}
	return nil
}

// check is Check with a result that may be nil.
func (g *Guard) check(v Value, e Effect, excused ...string) *GuardError {
	prefix := v.Prefix() // zero but for ip
	if danger := g.width(v, prefix, excused); danger != nil {
		return danger
	}
	if e == Allow {
		return nil
	}
	if v.Kind() == KindIP && !slices.Contains(excused, GuardNonPublicAddress) {
		for _, p := range nonPublic {
			if overlaps(p, prefix) {
				return &GuardError{GuardNonPublicAddress, v.String(),
					fmt.Sprintf("it overlaps %s, which is not public: often a proxy of your own, and then everyone seems to come from it", p)}
			}
		}
	}
	if slices.Contains(excused, GuardProtected) {
		return nil
	}
	if p := g.protected.hitBy(g.tables, v, prefix); p != nil {
		return &GuardError{GuardProtected, v.String(), fmt.Sprintf("it covers %s, which is protected", p)}
	}
	return nil
}

// overlaps reports whether a prefix overlaps another, or the IPv4 address in that.
func overlaps(p, other netip.Prefix) bool {
	inner, _, ok := value.InnerIPv4(other.Addr())
	return p.Overlaps(other) || ok && other.IsSingleIP() && p.Contains(inner)
}

// width checks how much a value covers. The prefix is that of a value of an ip.
func (g *Guard) width(v Value, prefix netip.Prefix, excused []string) *GuardError {
	switch v.Kind() {
	case KindDomain:
		if slices.Contains(excused, GuardPublicSuffix) {
			return nil // which spares the search in the list
		}
		d := value.SplitDomain(v.String())
		if host := d.Name; d.Form != value.DomainExact && g.tables.PublicSuffix(host) {
			return &GuardError{GuardPublicSuffix, v.String(), fmt.Sprintf(
				"anyone may register names under %s; ban a name below it, or only the host itself with %q", host, "="+host)}
		}
	case KindIP:
		least := minIPv6Bits
		if prefix.Addr().Is4() {
			least = minIPv4Bits
		}
		if prefix.Bits() < least && !slices.Contains(excused, GuardPrefixTooShort) {
			return &GuardError{GuardPrefixTooShort, v.String(), fmt.Sprintf("it covers whole networks of strangers; ban a prefix of /%d or longer", least)}
		}
	default:
		if v.Wildcard() && !slices.Contains(excused, GuardWildcardTooWide) && g.literal(v) < minWildcardLiteral {
			return &GuardError{GuardWildcardTooWide, v.String(), fmt.Sprintf("it matches by chance; use at least %d characters beside the *", minWildcardLiteral)}
		}
	}
	return nil
}

// literal returns how many characters of a wildcard are its own.
func (g *Guard) literal(v Value) int {
	if v.Kind() == KindEmail {
		return g.tables.CompileLocalPattern(v.String()).Significant()
	}
	return value.CompileNamePattern(v.String()).Literal()
}

func mustPrefixes(texts ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(texts))
	for i, t := range texts {
		out[i] = netip.MustParsePrefix(t)
	}
	return out
}

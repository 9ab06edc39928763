package ban

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"time"

	"example.com/ostraka/internal/mxlookup"
)

// Resolver answers questions to the DNS. [*net.Resolver] is one.
//
// It must be safe for concurrent use, and return soon after the context ends.
// That there is no such record is a [*net.DNSError] with IsNotFound, as in
// package net. Names are asked for with the root's dot: no search list applies.
type Resolver interface {
	LookupMX(ctx context.Context, name string) ([]*net.MX, error)
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// MXOptions configures what a [Checker] makes of the mail hosts of the domain of
// an e-mail address. It looks for them only with a Resolver.
//
// Domain rules, e-mail domain blocks among them, match an MX host as they match
// the domain of an address; ip rules match the addresses of the host. These rules
// come last in the chain of the address: any rule for the address or its domain
// that decides, an exception for instance, goes before. Of one host, the rule
// for its name with most labels decides, then the longest prefix for each of its
// addresses; across hosts, Deny goes before Review, Review before Allow. So an
// exception for a host is none for the others: anybody can name a good host beside
// their own. A domain without MX records is its own mail host (RFC 5321, section
// 5.1).
//
// The DNS is asked only where the answer may change the verdict: not if a rule
// for the address or its domain decides, nor if another field is denied. What is
// not asked for is not counted as a hit either.
//
// All hosts of an answer are matched by name, up to 256. The addresses of 16 of them
// are asked for, and 16 of each are matched. An answer with more, or one that comes
// with an error, is one cut short: [Decision.MX] is MXUnknown, and OnUnknown applies.
type MXOptions struct {
	// Resolver answers. Nil, the default: MX hosts are not looked at. A
	// &net.Resolver{} asks the servers of the system.
	Resolver Resolver

	// Timeout bounds the look-up for one domain, waiting for a place included, and
	// so how long a check waits for it. What is not known by then is missing from
	// the verdict, which has [Decision.MX] MXUnknown. Default 2 seconds.
	Timeout time.Duration

	// TTL is how long an answer is used, that there is no record included. Default
	// 10 minutes, by [CheckerOptions.Now]. A look-up that failed is tried again after
	// 30 seconds, or TTL if that is less.
	TTL time.Duration

	// CacheSize bounds the answers that are kept, in domains. Default 16,384.
	CacheSize int

	// MaxConcurrent bounds the questions to the Resolver under way. One client network
	// (by Subject.IP, the /24 or of IPv6 the /48) takes no more than a quarter of these
	// places, but one at least, so that a slow DNS that one asks about does not keep
	// others waiting; checks without an address may take all. Default 64.
	MaxConcurrent int

	// SharedProviders are the hosts that never count, as values of domain rules:
	// those at which many strangers have their domains. Nil: those that
	// [DefaultSharedProviders] returns; empty but not nil: none.
	SharedProviders []string

	// NoMX is what to do if the domain has no MX record. Mail for it may still
	// reach the domain itself. Default MXIgnore.
	NoMX Policy

	// NullMX is what to do if the domain says by a null MX record that it accepts no
	// mail (RFC 7505). Default MXIgnore.
	NullMX Policy

	// OnUnknown is what to do if the DNS does not answer in time, or not all that was
	// asked. Default MXIgnore: the verdict is given without. Whoever owns a domain
	// can make its servers slow, so a host whose MX rules must hold chooses
	// MXReview.
	OnUnknown Policy
}

// The defaults of [MXOptions].
const (
	DefaultMXTimeout       = 2 * time.Second
	DefaultMXTTL           = 10 * time.Minute
	DefaultMXCacheSize     = 1 << 14
	DefaultMXMaxConcurrent = 64
)

// MXState says what a check knows of the mail hosts of an address.
type MXState uint8

// The states. The zero value is [MXNotAsked].
const (
	// MXNotAsked: there was no reason to ask.
	MXNotAsked MXState = iota
	// MXFound: the hosts are known and had their part in the verdict.
	MXFound
	// MXNone: the domain has no MX record.
	MXNone
	// MXNull: the domain says that it accepts no mail.
	MXNull
	// MXUnknown: the DNS has not answered, or not all, in time. A rule about an MX
	// host may be missing from the verdict.
	MXUnknown
)

var mxStateNames = [...]string{
	MXNotAsked: "not-asked", MXFound: "found", MXNone: "none", MXNull: "null", MXUnknown: "unknown",
}

// String returns for example "found".
func (s MXState) String() string {
	if int(s) < len(mxStateNames) {
		return mxStateNames[s]
	}
	return fmt.Sprintf("mx-state(%d)", uint8(s))
}

// MarshalText implements [encoding.TextMarshaler] with [MXState.String].
func (s MXState) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// withDefaults checks the options and fills in the defaults.
func (o MXOptions) withDefaults() (MXOptions, error) {
	for _, f := range []struct {
		name     string
		negative bool
		value    any
		hint     string
	}{
		{"MX.Timeout", o.Timeout < 0, o.Timeout, "give a duration, or 0 for the default"},
		{"MX.TTL", o.TTL < 0, o.TTL, "give a duration, or 0 for the default"},
		{"MX.CacheSize", o.CacheSize < 0, o.CacheSize, "give a number of domains, or 0 for the default"},
		{"MX.MaxConcurrent", o.MaxConcurrent < 0, o.MaxConcurrent, "give a number of questions, or 0 for the default"},
		{"MX.NoMX", o.NoMX > MXDeny, o.NoMX, "use MXIgnore, MXReview or MXDeny"},
		{"MX.NullMX", o.NullMX > MXDeny, o.NullMX, "use MXIgnore, MXReview or MXDeny"},
		{"MX.OnUnknown", o.OnUnknown > MXDeny, o.OnUnknown, "use MXIgnore, MXReview or MXDeny"},
	} {
		if f.negative {
			return o, optionError(f.name, f.value, f.hint)
		}
	}
	setDefault(&o.Timeout, DefaultMXTimeout)
	setDefault(&o.TTL, DefaultMXTTL)
	setDefault(&o.CacheSize, DefaultMXCacheSize)
	setDefault(&o.MaxConcurrent, DefaultMXMaxConcurrent)
	if o.SharedProviders == nil {
		o.SharedProviders = DefaultSharedProviders()
	}
	return o, nil
}

// set reports whether anything but the Resolver is chosen.
func (o *MXOptions) set() bool {
	return o.Timeout != 0 || o.TTL != 0 || o.CacheSize != 0 || o.MaxConcurrent != 0 || o.SharedProviders != nil ||
		o.NoMX != MXIgnore || o.NullMX != MXIgnore || o.OnUnknown != MXIgnore
}

// resolver returns what looks for mail hosts, nil if there is no Resolver.
func (o MXOptions) resolver(now func() time.Time) (*mxlookup.Resolver, error) {
	if o.Resolver == nil {
		if o.set() {
			return nil, &ValueError{Field: "MX.Resolver", Code: CodeEmpty, Hint: "give a resolver, for example &net.Resolver{}, or leave all of MX out"}
		}
		return nil, nil
	}
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	shared, err := mxlookup.ParseShared(o.SharedProviders)
	if err != nil {
		return nil, err
	}
	return mxlookup.New(mxlookup.Options{
		DNS: o.Resolver, Timeout: o.Timeout, TTL: o.TTL, CacheSize: o.CacheSize,
		MaxConcurrent: o.MaxConcurrent, Shared: shared, Now: now,
	})
}

// DefaultSharedProviders returns the hosts of the large providers of mail for
// domains of others. A rule that matched one of them would hit everybody who has
// a domain there. The slice is the caller's.
func DefaultSharedProviders() []string { return mxlookup.DefaultShared() }

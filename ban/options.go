package ban

import (
	"fmt"
	"slices"
	"time"

	"example.com/ostraka/ban/value"
	"example.com/ostraka/internal/match"
)

// OnError says what a check answers when it cannot find out.
type OnError uint8

// The answers to a check that failed.
const (
	FailClosed OnError = iota // an error and [Denied]
	FailOpen                  // an error and [Allowed]
)

// Policy is what a host does about something that no rule is about: the state of
// the mail hosts of an address ([MXOptions]), or a trait of it ([TraitOptions]). It
// acts like a rule, with the ID zero.
type Policy uint8

// The policies.
const (
	PolicyIgnore Policy = iota // nothing
	PolicyReview               // [NeedsReview]
	PolicyDeny                 // [Denied]
)

// MXPolicy is a [Policy] about the mail hosts of an address.
type MXPolicy = Policy

// The policies about mail hosts.
const (
	MXIgnore = PolicyIgnore
	MXReview = PolicyReview
	MXDeny   = PolicyDeny
)

var policyNames = [...]string{PolicyIgnore: "ignore", PolicyReview: "review", PolicyDeny: "deny"}

// String returns "ignore", "review" or "deny".
func (p Policy) String() string {
	if int(p) < len(policyNames) {
		return policyNames[p]
	}
	return fmt.Sprintf("policy(%d)", uint8(p))
}

// MarshalText implements [encoding.TextMarshaler] with [Policy.String].
func (p Policy) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads what [Policy.String] returns. Other text gives a
// [*ValueError], and leaves the policy as it is.
func (p *Policy) UnmarshalText(text []byte) error {
	i := slices.Index(policyNames[:], string(text))
	if i < 0 {
		return NewValueError("policy", string(text), CodeUnknown, "use ignore, review or deny")
	}
	*p = Policy(i)
	return nil
}

// effect returns the effect of a policy that does something.
func (p Policy) effect() Effect {
	if p == PolicyReview {
		return Review
	}
	return Deny
}

// CheckerOptions configures a [Checker]. The zero value is the default.
type CheckerOptions struct {
	// OnError is the verdict when the store cannot be asked: by default
	// FailClosed. A Subject that does not parse is Denied under either.
	OnError OnError

	// Mirror keeps all rules in memory, so that a check asks no store and
	// allocates nothing. [NewChecker] reads them all before it returns; changes
	// keep them current. It takes some 60 bytes a rule.
	//
	// What becomes of one ban through this process's store is seen by every check that
	// begins after the method has returned. Where a store has more than two mirrors in a process, the
	// method does not wait until each has changed its rules: a goroutine does that, or the
	// check that comes first.
	//
	// A change in bulk, by [Admin.CreateMany] or the sync of a list, takes effect in
	// place and as a whole: no check sees a part of it, and none waits. The method
	// that made it returns when its keys have been looked up, some microseconds each.
	// Only if it is of more than [store.MaxKnownKeys] keys, or nobody knows which (a
	// backup was restored, the log was pruned), all rules are read again, beside those
	// in use: that takes as much memory once more, and a second or two for a million
	// rules. If another process made such a change, checks ask the store until it is
	// done.
	//
	// While the store cannot be reached a mirror keeps answering, whatever
	// StaleFor says; the answers are marked [Decision.Stale].
	Mirror bool

	// Progress, if not nil, is called now and then while a mirror reads all
	// rules: with how many were read, and how many there are, roughly, or 0 if
	// the store does not say. The first reading calls it from the goroutine of
	// NewChecker, later ones from another. It must not write to the store.
	Progress func(loaded, total int)

	// CacheSize bounds the cache, in entries; one entry is one field value of a
	// Subject with all rules that match it, be they none. As many whole Subjects
	// are kept beside, which makes roughly 1 KB for the two. Default 65,536.
	CacheSize int

	// PollInterval is the longest time until a change made by another process
	// is seen. Changes made through this process are seen at once. Default 1
	// second; a negative value turns polling off, for a store that no other
	// process writes to.
	PollInterval time.Duration

	// StaleFor is how long cached answers are still given while the store
	// cannot be asked for changes. They are marked [Decision.Stale]. Default 1
	// minute; a negative value gives none.
	StaleFor time.Duration

	// FlushInterval is how often counted hits are written to the store. Default
	// 1 second. Where hits of very many rules take longer to write than a tenth of it,
	// there are pauses of up to five times it, so that checks keep the processors.
	FlushInterval time.Duration

	// Leet also reads the digits in names as letters (1→i 2→z 3→e 4→a 5→s 7→t
	// 8→b 9→g 0→o) when looking for rules. Off by default: it blocks more than
	// most expect.
	Leet bool

	// SeparateIPv4 takes an IPv6 address that has an IPv4 address in it for the former
	// alone. By default such a client is also the IPv4 host that it stands for: rules
	// about 203.0.113.7 match 64:ff9b::203.0.113.7, 2002:cb00:7107::1 and
	// ::203.0.113.7, as [value.InnerIPv4] says. Of the rules about both, the one with
	// the longest prefix decides, counted in bits of the IPv6 address.
	SeparateIPv4 bool

	// Tables are those by which addresses and names are read: the same as of the
	// Admins of the store. Default: those that package value bundles.
	Tables *value.Tables

	// Keys are those under which hashed bans were made: e-mail addresses and names are
	// also looked for by their hashes. A rule hashed under a key that is not among them
	// makes checks fail; see [MissingKeys]. The ring is copied. Default none.
	Keys KeyRing

	// Rehash hashes bans anew that checks meet under old keys: a ban that matched is hashed
	// under the newest key of that Admin of the same store, [AdminOptions.HashKey], which
	// must be in Keys. That happens beside the check, once for each ban, and is logged like
	// any update, by [AdminOptions.Actor] or "ostraka"; what cannot be done then is left to
	// a later check. When [MissingKeys] does not name an old key any more for a ring without
	// it, the key can be dropped. Default nil: bans stay under their keys.
	Rehash *Admin

	// MX has the mail hosts of e-mail addresses matched too. Off by default.
	MX MXOptions

	// Traits says what to do about addresses that are tagged, free, or of a role.
	// Nothing by default.
	Traits TraitOptions

	// Now is the clock by which rules expire and hits are dated. It is called
	// from several goroutines. Default [time.Now]. How long the store was not
	// reached, and when to poll and flush, goes by real time.
	//
	// The clock may jump and come back: answers are then what they were. Hits are
	// not dated by a clock that has jumped forward until it has stayed there for
	// an hour, and days of hits are not pruned by it for 24 hours.
	Now func() time.Time
}

// HitDays is how many UTC days of hits are kept, today among them.
const HitDays = 14

// The defaults of [CheckerOptions].
const (
	DefaultCacheSize     = 1 << 16
	DefaultPollInterval  = time.Second
	DefaultStaleFor      = time.Minute
	DefaultFlushInterval = time.Second
)

// reading returns how Subjects are read.
func (o *CheckerOptions) reading() match.Reading {
	return match.Reading{Tables: o.Tables, Leet: o.Leet, SeparateIPv4: o.SeparateIPv4}
}

// withDefaults checks the options and fills in the defaults.
func (o CheckerOptions) withDefaults() (CheckerOptions, error) {
	if o.OnError > FailOpen {
		return o, optionError("OnError", o.OnError, "use FailClosed or FailOpen")
	}
	if o.CacheSize < 0 {
		return o, optionError("CacheSize", o.CacheSize, "give a number of entries, or 0 for the default")
	}
	if o.FlushInterval < 0 {
		return o, optionError("FlushInterval", o.FlushInterval, "give a duration, or 0 for the default")
	}
	setDefault(&o.CacheSize, DefaultCacheSize)
	setDefault(&o.PollInterval, DefaultPollInterval)
	setDefault(&o.StaleFor, DefaultStaleFor)
	setDefault(&o.FlushInterval, DefaultFlushInterval)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Rehash != nil {
		if _, ok := o.Keys[o.Rehash.hasher.newest]; !ok {
			return o, optionError("Rehash", o.Rehash.hasher.newest, "give an Admin that hashes under one of Keys")
		}
	}
	var err error
	o.Traits, err = o.Traits.withDefaults()
	return o, err
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

func optionError(name string, value any, hint string) error {
	return &ValueError{Field: name, Value: fmt.Sprint(value), Code: CodeRange, Hint: hint}
}

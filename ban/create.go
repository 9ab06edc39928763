package ban

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

// MaxReason is the length of reasons, actors and the like, in characters.
const MaxReason = 255

// CreateOptions describes a ban.
type CreateOptions struct {
	Kind  Kind   // required
	Value string // as [Parse] reads it for the kind; required

	Effect Effect // default Deny
	Scope  Scope  // default all actions
	Shadow bool   // only report what the ban would do

	Reason       string    // for moderators, at most [MaxReason] characters
	PublicReason string    // for the person refused, likewise
	ExpiresAt    time.Time // when the ban ends, in the future; zero: never

	// IPv6Prefix widens a single IPv6 address to the prefix of that many bits
	// around it: 64 bans the network that one customer usually has. 1 to 128,
	// default 128.
	IPv6Prefix int

	// Force makes the ban even if a guard advises against it; see [GuardError].
	Force bool
}

// Create makes a ban. If an active ban of the same kind and value exists, the
// error is an [*ExistsError] that holds it; use Put to update it. Input that
// does not fit gives a [*ValueError], a value that is dangerous to ban a
// [*GuardError].
func (a *Admin) Create(ctx context.Context, o CreateOptions) (Ban, error) {
	now := a.clock()
	c, err := a.change(ctx, store.BanCreate, now)
	if err != nil {
		return Ban{}, err
	}
	b, err := a.newBan(o, c)
	if err != nil {
		return Ban{}, err
	}
	created, err := a.store.CreateBan(ctx, b, c)
	if err != nil {
		return Ban{}, fmt.Errorf("create ban: %w", err)
	}
	return created, nil
}

// Put makes a ban, or updates the active one of the same kind and value to what
// the options say. It reports which it did. An update that changes nothing
// writes nothing.
func (a *Admin) Put(ctx context.Context, o CreateOptions) (b Ban, created bool, err error) {
	for range maxAttempts {
		b, err = a.Create(ctx, o)
		exists, ok := errors.AsType[*ExistsError](err)
		if !ok {
			return b, err == nil, err
		}
		b, err = a.replace(ctx, exists.Existing, o)
		if !again(err) && !errors.Is(err, ErrNotFound) {
			return b, false, err
		}
	}
	return Ban{}, false, err
}

// replace gives an existing ban the fields that options can set.
func (a *Admin) replace(ctx context.Context, b Ban, o CreateOptions) (Ban, error) {
	expires := storedTime(o.ExpiresAt)
	if b.Effect == o.Effect && b.Scope == o.Scope && b.Shadow == o.Shadow && b.Reason == o.Reason &&
		b.PublicReason == o.PublicReason && b.ExpiresAt.Equal(expires) {
		return b, nil
	}
	c, err := a.change(ctx, store.BanUpdate, a.clock())
	if err != nil {
		return Ban{}, err
	}
	b.Effect, b.Scope, b.Shadow = o.Effect, o.Scope, o.Shadow
	b.Reason, b.PublicReason, b.ExpiresAt = o.Reason, o.PublicReason, expires
	b.UpdatedAt = c.At
	updated, err := a.store.UpdateBan(ctx, b, c)
	if err != nil {
		return Ban{}, fmt.Errorf("update ban %s: %w", b.ID, err)
	}
	return updated, nil
}

// Rejected is one of many bans that was not made, and why.
type Rejected struct {
	Index int   // in the slice given
	Err   error // a [*ValueError] or [*GuardError]
}

// ManyResult says what became of many bans.
type ManyResult struct {
	Created  int        // bans made
	Existing []int      // indexes of those whose value has an active ban already, or stands earlier in the slice
	Rejected []Rejected // those that do not fit
}

// CreateMany makes many bans in one atomic step, for imports: it logs one
// change. Those that cannot be made are passed over and named in the result;
// the error is about the whole, and means that none was made.
func (a *Admin) CreateMany(ctx context.Context, all []CreateOptions) (ManyResult, error) {
	var result ManyResult
	c, err := a.change(ctx, store.BanCreateMany, a.clock())
	if err != nil {
		return result, err
	}
	bans := make([]Ban, 0, len(all))
	indexes := make([]int, 0, len(all))
	for i, o := range all {
		b, err := a.newBan(o, c)
		if err != nil {
			result.Rejected = append(result.Rejected, Rejected{i, err})
			continue
		}
		bans, indexes = append(bans, b), append(indexes, i)
	}
	skipped, err := a.store.CreateBans(ctx, bans, c)
	if err != nil {
		return ManyResult{}, fmt.Errorf("create %d bans: %w", len(bans), err)
	}
	result.Created = len(bans) - len(skipped)
	for _, i := range skipped {
		result.Existing = append(result.Existing, indexes[i])
	}
	return result, nil
}

// newBan checks the options and returns the ban that they describe.
func (a *Admin) newBan(o CreateOptions, c store.Change) (Ban, error) {
	v, err := parseBanValue(o.Kind, o.Value, o.IPv6Prefix)
	if err != nil {
		return Ban{}, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return Ban{}, fmt.Errorf("make an id: %w", err)
	}
	b := Ban{
		ID: id, CreatedAt: c.At, UpdatedAt: c.At, CreatedBy: c.Actor,
		Effect: o.Effect, Scope: o.Scope, Shadow: o.Shadow,
		Reason: o.Reason, PublicReason: o.PublicReason, ExpiresAt: storedTime(o.ExpiresAt),
	}
	setValue(&b, v)
	if err := checkBan(&b); err != nil {
		return Ban{}, err
	}
	if err := checkExpiry(b.ExpiresAt, c.At); err != nil {
		return Ban{}, err
	}
	if !o.Force {
		if guard := a.guard(v, o.Effect); guard != nil {
			return Ban{}, guard
		}
	}
	return b, nil
}

func setValue(b *Ban, v Value) {
	b.Kind, b.Value, b.KeyText = v.Kind(), v.String(), v.Key().Text
}

// parseBanValue parses the value of a ban, and widens a single IPv6 address.
func parseBanValue(k Kind, text string, ipv6Prefix int) (Value, error) {
	if ipv6Prefix < 0 || ipv6Prefix > 128 {
		return Value{}, &ValueError{Field: "ipv6_prefix", Value: strconv.Itoa(ipv6Prefix), Code: CodeRange, Hint: "use 1 to 128, or 0 for the address itself"}
	}
	v, err := Parse(k, text)
	if err != nil || ipv6Prefix == 0 {
		return v, err
	}
	p := v.Prefix()
	if !p.IsValid() || p.Addr().Is4() || !p.IsSingleIP() {
		return v, nil
	}
	return ParsePrefix(netip.PrefixFrom(p.Addr(), ipv6Prefix).Masked().String())
}

// checkBan checks what does not depend on the time or on guards.
func checkBan(b *Ban) error {
	if b.Effect > Allow {
		return &ValueError{Field: "effect", Value: b.Effect.String(), Code: CodeUnknown, Hint: "use Deny, Review or Allow"}
	}
	if !b.Scope.Valid() {
		return &ValueError{Field: "scope", Value: fmt.Sprintf("%#x", uint8(b.Scope)), Code: CodeUnknown, Hint: "use ban.ScopeOf with the actions of this package"}
	}
	if err := checkText("reason", b.Reason); err != nil {
		return err
	}
	return checkText("public_reason", b.PublicReason)
}

// maxExpiry keeps times within what RFC 3339 can write.
var maxExpiry = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)

func checkExpiry(t, now time.Time) error {
	if t.IsZero() {
		return nil
	}
	if !t.After(now) {
		return &ValueError{Field: "expires_at", Value: t.Format(time.RFC3339), Code: CodeInPast, Hint: "give a time in the future, or none for a ban without end"}
	}
	if t.After(maxExpiry) {
		return &ValueError{Field: "expires_at", Value: strconv.Itoa(t.Year()), Code: CodeRange, Hint: "give a time before the year 9999, or none for a ban without end"}
	}
	return nil
}

// checkText checks a text that people wrote: its length, and that it can be
// shown.
func checkText(field, s string) error {
	if len(s) > MaxReason*utf8.UTFMax || utf8.RuneCountInString(s) > MaxReason {
		return &ValueError{Field: field, Value: s, Code: CodeTooLong, Hint: fmt.Sprintf("use at most %d characters", MaxReason)}
	}
	if !utf8.ValidString(s) {
		return &ValueError{Field: field, Value: s, Code: CodeInvalidUTF8, Hint: "send the text as UTF-8"}
	}
	for _, r := range s {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return &ValueError{Field: field, Value: s, Code: CodeControl, Hint: "leave out control characters"}
		}
	}
	return nil
}

// storedTime returns a time as stores keep it.
func storedTime(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Microsecond)
}

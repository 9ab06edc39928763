package blocklist

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/ban"
	"example.com/ostraka/internal/minisign"
	"example.com/ostraka/store"
)

// SubscribeOptions says where a list comes from by itself.
type SubscribeOptions struct {
	List string // the name of the list, which need not exist yet; required
	// URL is where it is: https, or http with AllowPrivate. It has no password in it
	// and at most [ban.MaxReason] characters. It becomes the source of the list.
	// Required.
	URL string

	// How it is read, as in [ParseOptions].
	Format Format
	Kind   ban.Kind
	Effect ban.Effect
	Scope  ban.Scope
	Shadow bool

	Reason       string // for moderators, of every entry; at most [ban.MaxReason] characters
	PublicReason string // for the person refused, likewise

	// Interval is the time from one fetch to the next, which is varied by up to a
	// tenth. 1 second to 30 days, default [DefaultInterval]: those who run public
	// lists ask for an hour at least.
	Interval time.Duration
	// MaxBytes bounds the content, before and after it is unpacked. 1 KiB to 1 GiB,
	// default [DefaultMaxBytes].
	MaxBytes int64

	// ChecksumURL is that of a file that has the SHA-256 of the content: alone, or in
	// lines as those of sha256sum.
	ChecksumURL string
	// PublicKey is one of minisign, or an Ed25519 key in base64. With it the content
	// is applied only if the signature at SignatureURL is one of it, which is by default
	// at URL with ".minisig" behind it, or ".sig" for an Ed25519 key.
	PublicKey    string
	SignatureURL string

	AllowPrivate    bool // to connect to addresses that are not public, and by http
	AllowRedirects  bool // to follow redirects, up to five
	AllowWide       bool // as in [SyncOptions]
	AllowExceptions bool // as in [SyncOptions]
}

// The defaults of [SubscribeOptions].
const (
	DefaultInterval = 24 * time.Hour
	DefaultMaxBytes = 32 << 20
)

const (
	minInterval = time.Second
	maxInterval = 30 * 24 * time.Hour
	minMaxBytes = 1 << 10
	maxMaxBytes = 1 << 30
)

// Subscribe has a list fetched by itself, from now on and at every interval, by
// whoever runs a Fetcher of package blocklist/fetch over the store. It replaces the
// subscription that the list has, if any, and reports whether there was none. The
// list keeps the content that it has until the first fetch. One that has just these
// options stays as it is, and as due as it is. Options that do not fit give a
// [*ban.ValueError].
func (a *Admin) Subscribe(ctx context.Context, o SubscribeOptions) (s Subscription, created bool, err error) {
	c, err := a.change(ctx, store.SubscriptionPut)
	if err != nil {
		return Subscription{}, false, err
	}
	if err := o.check(); err != nil {
		return Subscription{}, false, err
	}
	s = Subscription{
		List: o.List, URL: o.URL, ChecksumURL: o.ChecksumURL, SignatureURL: o.SignatureURL, PublicKey: o.PublicKey,
		Format: o.Format.String(), Kind: o.Kind, Effect: o.Effect, Scope: o.Scope, Shadow: o.Shadow,
		Reason: o.Reason, PublicReason: o.PublicReason, Interval: o.Interval, MaxBytes: o.MaxBytes,
		AllowPrivate: o.AllowPrivate, AllowRedirects: o.AllowRedirects, AllowWide: o.AllowWide, AllowExceptions: o.AllowExceptions,
		CreatedAt: c.At, UpdatedAt: c.At, UpdatedBy: c.Actor,
		State: store.SubscriptionState{DueAt: c.At},
	}
	old, err := a.store.Subscription(ctx, o.List)
	switch {
	case err == nil && s == settingsOf(old, s):
		return old, false, nil
	case err != nil && !errors.Is(err, store.ErrNotFound):
		return Subscription{}, false, fmt.Errorf("subscribe list %q: %w", o.List, err)
	}
	if s.ID, err = uuid.NewV7(); err != nil {
		return Subscription{}, false, fmt.Errorf("make an id: %w", err)
	}
	if s, err = a.store.PutSubscription(ctx, s, c); err != nil {
		return Subscription{}, false, fmt.Errorf("subscribe list %q: %w", o.List, err)
	}
	return s, s.Version == 1, nil
}

// settingsOf returns a subscription that is there with what is no setting as another
// has it, for the two to be compared.
func settingsOf(old, s Subscription) Subscription {
	old.ID, old.Version, old.State = s.ID, s.Version, s.State
	old.CreatedAt, old.UpdatedAt, old.UpdatedBy = s.CreatedAt, s.UpdatedAt, s.UpdatedBy
	return old
}

// Unsubscribe ends the subscription of a list, and returns it as it was, or
// [ErrNotFound]. The list keeps its content.
func (a *Admin) Unsubscribe(ctx context.Context, list string) (Subscription, error) {
	c, err := a.change(ctx, store.SubscriptionDelete)
	if err != nil {
		return Subscription{}, err
	}
	s, err := a.store.DeleteSubscription(ctx, list, c)
	if err != nil {
		return Subscription{}, fmt.Errorf("unsubscribe list %q: %w", list, err)
	}
	return s, nil
}

// Subscription returns the subscription of a list, or [ErrNotFound].
func (a *Admin) Subscription(ctx context.Context, list string) (Subscription, error) {
	s, err := a.store.Subscription(ctx, list)
	if err != nil {
		return Subscription{}, fmt.Errorf("subscription of list %q: %w", list, err)
	}
	return s, nil
}

// Subscriptions returns all subscriptions, by the name of their list, with what the
// fetches gave.
func (a *Admin) Subscriptions(ctx context.Context) ([]Subscription, error) {
	all, err := a.store.Subscriptions(ctx)
	if err != nil {
		return nil, fmt.Errorf("subscriptions: %w", err)
	}
	return all, nil
}

// check checks the options and fills in the defaults.
func (o *SubscribeOptions) check() error {
	if err := checkName(o.List); err != nil {
		return err
	}
	if err := checkURL("url", o.URL, o.AllowPrivate); err != nil {
		return err
	}
	parse := ParseOptions{Format: o.Format, Kind: o.Kind, Effect: o.Effect, Scope: o.Scope}
	if err := parse.validate(); err != nil {
		return err
	}
	if err := ban.CleanReasons(&o.Reason, &o.PublicReason); err != nil {
		return err
	}
	if o.Interval == 0 {
		o.Interval = DefaultInterval
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = DefaultMaxBytes
	}
	switch {
	case o.Interval < minInterval || o.Interval > maxInterval:
		return optionError("interval", o.Interval.String(), ban.CodeRange, "give a duration of 1s to 720h, or none for 24h")
	case o.MaxBytes < minMaxBytes || o.MaxBytes > maxMaxBytes:
		return optionError("max_bytes", fmt.Sprint(o.MaxBytes), ban.CodeRange, "give 1024 to 1073741824 bytes, or none for 32 MiB")
	case o.ChecksumURL != "":
		if err := checkURL("checksum_url", o.ChecksumURL, o.AllowPrivate); err != nil {
			return err
		}
	}
	return o.checkSignature()
}

func (o *SubscribeOptions) checkSignature() error {
	if o.PublicKey == "" {
		if o.SignatureURL != "" {
			return optionError("public_key", "", ban.CodeEmpty, "give the key that the signature is to be by")
		}
		return nil
	}
	key, err := minisign.ParseKey(o.PublicKey)
	if err != nil {
		return optionError("public_key", o.PublicKey, ban.CodeSyntax, err.Error())
	}
	if o.SignatureURL == "" {
		o.SignatureURL = o.URL + ".sig"
		if key.Minisign() {
			o.SignatureURL = o.URL + ".minisig"
		}
	}
	return checkURL("signature_url", o.SignatureURL, o.AllowPrivate)
}

// checkURL checks an address to fetch from, as far as it can be seen without asking
// anybody; that the host has no private address is seen when it is dialled.
func checkURL(field, text string, private bool) error {
	u, err := url.Parse(text)
	switch {
	case text == "":
		return optionError(field, text, ban.CodeEmpty, "say where the list is, such as https://lists.example/domains.txt")
	case err != nil || u.Host == "" || u.Opaque != "":
		return optionError(field, text, ban.CodeSyntax, "give the whole address, such as https://lists.example/domains.txt")
	case u.User != nil:
		// The value is not repeated: it has a password.
		return optionError(field, "", ban.CodeSyntax, "leave out user and password: everybody who may see lists would see them")
	case u.Fragment != "":
		return optionError(field, text, ban.CodeSyntax, "leave out the part behind #")
	case u.Scheme != "https" && (u.Scheme != "http" || !private):
		return optionError(field, text, ban.CodeSyntax, "use https: on its way by http anybody could change the list; what is in your own network has to be allowed")
	}
	if err := ban.CheckText(field, text); err != nil {
		return err
	}
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	addr, err := netip.ParseAddr(host)
	own := host == "localhost" || strings.HasSuffix(host, ".localhost") || err == nil && !PublicAddr(addr)
	if own && !private {
		return optionError(field, text, ban.CodeSyntax, "the host is in your own network, which has to be allowed")
	}
	return nil
}

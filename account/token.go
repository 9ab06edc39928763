package account

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/ban"
	"example.com/ostraka/store"
)

// tokenPrefix begins the secrets of API tokens, so that those who look for
// secrets that got out can tell what they found.
const tokenPrefix = "ostraka_"

// maxSecret is the longest text that is looked at as a secret, in bytes.
const maxSecret = 128

// newSecret returns 256 random bits as text.
func newSecret() string { return base64.RawURLEncoding.EncodeToString(randomBytes(32)) }

func hashOf(secret string) store.SecretHash { return sha256.Sum256([]byte(secret)) }

// Token is what lets a program in.
type Token struct {
	// Secret is what the program sends: 256 random bits after "ostraka_". It is
	// there only where the program has it too: from CreateToken, to be shown
	// once, and from Token. The store has only its hash.
	Secret     string
	Credential Credential
	Account    Account // as of when the token was looked at
}

// Allows reports whether the token has the scope, or one above it: "admin:read"
// is above "admin:read:bans".
func (t Token) Allows(scope string) bool {
	for _, have := range t.Credential.Scopes {
		if scope == have || strings.HasPrefix(scope, have+":") {
			return true
		}
	}
	return false
}

// TokenOptions describes an API token.
type TokenOptions struct {
	Name      string    // for its owner to tell it from others, at most [ban.MaxReason] characters
	Scopes    []string  // what it may do, as [Token.Allows] reads them; at least one
	ExpiresAt time.Time // in the future; zero: never
}

// The bounds of scopes.
const (
	MaxScopes = 64
	maxScope  = 128 // bytes
)

// CreateToken makes an API token for an account. A missing account is
// [ErrNotFound], a suspended one [ErrSuspended], one that waits [ErrPending], options that do not fit a
// [*ban.ValueError]. It wants an actor in the context, see [ban.WithActor].
func (u *Auth) CreateToken(ctx context.Context, account uuid.UUID, o TokenOptions) (Token, error) {
	change, err := ban.NewChange(ctx, store.TokenCreate, u.clock(), "")
	if err != nil {
		return Token{}, err
	}
	c, err := newToken(account, o, change.At)
	if err != nil {
		return Token{}, err
	}
	secret := tokenPrefix + newSecret()
	c.Hash = hashOf(secret)
	for range maxRetries {
		var t Token
		if t, err = u.createToken(ctx, c, change); err == nil {
			t.Secret = secret
			return t, nil
		}
		if !isConflict(err) {
			break
		}
	}
	return Token{}, err
}

func (u *Auth) createToken(ctx context.Context, c Credential, change Change) (Token, error) {
	acc, err := u.store.Account(ctx, c.Account)
	if err != nil {
		return Token{}, fmt.Errorf("account %s: %w", c.Account, err)
	}
	if err := lockedOut(&acc); err != nil {
		return Token{}, err
	}
	created, err := u.store.CreateToken(ctx, c, acc.Version, change)
	if err != nil {
		return Token{}, fmt.Errorf("create a token: %w", err)
	}
	return Token{Credential: created, Account: acc}, nil
}

// newToken checks the options and returns the token that they describe, but for
// its hash.
func newToken(account uuid.UUID, o TokenOptions, now time.Time) (Credential, error) {
	if err := ban.CheckText("name", o.Name); err != nil {
		return Credential{}, err
	}
	if len(o.Scopes) == 0 {
		return Credential{}, ban.NewValueError("scopes", "", ban.CodeEmpty, "say what the token may do")
	}
	if err := checkCount("scopes", len(o.Scopes), MaxScopes); err != nil {
		return Credential{}, err
	}
	for _, s := range o.Scopes {
		if !isScope(s) {
			return Credential{}, ban.NewValueError("scopes", s, ban.CodeSyntax, `use names with colons between them, such as "admin:read"`)
		}
	}
	expires := storedTime(o.ExpiresAt)
	switch {
	case expires.IsZero():
	case !expires.After(now):
		return Credential{}, ban.NewValueError("expires_at", expires.Format(time.RFC3339), ban.CodeInPast, "give a time in the future, or none for a token without end")
	case !hasYear(expires):
		return Credential{}, ban.NewValueError("expires_at", expires.Format(time.RFC3339), ban.CodeRange, fmt.Sprintf("give a time up to the year %d, or none for a token without end", maxYear))
	}
	id, err := uuid.NewV7()
	if err != nil {
		return Credential{}, fmt.Errorf("make an id: %w", err)
	}
	return Credential{
		ID: id, Kind: store.APIToken, Account: account,
		Name: o.Name, Scopes: append([]string(nil), o.Scopes...), CreatedAt: now, ExpiresAt: expires,
	}, nil
}

// isScope reports whether s is a scope-token of RFC 6749, section 3.3, whose
// parts between colons are not empty.
func isScope(s string) bool {
	if len(s) > maxScope {
		return false
	}
	for part := range strings.SplitSeq(s, ":") {
		if part == "" || strings.ContainsFunc(part, func(r rune) bool { return r <= ' ' || r > '~' || r == '"' || r == '\\' }) {
			return false
		}
	}
	return true
}

// Token returns the API token that has the secret, with its account, and notes
// that it was used. If there is none, or it has ended, or its account is
// suspended, the error is [ErrInvalidCredential].
func (u *Auth) Token(ctx context.Context, secret string) (Token, error) {
	c, acc, err := u.lookUp(ctx, secret, store.APIToken)
	if err != nil {
		return Token{}, err
	}
	return Token{secret, c, acc}, nil
}

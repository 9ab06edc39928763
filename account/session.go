package account

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/ban"
	"example.com/ostraka/store"
)

// Session is what lets a person in without their password.
type Session struct {
	// Secret is what the client keeps, in a cookie: 256 random bits, in 43
	// characters. The store has only its hash.
	Secret     string
	Credential Credential
	Account    Account // as of when the session was looked at
}

// maxRetries bounds how often something is tried again because its account
// changed meanwhile.
const maxRetries = 20

// Login is Authenticate, and then a new session. An account that the rules of
// [AuthOptions.Checker] keep from signing in gets a [*ban.DeniedError], whose text
// is safe to show; whoever gets it knows the password. If the Checker cannot find
// out, its [ban.OnError] decides.
func (u *Auth) Login(ctx context.Context, login, password string) (Session, error) {
	for range maxRetries {
		acc, err := u.Authenticate(ctx, login, password)
		if err != nil {
			return Session{}, err
		}
		s, err := u.begin(ctx, &acc)
		if !lost(err) {
			return s, err
		}
		// The account changed since its password was looked at: look again.
	}
	return Session{}, fmt.Errorf("log in: %w", ErrConflict)
}

// StartSession begins a session of an account that the host has let in by other
// means than a password. An account that has changed since it was read is
// [ErrConflict], one that is suspended [ErrSuspended], one that waits for a person's
// decision [ErrPending]; rules are asked as by Login.
func (u *Auth) StartSession(ctx context.Context, acc Account) (Session, error) {
	if err := lockedOut(&acc); err != nil {
		return Session{}, err
	}
	return u.begin(ctx, &acc)
}

// begin makes the session of somebody who logs in, unless a rule keeps them out,
// and ends the oldest that are too many. That those cannot be ended now is no
// reason to turn anybody away: the next login ends them.
func (u *Auth) begin(ctx context.Context, acc *Account) (Session, error) {
	if err := u.maySignIn(ctx, acc); err != nil {
		return Session{}, err
	}
	s, err := u.create(ctx, acc, u.newSession())
	if err == nil {
		_, _ = u.store.TrimSessions(context.WithoutCancel(ctx), acc.ID, u.opts.MaxSessions)
	}
	return s, err
}

// maySignIn asks the Checker about all that an account is known by.
func (u *Auth) maySignIn(ctx context.Context, acc *Account) error {
	if u.opts.Checker == nil {
		return nil
	}
	subjects := []ban.Subject{{Name: acc.Handle, Action: ban.SignIn}}
	for i := range acc.Emails {
		if i > 0 {
			subjects = append(subjects, ban.Subject{Action: ban.SignIn})
		}
		subjects[i].Email = acc.Emails[i].Address
	}
	for _, s := range subjects {
		if err := refusal(u.opts.Checker.Check(ctx, s)); err != nil {
			return err
		}
	}
	return nil
}

// lost reports whether the account went, or changed, meanwhile.
func lost(err error) bool { return isConflict(err) || errors.Is(err, ErrNotFound) }

// isConflict reports whether an account changed meanwhile, so that what was refused
// is worth another try; not that somebody else has decided about it.
func isConflict(err error) bool {
	_, decided := asPending(err)
	return errors.Is(err, ErrConflict) && !decided
}

// newSession returns a session that begins now, but for whose it is.
func (u *Auth) newSession() Credential {
	now := u.clock()
	return Credential{
		Kind: store.Session, Family: uuid.New(),
		CreatedAt: now, ExpiresAt: now.Add(u.opts.SessionLifetime), IdleTimeout: u.opts.IdleTimeout,
	}
}

// create makes a session of an account as it was read.
func (u *Auth) create(ctx context.Context, acc *Account, c Credential) (Session, error) {
	secret := newSecret()
	c.Account, c.Hash = acc.ID, hashOf(secret)
	var err error
	if c.ID, err = uuid.NewV7(); err != nil {
		return Session{}, fmt.Errorf("make an id: %w", err)
	}
	created, err := u.store.CreateSession(ctx, c, acc.Version)
	if err != nil {
		return Session{}, fmt.Errorf("start a session: %w", err)
	}
	return Session{secret, created, *acc}, nil
}

// Session returns the session that has the secret, with its account, and notes
// that it was used. If there is none, or it has ended, or its account is
// suspended, the error is [ErrInvalidCredential]. Trouble with writing down the
// use is no reason to turn anybody away.
func (u *Auth) Session(ctx context.Context, secret string) (Session, error) {
	c, acc, err := u.lookUp(ctx, secret, store.Session)
	if err != nil {
		return Session{}, err
	}
	return Session{secret, c, acc}, nil
}

// lookUp returns the credential of that kind that has the secret, and its
// account.
func (u *Auth) lookUp(ctx context.Context, secret string, kind store.CredentialKind) (Credential, Account, error) {
	if len(secret) > maxSecret {
		return Credential{}, Account{}, ErrInvalidCredential
	}
	hash, now := hashOf(secret), u.clock()
	c, acc, err := u.store.CredentialByHash(ctx, hash)
	switch {
	case errors.Is(err, ErrNotFound):
		return Credential{}, Account{}, ErrInvalidCredential
	case err != nil:
		return Credential{}, Account{}, fmt.Errorf("look up a credential: %w", err)
	case subtle.ConstantTimeCompare(hash[:], c.Hash[:]) != 1 || c.Kind != kind || !c.Valid(now) || !acc.Active():
		return Credential{}, Account{}, ErrInvalidCredential
	}
	if now.Sub(c.LastUsedAt) >= usePrecision(&c) && u.store.UseCredential(ctx, c.ID, now) == nil {
		c.LastUsedAt = now
	}
	return c, acc, nil
}

// usePrecision is how exactly it is kept when a credential was last used.
func usePrecision(c *Credential) time.Duration {
	const most = time.Minute
	if c.IdleTimeout <= 0 {
		return most
	}
	return min(c.IdleTimeout/10, most)
}

// Rotate replaces a session by a new one with another secret, for when a person
// has proved who they are once more. The new one is of the same family and ends
// when the old one would have. The error is as for Session; of two who rotate one
// session at once, one gets it.
func (u *Auth) Rotate(ctx context.Context, secret string) (Session, error) {
	for range maxRetries {
		s, err := u.rotate(ctx, secret)
		if !lost(err) {
			return s, err
		}
		// The account changed since the session was looked at: look again.
	}
	return Session{}, fmt.Errorf("rotate a session: %w", ErrConflict)
}

func (u *Auth) rotate(ctx context.Context, secret string) (Session, error) {
	old, err := u.Session(ctx, secret)
	if err != nil {
		return Session{}, err
	}
	next := u.newSession()
	next.Family, next.ExpiresAt = old.Credential.Family, old.Credential.ExpiresAt
	s, err := u.create(ctx, &old.Account, next)
	if err != nil {
		return Session{}, err
	}
	n, err := u.revokeOwn(ctx, store.CredentialFilter{ID: old.Credential.ID}, &old.Account)
	if err == nil && n == 1 {
		return s, nil
	}
	// The old one is still there, or whoever ended it meanwhile has not seen the
	// new one: nobody gets that.
	if err == nil {
		err = ErrInvalidCredential
	}
	if _, undo := u.revokeOwn(context.WithoutCancel(ctx), store.CredentialFilter{ID: s.Credential.ID}, &old.Account); undo != nil {
		err = errors.Join(err, undo)
	}
	return Session{}, err
}

// Logout ends the session that has the secret, and those of its family. A
// session that has ended before is no error. The audit log does not have it.
func (u *Auth) Logout(ctx context.Context, secret string) error {
	s, err := u.Session(ctx, secret)
	if errors.Is(err, ErrInvalidCredential) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = u.revokeOwn(ctx, store.CredentialFilter{Account: s.Account.ID, Family: s.Credential.Family}, &s.Account)
	return err
}

// LogoutAll ends all sessions of the account whose session has the secret, that
// one too, and says how many. API tokens go on. A session that has ended before is
// [ErrInvalidCredential]. The audit log does not have it.
func (u *Auth) LogoutAll(ctx context.Context, secret string) (int64, error) {
	s, err := u.Session(ctx, secret)
	if err != nil {
		return 0, err
	}
	return u.revokeOwn(ctx, store.CredentialFilter{Account: s.Account.ID, Kind: store.Session}, &s.Account)
}

// revokeOwn ends credentials in the name of the account whose they are, which is
// not logged: who signs in and out all day must not fill the audit log.
func (u *Auth) revokeOwn(ctx context.Context, f store.CredentialFilter, acc *Account) (int64, error) {
	return u.revoke(ctx, f, Change{At: u.clock(), Actor: acc.Handle})
}

// revoke ends credentials and says how many.
func (u *Auth) revoke(ctx context.Context, f store.CredentialFilter, c Change) (int64, error) {
	n, err := u.store.RevokeCredentials(ctx, f, c)
	if err != nil {
		return 0, fmt.Errorf("revoke credentials: %w", err)
	}
	return n, nil
}

// RevokeAll ends all sessions and API tokens of an account but the one of the
// credential excepted, which may be the zero UUID, and says how many. It wants an
// actor in the context, see [ban.WithActor].
func (u *Auth) RevokeAll(ctx context.Context, account, except uuid.UUID) (int64, error) {
	return u.revokeAs(ctx, store.CredentialFilter{Account: account, Except: except})
}

// Revoke ends one session or API token. One that is not there, as that of the
// zero UUID, or has been revoked, is [ErrNotFound]. It wants an actor in the
// context, see [ban.WithActor].
func (u *Auth) Revoke(ctx context.Context, credential uuid.UUID) error {
	n, err := u.revokeAs(ctx, store.CredentialFilter{ID: credential})
	if err == nil && n == 0 {
		err = fmt.Errorf("revoke credential %s: %w", credential, ErrNotFound)
	}
	return err
}

// RevokeOf is Revoke of a session or API token of that account: that of another is
// [ErrNotFound] too.
func (u *Auth) RevokeOf(ctx context.Context, account, credential uuid.UUID) error {
	n, err := int64(0), error(nil)
	if account != uuid.Nil && credential != uuid.Nil {
		n, err = u.revokeAs(ctx, store.CredentialFilter{Account: account, ID: credential})
	}
	if err == nil && n == 0 {
		err = fmt.Errorf("revoke credential %s of account %s: %w", credential, account, ErrNotFound)
	}
	return err
}

// revokeAs ends credentials in the name of the actor of the context.
func (u *Auth) revokeAs(ctx context.Context, f store.CredentialFilter) (int64, error) {
	c, err := ban.NewChange(ctx, store.CredentialsRevoke, u.clock(), "")
	if err != nil {
		return 0, err
	}
	if f.ID == uuid.Nil && f.Account == uuid.Nil {
		return 0, nil // nobody's, where the store would take it for everybody's
	}
	return u.revoke(ctx, f, c)
}

// CSRFToken returns what a form of the session carries, so that no other site
// can send it: an HMAC-SHA-256 of the session's family, in base64url. It stays
// the same when the session is rotated.
func (u *Auth) CSRFToken(s Session) string {
	return base64.RawURLEncoding.EncodeToString(u.csrf(&s))
}

// CheckCSRF reports, in constant time, whether the token is the session's.
func (u *Auth) CheckCSRF(s Session, token string) bool {
	sum, err := base64.RawURLEncoding.DecodeString(token)
	return err == nil && hmac.Equal(sum, u.csrf(&s))
}

func (u *Auth) csrf(s *Session) []byte {
	mac := hmac.New(sha256.New, u.opts.CSRFKey)
	mac.Write([]byte(s.Credential.Family.String()))
	return mac.Sum(nil)
}

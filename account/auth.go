package account

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/ban"
	"example.com/ostraka/store"
)

// AuthStore is what an Auth needs of a store. Every [store.Store] is one.
type AuthStore interface {
	store.Accounts
	store.Credentials
	store.Changes
	store.Keys
}

// AuthOptions configures an [Auth]. The zero value is the default.
type AuthOptions struct {
	// Passwords says how passwords are hashed: as in [AdminOptions], so that what
	// one makes need not be rehashed by the other.
	Passwords PasswordOptions

	// SessionLifetime is how long a session lasts at most. Default 30 days.
	SessionLifetime time.Duration
	// IdleTimeout ends a session that was not used for so long; up to a tenth of
	// it earlier, since not every use is written down. Default 7 days; a negative
	// value turns it off.
	IdleTimeout time.Duration

	// MaxSessions bounds how many sessions of an account let in at once: a login
	// ends the oldest of those beyond it. Default 100.
	MaxSessions int

	// Checker is asked at every login about the handle and the addresses of the
	// account, for the action [ban.SignIn]: who is denied does not get in, though
	// sessions that they have go on. Review does not keep out: the account was
	// approved when it was let in. Default none: then no rule keeps anybody from
	// signing in, and only suspension does.
	Checker Checker

	// CSRFKey is the key of [Auth.CSRFToken], at least 32 random bytes, the same
	// in all processes that serve one site. By default it is made anew for every
	// Auth: forms loaded before a restart then have to be loaded again.
	CSRFKey []byte

	// Now is the clock. Default [time.Now].
	Now func() time.Time
}

// The defaults of [AuthOptions].
const (
	DefaultSessionLifetime = 30 * 24 * time.Hour
	DefaultIdleTimeout     = 7 * 24 * time.Hour
	DefaultMaxSessions     = 100
)

const minCSRFKey = 32

// Auth lets people and programs in: by password, session and API token. It asks
// the store every time and caches nothing, so that what was revoked is revoked.
// It is safe for concurrent use.
type Auth struct {
	store     AuthStore
	opts      AuthOptions
	passwords *hasher
}

// NewAuth returns an Auth over the accounts in a store. An option that is out of
// range gives a [*ban.ValueError].
func NewAuth(st AuthStore, opts AuthOptions) (*Auth, error) {
	if st == nil {
		return nil, errNoStore()
	}
	passwords, err := newHasher(opts.Passwords)
	if err != nil {
		return nil, err
	}
	switch {
	case opts.SessionLifetime < 0:
		return nil, ban.NewValueError("SessionLifetime", opts.SessionLifetime.String(), ban.CodeRange, "give a duration, or 0 for the default")
	case opts.IdleTimeout > 0 && opts.IdleTimeout < time.Second:
		return nil, ban.NewValueError("IdleTimeout", opts.IdleTimeout.String(), ban.CodeRange, "give at least a second, 0 for the default, or a negative value for none")
	case opts.MaxSessions < 0:
		return nil, ban.NewValueError("MaxSessions", fmt.Sprint(opts.MaxSessions), ban.CodeRange, "give a number, or 0 for the default")
	case opts.CSRFKey == nil:
		opts.CSRFKey = randomBytes(minCSRFKey)
	case len(opts.CSRFKey) < minCSRFKey:
		return nil, ban.NewValueError("CSRFKey", "", ban.CodeRange, fmt.Sprintf("give at least %d random bytes", minCSRFKey))
	}
	opts.CSRFKey = append([]byte(nil), opts.CSRFKey...)
	opts.SessionLifetime = orDefault(opts.SessionLifetime, DefaultSessionLifetime)
	opts.MaxSessions = orDefault(opts.MaxSessions, DefaultMaxSessions)
	opts.IdleTimeout = max(orDefault(opts.IdleTimeout, DefaultIdleTimeout), 0)
	if opts.Now == nil {
		opts.Now = time.Now
	}
	return &Auth{store: st, opts: opts, passwords: passwords}, nil
}

// Now returns what the clock of the options says, as a store keeps times.
func (u *Auth) Now() time.Time { return u.clock() }

func (u *Auth) clock() time.Time { return storedTime(u.opts.Now()) }

// Authenticate returns the account whose handle or address login is, if the
// password is its own. Otherwise the error is [ErrBadLogin], or [ErrSuspended]
// or [ErrPending] if only that stands in the way. Each answer takes as long as the
// others, except where the parameters of hashes have changed: for an account
// whose hash has other parameters it takes what those take, so that who measures
// can tell that it is there, and what hashes the password anew takes longer.
//
// It does not count attempts: bound those where the client is known.
func (u *Auth) Authenticate(ctx context.Context, login, password string) (Account, error) {
	acc, err := u.Find(ctx, login)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return Account{}, err
	}
	ok, rehash, err := u.passwords.verify(ctx, password, acc.PasswordHash) // of nobody, if there is none
	switch {
	case err != nil:
		return Account{}, err
	case !ok:
		return Account{}, ErrBadLogin
	case !acc.Active():
		return Account{}, lockedOut(&acc)
	case rehash:
		return u.rehash(ctx, acc, password)
	}
	return acc, nil
}

// lockedOut returns why an account may not be used; nil if it may.
func lockedOut(acc *Account) error {
	switch {
	case acc.Suspended():
		return ErrSuspended
	case acc.Pending():
		return ErrPending
	}
	return nil
}

// Find returns the account whose handle or address login is, or [ErrNotFound]: for
// what bounds tries by account, not for strangers to learn.
func (u *Auth) Find(ctx context.Context, login string) (Account, error) {
	if strings.Contains(login, "@") { // which no handle has
		return byEmail(ctx, u.store, login)
	}
	return byHandle(ctx, u.store, login)
}

// rehash stores the password under the parameters of today, also one that new
// passwords may not be. Where it cannot, the login is good all the same, and the
// next one tries again.
func (u *Auth) rehash(ctx context.Context, acc Account, password string) (Account, error) {
	prepared, err := prepare(password)
	if err != nil {
		return acc, nil
	}
	hash, err := u.passwords.encode(ctx, prepared)
	if err != nil {
		return acc, nil
	}
	w := store.AccountWrite{Account: acc}
	w.Account.PasswordHash = hash
	w.Account.UpdatedAt = u.clock()
	done, err := u.store.UpdateAccount(ctx, w, Change{At: w.Account.UpdatedAt, Actor: acc.Handle, Action: store.AccountUpdate})
	if err != nil {
		return acc, nil
	}
	return done.Account, nil
}

// Credentials returns the sessions and API tokens of an account, whatever their
// state, newest first unless the page says otherwise.
func (u *Auth) Credentials(ctx context.Context, account uuid.UUID, p Page) ([]Credential, error) {
	if account == uuid.Nil {
		return nil, nil // nobody's, where the store would take it for everybody's
	}
	found, err := u.store.ListCredentials(ctx, store.CredentialFilter{Account: account}, p)
	if err != nil {
		return nil, fmt.Errorf("credentials of account %s: %w", account, err)
	}
	return found, nil
}

// All yields the sessions and API tokens of an account, whatever their state,
// newest first. After an error nothing more is yielded.
func (u *Auth) All(ctx context.Context, account uuid.UUID) iter.Seq2[Credential, error] {
	return func(yield func(Credential, error) bool) {
		page := Page{Limit: store.MaxPageLimit}
		for {
			found, err := u.Credentials(ctx, account, page)
			if err != nil {
				yield(Credential{}, err)
				return
			}
			for _, c := range found {
				if !yield(c, nil) {
					return
				}
			}
			if len(found) < page.Limit {
				return
			}
			page.Before = found[len(found)-1].Seq
		}
	}
}

// Purge removes the sessions and API tokens that were revoked, had expired or
// were idle for too long before that time, and says how many. Nothing else
// does: call it now and then.
func (u *Auth) Purge(ctx context.Context, before time.Time) (int64, error) {
	n, err := u.store.PurgeCredentials(ctx, storedTime(before))
	if err != nil {
		return 0, fmt.Errorf("purge credentials: %w", err)
	}
	return n, nil
}

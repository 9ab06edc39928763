package accounthttp

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/ban/ratelimit"
	"example.com/ostraka/internal/web"
)

// AuthorizerOptions configures an [Authorizer]. The zero value is the default.
type AuthorizerOptions struct {
	// TrustedProxies are the addresses of proxies in front, whose word on the
	// client is taken: by X-Forwarded-For or Forwarded, the right-most address
	// that is no trusted proxy. Default none: the client is the peer. Behind a
	// proxy that is missing here, all clients are one to the limits.
	TrustedProxies []netip.Prefix

	// TrustedOrigins are those, beside the one that is asked, whose pages may sign
	// in and make requests with the cookie of [Authorizer.StorydenSession], such
	// as "https://forum.example". Default none.
	TrustedOrigins []string

	// InsecureCookie is for a server on localhost without TLS, where browsers may
	// not keep the cookie "__Host-access": the cookie is called "access", and no
	// cookie is Secure. On any other server everybody on the way can then take
	// over the sessions of admins; [NewAuthorizer] logs a warning that says so.
	InsecureCookie bool

	// Failures bounds refusals of one client, in all methods together. Default 20
	// at once, then one every 3 seconds.
	Failures Rate

	// Logger takes the warning of InsecureCookie. Default [slog.Default].
	Logger *slog.Logger

	// Now is the clock of the limits and of the age of cookies; give the one of
	// [account.AuthOptions]. Default [time.Now].
	Now func() time.Time
}

var defaultFailures = Rate{Burst: 20, Every: 3 * time.Second}

// Authorizer lets active admins in. Its methods SessionCookie, BearerToken and
// StorydenSession are each an [Authorize], for the handlers of this package and
// for those of banhttp and blocklisthttp. The actor is the handle of the account.
// It is safe for concurrent use.
//
// Every request asks [account.Auth], which caches nothing: whoever was suspended,
// demoted or signed out is out.
//
// A client that was refused too often gets a [*RateLimitError] instead of the
// refusal. Requests with valid credentials are let in even then, so that nobody
// can lock an admin out from a shared address; secrets have 256 bits, and are not
// guessed by trying. Clients without an address, as over a Unix socket, and those
// whose forwarding header cannot be read, count as one.
type Authorizer struct {
	auth     *account.Auth
	jar      cookieJar
	proxies  web.Proxies
	origins  *http.CrossOriginProtection
	failures *ratelimit.Limiter[netip.Prefix]
	burst    int // of failures
	now      func() time.Time
}

// NewAuthorizer returns an Authorizer by the sessions and API tokens of an Auth.
// An option that is out of range gives a [*ban.ValueError].
func NewAuthorizer(auth *account.Auth, o AuthorizerOptions) (*Authorizer, error) {
	if auth == nil {
		return nil, errNoAuth()
	}
	proxies, err := web.NewProxies(o.TrustedProxies)
	if err != nil {
		return nil, err
	}
	origins := http.NewCrossOriginProtection()
	for _, origin := range o.TrustedOrigins {
		if err := origins.AddTrustedOrigin(origin); err != nil {
			return nil, ban.NewValueError("TrustedOrigins", origin, ban.CodeSyntax, `give origins, such as "https://forum.example"`)
		}
	}
	failures, err := o.Failures.OrDefault("Failures", defaultFailures)
	if err != nil {
		return nil, err
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.InsecureCookie {
		orDefaultLogger(o.Logger).Warn("INSECURE COOKIES: sessions travel without TLS, and whoever sees one is an admin. Use this on localhost only.",
			"cookie", InsecureCookieName)
	}
	return &Authorizer{
		auth: auth, jar: cookieJar{insecure: o.InsecureCookie}, proxies: proxies, origins: origins,
		failures: newLimiter[netip.Prefix](failures, o.Now), burst: failures.Burst, now: o.Now,
	}, nil
}

// SessionCookie lets in by the cookie "__Host-access", and for a mutation also the
// header X-CSRF-Token, which has the token that signing in has answered with. The
// error is [ErrUnauthenticated], [ErrForbidden] for an account that is no admin,
// [ErrCSRFRequired] or [ErrInvalidCSRFToken].
func (a *Authorizer) SessionCookie(r *http.Request, need Need) (actor string, err error) {
	return a.limited(r, func() (string, error) {
		s, err := a.session(r, a.jar.session())
		if err == nil {
			err = adminOnly(&s.Account)
		}
		if err == nil && need.Mutation {
			err = a.checkCSRF(r, s)
		}
		return s.Account.Handle, err
	})
}

// SignedIn is who is signed in, and the token that proves a form theirs.
type SignedIn struct {
	Account   account.Account
	CSRFToken string // what SessionCookie wants in the header X-CSRF-Token
}

// SignedIn returns who is signed in by the cookie "__Host-access", admin or not, for
// a host that decides by itself what they may. It looks at no CSRF token: compare
// the one that a form brings with that of the result. Without the cookie, or with
// one that is no session's, the error is [ErrUnauthenticated]. To have no cookie is
// no try, and not counted as a failure.
func (a *Authorizer) SignedIn(r *http.Request) (SignedIn, error) {
	name := a.jar.session()
	if c, err := r.Cookie(name); err != nil || c.Value == "" {
		return SignedIn{}, ErrUnauthenticated
	}
	var s account.Session
	_, err := a.limited(r, func() (_ string, err error) {
		s, err = a.session(r, name)
		return "", err
	})
	if err != nil {
		return SignedIn{}, err
	}
	return SignedIn{s.Account, a.auth.CSRFToken(s)}, nil
}

// StorydenSession lets in by the cookie "storyden-session", whose value is that
// of "__Host-access"; see [SignInOptions.Storyden]. The error is
// [ErrUnauthenticated] or [ErrForbidden].
//
// Storyden's clients send no CSRF token. What keeps other sites from making
// requests in an admin's name is that the cookie is SameSite=Strict, and, against
// neighbours of the same site such as another subdomain, that a browser says
// where a mutation comes from: by Sec-Fetch-Site, or else Origin. If it says that
// it comes from elsewhere, and not from [AuthorizerOptions.TrustedOrigins], it is
// refused; see [http.CrossOriginProtection]. A request that has neither header
// comes from a program, or a browser from before 2020, and is let through.
func (a *Authorizer) StorydenSession(r *http.Request, _ Need) (actor string, err error) {
	return a.limited(r, func() (string, error) {
		s, err := a.session(r, StorydenCookieName)
		if err == nil {
			err = adminOnly(&s.Account)
		}
		if err == nil {
			err = a.checkOrigin(r)
		}
		return s.Account.Handle, err
	})
}

// BearerToken lets in by an API token in the header Authorization, as "Bearer
// ostraka_…" (RFC 6750, section 2.1), if it has one of the scopes of
// [Need.Scopes], or one above. The error is [ErrUnauthenticated], [ErrForbidden]
// for an account that is no admin, or [ErrWrongScope]. Browsers send no such
// header by themselves, so no CSRF token is wanted.
func (a *Authorizer) BearerToken(r *http.Request, need Need) (actor string, err error) {
	return a.limited(r, func() (string, error) {
		t, err := a.token(r)
		if err == nil {
			err = adminOnly(&t.Account)
		}
		if err == nil && !allowsAny(t, need.Scopes()) {
			err = ErrWrongScope
		}
		return t.Account.Handle, err
	})
}

// SessionOrToken is BearerToken for a request with the header Authorization, and
// SessionCookie for any other: for what both dashboards and programs use.
func (a *Authorizer) SessionOrToken(r *http.Request, need Need) (actor string, err error) {
	if r.Header.Get("Authorization") != "" {
		return a.BearerToken(r, need)
	}
	return a.SessionCookie(r, need)
}

// anySession is SessionCookie for an account that need not be an admin.
func (a *Authorizer) anySession(r *http.Request) (account.Session, error) {
	s, err := a.session(r, a.jar.session())
	if err == nil {
		err = a.checkCSRF(r, s)
	}
	return s, err
}

// limited counts refusals, and says so when there are too many.
func (a *Authorizer) limited(r *http.Request, authorize func() (string, error)) (string, error) {
	actor, err := authorize()
	if err == nil {
		return actor, nil
	}
	if isRefusal(err) {
		if wait := a.failures.Take(clientOf(a.proxies, r)); wait > 0 {
			err = &RateLimitError{RetryAfter: wait, Limit: a.burst}
		}
	}
	return "", err
}

// isRefusal tells a refusal from trouble.
func isRefusal(err error) bool {
	for _, refusal := range []error{ErrUnauthenticated, ErrForbidden, ErrWrongScope, ErrCSRFRequired, ErrInvalidCSRFToken} {
		if errors.Is(err, refusal) {
			return true
		}
	}
	return false
}

// session returns the session whose secret a cookie has.
func (a *Authorizer) session(r *http.Request, cookie string) (account.Session, error) {
	c, err := r.Cookie(cookie)
	if err != nil || c.Value == "" {
		return account.Session{}, ErrUnauthenticated
	}
	s, err := a.auth.Session(r.Context(), c.Value)
	return s, unauthenticated(err)
}

// token returns the API token that the request has.
func (a *Authorizer) token(r *http.Request) (account.Token, error) {
	lines := r.Header.Values("Authorization")
	if len(lines) != 1 {
		return account.Token{}, ErrUnauthenticated
	}
	scheme, secret, ok := strings.Cut(lines[0], " ")
	secret = strings.TrimSpace(secret)
	if !ok || !strings.EqualFold(scheme, "Bearer") || secret == "" {
		return account.Token{}, ErrUnauthenticated
	}
	t, err := a.auth.Token(r.Context(), secret)
	return t, unauthenticated(err)
}

// unauthenticated says of a credential that does not let in what a handler
// understands. Trouble stays what it is.
func unauthenticated(err error) error {
	if errors.Is(err, account.ErrInvalidCredential) {
		return fmt.Errorf("%w: %w", ErrUnauthenticated, err)
	}
	return err
}

func adminOnly(a *account.Account) error {
	if !a.Admin || !a.Active() {
		return ErrForbidden
	}
	return nil
}

func (a *Authorizer) checkCSRF(r *http.Request, s account.Session) error {
	token := r.Header.Get(CSRFHeader)
	switch {
	case token == "":
		return ErrCSRFRequired
	case !a.auth.CheckCSRF(s, token):
		return ErrInvalidCSRFToken
	}
	return nil
}

// checkOrigin refuses what a browser says comes from another origin.
func (a *Authorizer) checkOrigin(r *http.Request) error {
	if err := a.origins.Check(r); err != nil {
		return fmt.Errorf("%w: %w", ErrForbidden, err)
	}
	return nil
}

// checkOriginOfRead is checkOrigin for a GET, which that lets through from anywhere.
func (a *Authorizer) checkOriginOfRead(r *http.Request) error {
	asked := *r
	asked.Method = http.MethodPost
	return a.checkOrigin(&asked)
}

// secret returns that of the session by which a request was let in.
func (a *Authorizer) secret(r *web.Request) (string, error) {
	c, err := r.Cookie(a.jar.session())
	if err != nil {
		return "", ErrUnauthenticated
	}
	return c.Value, nil
}

func allowsAny(t account.Token, scopes []string) bool {
	for _, scope := range scopes {
		if t.Allows(scope) {
			return true
		}
	}
	return false
}

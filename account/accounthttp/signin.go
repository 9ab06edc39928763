package accounthttp

import (
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/internal/web"
	"example.com/ostraka/internal/web/adminapi"
)

// SignInOptions configures the handler of [NewSignIn]. The zero value is the
// default.
type SignInOptions struct {
	// PerClient and PerLogin bound the tries that fail, of one client and for one
	// handle or address. By default 20 at once, then one every 15 seconds; and 10
	// at once, then one a minute. A person whose login somebody else keeps trying
	// has to wait as well; sessions that they have go on.
	PerClient, PerLogin Rate

	// Storyden makes a sign-in set the cookie of [Authorizer.StorydenSession] as
	// well, for clients of [NewSuspensions].
	Storyden bool

	// Logger takes the cause of every answer of status 500 and above. Default
	// [slog.Default].
	Logger *slog.Logger

	// Timeout is as in [Options]. Default 10 seconds.
	Timeout time.Duration
}

var (
	defaultPerClient = Rate{Burst: 20, Every: 15 * time.Second}
	defaultPerLogin  = Rate{Burst: 10, Every: time.Minute}
)

// NewSignIn returns a handler that begins and ends the sessions which the
// Authorizer lets in by, those of accounts that are no admins included. Its paths
// begin at the root: mount it with [http.StripPrefix]. What is missing or out of
// range gives a [*ban.ValueError]. It is safe for concurrent use.
//
// Signing in takes JSON, and no page of another origin may do it, see
// [AuthorizerOptions.TrustedOrigins]: else it could sign somebody in to an account
// of its own. Signing out takes the cookie and X-CSRF-Token.
func NewSignIn(a *Authorizer, o SignInOptions) (http.Handler, error) {
	if a == nil {
		return nil, ban.NewValueError("authorizer", "", ban.CodeEmpty, "give what NewAuthorizer returns")
	}
	perClient, err := o.PerClient.orDefault("PerClient", defaultPerClient)
	if err != nil {
		return nil, err
	}
	perLogin, err := o.PerLogin.orDefault("PerLogin", defaultPerLogin)
	if err != nil {
		return nil, err
	}
	h := &signIn{
		Authorizer: a, jar: cookieJar{insecure: a.jar.insecure, storyden: o.Storyden},
		clients: newLimiter[netip.Prefix](perClient, a.now), logins: newLimiter[string](perLogin, a.now),
	}
	return web.NewHandler(web.Config{
		Authorize: h.authorize, Fail: signInErrors.Reply, Logger: o.Logger, Timeout: o.Timeout,
	}, h.routes())
}

type signIn struct {
	*Authorizer
	jar     cookieJar // of the answers
	clients *limiter[netip.Prefix]
	logins  *limiter[string]
}

const (
	resourceSignIn  = "sign-in"
	resourceSignOut = "sign-out"
)

func (h *signIn) routes() []web.Route {
	return []web.Route{
		{Method: http.MethodPost, Pattern: "/auth/sign-in", Where: "auth.sign_in", Need: Need{Resource: resourceSignIn, Mutation: true}, Handle: h.signIn},
		{Method: http.MethodPost, Pattern: "/auth/sign-out", Where: "auth.sign_out", Need: Need{Resource: resourceSignOut, Mutation: true}, Handle: h.signOut},
	}
}

// authorize lets anybody try to sign in, from here, and everybody with a session
// sign out. Who signs in is not known yet; nothing is done in this actor's name.
func (h *signIn) authorize(r *http.Request, need Need) (string, error) {
	return h.limited(r, func() (string, error) {
		if need.Resource == resourceSignIn {
			return resourceSignIn, h.checkOrigin(r)
		}
		s, err := h.anySession(r)
		return s.Account.Handle, err
	})
}

// The bodies of answers.
type (
	signedIn struct {
		OK        bool         `json:"ok"`
		CSRFToken string       `json:"csrf_token"`
		ExpiresAt web.DateTime `json:"expires_at"`
		Item      user         `json:"item"`
	}
	signedOut struct {
		OK bool `json:"ok"`
	}
)

// signIn answers POST /auth/sign-in.
func (h *signIn) signIn(r *web.Request) (web.Reply, error) {
	in, err := r.JSONObject(fieldLogin, fieldPassword)
	if err != nil {
		return web.Reply{}, err
	}
	for _, name := range []string{fieldLogin, fieldPassword} {
		if !in.Has(name) {
			in.Fail(ban.NewValueError(name, "", ban.CodeEmpty, "give this field"))
		}
	}
	login, password := text(in, fieldLogin), text(in, fieldPassword)
	if err := in.Err(); err != nil {
		return web.Reply{}, err
	}
	s, err := h.try(r, *login, *password)
	if err != nil {
		return web.Reply{}, err
	}
	return web.Reply{Header: h.jar.header(&s, h.now()), Body: signedIn{
		OK: true, CSRFToken: h.auth.CSRFToken(s), ExpiresAt: web.DateTime(s.Credential.ExpiresAt), Item: newUser(&s.Account),
	}}, nil
}

// try signs in, if there are tries left. Each is counted before the password is
// looked at, so that many at once are as many, and given back unless it failed
// for what was sent.
func (h *signIn) try(r *web.Request, login, password string) (account.Session, error) {
	client, key := clientOf(h.proxies, r.Request), loginKey(login)
	if wait := h.clients.take(client); wait > 0 {
		return account.Session{}, &RateLimitError{RetryAfter: wait}
	}
	if wait := h.logins.take(key); wait > 0 {
		return account.Session{}, &RateLimitError{RetryAfter: wait}
	}
	s, err := h.auth.Login(r.Context(), login, password)
	if !errors.Is(err, account.ErrBadLogin) && !errors.Is(err, account.ErrSuspended) {
		h.clients.giveBack(client)
		h.logins.giveBack(key)
	}
	return s, err
}

// loginKey returns what all spellings of a login have in common. Those that
// nobody can have are all one.
func loginKey(login string) string {
	if strings.Contains(login, "@") {
		address, err := ban.ParseAddress(login)
		if err != nil {
			return ""
		}
		return address.String()
	}
	name, err := ban.ParseUsername(login)
	if err != nil {
		return ""
	}
	return name.String()
}

// signOut answers POST /auth/sign-out.
func (h *signIn) signOut(r *web.Request) (web.Reply, error) {
	c, err := r.Cookie(h.jar.session())
	if err != nil {
		return web.Reply{}, ErrUnauthenticated
	}
	if err := h.auth.Logout(r.Context(), c.Value); err != nil {
		return web.Reply{}, err
	}
	return web.Reply{Header: h.jar.clear(), Body: signedOut{true}}, nil
}

const fieldLogin = "login"

// signInErrors turns errors into answers, in the manner of the users' API.
var signInErrors = adminapi.Errors{
	Constraints: map[string]adminapi.Constraints{
		fieldLogin:    {"type": "string"},
		fieldPassword: {"type": "string"},
	},
	More: []adminapi.Row{
		{Is: account.ErrBadLogin, Reply: adminapi.Refused(http.StatusUnauthorized, "Unauthorized", "Wrong login or password", "invalid_credentials")},
		{Is: account.ErrSuspended, Reply: adminapi.Refused(http.StatusForbidden, "Forbidden", "This account is suspended", "account_suspended")},
	},
}

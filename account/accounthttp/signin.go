package accounthttp

import (
	"errors"
	"log/slog"
	"net/http"
	"time"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/internal/web"
	"example.com/ostraka/internal/web/adminapi"
)

// SignInOptions configures the handler of [NewSignIn]. The zero value is the
// default.
type SignInOptions struct {
	// PerClient bounds the tries of one client, an address or of IPv6 a /64, that
	// fail: requests that cannot be read among them, since it is asked before
	// anything is. Default 20 at once, then one every 15 seconds.
	PerClient Rate
	// PerLogin bounds those for one account from one network, the /24 or of IPv6 the
	// /48 of the client, whether by handle or address. Default 10 at once, then one
	// a minute. So a stranger's tries lock nobody out elsewhere.
	PerLogin Rate
	// PerLoginAnywhere bounds those for one account from all networks together, but
	// for the usual ones: from which somebody signed in to it within the last 90
	// days, as far as this handler has them in memory. Default 100 at once, then one
	// a minute. When many strangers have used it up, the account can be signed in to
	// from usual networks only; sessions that there are go on.
	PerLoginAnywhere Rate

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
	defaultPerClient        = Rate{Burst: 20, Every: 15 * time.Second}
	defaultPerLogin         = Rate{Burst: 10, Every: time.Minute}
	defaultPerLoginAnywhere = Rate{Burst: 100, Every: time.Minute}
)

// NewSignIn returns a handler that begins and ends the sessions which the
// Authorizer lets in by, those of accounts that are no admins included. Its paths
// begin at the root: mount it with [http.StripPrefix]. What is missing or out of
// range gives a [*ban.ValueError]. It is safe for concurrent use.
//
// Signing in takes JSON, and no page of another origin may do it, see
// [AuthorizerOptions.TrustedOrigins]: else it could sign somebody in to an account
// of its own. Nor may one ask for the session and its CSRF token, by which a page
// that was loaded anew goes on. Signing out takes the cookie and X-CSRF-Token.
func NewSignIn(a *Authorizer, o SignInOptions) (http.Handler, error) {
	if a == nil {
		return nil, errNoAuthorizer()
	}
	tries, err := o.tries(a.now)
	if err != nil {
		return nil, err
	}
	h := &signIn{Authorizer: a, jar: cookieJar{insecure: a.jar.insecure, storyden: o.Storyden}, tries: tries}
	return web.NewHandler(web.Config{
		Authorize: h.authorize, Fail: failSignIn, Logger: o.Logger, Timeout: o.Timeout,
	}, h.routes())
}

type signIn struct {
	*Authorizer
	jar   cookieJar // of the answers
	tries *tries
}

const (
	resourceSignIn  = "sign-in"
	resourceSignOut = "sign-out"
	resourceSession = "session"
)

func (h *signIn) routes() []web.Route {
	read := Need{Resource: resourceSession}
	return []web.Route{
		{Method: http.MethodGet, Pattern: "/auth/session", Where: "auth.session", Need: read, Handle: h.current},
		{Method: http.MethodGet, Pattern: "/auth/csrf", Where: "auth.csrf", Need: read, Handle: h.csrf},
		{Method: http.MethodPost, Pattern: "/auth/sign-in", Where: "auth.sign_in", Need: Need{Resource: resourceSignIn, Mutation: true}, Handle: h.signIn},
		{Method: http.MethodPost, Pattern: "/auth/sign-out", Where: "auth.sign_out", Need: Need{Resource: resourceSignOut, Mutation: true}, Handle: h.signOut},
		{Method: http.MethodPost, Pattern: "/auth/sign-out-all", Where: "auth.sign_out_all", Need: Need{Resource: resourceSignOut, Mutation: true}, Handle: h.signOutAll},
	}
}

// authorize lets anybody try to sign in, from here, who has a try left, and
// everybody with a session sign out. Who signs in is not known yet; nothing is done
// in this actor's name.
func (h *signIn) authorize(r *http.Request, need Need) (string, error) {
	if need.Resource == resourceSignIn {
		if wait := h.tries.clients.Take(clientOf(h.proxies, r)); wait > 0 {
			return "", &RateLimitError{RetryAfter: wait}
		}
	}
	return h.limited(r, func() (string, error) {
		switch need.Resource {
		case resourceSignIn:
			return resourceSignIn, h.checkOrigin(r)
		case resourceSession:
			if err := h.checkOriginOfRead(r); err != nil {
				return "", err
			}
			s, err := h.session(r, h.jar.session())
			return s.Account.Handle, err
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
	csrfBody struct {
		OK        bool   `json:"ok"`
		CSRFToken string `json:"csrf_token"`
	}
	signedOut struct {
		OK bool `json:"ok"`
	}
	signedOutAll struct {
		OK              bool  `json:"ok"`
		SessionsRevoked int64 `json:"sessions_revoked"`
	}
)

// signIn answers POST /auth/sign-in.
func (h *signIn) signIn(r *web.Request) (web.Reply, error) {
	in, err := r.JSONObject(fieldLogin, fieldIdentifier, fieldPassword)
	if err != nil {
		return web.Reply{}, err
	}
	loginName := fieldLogin
	if in.Has(fieldIdentifier) {
		loginName = fieldIdentifier
		if in.Has(fieldLogin) {
			in.Fail(ban.NewValueError(fieldIdentifier, "", ban.CodeDuplicate, "give login or identifier, not both"))
		}
	}
	login, password := required(in, loginName), required(in, fieldPassword)
	if err := in.Err(); err != nil {
		return web.Reply{}, err
	}
	s, err := h.try(r, *login, *password)
	if err != nil {
		return web.Reply{}, err
	}
	return web.Reply{Header: h.jar.header(&s, h.now()), Body: h.signedIn(&s)}, nil
}

// signedIn says what a page has to know of its session.
func (h *signIn) signedIn(s *account.Session) signedIn {
	return signedIn{
		OK: true, CSRFToken: h.auth.CSRFToken(*s), ExpiresAt: web.DateTime(s.Credential.ExpiresAt), Item: newUser(&s.Account),
	}
}

// current answers GET /auth/session.
func (h *signIn) current(r *web.Request) (web.Reply, error) {
	s, err := h.session(r.Request, h.jar.session())
	if err != nil {
		return web.Reply{}, err
	}
	return web.Reply{Body: h.signedIn(&s)}, nil
}

// csrf answers GET /auth/csrf.
func (h *signIn) csrf(r *web.Request) (web.Reply, error) {
	s, err := h.session(r.Request, h.jar.session())
	if err != nil {
		return web.Reply{}, err
	}
	return web.Reply{Body: csrfBody{true, h.auth.CSRFToken(s)}}, nil
}

// try signs in, if there are tries left. That of the client was counted before.
func (h *signIn) try(r *web.Request, login, password string) (account.Session, error) {
	client := clientOf(h.proxies, r.Request)
	key, err := h.loginKey(r, login)
	if err != nil {
		h.tries.clients.GiveBack(client)
		return account.Session{}, err
	}
	back, wait := h.tries.take(client, key)
	if wait > 0 {
		return account.Session{}, &RateLimitError{RetryAfter: wait}
	}
	s, err := h.auth.Login(r.Context(), login, password)
	if !isBadTry(err) {
		h.tries.clients.GiveBack(client)
		back()
	}
	if err == nil {
		h.tries.succeeded(client, key)
	}
	return s, err
}

// isBadTry tells a try that failed for what was sent from success and trouble.
func isBadTry(err error) bool {
	_, denied := errors.AsType[*ban.DeniedError](err)
	return denied || errors.Is(err, account.ErrBadLogin) || errors.Is(err, account.ErrSuspended) || errors.Is(err, account.ErrPending)
}

// loginKey returns what the tries for an account are counted by, whether by handle
// or address, and those for what is no account.
func (h *signIn) loginKey(r *web.Request, login string) (string, error) {
	acc, err := h.auth.Find(r.Context(), login)
	if errors.Is(err, account.ErrNotFound) {
		return spelling(login), nil
	}
	return acc.ID.String(), err
}

// signOut answers POST /auth/sign-out.
func (h *signIn) signOut(r *web.Request) (web.Reply, error) {
	secret, err := h.secret(r)
	if err != nil {
		return web.Reply{}, err
	}
	if err := h.auth.Logout(r.Context(), secret); err != nil {
		return web.Reply{}, err
	}
	return web.Reply{Header: h.jar.clear(), Body: signedOut{true}}, nil
}

// signOutAll answers POST /auth/sign-out-all.
func (h *signIn) signOutAll(r *web.Request) (web.Reply, error) {
	secret, err := h.secret(r)
	if err != nil {
		return web.Reply{}, err
	}
	ended, err := h.auth.LogoutAll(r.Context(), secret)
	if err != nil {
		return web.Reply{}, unauthenticated(err)
	}
	return web.Reply{Header: h.jar.clear(), Body: signedOutAll{true, ended}}, nil
}

// required returns a text that has to be there.
func required(in *web.Object, name string) *string {
	if !in.Has(name) {
		in.Fail(ban.NewValueError(name, "", ban.CodeEmpty, "give this field"))
	}
	return text(in, name)
}

const (
	fieldLogin      = "login"
	fieldIdentifier = "identifier" // the same, as other clients call it
)

// signInErrors turns errors into answers, in the manner of the users' API.
var signInErrors = adminapi.Errors{
	Constraints: map[string]adminapi.Constraints{
		fieldLogin:      {"type": "string"},
		fieldIdentifier: {"type": "string"},
		fieldPassword:   {"type": "string"},
	},
	More: []adminapi.Row{
		{Is: account.ErrBadLogin, Reply: adminapi.Refused(http.StatusUnauthorized, "Unauthorized", "Wrong login or password", "invalid_credentials")},
		{Is: account.ErrSuspended, Reply: adminapi.Refused(http.StatusForbidden, "Forbidden", "This account is suspended", "account_suspended")},
		{Is: account.ErrPending, Reply: adminapi.Refused(http.StatusForbidden, "Forbidden", "This account has to be approved by a person first", "account_pending")},
	},
}

// failSignIn returns the answer to an error: to who has the right password and may
// not sign in, it names the rule and its public reason.
func failSignIn(r *web.Request, err error) web.Reply {
	if reply, ok := denied(r, err); ok {
		return reply
	}
	return signInErrors.Reply(r, err)
}

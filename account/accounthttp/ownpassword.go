package accounthttp

import (
	"errors"
	"net/http"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/internal/web"
	"example.com/ostraka/internal/web/adminapi"
)

// NewOwnPassword returns a handler by which admins change the password of their own
// account: PATCH /users/me/password, with current_password and new_password. It
// takes the cookie and X-CSRF-Token of a session of the Authorizer, which goes on;
// all other sessions and API tokens of the account end. Its path begins at the root:
// mount it beside that of [NewUsers], with [http.StripPrefix].
//
// Whoever took over a session cannot try passwords: those that are wrong are bounded
// by the rates of the options as at a sign-in, but counted by themselves. What is
// missing or out of range gives a [*ban.ValueError]. It is safe for concurrent use.
func NewOwnPassword(a *Authorizer, o SignInOptions) (http.Handler, error) {
	if a == nil {
		return nil, errNoAuthorizer()
	}
	tries, err := o.tries(a.now)
	if err != nil {
		return nil, err
	}
	h := &ownPassword{a, tries}
	return web.NewHandler(web.Config{
		Authorize: a.SessionCookie, Fail: ownPasswordErrors.Reply, Logger: o.Logger, Timeout: o.Timeout,
	}, h.routes())
}

type ownPassword struct {
	*Authorizer
	tries *tries
}

const (
	pathOwnPassword = "/users/me/password"
	fieldCurrent    = "current_password"
	fieldNew        = "new_password"
)

func (h *ownPassword) routes() []web.Route {
	return []web.Route{
		{Method: http.MethodPatch, Pattern: pathOwnPassword, Where: "users.own_password", Need: Need{Resource: "users", Mutation: true}, Handle: h.change},
	}
}

// changedPassword is the body of the answer.
type changedPassword struct {
	OK              bool  `json:"ok"`
	Updated         bool  `json:"updated"`
	SessionsRevoked int64 `json:"sessions_revoked"`
}

// change answers PATCH /users/me/password.
func (h *ownPassword) change(r *web.Request) (web.Reply, error) {
	in, err := r.JSONObject(fieldCurrent, fieldNew)
	if err != nil {
		return web.Reply{}, err
	}
	current, next := required(in, fieldCurrent), required(in, fieldNew)
	if err := in.Err(); err != nil {
		return web.Reply{}, err
	}
	secret, err := h.secret(r)
	if err != nil {
		return web.Reply{}, err
	}
	client := clientOf(h.proxies, r.Request)
	if wait := h.tries.clients.Take(client); wait > 0 {
		return web.Reply{}, &RateLimitError{RetryAfter: wait}
	}
	back, wait := h.tries.take(client, ban.ActorFrom(r.Context()))
	if wait > 0 {
		h.tries.clients.GiveBack(client)
		return web.Reply{}, &RateLimitError{RetryAfter: wait}
	}
	ended, err := h.auth.ChangePassword(r.Context(), secret, *current, *next)
	if !errors.Is(err, account.ErrBadLogin) {
		h.tries.clients.GiveBack(client)
		back()
	}
	if err != nil {
		return web.Reply{}, unauthenticated(err)
	}
	return web.Reply{Body: changedPassword{OK: true, Updated: true, SessionsRevoked: ended}}, nil
}

// ownPasswordErrors turns errors into answers, in the manner of the users' API.
var ownPasswordErrors = adminapi.Errors{
	Fields: map[string]string{fieldPassword: fieldNew},
	Constraints: map[string]adminapi.Constraints{
		fieldCurrent: {"type": "string"},
		fieldNew:     passwordConstraints,
	},
	More: []adminapi.Row{
		{Is: account.ErrBadLogin, Reply: adminapi.Invalid(fieldCurrent, "invalid_current_password", "give the password that you sign in with", nil)},
	},
}

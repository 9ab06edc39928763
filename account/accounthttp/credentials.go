package accounthttp

import (
	"errors"
	"net/http"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/internal/web"
	"example.com/ostraka/internal/web/adminapi"
)

// NewCredentials returns a handler of the sessions and API tokens of accounts, in
// the manner of the users' API. Its paths begin at the root: mount it beside that
// of [NewUsers], with [http.StripPrefix]. Whoever Options.Authorize lets in may make
// tokens for any account, with any scope: let nobody in by a token that is narrower
// than that. It is safe for concurrent use.
func NewCredentials(auth *account.Auth, admin *account.Admin, o Options) (http.Handler, error) {
	switch {
	case auth == nil:
		return nil, errNoAuth()
	case admin == nil:
		return nil, errNoAdmin()
	}
	h := &credentials{users{admin, o}, auth}
	c := o.config(credentialErrors.Reply)
	c.Slash = true
	return web.NewHandler(c, h.routes())
}

type credentials struct {
	users // for the user in the path
	auth  *account.Auth
}

const (
	pathCredentials = "/users/{id}/credentials"
	paramKind       = "kind"
	fieldName       = "name"
	fieldScopes     = "scopes"
	fieldExpires    = "expires_at"
	fieldCredential = "credential"
)

func (h *credentials) routes() []web.Route {
	read, write := Need{Resource: "credentials"}, Need{Resource: "credentials", Mutation: true}
	return []web.Route{
		{Method: http.MethodGet, Pattern: pathCredentials, Where: "credentials.list", Need: read, Handle: h.list},
		{Method: http.MethodPost, Pattern: pathCredentials, Where: "credentials.create", Need: write, Handle: h.create},
		{Method: http.MethodDelete, Pattern: pathCredentials, Where: "credentials.revoke_all", Need: write, Handle: h.revokeAll},
		{Method: http.MethodDelete, Pattern: pathCredentials + "/{credential}", Where: "credentials.revoke", Need: write, Handle: h.revoke},
	}
}

// credential is a session or API token on the wire. What it does not have is null.
type credential struct {
	ID         uuid.UUID    `json:"id"`
	Kind       string       `json:"kind"`
	Name       web.Text     `json:"name"`
	Scopes     []string     `json:"scopes"`
	Active     bool         `json:"active"` // lets in now, as far as the account may
	CreatedAt  web.DateTime `json:"created_at"`
	ExpiresAt  web.DateTime `json:"expires_at"`
	LastUsedAt web.DateTime `json:"last_used_at"`
	RevokedAt  web.DateTime `json:"revoked_at"`
}

func newCredential(c *account.Credential, now time.Time) credential {
	return credential{
		ID: c.ID, Kind: c.Kind.String(), Name: web.Text(c.Name), Scopes: append([]string{}, c.Scopes...), Active: c.Valid(now),
		CreatedAt: web.DateTime(c.CreatedAt), ExpiresAt: web.DateTime(c.ExpiresAt),
		LastUsedAt: web.DateTime(c.LastUsedAt), RevokedAt: web.DateTime(c.RevokedAt),
	}
}

// The bodies of answers.
type (
	createdToken struct {
		OK      bool       `json:"ok"`
		Created bool       `json:"created"`
		Token   string     `json:"token"` // its secret, this once
		Item    credential `json:"item"`
	}
	revoked struct {
		OK      bool  `json:"ok"`
		Revoked int64 `json:"revoked"`
	}
)

// list answers GET /users/{id}/credentials.
func (h *credentials) list(r *web.Request) (web.Reply, error) {
	q := web.ParseQuery(r.Request)
	page, active := adminapi.ParsePage(q), q.Bool(paramActive)
	var kind account.CredentialKind
	if text := q.String(paramKind); text != "" && kind.UnmarshalText([]byte(text)) != nil {
		q.Fail(ban.NewValueError(paramKind, text, ban.CodeUnknown, "use session or api_token"))
	}
	if err := q.Err(); err != nil {
		return web.Reply{}, err
	}
	acc, err := h.find(r)
	if err != nil {
		return web.Reply{}, err
	}
	now := h.auth.Now()
	items := []credential{}
	for c, err := range h.auth.All(r.Context(), acc.ID) {
		if err != nil {
			return web.Reply{}, err
		}
		if (kind == 0 || c.Kind == kind) && (active == nil || c.Valid(now) == *active) {
			if page.Total++; page.Total > int64(page.Offset) && len(items) < page.Limit {
				items = append(items, newCredential(&c, now))
			}
		}
	}
	return web.Reply{Body: adminapi.List{Items: items, Pagination: page}}, nil
}

// create answers POST /users/{id}/credentials, which makes an API token.
func (h *credentials) create(r *web.Request) (web.Reply, error) {
	in, err := r.JSONObject(fieldName, fieldScopes, fieldExpires)
	if err != nil {
		return web.Reply{}, err
	}
	var o account.TokenOptions
	if name := in.String(fieldName); name != nil {
		o.Name = *name
	}
	if expires := in.Time(fieldExpires); expires != nil {
		o.ExpiresAt = *expires
	}
	o.Scopes = in.Strings(fieldScopes)
	if err := in.Err(); err != nil {
		return web.Reply{}, err
	}
	acc, err := h.find(r)
	if err != nil {
		return web.Reply{}, err
	}
	t, err := h.auth.CreateToken(r.Context(), acc.ID, o)
	if err != nil {
		return web.Reply{}, err
	}
	return web.Reply{Body: createdToken{OK: true, Created: true, Token: t.Secret, Item: newCredential(&t.Credential, h.auth.Now())}}, nil
}

// revoke answers DELETE /users/{id}/credentials/{credential}.
func (h *credentials) revoke(r *web.Request) (web.Reply, error) {
	text := r.PathValue(fieldCredential)
	id, err := uuid.Parse(text)
	if err != nil {
		return web.Reply{}, ban.NewValueError(fieldCredential, text, ban.CodeSyntax, "give the id of a session or API token")
	}
	acc, err := h.find(r)
	if err != nil {
		return web.Reply{}, err
	}
	err = h.auth.RevokeOf(r.Context(), acc.ID, id)
	if errors.Is(err, account.ErrNotFound) {
		err = errNoCredential
	}
	if err != nil {
		return web.Reply{}, err
	}
	return web.Reply{Body: revoked{true, 1}}, nil
}

// revokeAll answers DELETE /users/{id}/credentials.
func (h *credentials) revokeAll(r *web.Request) (web.Reply, error) {
	acc, err := h.find(r)
	if err != nil {
		return web.Reply{}, err
	}
	n, err := h.auth.RevokeAll(r.Context(), acc.ID, uuid.Nil)
	if err != nil {
		return web.Reply{}, err
	}
	return signedOutReply(r, &acc, n, revoked{true, n}), nil
}

var errNoCredential = errors.New("no such credential of the account, or none that is not revoked")

// credentialErrors turns errors into answers, in the manner of the users' API.
var credentialErrors = adminapi.Errors{
	NotFound: userErrors.NotFound,
	Constraints: map[string]adminapi.Constraints{
		fieldName:       {"maxLength": ban.MaxReason},
		fieldScopes:     {"minItems": 1, "maxItems": account.MaxScopes},
		fieldExpires:    {"format": "date-time"},
		fieldCredential: {"format": "uuid"},
		paramKind:       {"enum": []string{"session", "api_token"}},
		paramActive:     {"type": "boolean"},
	},
	More: []adminapi.Row{
		{Is: errNoCredential, Reply: adminapi.Refused(http.StatusNotFound, "Not Found", "The requested resource was not found", "credential_not_found")},
		{Is: account.ErrSuspended, Reply: adminapi.Conflict("The user is suspended", "user_suspended")},
		{Is: account.ErrPending, Reply: adminapi.Conflict("The user waits for approval", "user_pending")},
	},
}

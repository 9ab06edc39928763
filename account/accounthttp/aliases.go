package accounthttp

import (
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/internal/web"
	"example.com/ostraka/internal/web/adminapi"
)

// AliasOptions configures the handler of [NewAliases].
type AliasOptions struct {
	// Authorize decides who may: a service of the host with an API token of the
	// scope "admin:write:aliases" or "admin:read:aliases", or an admin; see
	// [Authorizer.SessionOrToken]. Whoever may is believed whose an alias is, and
	// from where it was asked for. Required: without it nothing is served.
	Authorize Authorize

	// TrustedProxies are as in [AuthorizerOptions], for the address of the client
	// where the body names none. Default none.
	TrustedProxies []netip.Prefix

	// Logger takes the cause of every answer of status 500 and above. Default
	// [slog.Default].
	Logger *slog.Logger

	// Timeout is as in [Options]. Default 10 seconds.
	Timeout time.Duration
}

// NewAliases returns a handler of aliases: it makes them and turns them on after
// the checks of [account.Aliases]; the Admin is asked for their owners. Its paths
// begin at the root: mount it with [http.StripPrefix]. What is missing or out of
// range gives a [*ban.ValueError]. It is safe for concurrent use.
func NewAliases(aliases *account.Aliases, admin *account.Admin, o AliasOptions) (http.Handler, error) {
	if aliases == nil {
		return nil, ban.NewValueError("aliases", "", ban.CodeEmpty, "give what account.NewAliases returns")
	}
	if admin == nil {
		return nil, errNoAdmin()
	}
	proxies, err := web.NewProxies(o.TrustedProxies)
	if err != nil {
		return nil, err
	}
	h := &aliasHandler{aliases, admin, proxies}
	return web.NewHandler(web.Config{Authorize: o.Authorize, Fail: failAliases, Logger: o.Logger, Timeout: o.Timeout}, h.routes())
}

type aliasHandler struct {
	aliases *account.Aliases
	admin   *account.Admin
	proxies web.Proxies
}

func (h *aliasHandler) routes() []web.Route {
	read, write := Need{Resource: "aliases"}, Need{Resource: "aliases", Mutation: true}
	return []web.Route{
		{Method: http.MethodGet, Pattern: "/aliases", Where: "aliases.list", Need: read, Handle: h.list},
		{Method: http.MethodGet, Pattern: "/aliases/{id}", Where: "aliases.get", Need: read, Handle: h.get},
		{Method: http.MethodPost, Pattern: "/aliases", Where: "aliases.create", Need: write, Handle: h.create},
		{Method: http.MethodPatch, Pattern: "/aliases/{id}", Where: "aliases.update", Need: write, Handle: h.update},
		{Method: http.MethodDelete, Pattern: "/aliases/{id}", Where: "aliases.delete", Need: write, Handle: h.delete},
	}
}

// The names of fields and parameters.
const (
	fieldAddress     = "address"
	fieldDisabledBan = "disabled_ban"
	paramDomain      = "domain"
	fieldDestination = "destination"
	fieldUserID      = "user_id"
	fieldIP          = "ip"
)

// alias is an alias on the wire. What it does not have is null.
type alias struct {
	ID          int64        `json:"id"`
	Address     string       `json:"address"`
	Destination string       `json:"destination"`
	UserID      *int64       `json:"user_id"`
	Active      bool         `json:"active"`
	CreatedAt   web.DateTime `json:"created_at"`
	UpdatedAt   web.DateTime `json:"updated_at"`
	UUID        uuid.UUID    `json:"uuid"`
	DisabledBan *uuid.UUID   `json:"disabled_ban"` // the UUID of the ban that turned it off
}

// newAlias returns an alias of the user of that number, nil for nobody's.
func newAlias(a *account.Alias, owner *int64) alias {
	item := alias{
		ID: a.Seq, Address: a.Address(), Destination: a.Destination, UserID: owner, Active: a.Active,
		CreatedAt: web.DateTime(a.CreatedAt), UpdatedAt: web.DateTime(a.UpdatedAt), UUID: a.ID,
	}
	if a.DisabledBan != uuid.Nil {
		item.DisabledBan = &a.DisabledBan
	}
	return item
}

// The bodies of answers.
type (
	aliasBody struct {
		Item alias `json:"item"`
	}
	changedAlias struct {
		OK      bool   `json:"ok"`
		Created bool   `json:"created"`
		Updated bool   `json:"updated"`
		Deleted bool   `json:"deleted"`
		Message string `json:"message"`
		Item    alias  `json:"item"`
	}
)

// create answers POST /aliases.
func (h *aliasHandler) create(r *web.Request) (web.Reply, error) {
	in, err := r.JSONObject(fieldAddress, fieldDestination, fieldUserID, fieldIP)
	if err != nil {
		return web.Reply{}, err
	}
	if !in.Has(fieldAddress) {
		in.Fail(ban.NewValueError(fieldAddress, "", ban.CodeEmpty, "give this field"))
	}
	address, destination, owner, ip := in.String(fieldAddress), in.String(fieldDestination), in.Int(fieldUserID), in.String(fieldIP)
	if err := in.Err(); err != nil {
		return web.Reply{}, err
	}
	o := account.AliasOptions{Address: *address}
	if destination != nil {
		o.Destination = *destination
	}
	if o.IP, err = h.client(r, ip); err != nil {
		return web.Reply{}, err
	}
	if o.Owner, err = h.owner(r, owner); err != nil {
		return web.Reply{}, err
	}
	made, err := h.aliases.Create(r.Context(), o)
	if errors.Is(err, account.ErrNotFound) { // the user went meanwhile
		err = errNoUser
	}
	if err != nil {
		return web.Reply{}, err
	}
	return web.Reply{Body: changedAlias{OK: true, Created: true, Message: "Alias created.", Item: newAlias(&made, owner)}}, nil
}

// client returns the address to check: the one in the body, or else that of
// whoever made the request. Some address always is.
func (h *aliasHandler) client(r *web.Request, named *string) (string, error) {
	if named != nil && *named != "" {
		return *named, nil
	}
	addr, err := h.proxies.Client(r.Request)
	if err != nil {
		return "", ban.NewValueError(fieldIP, "", ban.CodeEmpty, "name the address of the person who asks: that of the request cannot be told")
	}
	return addr.String(), nil
}

// owner returns the account of that number, the zero UUID for none.
func (h *aliasHandler) owner(r *web.Request, id *int64) (uuid.UUID, error) {
	if id == nil {
		return uuid.Nil, nil
	}
	acc, err := h.admin.GetSeq(r.Context(), *id)
	if errors.Is(err, account.ErrNotFound) {
		return uuid.Nil, errNoUser
	}
	return acc.ID, err
}

var errNoUser = ban.NewValueError(fieldUserID, "", ban.CodeUnknown, "there is no such user")

// aliasErrors turns errors into answers, in the manner of the users' API.
var aliasErrors = adminapi.Errors{
	NotFound: "alias_not_found",
	Fields: map[string]string{
		"patch": web.FieldBody,
		"email": fieldDestination, "domain": fieldAddress, "name": fieldAddress,
	},
	Constraints: map[string]adminapi.Constraints{
		fieldAddress:     {"format": "email"},
		fieldDestination: {"format": "email"},
		fieldUserID:      {"type": "integer", "minimum": 1},
		fieldDisabledBan: {"format": "uuid"},
		paramActive:      {"type": "boolean"},
	},
	More: []adminapi.Row{
		{Is: account.ErrExists, Reply: adminapi.ConflictOf(fieldAddress, "Resource already exists", "alias_taken")},
		{Is: errOwnerGone, Reply: adminapi.ConflictOf(fieldUserID, "The user is gone", "user_gone")},
		{Is: account.ErrSuspended, Reply: adminapi.ConflictOf(fieldUserID, "The user is suspended", "user_suspended")},
		{Is: account.ErrPending, Reply: adminapi.ConflictOf(fieldUserID, "The user waits for approval", "user_pending")},
	},
}

// denied returns the answer to a refusal by a rule. A Checker that could not find
// out refuses by none.
func denied(r *web.Request, err error) (web.Reply, bool) {
	by, ok := errors.AsType[*ban.DeniedError](err)
	switch {
	case !ok:
		return web.Reply{}, false
	case by.Match.IsZero():
		return adminapi.Unavailable(r.Where, "check_failed"), true
	}
	return adminapi.Banned(by.Match), true
}

// aliasIsOff is the answer to who would make an alias that is merely turned off.
var aliasIsOff = adminapi.ConflictOf(fieldAddress,
	`The alias exists and is turned off: turn it on by PATCH /aliases/{id} with {"active":true}`, "alias_turned_off")

// failAliases returns the answer to an error: the one to a refusal by a rule says
// which, and its public reason.
func failAliases(r *web.Request, err error) web.Reply {
	if reply, ok := denied(r, err); ok {
		return reply
	}
	if review, ok := errors.AsType[*ban.ReviewError](err); ok {
		return adminapi.NeedsReview(review.Match)
	}
	if off, ok := errors.AsType[*account.InactiveAliasError](err); ok {
		return adminapi.WithID(aliasIsOff, off.Alias.Seq)
	}
	if wrong, ok := errors.AsType[*ban.ValueError](err); ok && wrong.Field == paramDomain && r.Method == http.MethodGet {
		return adminapi.Invalid(paramDomain, wrong.Code, wrong.Hint, nil) // of a list it is a parameter, and no part of the address
	}
	return aliasErrors.Reply(r, err)
}

package accounthttp

import (
	"errors"
	"fmt"

	"github.com/google/uuid"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/internal/web"
	"example.com/ostraka/internal/web/adminapi"
)

// The names of fields and parameters.
const (
	fieldUsername = "username"
	fieldEmail    = "email"
	fieldPassword = "password"
	fieldVerified = "email_verified_at"
	fieldActive   = "is_active"
	fieldAdmin    = "is_admin"
	paramActive   = "active"

	paramSuspended = "suspended"

	paramKeepHashed  = "keep_hashed_ban"
	paramKeepAliases = "keep_alias_addresses"
	fieldHashed      = "hashed"
	fieldLabel       = "label"
)

// user is an account on the wire: the fields of the documents, then those that
// are not in them. What an account does not have is null.
type user struct {
	ID              int64        `json:"id"`
	Username        string       `json:"username"`
	Email           web.Text     `json:"email"`
	EmailVerifiedAt web.DateTime `json:"email_verified_at"`
	IsActive        int          `json:"is_active"`
	IsAdmin         bool         `json:"is_admin"`
	CreatedAt       web.DateTime `json:"created_at"`
	UpdatedAt       web.DateTime `json:"updated_at"`
	LastLoginAt     web.DateTime `json:"last_login_at"`

	UUID uuid.UUID `json:"uuid"`
	// State is "active", "pending" or "suspended": both of the latter are not active.
	State string `json:"state"`
}

// The states of accounts on the wire.
const (
	stateActive    = "active"
	statePending   = "pending"
	stateSuspended = "suspended"
)

func stateOf(a *account.Account) string {
	switch {
	case a.Suspended():
		return stateSuspended
	case a.Pending():
		return statePending
	}
	return stateActive
}

func newUser(a *account.Account) user {
	u := user{
		ID: a.Seq, Username: a.Handle, IsAdmin: a.Admin,
		CreatedAt: web.DateTime(a.CreatedAt), UpdatedAt: web.DateTime(a.UpdatedAt), LastLoginAt: web.DateTime(a.LastLoginAt),
		UUID: a.ID, State: stateOf(a),
	}
	if a.Active() {
		u.IsActive = 1
	}
	if len(a.Emails) > 0 {
		u.Email, u.EmailVerifiedAt = web.Text(a.Emails[0].Address), web.DateTime(a.Emails[0].VerifiedAt)
	}
	return u
}

// forgotten returns the user without what names the person: the UUID stands in the place
// of the name, as it does in the audit log.
func forgotten(u user) user {
	u.Username, u.Email, u.EmailVerifiedAt = u.UUID.String(), "", web.DateTime{}
	return u
}

// The bodies of answers.
type (
	userBody struct {
		Item user `json:"item"`
	}
	changedUser struct {
		OK              bool  `json:"ok"`
		Created         bool  `json:"created"`
		Updated         bool  `json:"updated"`
		Deleted         bool  `json:"deleted"`
		Item            user  `json:"item"`
		SessionsRevoked int64 `json:"sessions_revoked"`
		AliasesDisabled int64 `json:"aliases_disabled"`
	}
	deletedUser struct {
		OK              bool  `json:"ok"`
		Deleted         bool  `json:"deleted"`
		Item            user  `json:"item"`
		SessionsRevoked int64 `json:"sessions_revoked"`
		AliasesDisabled int64 `json:"aliases_disabled"`
		// Of a user who is forgotten, the hashed bans that keep them out.
		BansCreated  *[]uuid.UUID `json:"bans_created,omitempty"`
		BansExisting *[]uuid.UUID `json:"bans_existing,omitempty"`
	}
)

// readNew reads the body of POST, whose fields are all known.
func readNew(r *web.Request) (account.Patch, error) {
	in, err := r.JSONObject(fieldUsername, fieldEmail, fieldVerified, fieldPassword, fieldActive, fieldAdmin)
	if err != nil {
		return account.Patch{}, err
	}
	p := readUser(in)
	p.Email = text(in, fieldEmail)
	return p, in.Err()
}

// readPatch reads the body of PATCH for an account. Fields that cannot be changed
// are passed over, so that an item may be sent back whole: with a null for the
// address that it does not have.
func readPatch(in *web.Object, acc *account.Account) (account.Patch, error) {
	p := readUser(in)
	if !in.Null(fieldEmail) || len(acc.Emails) > 0 {
		p.Email = text(in, fieldEmail)
	}
	return p, in.Err()
}

// readUser reads the fields of a user but the address.
func readUser(in *web.Object) account.Patch {
	p := account.Patch{
		Handle: text(in, fieldUsername), Password: text(in, fieldPassword), EmailVerifiedAt: in.Time(fieldVerified),
		Active: in.Bool(fieldActive), Admin: in.Bool(fieldAdmin),
	}
	if p.Password != nil && *p.Password == "" { // it would let nobody log in
		in.Fail(ban.NewValueError(fieldPassword, "", ban.CodeRange, fmt.Sprintf("use at least %d characters", account.MinPassword)))
	}
	return p
}

// text returns a text, nil if it is missing. None of these may be null.
func text(in *web.Object, name string) *string {
	if in.Null(name) {
		in.Fail(ban.NewValueError(name, "", web.CodeType, "give a string"))
	}
	return in.String(name)
}

// The refusals that the contract has names for.
var (
	errOwnPassword = errors.New("own password")
	errOwnActive   = errors.New("disable own account")
	errOwnAdmin    = errors.New("demote own account")
	errOwnDelete   = errors.New("delete own account")
	errDisableLast = errors.New("disable the last admin")
	errDemoteLast  = errors.New("demote the last admin")
)

const hintOwn = "this is your own account; add ?force=1 to do it anyway"

// userErrors turns errors into the answers of the contract.
var userErrors = adminapi.Errors{
	NotFound: "admin_user_not_found",
	Exists:   "admin_user_taken",
	Fields:   map[string]string{"patch": web.FieldBody, "handle": fieldUsername, "name": fieldUsername},
	Constraints: map[string]adminapi.Constraints{
		fieldUsername: {"minLength": 1, "maxLength": account.MaxHandle},
		fieldEmail:    {"format": "email"},
		fieldVerified: {"format": "date-time"},
		fieldPassword: passwordConstraints,
		fieldActive:   {"type": "boolean"},
		fieldAdmin:    {"type": "boolean"},
		paramActive:   {"type": "boolean"},

		paramSuspended: {"type": "boolean"},

		paramKeepHashed: {"type": "boolean"}, paramKeepAliases: {"type": "boolean"},
		fieldLabel: {"maxLength": ban.MaxReason},
	},
	More: []adminapi.Row{
		{Is: errOwnPassword, Reply: adminapi.Invalid(fieldPassword, "use_self_password_route", "change your own password by PATCH /users/me/password, with current_password and new_password", passwordConstraints)},
		{Is: errDisableLast, Reply: adminapi.Conflict("The last active admin cannot be disabled", "cannot_disable_last_admin")},
		{Is: errDemoteLast, Reply: adminapi.Conflict("The last active admin cannot be demoted", "cannot_demote_last_admin")},
		{Is: account.ErrPending, Reply: adminapi.ConflictOf(fieldActive, "The user waits for approval: approve it", "user_pending")},
		{Is: errOwnActive, Reply: adminapi.Invalid(fieldActive, reasonOwn, hintOwn, nil)},
		{Is: errOwnAdmin, Reply: adminapi.Invalid(fieldAdmin, reasonOwn, hintOwn, nil)},
		{Is: errOwnDelete, Reply: adminapi.Invalid("id", reasonOwn, hintOwn, nil)},
	},
}

// reasonOwn is the code of [account.ErrOwnAccount].
const reasonOwn = "own_account"

var passwordConstraints = adminapi.Constraints{"minLength": account.MinPassword, "maxLength": account.MaxPassword}

// failUsers returns the answer to an error: that to a refusal by a rule says which,
// and its public reason.
func failUsers(r *web.Request, err error) web.Reply {
	if reply, ok := denied(r, err); ok {
		return reply
	}
	if held, ok := errors.AsType[*ban.ReviewError](err); ok {
		return adminapi.NeedsReview(held.Match)
	}
	if taken, ok := errors.AsType[*account.ExistsError](err); ok {
		field := taken.Field
		if name, ok := userErrors.Fields[field]; ok {
			field = name
		}
		return adminapi.ConflictOf(field, "Resource already exists", userErrors.Exists)
	}
	return userErrors.Reply(r, err)
}

package accounthttp

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/account"
	"example.com/ostraka/internal/web"
)

// storydenAccount is an account as Storyden writes it. What it does not require
// is left out where there is none; misc and notifications always are.
type storydenAccount struct {
	ID             uuid.UUID       `json:"id"`
	CreatedAt      web.DateTime    `json:"createdAt"`
	UpdatedAt      web.DateTime    `json:"updatedAt"`
	DeletedAt      web.DateTime    `json:"deletedAt,omitzero"` // a suspension is a soft deletion
	Joined         web.DateTime    `json:"joined"`
	Suspended      web.DateTime    `json:"suspended,omitzero"`
	Handle         string          `json:"handle"`
	Name           string          `json:"name"`
	Roles          []storydenRole  `json:"roles"`
	Bio            string          `json:"bio"`
	Links          []account.Link  `json:"links"`
	Meta           json.RawMessage `json:"meta"`
	VerifiedStatus string          `json:"verified_status"`
	EmailAddresses []storydenEmail `json:"email_addresses"`
	Admin          bool            `json:"admin"`

	InvitedBy *storydenProfile `json:"invited_by,omitempty"`

	// What today's clients require beside the documents.
	Kind         string   `json:"kind"`          // "human" or "bot"; all are people here
	AuthServices []string `json:"auth_services"` // "password", if there is one

	// Of who is reinstated, not in the documents: the bans that came with the
	// suspension, by their UUIDs.
	BansLifted []uuid.UUID `json:"bans_lifted,omitempty"`
	BansLeft   []uuid.UUID `json:"bans_left,omitempty"`
}

type storydenRole struct {
	ID          string       `json:"id"`
	CreatedAt   web.DateTime `json:"createdAt"`
	UpdatedAt   web.DateTime `json:"updatedAt"`
	Name        string       `json:"name"`
	Colour      string       `json:"colour"`
	Permissions []string     `json:"permissions"`
	Badge       bool         `json:"badge"`
	Default     bool         `json:"default"`
}

type storydenEmail struct {
	ID       uuid.UUID `json:"id"`
	Address  string    `json:"email_address"`
	Verified bool      `json:"verified"`
}

// storydenProfile is what is said of an account beside another one.
type storydenProfile struct {
	ID        uuid.UUID      `json:"id"`
	Joined    web.DateTime   `json:"joined"`
	Suspended web.DateTime   `json:"suspended,omitzero"`
	Handle    string         `json:"handle"`
	Name      string         `json:"name"`
	Roles     []storydenRole `json:"roles"`
}

func newStorydenAccount(a *account.Account) storydenAccount {
	s := storydenAccount{
		ID: a.ID, CreatedAt: web.DateTime(a.CreatedAt), UpdatedAt: web.DateTime(a.UpdatedAt),
		DeletedAt: web.DateTime(a.SuspendedAt), Joined: web.DateTime(a.JoinedAt), Suspended: web.DateTime(a.SuspendedAt),
		Handle: a.Handle, Name: displayName(a), Roles: storydenRoles(a),
		Bio: a.Bio, Links: append([]account.Link{}, a.Links...), Meta: a.Meta,
		VerifiedStatus: verifiedStatus(a), EmailAddresses: make([]storydenEmail, len(a.Emails)), Admin: a.Admin,
		Kind: "human", AuthServices: []string{},
	}
	if len(s.Meta) == 0 {
		s.Meta = json.RawMessage("{}")
	}
	if a.PasswordHash != "" {
		s.AuthServices = append(s.AuthServices, "password")
	}
	for i, e := range a.Emails {
		s.EmailAddresses[i] = storydenEmail{e.ID, e.Address, !e.VerifiedAt.IsZero()}
	}
	return s
}

func newStorydenProfile(a *account.Account) *storydenProfile {
	return &storydenProfile{
		ID: a.ID, Joined: web.DateTime(a.JoinedAt), Suspended: web.DateTime(a.SuspendedAt), Handle: a.Handle, Name: displayName(a),
		Roles: storydenRoles(a),
	}
}

func storydenRoles(a *account.Account) []storydenRole {
	roles := make([]storydenRole, len(a.Roles))
	for i := range a.Roles {
		roles[i] = newStorydenRole(&a.Roles[i], a.CreatedAt)
	}
	return roles
}

// newStorydenRole returns a role. One to which the host gave no times is as old
// as the account: Storyden's have them.
func newStorydenRole(r *account.Role, made time.Time) storydenRole {
	return storydenRole{
		ID: r.ID, CreatedAt: web.DateTime(orElse(r.CreatedAt, made)), UpdatedAt: web.DateTime(orElse(r.UpdatedAt, r.CreatedAt, made)),
		Name: r.Name, Colour: r.Colour, Permissions: append([]string{}, r.Permissions...), Badge: r.Badge, Default: r.Default,
	}
}

// orElse returns the first time that is not zero.
func orElse(times ...time.Time) time.Time {
	for _, t := range times {
		if !t.IsZero() {
			return t
		}
	}
	return time.Time{}
}

// displayName returns the name, for which Storyden takes the handle where there
// is none.
func displayName(a *account.Account) string { return cmp.Or(a.Name, a.Handle) }

// verifiedStatus returns what of the person was verified: what the host says, or
// else one of Storyden's two values.
func verifiedStatus(a *account.Account) string {
	verified := slices.ContainsFunc(a.Emails, func(e account.Email) bool { return !e.VerifiedAt.IsZero() })
	switch {
	case a.Verified != "":
		return a.Verified
	case verified:
		return "verified_email"
	}
	return "none"
}

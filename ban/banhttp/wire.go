package banhttp

import (
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/ban"
	"example.com/ostraka/internal/web"
	"example.com/ostraka/internal/web/adminapi"
	"example.com/ostraka/store"
)

// The names of fields and parameters.
const (
	fieldType          = "ban_type"
	fieldValue         = "ban_value"
	fieldReason        = "reason"
	fieldPublicReason  = "public_reason"
	fieldHashed        = "hashed"
	fieldLabel         = "label"
	fieldExpires       = "expires_at"
	fieldRevoked       = "revoked"
	fieldRevokedReason = "revoked_reason"
	fieldEffect        = "effect"
	fieldShadow        = "shadow"
	fieldDisable       = "disable_matching_aliases"
	paramActive        = "active"
)

// item is a ban on the wire: the fields of the documents, then those that are
// not in them. What a ban does not have is null.
type item struct {
	ID            int64        `json:"id"`
	Type          ban.Kind     `json:"ban_type"`
	Value         string       `json:"ban_value"`
	Reason        web.Text     `json:"reason"`
	CreatedAt     web.DateTime `json:"created_at"`
	ExpiresAt     web.DateTime `json:"expires_at"`
	RevokedAt     web.DateTime `json:"revoked_at"`
	RevokedReason web.Text     `json:"revoked_reason"`
	Active        bool         `json:"active"`

	Effect ban.Effect `json:"effect"`
	Shadow bool       `json:"shadow"`
	UUID   uuid.UUID  `json:"uuid"`
	Hits   int64      `json:"hits"`

	PublicReason web.Text `json:"public_reason"`

	Hashed bool     `json:"hashed,omitzero"` // these two are of hashed bans only
	Label  web.Text `json:"label,omitzero"`
}

func newItem(b *ban.Ban, now time.Time) item {
	return item{
		ID: b.Seq, Type: b.Kind, Value: b.Value, Reason: web.Text(b.Reason),
		CreatedAt: web.DateTime(b.CreatedAt), ExpiresAt: web.DateTime(b.ExpiresAt),
		RevokedAt: web.DateTime(b.RevokedAt), RevokedReason: web.Text(b.RevokedReason),
		Active: b.Active(now),
		Effect: b.Effect, Shadow: b.Shadow, UUID: b.ID, Hits: b.Hits, PublicReason: web.Text(b.PublicReason),
		Hashed: b.Hashed(), Label: web.Text(b.Label),
	}
}

// The bodies of answers.
type (
	itemBody struct {
		Item item `json:"item"`
	}
	createdBody struct {
		OK              bool   `json:"ok"`
		Created         bool   `json:"created"`
		Updated         bool   `json:"updated"`
		Deleted         bool   `json:"deleted"`
		DisabledAliases int64  `json:"disabled_aliases"`
		Message         string `json:"message"`
		Item            item   `json:"item"`
	}
	updatedBody struct {
		OK      bool `json:"ok"`
		Created bool `json:"created"`
		Updated bool `json:"updated"`
		Deleted bool `json:"deleted"`
		Item    item `json:"item"`
	}
	deletedBody struct {
		OK      bool `json:"ok"`
		Deleted bool `json:"deleted"`
		Item    item `json:"item"`
	}
)

// errorTable turns errors into the answers of the contract.
var errorTable = adminapi.Errors{
	NotFound:   "ban_not_found",
	Exists:     "ban_exists",
	GuardField: fieldValue,
	Fields: map[string]string{
		"kind": fieldType, "patch": web.FieldBody,
		"email": fieldValue, "domain": fieldValue, "ip": fieldValue, "name": fieldValue,
	},
	Constraints: map[string]adminapi.Constraints{
		fieldType:          {"enum": store.Kinds()},
		fieldEffect:        {"enum": []ban.Effect{ban.Deny, ban.Review, ban.Allow}},
		fieldReason:        {"maxLength": ban.MaxReason},
		fieldPublicReason:  {"maxLength": ban.MaxReason},
		fieldLabel:         {"maxLength": ban.MaxReason},
		fieldHashed:        {"type": "boolean"},
		fieldRevokedReason: {"maxLength": ban.MaxReason},
		fieldExpires:       {"format": "date-time"},
		fieldRevoked:       {"type": "boolean"},
		fieldShadow:        {"type": "boolean"},
		fieldDisable:       {"type": "boolean"},
		paramActive:        {"type": "boolean"},
	},
}

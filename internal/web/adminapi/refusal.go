package adminapi

import (
	"net/http"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/ban"
	"example.com/ostraka/internal/web"
)

// refusal is the body of a refusal by a rule.
type refusal struct {
	Error string     `json:"error"`
	Ban   refusedBan `json:"ban"`
}

type refusedBan struct {
	Type     ban.Kind     `json:"ban_type"`
	Value    string       `json:"ban_value"`
	Reason   web.Text     `json:"reason"` // the public one
	BannedAt web.DateTime `json:"banned_at"`
}

// Banned is the answer to a request that a rule refuses. The match must not be
// zero.
func Banned(m ban.Match) web.Reply { return refusedBy(m, "banned") }

// NeedsReview is the answer to a request that a person has to approve first, by
// such a rule.
func NeedsReview(m ban.Match) web.Reply { return refusedBy(m, "needs_review") }

func refusedBy(m ban.Match, what string) web.Reply {
	return web.Reply{Status: http.StatusForbidden, Body: refusal{what, refusedBan{
		Type: m.Kind, Value: m.Matched, Reason: web.Text(m.PublicReason), BannedAt: web.DateTime(made(m.ID)),
	}}}
}

// made returns the time in a version 7 id, and the zero time for any other. To
// ask the store would let whoever is refused make work for it.
func made(id uuid.UUID) time.Time {
	if id.Version() != 7 {
		return time.Time{}
	}
	return time.Unix(id.Time().UnixTime())
}

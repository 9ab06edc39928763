package accounthttp

import (
	"math"

	"github.com/google/uuid"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/internal/web"
	"example.com/ostraka/internal/web/adminapi"
)

// The names of fields and parameters.
const (
	fieldRule         = "rule"
	fieldDomain       = "domain"
	fieldNetwork      = "network"
	fieldReason       = "reason"
	fieldPublicReason = "public_reason"
	fieldBanEmails    = "ban_emails"
	fieldBanName      = "ban_name"
	fieldOffAliases   = "disable_aliases"
	fieldUUIDs        = "uuids"
	fieldAll          = "all"
	fieldUpTo         = "up_to"
	fieldLimit        = "limit"
)

var (
	rejectFields = []string{fieldReason, fieldPublicReason, fieldBanEmails, fieldBanName, fieldOffAliases, fieldHashed, fieldLabel}
	selectFields = []string{fieldUUIDs, fieldRule, fieldDomain, fieldNetwork, fieldAll, fieldUpTo, fieldLimit}
)

// pendingUser is an account that waits, and why.
type pendingUser struct {
	user
	Hold hold `json:"hold"`
}

// hold is why an account waits. What is not known is null.
type hold struct {
	Since   web.DateTime `json:"since"`
	By      web.Text     `json:"by"`
	Origin  web.Text     `json:"origin"` // of the rule: "ban", "block", "list:name"
	Rule    *uuid.UUID   `json:"rule"`
	Kind    web.Text     `json:"kind"`
	Matched web.Text     `json:"matched"`
	Network web.Text     `json:"network"` // of the client
	LetIn   bool         `json:"let_in"`  // before it was held
}

func newPendingUser(a *account.Account) pendingUser {
	h := &a.Hold
	out := pendingUser{newUser(a), hold{
		Since: web.DateTime(h.Since), By: web.Text(h.By), Origin: web.Text(h.Origin), Matched: web.Text(h.Matched),
		Network: web.Text(h.Network), LetIn: h.LetIn,
	}}
	if h.Rule != uuid.Nil {
		out.Hold.Rule = &h.Rule
	}
	if h.Kind != 0 {
		out.Hold.Kind = web.Text(h.Kind.String())
	}
	return out
}

// The bodies of answers.
type (
	decidedUser struct {
		OK          bool        `json:"ok"`
		Approved    bool        `json:"approved"`
		Rejected    bool        `json:"rejected"`
		Removed     bool        `json:"removed"` // the user is gone; one who was let in before is suspended
		Item        user        `json:"item"`
		BansCreated []uuid.UUID `json:"bans_created"`
	}
	decidedMany struct {
		OK          bool        `json:"ok"`
		Decided     int         `json:"decided"`
		Items       []user      `json:"items"`
		Failed      []undecided `json:"failed"`
		BansCreated []uuid.UUID `json:"bans_created"`
		Next        *int64      `json:"next"` // there may be more behind the user of this number; null: all are done
	}
	undecided struct {
		UUID    uuid.UUID `json:"uuid"`
		Reason  string    `json:"reason"`
		Details string    `json:"details"`
	}
)

func idsOf(bans []ban.Ban) []uuid.UUID {
	ids := make([]uuid.UUID, len(bans))
	for i := range bans {
		ids[i] = bans[i].ID
	}
	return ids
}

func given[T any](value *T) (v T) {
	if value != nil {
		v = *value
	}
	return v
}

// ruleOf reads the id of a rule; empty is none.
func ruleOf(text string, fail func(error)) uuid.UUID {
	if text == "" {
		return uuid.Nil
	}
	id, err := uuid.Parse(text)
	if err != nil {
		fail(ban.NewValueError(fieldRule, text, ban.CodeSyntax, "give the UUID of a ban, a block or an entry of a list"))
	}
	return id
}

func readReject(in *web.Object) account.RejectOptions {
	return account.RejectOptions{
		Reason: given(in.String(fieldReason)), PublicReason: given(in.String(fieldPublicReason)),
		BanEmails: given(in.Bool(fieldBanEmails)), BanName: given(in.Bool(fieldBanName)), DisableAliases: given(in.Bool(fieldOffAliases)),
		Hashed: given(in.Bool(fieldHashed)), Label: given(in.String(fieldLabel)),
	}
}

// rejected returns a user as they were, or, of one who is gone and of whom only hashed
// bans are kept, without what names them.
func rejected(a *account.Account, hashed bool) user {
	u := newUser(a)
	if hashed && !a.Suspended() {
		return forgotten(u)
	}
	return u
}

// readSelection reads which accounts are meant.
func readSelection(in *web.Object) account.Selection {
	s := account.Selection{
		Filter: account.PendingFilter{
			Rule: ruleOf(given(in.String(fieldRule)), in.Fail), Domain: given(in.String(fieldDomain)), Network: given(in.String(fieldNetwork)),
		},
		All: given(in.Bool(fieldAll)), UpTo: given(in.Int(fieldUpTo)),
	}
	if limit := in.Int(fieldLimit); limit != nil {
		if *limit < 1 || *limit > account.MaxDecisions {
			in.Fail(ban.NewValueError(fieldLimit, "", ban.CodeRange, "decide about 1 to 1000 users at a time"))
		}
		s.Limit = int(min(*limit, math.MaxInt16))
	}
	if s.UpTo < 0 {
		in.Fail(ban.NewValueError(fieldUpTo, "", ban.CodeRange, "give the id of the last user that you saw"))
	}
	for _, text := range in.Strings(fieldUUIDs) {
		id, err := uuid.Parse(text)
		if err != nil {
			in.Fail(ban.NewValueError(fieldUUIDs, text, ban.CodeSyntax, "give UUIDs of users"))
		}
		s.IDs = append(s.IDs, id)
	}
	return s
}

// pendingErrors turns errors into the answers of the contract.
var pendingErrors = adminapi.Errors{
	NotFound:   "admin_user_not_found",
	GuardField: fieldBanEmails,
	Fields:     map[string]string{"ids": fieldUUIDs, "filter": fieldAll},
	Constraints: map[string]adminapi.Constraints{
		fieldBanEmails: {"type": "boolean"}, fieldBanName: {"type": "boolean"}, fieldOffAliases: {"type": "boolean"}, fieldHashed: {"type": "boolean"}, fieldAll: {"type": "boolean"},
		fieldUUIDs:  {"maxItems": account.MaxDecisions},
		fieldLimit:  {"minimum": 1, "maximum": account.MaxDecisions},
		fieldReason: {"maxLength": ban.MaxReason}, fieldPublicReason: {"maxLength": ban.MaxReason}, fieldLabel: {"maxLength": ban.MaxReason},
	},
	More: []adminapi.Row{
		{Is: account.ErrLastAdmin, Reply: adminapi.Conflict("The last active admin cannot be rejected", "cannot_disable_last_admin")},
		{Is: account.ErrOwnAccount, Reply: adminapi.Conflict("This is your own account", reasonOwn)},
	},
}

package ban

import "example.com/ostraka/store"

// The records and errors of package store that users of this package meet.
type (
	// Ban is a rule made by a moderator; see [store.Ban].
	Ban = store.Ban
	// Effect is what a rule does; the zero value is [Deny].
	Effect = store.Effect
	// Action is what somebody is about to do; the zero value is [SignUp].
	Action = store.Action
	// Scope is the set of actions a rule is about; the zero value means all.
	Scope = store.Scope
	// Origin says where a rule comes from: [OriginBan], [OriginBlock], or a list.
	Origin = store.Origin
	// Page selects a stretch of a list.
	Page = store.Page
	// Change is one entry of the audit log.
	Change = store.Change
	// ExistsError reports that an active ban of the same value is there already.
	ExistsError = store.ExistsError
)

// The effects.
const (
	Deny   = store.Deny
	Review = store.Review
	Allow  = store.Allow
)

// The actions.
const (
	SignUp  = store.SignUp
	SignIn  = store.SignIn
	Alias   = store.Alias
	Mail    = store.Mail
	Content = store.Content
)

// The origins; that of a list's entry has its name, see [Origin.ListName].
const (
	OriginBan   = store.OriginBan
	OriginBlock = store.OriginBlock
)

// ScopeOf returns the scope of just these actions, or of all if there are none.
func ScopeOf(actions ...Action) Scope { return store.ScopeOf(actions...) }

// The sentinels that errors match by [errors.Is]; see package store for what
// each means.
var (
	ErrNotFound    = store.ErrNotFound
	ErrExists      = store.ErrExists
	ErrConflict    = store.ErrConflict
	ErrBusy        = store.ErrBusy
	ErrPruned      = store.ErrPruned
	ErrUnavailable = store.ErrUnavailable
	ErrClosed      = store.ErrClosed
)

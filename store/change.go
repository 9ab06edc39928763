package store

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"
)

// ChangeAction names what a change did, as "record.verb".
type ChangeAction string

// The actions on bans.
const (
	BanCreate     ChangeAction = "ban.create"
	BanCreateMany ChangeAction = "ban.create_many" // bulk
	BanUpdate     ChangeAction = "ban.update"
	BanRevoke     ChangeAction = "ban.revoke"
	BanReinstate  ChangeAction = "ban.reinstate"
	BanDelete     ChangeAction = "ban.delete"
)

// Change is one entry of the log: who did what, when, to which record. The log
// is the audit trail, and the feed that keeps caches right.
//
// Whoever calls a mutating method gives At, Actor and Action; the store gives
// the rest.
type Change struct {
	// Seq numbers the changes of one store from 1 in the order in which they
	// became visible, never reusing a number: whoever has read the log up to a
	// Seq has missed no change below it.
	Seq    int64        `json:"seq"`
	At     time.Time    `json:"at"`
	Actor  string       `json:"actor"`
	Action ChangeAction `json:"action"`

	// Target is the record, or the zero UUID for a bulk change.
	Target uuid.UUID `json:"target,omitzero"`
	// Keys are the keys whose rules may have changed: for an update of a value,
	// those of both values. Empty if Bulk.
	Keys []Key `json:"keys,omitempty"`
	// Bulk: the rules of any key may have changed.
	Bulk bool `json:"bulk,omitzero"`

	// Before and After are the record as JSON, absent where there was or is
	// none.
	Before json.RawMessage `json:"before,omitempty"`
	After  json.RawMessage `json:"after,omitempty"`
	// Counts says what a bulk change did, by verb ("created", "skipped").
	Counts map[string]int64 `json:"counts,omitempty"`
}

// ChangeQuery selects changes, oldest first. The zero value is the oldest
// [DefaultPageLimit] of all.
type ChangeQuery struct {
	After  int64     // changes with a Seq above this
	Limit  int       // bounded as for [Page]
	Target uuid.UUID // only changes of this record; zero: of all
}

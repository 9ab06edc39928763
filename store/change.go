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
	BanCreateMany ChangeAction = "ban.create_many" // of many
	BanUpdate     ChangeAction = "ban.update"
	BanRevoke     ChangeAction = "ban.revoke"
	BanReinstate  ChangeAction = "ban.reinstate"
	BanDelete     ChangeAction = "ban.delete"
	BanPurge      ChangeAction = "ban.purge" // of many
	BanHash       ChangeAction = "ban.hash"  // its value was replaced by a keyed hash; see [Redactions]
)

// The actions on e-mail domain blocks and on lists.
const (
	BlockCreate ChangeAction = "block.create"
	BlockUpdate ChangeAction = "block.update"
	BlockDelete ChangeAction = "block.delete"
	ListSync    ChangeAction = "list.sync"
	ListUndo    ChangeAction = "list.undo"
	ListDrop    ChangeAction = "list.drop"
)

// The actions on accounts, what lets them in, and aliases.
const (
	AccountCreate     ChangeAction = "account.create"
	AccountUpdate     ChangeAction = "account.update"
	AccountSuspend    ChangeAction = "account.suspend"
	AccountReinstate  ChangeAction = "account.reinstate"
	AccountDelete     ChangeAction = "account.delete"
	AccountHold       ChangeAction = "account.hold"    // it waits for a person from now on
	AccountApprove    ChangeAction = "account.approve" // it waited, and was let in
	AccountReject     ChangeAction = "account.reject"  // it waited, and was refused
	AccountExpire     ChangeAction = "account.expire"  // it waited for so long that nobody will decide
	TokenCreate       ChangeAction = "token.create"
	CredentialsRevoke ChangeAction = "credentials.revoke" // of many
	AliasCreate       ChangeAction = "alias.create"
	AliasUpdate       ChangeAction = "alias.update"
	AliasDelete       ChangeAction = "alias.delete"
)

// The actions on the keys of all records; see [Keys].
const (
	KeysRewrite ChangeAction = "keys.rewrite" // keys were made anew
	KeysTables  ChangeAction = "keys.tables"  // the name of the tables that keys are made by was set
	KeysMixed   ChangeAction = "keys.mixed"   // keys made by other tables came in
)

// The actions on the store as a whole.
const (
	// StoreRestore: everything was replaced by what a backup had. The log from
	// before is gone but for what the backup had of it.
	StoreRestore ChangeAction = "store.restore"
	// StoreCopy: everything came from another store, with its log up to here. Counts
	// says how many rows of what, and After from what.
	StoreCopy ChangeAction = "store.copy"
)

// Change is one entry of the log: who did what, when, to which record. The log
// is the audit trail, and the feed that keeps caches right.
//
// Whoever calls a mutating method gives At, Actor, Action and Reason; the store
// gives the rest.
type Change struct {
	// Seq numbers the changes of one store from 1 in the order in which they
	// became visible, never reusing a number: whoever has read the log up to a
	// Seq has missed no change below it.
	//
	// That holds as long as nobody puts a backup of the store in its place. Its
	// log ends earlier, and may have gone on in another way since: at a Seq that
	// was read before there is then none, or another change. A reader that
	// finds that must read afresh what it keeps.
	Seq    int64        `json:"seq"`
	At     time.Time    `json:"at"`
	Actor  string       `json:"actor"`
	Action ChangeAction `json:"action"`
	// Reason is why, for moderators, where the records do not say it. Given by who
	// calls the mutating method, for changes of accounts.
	Reason string `json:"reason,omitzero"`

	// Target is the record, or the zero UUID for a change of many.
	Target uuid.UUID `json:"target,omitzero"`
	// Keys are the keys whose rules may have changed: for an update of a value,
	// those of both values. Empty if Bulk.
	Keys []Key `json:"keys,omitempty"`
	// Bulk: the rules of more keys may have changed than can be named here.
	// [Changes.ChangedKeys] may know them; if not, it may have been any.
	Bulk bool `json:"bulk,omitzero"`

	// Before and After are the record as JSON, absent where there was or is
	// none.
	Before json.RawMessage `json:"before,omitempty"`
	After  json.RawMessage `json:"after,omitempty"`
	// Counts says what a change of many did, by verb ("created", "skipped",
	// "purged"; for lists "added", "removed" and "changed", by value), and what else a change of one
	// did ("aliases_disabled", "credentials_revoked").
	Counts map[string]int64 `json:"counts,omitempty"`

	// KeyTables is the name of the tables that the keys in a mutation were made
	// by. It is given by who calls the mutating method, and not kept in the log;
	// empty: the mutation makes no keys, or it is not known.
	//
	// If it is not that of [Keys.KeyTables], see [MadeBy], this becomes empty in the same step,
	// and where it was not empty before, the store logs one more change after those
	// of the mutation, with the same At and Actor, the action [KeysMixed] and Bulk.
	// The very first change to a new store names the tables for it instead.
	KeyTables string `json:"-"`
}

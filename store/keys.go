package store

import "context"

// Keys keeps the keys in a store in step with the tables that they are made by.
//
// Keys are made outside the store, from texts that the store keeps beside them:
// the mailbox of an address by a table of mail providers, the skeleton of a name
// by Unicode's tables. Where such a table changes, keys of before find nothing
// any more, and have to be made again from their texts. The keys of domains and
// of IP prefixes are made by no table.
type Keys interface {
	// KeyTables returns the name of the tables that all keys in the store were
	// made by: what SetKeyTables set last, or what the very first change to a new
	// store came with ([Change.KeyTables]). It is empty if it is not known of all
	// keys: in a store from before there were names, after a change that came with
	// another name, or if the first change came with none.
	KeyTables(ctx context.Context) (string, error)

	// SetKeyTables sets the name of the tables, if it is from; else the error is
	// [ErrConflict]. It logs one change, without keys. Setting the name that it
	// has already, whatever from is, changes nothing and logs nothing. A name that
	// begins with [RekeyMark] says that keys are being made anew by the tables named
	// behind it.
	SetKeyTables(ctx context.Context, from, to string, change Change) error

	// Rekey makes the keys of some records anew, as one atomic step, and says
	// where to go on. Called with the Next of the call before, from the zero
	// RekeyPage on, until Next is empty, it comes past every record that was there
	// when the first call began, and stayed: bans of e-mail addresses and names in
	// any state, entries of all kept versions of lists, accounts and aliases.
	//
	// A record whose keys change has its Version one higher, and stays as it is
	// otherwise, its UpdatedAt too; for an entry it is the Version of its list.
	// What it caught stays with it. If a handle gets a key that another account
	// has, it gets [KeyMaker.HandleSpare] instead of all its keys.
	//
	// If any key changed, it logs one change with the old and the new keys of the
	// rules that changed and the count "rekeyed"; else it logs nothing. Maker is
	// called while the store is locked: it must be quick, and must not call the
	// store.
	Rekey(ctx context.Context, page RekeyPage, maker KeyMaker, change Change) (RekeyResult, error)
}

// RekeyMark begins the name of tables by which keys are being made anew, so that
// not all keys are made by them yet.
const RekeyMark = "~"

// MadeBy reports whether keys made by tables may join others in a store whose
// [Keys.KeyTables] are have: they are the same, or those by which the others are
// being made anew.
func MadeBy(tables, have string) bool { return have == tables || have == RekeyMark+tables }

// MaxRekey is the most records that a call of [Keys.Rekey] comes past. Their old
// and new keys are not more than a change can name.
const MaxRekey = MaxChangeKeys / 2

// RekeyPage says which records to make the keys of.
type RekeyPage struct {
	After string // the Next of the call before; empty: the first ones
	Limit int    // at most so many records; out of 1 to [MaxRekey]: MaxRekey
}

// Size returns the most records of the page.
func (p RekeyPage) Size() int {
	if p.Limit < 1 || p.Limit > MaxRekey {
		return MaxRekey
	}
	return p.Limit
}

// RekeyResult says what a call of [Keys.Rekey] did.
type RekeyResult struct {
	Next  string // where to go on, in a form that only the store knows; empty: there is nothing left
	Seen  int64  // records that it came past
	Moved int64  // records among them whose keys changed
	Spare int64  // accounts among them, changed or not, that have a spare key
	// Hashed are bans among them whose value is a hash, see [Ban.Hashed]: no table can
	// tell what key they would have by now.
	Hashed int64
}

// KeyMaker makes keys from texts. For a text that it cannot read ok is false, and
// the record keeps the keys that it has.
type KeyMaker interface {
	// RuleKey returns the text of the key of a rule, by its kind and value.
	RuleKey(kind Kind, value string) (text string, ok bool)
	// Mailbox returns the canonical mailbox of an address.
	Mailbox(address string) (mailbox string, ok bool)
	// HandleKeys returns the keys of a handle as it is shown, at least one, each
	// once; see [Account.HandleKeys].
	HandleKeys(handle string) (keys []string, ok bool)
	// HandleSpare returns a key that finds an account by the canonical form of
	// its handle, and that is no key of HandleKeys.
	HandleSpare(handleFold string) string
	// LocalKey returns the key of the local part of an alias.
	LocalKey(local string) (text string, ok bool)
}

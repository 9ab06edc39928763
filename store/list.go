package store

import (
	"context"
	"iter"
	"time"

	"github.com/google/uuid"
)

// List is a named list of rules that are kept, replaced and dropped together.
// Its JSON form is what a [Change] keeps of it.
type List struct {
	// ID identifies the list everywhere: a version 7 UUID, given by the creator.
	ID uuid.UUID `json:"id"`
	// Seq numbers the lists of one store in the order of their creation, from 1,
	// never reusing a number. Given by the store.
	Seq int64 `json:"seq"`
	// Name is unique in the store.
	Name string `json:"name"`

	Source       string `json:"source,omitzero"`        // where its lines come from: a file name or URL
	Reason       string `json:"reason,omitzero"`        // for moderators; of every entry
	PublicReason string `json:"public_reason,omitzero"` // for the person refused; of every entry

	// Version numbers the contents that the list had, one after the other, from
	// 1. Given by the store: it goes up by one with every [Lists.ApplyList] and
	// every [Lists.UndoList], never down, so that what was made for one content
	// is never taken for another.
	Version int64 `json:"version"`
	Entries int64 `json:"entries"` // how many there are in force; given by the store
	// Undoable: the content before the one in force is still there. Given by the
	// store.
	Undoable bool `json:"undoable"`

	CreatedAt time.Time `json:"created_at"`
	SyncedAt  time.Time `json:"synced_at"`          // when the content in force was applied; zero: it is empty, as before any was
	SyncedBy  string    `json:"synced_by,omitzero"` // by which actor

	// Digest tells the content in force from others, for who applies lists: the
	// [ListDelta.Digest] that it came with. Empty: it came with none. The store gives
	// it no meaning, and a change's record of the list leaves it out.
	Digest string `json:"-"`

	// Subscription is where the list comes from by itself; nil: from nowhere. Stores
	// leave it nil: package blocklist fills it in.
	Subscription *Subscription `json:"-"`
}

// OriginList returns the origin of the entries of the list of that name.
func OriginList(name string) Origin { return originListPrefix + Origin(name) }

const originListPrefix = "list:"

// ListName returns the name of the list that the origin is that of, and whether
// it is one.
func (o Origin) ListName() (name string, ok bool) {
	if len(o) <= len(originListPrefix) || o[:len(originListPrefix)] != originListPrefix {
		return "", false
	}
	return string(o[len(originListPrefix):]), true
}

// Entry is one rule of a list.
type Entry struct {
	// ID identifies the entry, in hits and matches. Given by the creator, the
	// same one for the same value in every version of a list, and unique across
	// the records of a store: of other lists, bans and blocks. A store refuses
	// one that comes twice in a list; the rest is up to the creator.
	ID     uuid.UUID
	Key    Key    // what its rule is found by
	Value  string // canonical; with Key.Kind unique in a version of a list
	Effect Effect
	Scope  Scope
	Shadow bool
	Line   int // of the list's source, as it was when the entry came in; 0: unknown
}

// Rule returns what the matcher sees of the entry, as one of the list.
func (e *Entry) Rule(l *List) Rule {
	return Rule{
		Key: e.Key, Value: e.Value,
		Effect: e.Effect, Scope: e.Scope, Shadow: e.Shadow,
		Origin: OriginList(l.Name), ID: e.ID,
		Reason: l.Reason, PublicReason: l.PublicReason,
		Source: l.Source, Line: e.Line,
	}
}

// ListDelta turns one version of a list into the next.
type ListDelta struct {
	// List is the list: ID, Name, CreatedAt for a new one, and Source, Reason
	// and PublicReason as they are to be. Version is the one that the delta was
	// made for, 0 for a list that does not exist yet.
	List List
	// Add are entries that the version does not have, Remove are ones that it
	// has. An entry that changes is in both, under the same ID.
	Add, Remove []Entry
	// Digest is the [List.Digest] of the content that the delta makes, which should
	// be no longer than some hundred bytes. That of List is not looked at: it is the
	// one of another content.
	Digest string
	// Progress, if not nil, is called now and then with how many of Add and
	// Remove have been written, from the goroutine of the caller.
	Progress func(written int)
}

// MaxChangeKeys is the most keys that a change names one by one; one that
// touches more is Bulk.
const MaxChangeKeys = 1000

// MaxKnownKeys is how many keys of changes that are Bulk a store keeps beside the
// log at least, those of the newest changes; see [Changes.ChangedKeys].
const MaxKnownKeys = 100_000

// Lists keeps named lists of rules.
type Lists interface {
	// List returns the list of that name, or [ErrNotFound].
	List(ctx context.Context, name string) (List, error)

	// Lists returns all lists, by name, ascending.
	Lists(ctx context.Context) ([]List, error)

	// ListEntries yields the entries in force of the list of that name, in no
	// particular order, which may be another the next time: each once, and all of one version. If there is no such
	// list, or a new version comes into force meanwhile, it yields an error that
	// matches [ErrNotFound] or [ErrConflict], with a zero Entry. After an error
	// nothing more is yielded. The loop may stop early, and may call other
	// methods of the store meanwhile.
	ListEntries(ctx context.Context, name string) iter.Seq2[Entry, error]

	// ApplyList makes a new version of a list, or a new list, and puts it into
	// force as a whole: no read, however it ends and even if the process dies,
	// sees a part of it. The version before is kept for UndoList; older ones are
	// forgotten. It returns the list as it then is.
	//
	// It logs one change of the list (Target, Before, After) with counts of values:
	// "added" and "removed" of those that the version before did not have and that
	// the new one does not, "changed" of those in both whose Effect, Scope or Shadow
	// differ; another Line or Key is no change. It has the keys of
	// all entries added and removed, or is Bulk if they are more than
	// [MaxChangeKeys]; [Changes.ChangedKeys] tells them then. It is Bulk as well if Source, Reason or PublicReason
	// change and the list has entries before and after, since those that stay have other rules
	// then: their keys have changed too. Other writes to the store go on while a long list is written, and
	// reads never wait for it.
	//
	// It is [ErrConflict] if the list's Version is not delta.List.Version, if
	// another ApplyList of the same list has begun meanwhile, or if the delta
	// does not fit the entries there are; [ErrExists] if the list is new and its
	// name or ID is taken. The list is then as it was. One that is refused for
	// Version, name or ID has not begun, and stands in nobody's way.
	ApplyList(ctx context.Context, delta ListDelta, change Change) (List, error)

	// UndoList puts the content before the one in force back into force, with
	// its Source, Reason, PublicReason, Digest, SyncedAt and SyncedBy and its entries as
	// they were, Line too, but as a new Version, and forgets the latter; of a list
	// that was applied once it leaves an empty one without texts. It is [ErrNotFound]
	// if there is no such list, and [ErrConflict] if the content before is gone, as
	// only one is kept, or if version is not 0 and not the list's Version. It logs a
	// change as ApplyList does.
	UndoList(ctx context.Context, name string, version int64, change Change) (List, error)

	// DropList removes a list with all its entries and their hits, and returns
	// it as it was, or [ErrNotFound]. It logs a change as ApplyList does.
	DropList(ctx context.Context, name string, change Change) (List, error)
}

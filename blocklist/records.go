package blocklist

import (
	"fmt"

	"example.com/ostraka/store"
)

// The records and errors of package store that users of this package meet.
type (
	// Block is an e-mail domain block; see [store.Block].
	Block = store.Block
	// List is a named list; see [store.List].
	List = store.List
	// Subscription says where a list comes from by itself; see [store.Subscription].
	Subscription = store.Subscription
	// Entry is one rule of a list.
	Entry = store.Entry
	// DayHits is what a block caught on one day.
	DayHits = store.DayHits
	// Filter selects blocks; see [store.BlockFilter].
	Filter = store.BlockFilter
	// Order is the order of a list of blocks: [BySeq] or [ByHits].
	Order = store.BlockOrder
	// Page selects a stretch of the blocks or of the audit log.
	Page = store.Page
	// Change is one entry of the audit log.
	Change = store.Change
	// ExistsError reports that a domain has a block already.
	ExistsError = store.BlockExistsError
)

// The orders of a list of blocks; see [store.BlockOrder].
const (
	BySeq  = store.BlocksBySeq  // newest first, unless the page says otherwise
	ByHits = store.BlocksByHits // what caught most first
)

// The sentinels that errors match by [errors.Is]; see package store for what
// each means.
var (
	ErrNotFound    = store.ErrNotFound
	ErrExists      = store.ErrExists
	ErrConflict    = store.ErrConflict
	ErrBusy        = store.ErrBusy
	ErrUnavailable = store.ErrUnavailable
	ErrClosed      = store.ErrClosed
)

// ChangedError reports that a list has another content than the one that the caller
// meant, so that it was left as it is. It matches [ErrConflict].
type ChangedError struct {
	List    string // its name
	Base    int64  // the Version that was meant; 0: none, for there was no list
	Version int64  // the one that the list has; 0: there is no list
}

func (e *ChangedError) Error() string {
	switch {
	case e.Version == 0:
		return fmt.Sprintf("list %q was dropped meanwhile", e.List)
	case e.Base == 0:
		return fmt.Sprintf("list %q was made meanwhile", e.List)
	case e.Base == e.Version:
		return fmt.Sprintf("list %q was dropped and made anew meanwhile", e.List)
	}
	return fmt.Sprintf("list %q was changed meanwhile: it is at version %d, not %d", e.List, e.Version, e.Base)
}

// Unwrap returns [ErrConflict].
func (e *ChangedError) Unwrap() error { return ErrConflict }

// ErrNothingToUndo: the version of a list before the one in force is gone, since
// the last Sync was undone already. It matches [ErrConflict] too.
var ErrNothingToUndo error = nothingToUndo{}

type nothingToUndo struct{}

func (nothingToUndo) Error() string { return "nothing to undo: no version before this one is kept" }
func (nothingToUndo) Unwrap() error { return ErrConflict }

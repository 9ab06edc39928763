package store

import (
	"errors"
	"fmt"
)

// The sentinels that errors of a backend match by [errors.Is].
var (
	// ErrNotFound: no record has the id, sequence number or value asked for.
	ErrNotFound = errors.New("not found")
	// ErrExists: the write would make a second record where only one may be.
	// For bans the error is an [*ExistsError].
	ErrExists = errors.New("already exists")
	// ErrConflict: the record has changed since the caller read it. Read it
	// again and decide anew.
	ErrConflict = errors.New("changed meanwhile")
	// ErrLastAdmin: the write would leave no active admin.
	ErrLastAdmin = errors.New("last active admin")
	// ErrBusy: the store could not take the operation now, for example because
	// another process holds its write lock. Nothing was written; trying again
	// later may succeed.
	ErrBusy = errors.New("store busy")
	// ErrUnavailable: the store cannot work for now, for a reason that trying
	// again does not cure at once, but an operator may: its disk is full, or its
	// file gone. What the operation was to write was not written.
	ErrUnavailable = errors.New("store unavailable")
	// ErrPruned: the change log no longer reaches back as far as was asked. A
	// reader that keeps state from the log must read that state afresh.
	ErrPruned = errors.New("change log pruned")
	// ErrClosed: the store was closed.
	ErrClosed = errors.New("store closed")
)

// ExistsError reports that an active ban of the same kind and value is there
// already. It matches [ErrExists].
type ExistsError struct {
	// Existing is the ban that is in the way.
	Existing Ban
}

func (e *ExistsError) Error() string {
	return fmt.Sprintf("an active %s ban of %q %s", e.Existing.Kind, e.Existing.Value, ErrExists)
}

// Is reports whether target is [ErrExists].
func (e *ExistsError) Is(target error) bool { return target == ErrExists }

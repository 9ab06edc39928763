package memstore

import (
	"context"
	"fmt"
	"slices"

	"example.com/ostraka/store"
)

// transaction is one write while it holds the lock: what it is to log, and how
// to take back what it did.
type transaction struct {
	changes []store.Change
	undo    []func()
}

// log adds to the changes that the write makes, in their order.
func (tx *transaction) log(changes ...store.Change) { tx.changes = append(tx.changes, changes...) }

// onAbort says how to take back a step that was just done.
func (tx *transaction) onAbort(undo func()) { tx.undo = append(tx.undo, undo) }

func (tx *transaction) abort() {
	for _, undo := range slices.Backward(tx.undo) {
		undo()
	}
}

// transact calls f with the lock held for writing, unless the context has ended
// or the store is closed. It logs the changes of the transaction and then,
// without the lock, tells the subscribers of each. If f fails, even by a panic,
// it takes back what the transaction did, the last step first.
func (s *Store) transact(ctx context.Context, f func(tx *transaction) error) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("memstore: %w", err)
	}
	var tx transaction
	err := s.locked(&tx, f)
	if err == nil {
		for _, c := range tx.changes {
			s.subs.Tell(c)
		}
	}
	return err
}

func (s *Store) locked(tx *transaction, f func(tx *transaction) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	done := false
	defer func() {
		if !done {
			tx.abort()
		}
	}()
	err := s.run(func() error { return f(tx) })
	if err != nil {
		return err
	}
	done = true
	tx.changes = s.noteTables(tx.changes)
	for i := range tx.changes {
		s.appendLog(&tx.changes[i])
	}
	return nil
}

// write does the same for a write of one step: f returns the change to log, or
// nil for none. An error from f must mean that it changed nothing.
func (s *Store) write(ctx context.Context, f func() (*store.Change, error)) error {
	return s.transact(ctx, func(tx *transaction) error {
		change, err := f()
		if err == nil && change != nil {
			tx.log(*change)
		}
		return err
	})
}

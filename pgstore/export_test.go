package pgstore

import "example.com/ostraka/store"

// BeforeCommit has fn called before each commit of a write.
func (s *Store) BeforeCommit(fn func()) { s.beforeCommit = fn }

// SetStepRows has lists written in transactions of that many rows.
func (s *Store) SetStepRows(n int) { s.stepRows = n }

// LockOfValue returns the number of the advisory lock that CreateBan takes for a value.
func (s *Store) LockOfValue(b *store.Ban) int64 { return s.lockOfValue(b) }

// SchemaVersion is that of this version of the package.
func SchemaVersion() int { return len(migrations) }

// WriteLock returns the number of the advisory lock that orders the log.
func (s *Store) WriteLock() int64 { return s.lockKey }

package pgstore

// BeforeCommit has fn called before each commit of a write.
func (s *Store) BeforeCommit(fn func()) { s.beforeCommit = fn }

// SetStepRows has lists written in transactions of that many rows.
func (s *Store) SetStepRows(n int) { s.stepRows = n }

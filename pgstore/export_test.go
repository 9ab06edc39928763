package pgstore

// BeforeCommit has fn called before each commit of a write.
func (s *Store) BeforeCommit(fn func()) { s.beforeCommit = fn }

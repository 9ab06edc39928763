//go:build race

package sqlitestore

// The race detector makes SQLite, which is Go here, some 25 times slower.
func init() { stepRows = 500 }

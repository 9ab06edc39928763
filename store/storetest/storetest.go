// Package storetest checks that a backend fulfils the contract of package
// store. A backend's test runs the suite with a function that opens an empty
// store:
//
//	func TestBackend(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) store.Store {
//			st, err := Open(filepath.Join(t.TempDir(), "bans.db"))
//			if err != nil {
//				t.Fatal(err)
//			}
//			return st
//		})
//	}
//
// Each rule of the contract is a subtest that is named after it, and a failure
// states the rule before what was got and wanted.
package storetest

import (
	"testing"

	"example.com/ostraka/store"
)

// Run runs a subtest for every rule of the contract, each with a store of its
// own: open is called once for each and returns an open, empty store, which Run
// closes. The subtests run one after the other.
func Run(t *testing.T, open func(t *testing.T) store.Store) {
	for _, c := range clauses() {
		t.Run(c.name, func(t *testing.T) {
			s := open(t)
			t.Cleanup(func() {
				if err := s.Close(); err != nil {
					t.Errorf("Close: %v", err)
				}
			})
			c.check(cited{t, c.says}, s)
		})
	}
}

// RunPersistent runs the rules for backends whose data outlives the Store value
// or is shared by several: open returns a store on the data in dir, empty if
// there is none, and is called several times for the same dir, also while a
// store on it is open. RunPersistent closes the stores.
//
// Such a backend passes [Run] as well.
func RunPersistent(t *testing.T, open func(t *testing.T, dir string) store.Store) {
	for _, c := range persistentClauses() {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			c.check(cited{t, c.says}, func() store.Store {
				s := open(t, dir)
				t.Cleanup(func() {
					if err := s.Close(); err != nil {
						t.Errorf("Close: %v", err)
					}
				})
				return s
			})
		})
	}
}

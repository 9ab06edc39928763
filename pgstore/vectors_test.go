package pgstore_test

import (
	"testing"

	"example.com/ostraka/internal/vectors"
	"example.com/ostraka/pgstore"
	"example.com/ostraka/pgstore/pgtest"
	"example.com/ostraka/store"
)

// The decisions of the rules' page are the same on PostgreSQL.
func TestTheVectorsOfDecisions(t *testing.T) {
	pgtest.Shared(t)
	files, err := vectors.Read("../ban/testdata/vectors")
	if err != nil {
		t.Fatal(err)
	}
	vectors.RunDecisions(t, files, func(t *testing.T) store.Store {
		s := openAt(t, pgtest.Schema(), pgstore.Options{})
		t.Cleanup(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
		return s
	})
}

package account_test

import (
	"testing"

	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

func openSQLite(t testing.TB) store.Store { return memstore.New() }

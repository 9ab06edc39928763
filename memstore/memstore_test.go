package memstore_test

import (
	"testing"

	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
	"example.com/ostraka/store/storetest"
)

func TestContract(t *testing.T) {
	storetest.Run(t, func(*testing.T) store.Store { return memstore.New() })
}

package pgstore_test

import (
	"context"
	"errors"
	"fmt"

	"example.com/ostraka/pgstore"
	"example.com/ostraka/store"
)

// A server that is away is an outage, as with every other backend. No error shows
// the connection string.
func ExampleOpen() {
	_, err := pgstore.Open(context.Background(), "postgres://ostraka@127.0.0.1:1/app", pgstore.Options{})
	fmt.Println(errors.Is(err, store.ErrUnavailable))
	// Output: true
}

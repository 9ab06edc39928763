//go:build unix

package pgtest_test

import (
	"context"
	"errors"
	"fmt"

	"example.com/ostraka/pgstore"
	"example.com/ostraka/pgstore/pgtest"
)

// A program that tries something on a server of its own.
func ExampleStart() {
	server, err := pgtest.Start()
	if errors.Is(err, pgtest.ErrNoServer) {
		fmt.Println("install PostgreSQL")
		return
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Remove()
	st, err := pgstore.Open(context.Background(), server.DSN(), pgstore.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer st.Close()
}

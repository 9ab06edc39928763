//go:build !unix

// Command postgres runs a PostgreSQL server to try things on. It runs on Unix only.
package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "postgres: it runs on Unix only; start a server by other means")
	os.Exit(2)
}

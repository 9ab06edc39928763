//go:build !unix

// Command cluster shows several admin servers on one PostgreSQL database. It runs on
// Unix only.
package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "cluster: it runs on Unix only; use a virtual machine")
	os.Exit(2)
}

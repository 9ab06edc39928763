package main

import (
	"io"
	"testing"

	"example.com/ostraka/examples/internal/keyfile/keyfiletest"
)

func TestWithoutTheKeyOfAHashedBanItDoesNotStart(t *testing.T) {
	keyfiletest.RefusesToStart(t, func(args []string, log io.Writer) int { return run(t.Context(), args, io.Discard, log) })
}

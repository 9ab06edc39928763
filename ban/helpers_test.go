package ban_test

import (
	"context"
	"errors"

	"example.com/ostraka/ban"
)

// as returns a context to change things in.
func as(actor string) context.Context {
	return ban.WithActor(context.Background(), actor)
}

func isExists(err error) bool { return errors.Is(err, ban.ErrExists) }

package ban

import (
	"cmp"
	"context"
	"strings"
	"time"

	"example.com/ostraka/store"
)

type actorKey struct{}

// WithActor returns a context in whose name mutations are made: a moderator's
// handle, or the name of a program. The actor goes into the audit log.
func WithActor(ctx context.Context, actor string) context.Context {
	return context.WithValue(ctx, actorKey{}, actor)
}

// ActorFrom returns the actor of the context, "" if it has none.
func ActorFrom(ctx context.Context) string {
	actor, _ := ctx.Value(actorKey{}).(string)
	return actor
}

// NewChange returns the change that a mutation at that time logs, in the name
// of the actor of the context, or of fallback if it has none. Without either,
// or with one that does not fit, the error is a [*ValueError] about "actor".
//
// It is for packages that change records of their own, as package blocklist
// does.
func NewChange(ctx context.Context, action store.ChangeAction, at time.Time, fallback string) (Change, error) {
	actor := cmp.Or(ActorFrom(ctx), fallback)
	if err := checkActor(actor); err != nil {
		return Change{}, err
	}
	return Change{At: storedTime(at), Actor: actor, Action: action}, nil
}

// checkActor checks who is to stand in the log.
func checkActor(s string) error {
	if strings.TrimSpace(s) == "" {
		return NewValueError("actor", s, CodeEmpty, `say who does this: ban.WithActor(ctx, "alice")`)
	}
	if err := CheckText("actor", s); err != nil {
		return err
	}
	if strings.ContainsAny(s, "\n\t") {
		return NewValueError("actor", s, CodeControl, "an actor is one line without tabs")
	}
	return nil
}

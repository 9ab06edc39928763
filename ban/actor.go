package ban

import "context"

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

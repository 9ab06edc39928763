package mxlookup

import (
	"context"
	"net/netip"
)

// Asking is what a caller of a check tells the look-up beside the Subject.
type Asking struct {
	// MailDomain is the name to ask for, instead of the domain of the address: an
	// address whose domain is no host name stands there for one of which the DNS
	// knows more. Empty: none is asked for. It counts only with Instead.
	MailDomain string
	Instead    bool

	// Client is the address of the client, where the Subject has none.
	Client netip.Addr
}

// askingKey is the key of an Asking.
type askingKey struct{}

// WithAsking returns a context for a check that has a.
func WithAsking(ctx context.Context, a Asking) context.Context {
	return context.WithValue(ctx, askingKey{}, a)
}

// AskingOf returns the Asking of a context, or the zero one.
func AskingOf(ctx context.Context) Asking {
	a, _ := ctx.Value(askingKey{}).(Asking)
	return a
}

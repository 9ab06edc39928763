package web

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Need says what a request is about to do, so that it can be decided who may.
type Need struct {
	// Resource is what the request is about, as in its path: "bans",
	// "email_domain_blocks".
	Resource string
	// Mutation: the request changes something. Else it only reads.
	Mutation bool
}

// Scopes returns the scopes of a token that allow what is needed, any of which
// is enough. They are named as Mastodon names those of its admin API: "admin:read"
// and "admin:read:bans", with "write" for a mutation.
func (n Need) Scopes() []string {
	verb := "admin:read"
	if n.Mutation {
		verb = "admin:write"
	}
	return []string{verb, verb + ":" + n.Resource}
}

// Authorize decides whether a request may do what it needs, and says in whose
// name it is done: the actor goes into the audit log. An error refuses it; the
// errors of this package say why, any other is trouble and answered as such. An
// actor that is empty is refused as well.
//
// It is called once for each request that has a route, before anything of the
// body is read, and from many goroutines at once. It must leave the body alone.
type Authorize func(r *http.Request, need Need) (actor string, err error)

// Why a request is refused. An Authorize returns one of them, wrapped or not.
var (
	// ErrUnauthenticated: no credentials, or none that are valid.
	ErrUnauthenticated = errors.New("not authenticated")
	// ErrForbidden: whoever it is may not do this.
	ErrForbidden = errors.New("forbidden")
	// ErrWrongScope: the scopes of the token do not allow this.
	ErrWrongScope = errors.New("outside the scopes of the token")
	// ErrCSRFRequired: a mutation without its CSRF token.
	ErrCSRFRequired = errors.New("CSRF token required")
	// ErrInvalidCSRFToken: a CSRF token that is not that of the session.
	ErrInvalidCSRFToken = errors.New("invalid CSRF token")
	// ErrRateLimited: too many tries. A [*RateLimitError] says when to come back.
	ErrRateLimited = errors.New("rate limited")
)

// RateLimitError says when to try again. It matches [ErrRateLimited].
type RateLimitError struct {
	RetryAfter time.Duration // told to the client in whole seconds, rounded up; zero or below: not told
	Limit      int           // how many may follow each other at once; told where a contract has a place for it
}

func (e *RateLimitError) Error() string {
	return fmt.Sprintf("%v for %v", ErrRateLimited, e.RetryAfter)
}

// Is reports whether target is [ErrRateLimited].
func (e *RateLimitError) Is(target error) bool { return target == ErrRateLimited }

package blocklisthttp

import "example.com/ostraka/internal/web"

type (
	// Authorize decides whether a request may do what it needs, and returns the
	// actor in whose name it does: a moderator's handle, for the audit log. An
	// error refuses the request, and so does an empty actor. One of [ErrForbidden]
	// and its like, wrapped or not, says why; any other is trouble, and answered
	// with 500, or 503 for [blocklist.ErrBusy] and [blocklist.ErrUnavailable].
	//
	// It is called from many goroutines at once, and must leave the body alone.
	//
	//	func(r *http.Request, need Need) (actor string, err error)
	Authorize = web.Authorize

	// Need says what a request is about to do: Resource is "email_domain_blocks",
	// Mutation is false for GET and HEAD, else true. Its method Scopes names the
	// scopes of a token any of which allows it: "admin:read" and
	// "admin:read:email_domain_blocks", or with "write".
	Need = web.Need

	// RateLimitError is [ErrRateLimited] with the time after which to try again,
	// RetryAfter, which becomes the header of that name.
	RateLimitError = web.RateLimitError
)

// Why an Authorize refuses a request.
var (
	// ErrUnauthenticated: no token, or none that is valid. Status 403, as the
	// documents say: "This action is not allowed".
	ErrUnauthenticated = web.ErrUnauthenticated
	// ErrForbidden: whoever it is may not manage blocks. Status 403, the same
	// text.
	ErrForbidden = web.ErrForbidden
	// ErrWrongScope: the scopes of the token do not allow this. Status 403: "This
	// action is outside the authorized scopes".
	ErrWrongScope = web.ErrWrongScope
	// ErrRateLimited: too many tries. Status 429.
	ErrRateLimited = web.ErrRateLimited
)

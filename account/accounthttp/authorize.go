package accounthttp

import "example.com/ostraka/internal/web"

type (
	// Authorize decides whether a request may do what it needs, and returns the
	// actor in whose name it does: a moderator's handle, for the audit log. An
	// error refuses the request, and so does an empty actor. One of [ErrForbidden]
	// and its like, wrapped or not, says why; any other is trouble, and answered
	// with 500, or 503 for [account.ErrBusy] and [account.ErrUnavailable]. The methods of an [Authorizer] are
	// ready-made.
	//
	// It is called from many goroutines at once, and must leave the body alone.
	//
	//	func(r *http.Request, need Need) (actor string, err error)
	Authorize = web.Authorize

	// Need says what a request is about to do: Resource is "users", "credentials",
	// "accounts", "aliases" or "pending", Mutation is false for GET and HEAD, else true. Its method Scopes
	// names the scopes of a token any of which allows it: "admin:read" and
	// "admin:read:users", or with "write".
	Need = web.Need

	// RateLimitError is [ErrRateLimited] with the time after which to try again,
	// RetryAfter, which becomes the header of that name.
	RateLimitError = web.RateLimitError
)

// Why an Authorize refuses a request.
var (
	// ErrUnauthenticated: no session or token, or none that is valid. Status 401.
	ErrUnauthenticated = web.ErrUnauthenticated
	// ErrForbidden: whoever it is may not do this. Status 403.
	ErrForbidden = web.ErrForbidden
	// ErrWrongScope: the scopes of the token do not allow this. Status 403.
	ErrWrongScope = web.ErrWrongScope
	// ErrCSRFRequired: a mutation without X-CSRF-Token. Status 403.
	ErrCSRFRequired = web.ErrCSRFRequired
	// ErrInvalidCSRFToken: a token that is not that of the session. Status 403.
	ErrInvalidCSRFToken = web.ErrInvalidCSRFToken
	// ErrRateLimited: too many tries. Status 429.
	ErrRateLimited = web.ErrRateLimited
)

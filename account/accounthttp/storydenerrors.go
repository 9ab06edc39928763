package accounthttp

import (
	"context"
	"errors"
	"net/http"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/internal/web"
)

// storydenError is the body of every error.
type storydenError struct {
	Error     string         `json:"error"`
	Message   string         `json:"message"`
	Suggested string         `json:"suggested"`
	Metadata  map[string]any `json:"metadata"`
}

func storydenFailure(status int, code, message, suggested string) web.Reply {
	return web.Reply{Status: status, Body: storydenError{code, message, suggested, map[string]any{}}}
}

var (
	storydenForbidden = storydenFailure(http.StatusForbidden, "forbidden", "You may not do this.", "Sign in as an administrator, and make the request from this site.")
	storydenBusy      = storydenFailure(http.StatusServiceUnavailable, "temporarily_unavailable", "This is not possible at the moment.", "Try again in a moment.").With("Retry-After", "1")
)

// storydenTable has the errors whose answer is always the same.
var storydenTable = []struct {
	is    error
	reply web.Reply
}{
	{web.ErrUnauthenticated, storydenFailure(http.StatusUnauthorized, "unauthenticated", "You are not signed in, or your session has ended.", "Sign in and try again.")},
	{web.ErrForbidden, storydenForbidden},
	{web.ErrWrongScope, storydenForbidden},
	{web.ErrCSRFRequired, storydenForbidden},
	{web.ErrInvalidCSRFToken, storydenForbidden},
	{web.ErrRateLimited, storydenFailure(http.StatusTooManyRequests, "rate_limited", "There were too many requests that had to be refused.", "Wait a little and try again.")},
	{web.ErrNoRoute, storydenFailure(http.StatusNotFound, "not_found", "There is nothing here.", "Check the address.")},
	{account.ErrNotFound, storydenFailure(http.StatusNotFound, "not_found", "There is no such account.", "Check the handle.")},
	{account.ErrOwnAccount, storydenFailure(http.StatusBadRequest, reasonOwn, "This is your own account.", "Add ?force=1 to suspend it anyway.")},
	{account.ErrLastAdmin, storydenFailure(http.StatusConflict, "cannot_disable_last_admin", "This is the last active administrator.", "Make somebody else an administrator first.")},
	{account.ErrConflict, storydenFailure(http.StatusConflict, "changed_meanwhile", "The account was changed meanwhile.", "Try again.")},
	{account.ErrBusy, storydenBusy},
	{account.ErrUnavailable, storydenBusy},
	{account.ErrClosed, storydenBusy},
	{context.DeadlineExceeded, storydenBusy},
	{context.Canceled, storydenBusy},
}

// storydenProblem is the body of every error for clients that ask for problem
// details (RFC 9457, before it RFC 7807). Without a page about each of them the type
// is about:blank, whose title is that of the status. The members of [storydenError]
// are extensions: both say the same.
type storydenProblem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	storydenError
}

// failStoryden returns the answer to an error, in the form that the client asks for.
func failStoryden(r *web.Request, err error) web.Reply {
	reply := storydenAnswer(err).With("Vary", "Accept")
	if said, ok := reply.Body.(storydenError); ok && web.AcceptsProblem(r.Request) {
		reply.Media = "application/problem+json"
		reply.Body = storydenProblem{"about:blank", http.StatusText(reply.Status), reply.Status, said.Message, said}
	}
	return reply
}

// storydenAnswer returns the answer to an error in the documented form. One that
// nobody foresaw is answered with status 500 and never with its text.
func storydenAnswer(err error) web.Reply {
	for _, row := range storydenTable {
		if errors.Is(err, row.is) {
			return row.reply
		}
	}
	// An actor that does not fit is the host's, not the client's.
	if wrong, ok := errors.AsType[*ban.ValueError](err); ok && wrong.Field != "actor" {
		return web.Reply{Status: http.StatusBadRequest, Body: storydenError{
			"invalid_params", "The request is not well-formed.", wrong.Hint, map[string]any{"field": wrong.Field, "reason": wrong.Code},
		}}
	}
	if _, ok := errors.AsType[*web.MethodError](err); ok {
		return storydenFailure(http.StatusMethodNotAllowed, "method_not_allowed", "This cannot be done here.", "Use POST to suspend and DELETE to reinstate.")
	}
	return storydenFailure(http.StatusInternalServerError, "internal_error", "Something went wrong.", "Try again later.")
}

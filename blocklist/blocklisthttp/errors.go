package blocklisthttp

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist"
	"example.com/ostraka/internal/web"
)

// errorBody is what every error has.
type errorBody struct {
	Error string `json:"error"`
}

func refused(status int, text string) web.Reply {
	return web.Reply{Status: status, Body: errorBody{text}}
}

const (
	textNotAllowed = "This action is not allowed"
	textScopes     = "This action is outside the authorized scopes"
	textNotFound   = "Record not found"
	textBlank      = "Validation failed: Domain can't be blank"
	textInvalid    = "Validation failed: Domain is invalid, Domain is not a valid domain name"
	textTaken      = "Validation failed: Domain has already been taken"
	textApproval   = "Validation failed: Allow with approval is invalid"
	textForce      = "Validation failed: Force is invalid"
	textComment    = "Validation failed: Comment is invalid"
	textDomain     = "Validation failed: Domain can't be changed"
	textNothing    = "Validation failed: Give allow_with_approval or comment"
	textQuery      = "Validation failed: Q is invalid"
	textOrder      = "Validation failed: Order is invalid"
	textTemporary  = "There was a temporary problem serving your request, please try again"
)

// table has the errors whose answer is always the same. The texts of statuses
// that the documents do not name are Mastodon's where it has one.
var table = []struct {
	is    error
	reply web.Reply
}{
	{web.ErrUnauthenticated, refused(http.StatusForbidden, textNotAllowed)},
	{web.ErrForbidden, refused(http.StatusForbidden, textNotAllowed)},
	{web.ErrCSRFRequired, refused(http.StatusForbidden, textNotAllowed)},
	{web.ErrInvalidCSRFToken, refused(http.StatusForbidden, textNotAllowed)},
	{web.ErrWrongScope, refused(http.StatusForbidden, textScopes)},
	{web.ErrRateLimited, refused(http.StatusTooManyRequests, "Too many requests")},
	{web.ErrNoRoute, refused(http.StatusNotFound, textNotFound)},
	{web.ErrTooLarge, refused(http.StatusRequestEntityTooLarge, "Payload too large")},
	{web.ErrMediaType, refused(http.StatusUnsupportedMediaType, "Unsupported media type")},
	{web.ErrSlow, refused(http.StatusRequestTimeout, "Request timeout")},
	{web.ErrCutShort, refused(http.StatusBadRequest, "The body was cut short")},
	{blocklist.ErrNotFound, refused(http.StatusNotFound, textNotFound)},
	{blocklist.ErrExists, refused(http.StatusUnprocessableEntity, textTaken)},
	{errOtherDomain, refused(http.StatusUnprocessableEntity, textDomain)},
	{blocklist.ErrBusy, unavailable},
	{blocklist.ErrUnavailable, unavailable},
	{blocklist.ErrClosed, unavailable},
	{context.DeadlineExceeded, unavailable},
	{context.Canceled, unavailable},
}

var unavailable = refused(http.StatusServiceUnavailable, textTemporary).With("Retry-After", "1")

// fail returns the answer to an error. One that nobody foresaw is answered with
// status 500 and never with its text.
func (h *handler) fail(_ *web.Request, err error) web.Reply {
	reply := failure(err)
	if limited, ok := errors.AsType[*web.RateLimitError](err); ok {
		reply = withRateLimit(reply, limited, h.now())
	}
	return reply
}

// withRateLimit adds the headers by which Mastodon's clients wait: all three, since
// Mastodon.py gives up where one is missing
// (https://docs.joinmastodon.org/api/rate-limits/).
func withRateLimit(reply web.Reply, limited *web.RateLimitError, now time.Time) web.Reply {
	reset := now.Add(max(limited.RetryAfter, 0)).UTC().Format("2006-01-02T15:04:05.000000Z")
	return reply.
		With("X-RateLimit-Limit", strconv.Itoa(max(limited.Limit, 1))).
		With("X-RateLimit-Remaining", "0").
		With("X-RateLimit-Reset", reset)
}

func failure(err error) web.Reply {
	for _, row := range table {
		if errors.Is(err, row.is) {
			return row.reply
		}
	}
	// An actor that does not fit is the host's, not the client's.
	if wrong, ok := errors.AsType[*ban.ValueError](err); ok && wrong.Field != "actor" {
		return invalid(wrong)
	}
	if guard, ok := errors.AsType[*ban.GuardError](err); ok {
		return refused(http.StatusUnprocessableEntity,
			"Validation failed: Domain is dangerous to block: "+guard.Hint+"; add force=1 to do it anyway")
	}
	if _, ok := errors.AsType[*web.MethodError](err); ok {
		return refused(http.StatusMethodNotAllowed, "Method not allowed")
	}
	return refused(http.StatusInternalServerError, "Internal server error")
}

// invalidTexts are the answers to values that do not fit, by their fields.
var invalidTexts = map[string]string{
	paramDomain:   textInvalid,
	paramApproval: textApproval,
	paramForce:    textForce,
	paramComment:  textComment,
	fieldReason:   textComment,
	fieldPatch:    textNothing,
	paramQuery:    textQuery,
	paramOrder:    textOrder,
}

// The names that package blocklist has for what a comment and a patch are.
const (
	fieldReason = "reason"
	fieldPatch  = "patch"
)

// invalid answers to a value that does not fit.
func invalid(wrong *ban.ValueError) web.Reply {
	if wrong.Field == paramDomain && wrong.Code == ban.CodeEmpty {
		return refused(http.StatusUnprocessableEntity, textBlank)
	}
	if text, ok := invalidTexts[wrong.Field]; ok {
		return refused(http.StatusUnprocessableEntity, text)
	}
	return refused(http.StatusBadRequest, "The "+wrong.Field+" is malformed: "+wrong.Hint)
}

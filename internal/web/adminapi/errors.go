package adminapi

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"example.com/ostraka/ban"
	"example.com/ostraka/internal/web"
	"example.com/ostraka/store"
)

// Constraints say what a field may be, as a JSON schema would.
type Constraints map[string]any

// Errors turns errors into answers, for one resource.
type Errors struct {
	NotFound string // the reason of [store.ErrNotFound]
	Exists   string // the reason of [store.ErrExists]
	// Fields are the names that fields of a [ban.ValueError] have on the wire,
	// where they differ.
	Fields map[string]string
	// GuardField is the field that a [ban.GuardError] is about.
	GuardField string
	// Constraints of fields, by their names on the wire.
	Constraints map[string]Constraints
	// More errors of the resource, looked at before all others.
	More []Row
}

// Row is an error and the answer to it.
type Row struct {
	Is    error
	Reply web.Reply
}

// The bodies of errors, each as the contract has it. Extensions come last.
type (
	invalidBody struct {
		Error       string      `json:"error"`
		Field       string      `json:"field"`
		Reason      string      `json:"reason"`
		Hint        string      `json:"hint"`
		Constraints Constraints `json:"constraints"`
	}
	plainBody struct {
		Error string `json:"error"`
	}
	refusedBody struct {
		Error   string `json:"error"`
		Message string `json:"message"`
		Code    int    `json:"code"`
		Details string `json:"details,omitempty"`
		Reason  string `json:"reason"`
		Field   string `json:"field,omitempty"`
		ID      int64  `json:"id,omitempty"`
	}
	troubleBody struct {
		Error  string `json:"error"`
		Where  string `json:"where"`
		Reason string `json:"reason"`
	}
)

// The texts of the documents.
const (
	messageUnauthorized = "Authentication required. Please provide a valid API token"
	messageForbidden    = "You don't have permission to access this resource"
	messageNotFound     = "The requested resource was not found"
	messageConflict     = "The request conflicts with the current state of the resource"
	messageMethod       = "The resource does not have this method"
)

// Refused is the answer to a request of whoever may not make it.
func Refused(status int, name, message, reason string) web.Reply {
	return web.Reply{Status: status, Body: refusedBody{Error: name, Message: message, Code: status, Reason: reason}}
}

func forbidden(reason string) web.Reply {
	return Refused(http.StatusForbidden, "Forbidden", messageForbidden, reason)
}

func plain(status int, text string) web.Reply {
	return web.Reply{Status: status, Body: plainBody{text}}
}

// Conflict is the answer to an error that contradicts what there is.
func Conflict(details, reason string) web.Reply { return ConflictOf("", details, reason) }

// ConflictOf is the answer to a field that contradicts what there is.
func ConflictOf(field, details, reason string) web.Reply {
	return web.Reply{Status: http.StatusConflict, Body: refusedBody{
		Error: "Conflict", Message: messageConflict, Code: http.StatusConflict, Details: details, Reason: reason, Field: field,
	}}
}

// WithID returns an answer of this package with the number of the record that it is
// about, where its body has one.
func WithID(reply web.Reply, id int64) web.Reply {
	if body, ok := reply.Body.(refusedBody); ok {
		body.ID = id
		reply.Body = body
	}
	return reply
}

// table has the errors whose answer is always the same.
var table = []Row{
	{web.ErrUnauthenticated, Refused(http.StatusUnauthorized, "Unauthorized", messageUnauthorized, "invalid_or_expired_session")},
	{web.ErrForbidden, forbidden("forbidden")},
	{web.ErrWrongScope, forbidden("forbidden")},
	{web.ErrCSRFRequired, forbidden("csrf_required")},
	{web.ErrInvalidCSRFToken, forbidden("invalid_csrf_token")},
	{web.ErrRateLimited, plain(http.StatusTooManyRequests, "rate_limited")},
	{web.ErrNoRoute, Refused(http.StatusNotFound, "Not Found", messageNotFound, "route_not_found")},
	{web.ErrTooLarge, plain(http.StatusRequestEntityTooLarge, "payload_too_large")},
	{web.ErrMediaType, plain(http.StatusUnsupportedMediaType, "unsupported_media_type")},
	{web.ErrSlow, plain(http.StatusRequestTimeout, "request_timeout")},
	{web.ErrCutShort, Invalid(web.FieldBody, "cut_short", "send the whole body", nil)},
	{store.ErrConflict, Conflict("The resource was changed meanwhile", "changed_meanwhile")},
}

// unavailable has the errors that may be over soon, with their reasons.
var unavailable = []struct {
	is     error
	reason string
}{
	{store.ErrBusy, "store_busy"},
	{store.ErrUnavailable, "store_unavailable"},
	{store.ErrClosed, "shutting_down"},
	{ban.ErrMissingKey, "hash_key_missing"},
	{context.DeadlineExceeded, "timeout"},
	{context.Canceled, "canceled"},
}

// Invalid is the answer to a field that does not fit.
func Invalid(field, reason, hint string, c Constraints) web.Reply {
	if c == nil {
		c = Constraints{}
	}
	return web.Reply{Status: http.StatusBadRequest, Body: invalidBody{"invalid_params", field, reason, hint, c}}
}

// Reply returns the answer to an error. One that nobody foresaw is answered with
// status 500 and never with its text.
func (e *Errors) Reply(r *web.Request, err error) web.Reply {
	for _, rows := range [][]Row{e.More, table} {
		for _, row := range rows {
			if errors.Is(err, row.Is) {
				return row.Reply
			}
		}
	}
	// An actor that does not fit is the host's, not the client's.
	if wrong, ok := errors.AsType[*ban.ValueError](err); ok && wrong.Field != "actor" {
		return e.invalid(wrong)
	}
	if guard, ok := errors.AsType[*ban.GuardError](err); ok {
		return Invalid(e.GuardField, guard.Code, guard.Hint+"; add ?force=1 to do it anyway", e.Constraints[e.GuardField])
	}
	if _, ok := errors.AsType[*web.MethodError](err); ok {
		return Refused(http.StatusMethodNotAllowed, "Method Not Allowed", messageMethod, "method_not_allowed")
	}
	switch {
	case errors.Is(err, store.ErrExists):
		return Conflict("Resource already exists", e.Exists)
	case errors.Is(err, store.ErrNotFound):
		return e.notFound(r)
	}
	return trouble(r, err)
}

// invalid answers to a value that does not fit.
func (e *Errors) invalid(wrong *ban.ValueError) web.Reply {
	field := wrong.Field
	if name, ok := e.Fields[field]; ok {
		field = name
	}
	constraints, ok := e.Constraints[field]
	if !ok {
		constraints = commonConstraints[field]
	}
	return Invalid(field, wrong.Code, wrong.Hint, constraints)
}

func (e *Errors) notFound(r *web.Request) web.Reply {
	id, _ := strconv.ParseInt(r.PathValue("id"), 10, 64)
	return web.Reply{Status: http.StatusNotFound, Body: refusedBody{
		Error: "Not Found", Message: messageNotFound, Code: http.StatusNotFound, Reason: e.NotFound, ID: id,
	}}
}

// trouble answers to what is not the client's fault.
func trouble(r *web.Request, err error) web.Reply {
	for _, u := range unavailable {
		if errors.Is(err, u.is) {
			return Unavailable(r.Where, u.reason)
		}
	}
	return web.Reply{Status: http.StatusInternalServerError, Body: troubleBody{"internal_error", r.Where, "unexpected_error"}}
}

// Unavailable is the answer to what may be over soon.
func Unavailable(where, reason string) web.Reply {
	body := troubleBody{"temporarily_unavailable", where, reason}
	return web.Reply{Status: http.StatusServiceUnavailable, Body: body}.With("Retry-After", "1")
}

// ID returns the number of the record in the path. What no record can have is a
// [*ban.ValueError] about "id".
func ID(r *web.Request) (int64, error) {
	text := r.PathValue("id")
	id, err := strconv.ParseInt(text, 10, 64)
	switch {
	case errors.Is(err, strconv.ErrSyntax):
		return 0, ban.NewValueError("id", text, ban.CodeSyntax, "give the number of the record")
	case err != nil || id < 1:
		return 0, ban.NewValueError("id", text, ban.CodeRange, "records are numbered from 1")
	}
	return id, nil
}

// Force reports whether the query asks to pass over guards.
func Force(r *web.Request) (bool, error) {
	q := web.ParseQuery(r.Request)
	force := q.Bool("force")
	return force != nil && *force, q.Err()
}

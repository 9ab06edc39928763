package main

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"strconv"

	"example.com/ostraka/account/accounthttp"
	"example.com/ostraka/ban"
)

// refusals are the answers to those who may not, by the error of an Authorize.
var refusals = []struct {
	is   error
	body refusedBody
}{
	{accounthttp.ErrUnauthenticated, refusedBody{"Unauthorized", "Authentication required. Please provide a valid API token", http.StatusUnauthorized, "invalid_or_expired_session"}},
	{accounthttp.ErrForbidden, forbidden("forbidden")},
	{accounthttp.ErrWrongScope, forbidden("forbidden")},
	{accounthttp.ErrCSRFRequired, forbidden("csrf_required")},
	{accounthttp.ErrInvalidCSRFToken, forbidden("invalid_csrf_token")},
}

func forbidden(reason string) refusedBody {
	return refusedBody{"Forbidden", "You don't have permission to access this resource", http.StatusForbidden, reason}
}

// refuse answers a request that an Authorize has not let in.
func refuse(w http.ResponseWriter, r *http.Request, log *slog.Logger, where string, err error) {
	if limited, ok := errors.AsType[*accounthttp.RateLimitError](err); ok {
		w.Header().Set("Retry-After", strconv.FormatFloat(math.Ceil(limited.RetryAfter.Seconds()), 'f', 0, 64))
		reply(w, r, log, http.StatusTooManyRequests, plainBody{"rate_limited"})
		return
	}
	for _, row := range refusals {
		if errors.Is(err, row.is) {
			if row.body.Code == http.StatusUnauthorized {
				w.Header().Set("WWW-Authenticate", "Bearer") // RFC 9110, section 11.6.1
			}
			reply(w, r, log, row.body.Code, row.body)
			return
		}
	}
	trouble(w, r, log, where, err)
}

// outages are errors that may be over soon, with their reasons.
var outages = []struct {
	is     error
	reason string
}{
	{ban.ErrBusy, "store_busy"},
	{ban.ErrUnavailable, "store_unavailable"},
	{ban.ErrClosed, "shutting_down"},
	{ban.ErrMissingKey, "hash_key_missing"}, // of another server that was given a new key first
	{context.DeadlineExceeded, "timeout"},
	{context.Canceled, "canceled"},
}

// trouble answers to what is not the client's fault. The log has the cause, the
// answer does not.
func trouble(w http.ResponseWriter, r *http.Request, log *slog.Logger, where string, err error) {
	level := slog.LevelError
	if hungUp(r) {
		level = slog.LevelDebug
	}
	log.Log(r.Context(), level, "request failed", "where", where, "err", err)
	for _, outage := range outages {
		if errors.Is(err, outage.is) {
			w.Header().Set("Retry-After", "1")
			reply(w, r, log, http.StatusServiceUnavailable, troubleBody{"temporarily_unavailable", where, outage.reason})
			return
		}
	}
	reply(w, r, log, http.StatusInternalServerError, troubleBody{"internal_error", where, "unexpected_error"})
}

// hungUp reports whether the client no longer waits for the answer.
func hungUp(r *http.Request) bool { return errors.Is(r.Context().Err(), context.Canceled) }

package main

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"example.com/ostraka/store"
)

type healthBody struct {
	OK bool `json:"ok"`
}

// health answers whether the database can be read. Anybody may ask, so it says
// nothing else; the log has the cause.
func health(changes store.Changes, log *slog.Logger) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
		defer cancel()
		if _, err := changes.LastChange(ctx); err != nil {
			log.ErrorContext(ctx, "the database cannot be read", "err", err)
			reply(w, r, log, http.StatusServiceUnavailable, healthBody{false})
			return
		}
		reply(w, r, log, http.StatusOK, healthBody{true})
	}
}

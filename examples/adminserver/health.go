package main

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"example.com/ostraka/ban"
	"example.com/ostraka/store"
)

type healthBody struct {
	OK bool `json:"ok"`
}

// health answers whether the rules can be read. Anybody may ask, so it says nothing
// else; the log has the cause.
func health(st store.Rules, log *slog.Logger) http.HandlerFunc {
	anyKey := []store.Key{{Kind: ban.KindDomain, Text: "example.com"}}
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
		defer cancel()
		if _, err := st.Lookup(ctx, anyKey); err != nil {
			log.ErrorContext(ctx, "the rules cannot be read", "err", err)
			w.Header().Set("Retry-After", "1")
			reply(w, r, log, http.StatusServiceUnavailable, healthBody{false})
			return
		}
		reply(w, r, log, http.StatusOK, healthBody{true})
	}
}

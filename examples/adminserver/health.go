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

// health answers whether the rules can be read and told: without the key that some are
// hashed under, checks of addresses and names fail. Anybody may ask, so it says nothing
// else; the log has the cause.
func health(st store.Rules, keys ban.KeyRing, log *slog.Logger) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
		defer cancel()
		if err := rulesCanBeTold(ctx, st, keys); err != nil {
			log.ErrorContext(ctx, "the rules cannot be read", "err", err)
			w.Header().Set("Retry-After", "1")
			reply(w, r, log, http.StatusServiceUnavailable, healthBody{false})
			return
		}
		reply(w, r, log, http.StatusOK, healthBody{true})
	}
}

// anyKey is a key that rules may have or not.
var anyKey = []store.Key{{Kind: ban.KindDomain, Text: "example.com"}}

func rulesCanBeTold(ctx context.Context, st store.Rules, keys ban.KeyRing) error {
	if _, err := st.Lookup(ctx, anyKey); err != nil {
		return err
	}
	missing, err := ban.MissingKeys(ctx, st, keys)
	if err == nil && len(missing) > 0 {
		err = &ban.MissingKeyError{IDs: missing}
	}
	return err
}

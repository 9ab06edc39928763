package main

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"strconv"
)

// The bodies of errors are those of the mail-forwarding API.
type (
	refusedBody struct {
		Error   string `json:"error"`
		Message string `json:"message"`
		Code    int    `json:"code"`
		Reason  string `json:"reason"`
	}
	invalidBody struct {
		Error       string         `json:"error"` // "invalid_params"
		Field       string         `json:"field"`
		Reason      string         `json:"reason"`
		Hint        string         `json:"hint"`
		Constraints map[string]any `json:"constraints"`
	}
	troubleBody struct {
		Error  string `json:"error"`
		Where  string `json:"where"`
		Reason string `json:"reason"`
	}
	plainBody struct {
		Error string `json:"error"`
	}
)

// reply answers in JSON.
func reply(w http.ResponseWriter, r *http.Request, log *slog.Logger, status int, body any) {
	var text bytes.Buffer
	if err := json.NewEncoder(&text).Encode(body); err != nil {
		log.ErrorContext(r.Context(), "the answer cannot be written", "err", err)
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(text.Len()))
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(text.Bytes()) // whoever does not take it has gone
}

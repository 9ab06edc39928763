package web

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// Reply is an answer in JSON.
type Reply struct {
	Status int // 0: 200
	Header http.Header
	Body   any    // as package encoding/json writes it
	Media  string // the type of the body, one of JSON; empty: application/json
}

// With returns the reply with one more header.
func (r Reply) With(name, value string) Reply {
	r.Header = r.Header.Clone()
	if r.Header == nil {
		r.Header = http.Header{}
	}
	r.Header.Set(name, value)
	return r
}

// Write sends the reply, which nobody may keep. The error is that the body cannot
// be said in JSON: nothing but the status 500 was sent then. That the client has
// gone is none.
func (r Reply) Write(w http.ResponseWriter, to *http.Request) error {
	body, err := json.Marshal(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return fmt.Errorf("write the answer: %w", err)
	}
	h := w.Header()
	for name, values := range r.Header {
		h[name] = values
	}
	h.Set("Content-Type", cmp.Or(r.Media, "application/json; charset=utf-8"))
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(cmp.Or(r.Status, http.StatusOK))
	if to.Method != http.MethodHead {
		_, _ = w.Write(body) // whoever does not take it has gone
	}
	return nil
}

// DateTime is a time as the contracts write it: RFC 3339 in UTC with
// milliseconds. The zero time is null.
type DateTime time.Time

// IsZero reports whether the time is zero, for omitzero.
func (t DateTime) IsZero() bool { return time.Time(t).IsZero() }

// MarshalJSON implements [json.Marshaler].
func (t DateTime) MarshalJSON() ([]byte, error) {
	if time.Time(t).IsZero() {
		return []byte("null"), nil
	}
	return []byte(time.Time(t).UTC().Format(`"2006-01-02T15:04:05.000Z"`)), nil
}

// Text is a text that may be missing: an empty one is null.
type Text string

// MarshalJSON implements [json.Marshaler].
func (t Text) MarshalJSON() ([]byte, error) {
	if t == "" {
		return []byte("null"), nil
	}
	return json.Marshal(string(t))
}

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"strings"
	"time"

	"example.com/ostraka/ban"
)

const (
	maxBody      = 32 << 10
	checkTimeout = 10 * time.Second
	whereCheck   = "check"
	fieldBody    = "body"
)

// subjectBody is who is asked about. What is empty or null is not checked.
type subjectBody struct {
	Email  string `json:"email"`
	Domain string `json:"domain"`
	IP     string `json:"ip"`
	Name   string `json:"name"`
	Action string `json:"action"` // default "sign_up"
}

// check answers with the [ban.Trace] of a subject. No hit is counted.
func check(checker *ban.Checker, log *slog.Logger) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		subject, err := readSubject(w, r)
		var trace ban.Trace
		if err == nil {
			ctx, cancel := context.WithTimeout(r.Context(), checkTimeout)
			defer cancel()
			trace, err = checker.Explain(ctx, subject)
		}
		if err != nil {
			failCheck(w, r, log, err)
			return
		}
		if trace.Considered == nil {
			trace.Considered = []ban.Considered{} // a list, also if it is empty
		}
		reply(w, r, log, http.StatusOK, trace)
	}
}

// bodyError is why a body cannot be read.
type bodyError struct {
	status int
	body   any
}

func (e *bodyError) Error() string { return "the body cannot be read" }

func invalid(field, reason, hint string) *bodyError {
	return &bodyError{http.StatusBadRequest, invalidBody{"invalid_params", field, reason, hint, map[string]any{}}}
}

// failCheck answers to what keeps a subject from being explained.
func failCheck(w http.ResponseWriter, r *http.Request, log *slog.Logger, err error) {
	if wrong, ok := errors.AsType[*ban.ValueError](err); ok {
		err = invalid(wrong.Field, wrong.Code, wrong.Hint)
	}
	if wrong, ok := errors.AsType[*bodyError](err); ok {
		reply(w, r, log, wrong.status, wrong.body)
		return
	}
	trouble(w, r, log, whereCheck, err)
}

// readSubject reads the body.
func readSubject(w http.ResponseWriter, r *http.Request) (ban.Subject, error) {
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return ban.Subject{}, &bodyError{http.StatusUnsupportedMediaType, plainBody{"unsupported_media_type"}}
	}
	var in *subjectBody
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err == nil {
		err = decodeOnce(text, &in)
	}
	if err != nil || in == nil {
		w.Header().Set("Connection", "close") // there may be more to come, which nobody waits for
		return ban.Subject{}, explainBody(err)
	}
	s := ban.Subject{Email: in.Email, Domain: in.Domain, IP: in.IP, Name: in.Name}
	if in.Action != "" {
		if err := s.Action.UnmarshalText([]byte(in.Action)); err != nil {
			return ban.Subject{}, invalid("action", ban.CodeUnknown, "use sign_up, sign_in, alias, mail or content, or leave it out")
		}
	}
	return s, nil
}

var (
	errTrailing = errors.New("something follows the object")
	errTwice    = errors.New("a member is there twice")
)

// decodeOnce decodes a text that is one value, whose members are known, each there at
// most once: of two, readers would disagree which one counts.
func decodeOnce(text []byte, to **subjectBody) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(to); err != nil {
		return err
	}
	if _, end := d.Token(); !errors.Is(end, io.EOF) {
		return errors.Join(end, errTrailing)
	}
	seen := make(map[string]bool)
	d = json.NewDecoder(bytes.NewReader(text))
	for n := 0; ; n++ {
		token, err := d.Token()
		if err != nil { // the end, since the text could be decoded
			return nil
		}
		if name, ok := token.(string); ok && n%2 == 1 { // after the brace names and values take turns, as no value has parts
			if name = strings.ToLower(name); seen[name] { // as Decode takes names
				return errTwice
			}
			seen[name] = true
		}
	}
}

// explainBody says what is wrong with a body, by the error of reading it.
func explainBody(err error) *bodyError {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return &bodyError{http.StatusRequestEntityTooLarge, plainBody{"payload_too_large"}}
	}
	if slow, ok := errors.AsType[net.Error](err); ok && slow.Timeout() {
		return &bodyError{http.StatusRequestTimeout, plainBody{"request_timeout"}}
	}
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && wrong.Field != "" {
		return invalid(wrong.Field, "wrong_type", "send a text")
	}
	return invalid(fieldBody, ban.CodeSyntax, "send one JSON object with email, domain, ip, name and action")
}

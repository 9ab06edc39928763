package web

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"strings"
	"time"
)

// MaxBody is the size of a body that is read, in bytes.
const MaxBody = 32 << 10

// What keeps a body from being read.
var (
	// ErrTooLarge: the body is longer than [MaxBody].
	ErrTooLarge = errors.New("body too large")
	// ErrMediaType: the body is of a type, or in an encoding, that the route does
	// not take.
	ErrMediaType = errors.New("unsupported media type")
	// ErrSlow: the client took too long to send the body.
	ErrSlow = errors.New("body not sent in time")
	// ErrCutShort: the body ends before its time.
	ErrCutShort = errors.New("body cut short")
)

// MediaType returns the type of the body, in lower case, with its parameters, ""
// if none is named. [ErrMediaType] if the header cannot be read, or names an
// encoding or character set that is not UTF-8.
func (r *Request) MediaType() (string, map[string]string, error) {
	if len(r.Header.Values("Content-Type")) > 1 || len(r.Header.Values("Content-Encoding")) > 0 {
		return "", nil, ErrMediaType
	}
	text := r.Header.Get("Content-Type")
	if text == "" {
		return "", nil, nil
	}
	media, params, err := mime.ParseMediaType(text)
	if err != nil {
		return "", nil, fmt.Errorf("%w: %w", ErrMediaType, err)
	}
	if charset, ok := params["charset"]; ok && !strings.EqualFold(charset, "utf-8") {
		return "", nil, fmt.Errorf("%w: character set %q", ErrMediaType, charset)
	}
	return media, params, nil
}

// ReadBody returns the body, of at most [MaxBody] bytes. A client that does not
// send it in time is cut off, even if the server sets no timeout.
func (r *Request) ReadBody() ([]byte, error) {
	body, err := ReadBody(r.writer, r.Request, MaxBody)
	if err == nil {
		r.unread = false
	}
	return body, err
}

// ReadBody returns the body of a request, of at most so many bytes. If it cannot be
// read, the connection ends with the answer.
func ReadBody(w http.ResponseWriter, r *http.Request, most int64) ([]byte, error) {
	body, err := readBody(w, r, most)
	if err != nil {
		w.Header().Set("Connection", "close") // there is more to come, which nobody waits for
		return nil, err
	}
	return body, nil
}

func readBody(w http.ResponseWriter, r *http.Request, most int64) ([]byte, error) {
	if r.ContentLength > most {
		return nil, ErrTooLarge
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, most))
	if err == nil {
		return body, nil
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, ErrTooLarge
	}
	if slow, ok := errors.AsType[net.Error](err); ok && slow.Timeout() {
		return nil, fmt.Errorf("%w: %w", ErrSlow, err)
	}
	return nil, fmt.Errorf("%w: %w", ErrCutShort, err)
}

// limitReading is [LimitReading], and notes whether there is a body.
func (r *Request) limitReading() {
	r.unread = r.Body != nil && r.Body != http.NoBody
	LimitReading(r.writer, r.Request, r.timeout)
}

// LimitReading bounds the time that the client may take for its body, also for
// one that nobody reads: the server reads on to its end before it answers. The
// server lifts the limit at the end of the body, or of the request. A server that
// has a limit of its own keeps that.
func LimitReading(w http.ResponseWriter, r *http.Request, wait time.Duration) {
	if r.Body == nil || r.Body == http.NoBody {
		return
	}
	if serverOf(r).ReadTimeout <= 0 {
		// A writer that knows no deadline belongs to a test, or to a host that
		// wraps it and has to see to this.
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(wait))
	}
}

// limitWriting is [LimitWriting], with the time for the rest of the body before it.
func (r *Request) limitWriting() {
	wait := r.timeout
	if r.unread {
		wait *= 2
	}
	LimitWriting(r.writer, r.Request, wait)
}

// LimitWriting bounds the time that the client may take for the answer. The server
// lifts it after the request. A server that has a limit of its own keeps that.
func LimitWriting(w http.ResponseWriter, r *http.Request, wait time.Duration) {
	if serverOf(r).WriteTimeout <= 0 {
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(wait))
	}
}

// serverOf returns the server of the request, or one without timeouts.
func serverOf(r *http.Request) *http.Server {
	if s, ok := r.Context().Value(http.ServerContextKey).(*http.Server); ok {
		return s
	}
	return new(http.Server)
}

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
	body, err := r.readBody()
	if err != nil {
		r.writer.Header().Set("Connection", "close") // there is more to come, which nobody waits for
		return nil, err
	}
	r.unread = false
	return body, nil
}

func (r *Request) readBody() ([]byte, error) {
	if r.ContentLength > MaxBody {
		return nil, ErrTooLarge
	}
	body, err := io.ReadAll(http.MaxBytesReader(r.writer, r.Body, MaxBody))
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

// limitReading bounds the time that the client may take for its body, also for
// one that nobody reads: the server reads on to its end before it answers. The
// server lifts the limit at the end of the body, or of the request.
func (r *Request) limitReading() {
	if r.Body == nil || r.Body == http.NoBody {
		return
	}
	r.unread = true
	if r.server().ReadTimeout <= 0 {
		// A writer that knows no deadline belongs to a test, or to a host that
		// wraps it and has to see to this.
		_ = http.NewResponseController(r.writer).SetReadDeadline(time.Now().Add(r.timeout))
	}
}

// limitWriting bounds the time that the client may take for the answer, which
// follows on the rest of its body. The server lifts it after the request.
func (r *Request) limitWriting() {
	wait := r.timeout
	if r.unread {
		wait *= 2
	}
	if r.server().WriteTimeout <= 0 {
		_ = http.NewResponseController(r.writer).SetWriteDeadline(time.Now().Add(wait))
	}
}

// server returns the server of the request, or one without timeouts.
func (r *Request) server() *http.Server {
	if s, ok := r.Context().Value(http.ServerContextKey).(*http.Server); ok {
		return s
	}
	return new(http.Server)
}

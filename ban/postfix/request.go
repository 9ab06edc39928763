package postfix

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

// The bounds of a request. Postfix stays far below them: its own lines have 2,048
// bytes at most (line_length_limit), its requests some thirty attributes.
const (
	MaxLine       = 8 << 10  // bytes of a line, with its end
	MaxRequest    = 64 << 10 // bytes of a request, with the empty line
	MaxAttributes = 128      // lines of a request
)

// requestType is the only one that there is.
const requestType = "smtpd_access_policy"

// Request is a question: the attributes that Postfix sent, by name, such as
// "sender" and "client_address". The protocol does not tell an attribute that is
// empty from one that is missing. Of a name that is sent twice the first value
// counts.
type Request map[string]string

// SyntaxError reports a request that breaks the protocol. What follows it on the
// connection cannot be trusted.
type SyntaxError struct {
	Line    int    // of the request, from 1
	Problem string // what is wrong, without anything that the client sent
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("line %d of the policy request: %s", e.Line, e.Problem)
}

// ReadRequest reads one request, up to its empty line and no further. The reader
// must have a buffer of MaxLine at least: see [NewReader]. The error is io.EOF if
// the stream ends before the request begins, [io.ErrUnexpectedEOF] if it ends
// within, a [*SyntaxError], or that of the stream.
func ReadRequest(r *bufio.Reader) (Request, error) {
	if req := readBuffered(r); req != nil {
		return req, nil
	}
	req := make(Request)
	size := 0
	for number := 1; ; number++ {
		line, err := r.ReadSlice('\n')
		size += len(line)
		switch {
		case errors.Is(err, bufio.ErrBufferFull), len(line) > MaxLine:
			return nil, &SyntaxError{number, fmt.Sprintf("longer than %d bytes", MaxLine)}
		case errors.Is(err, io.EOF) && size > 0:
			return nil, io.ErrUnexpectedEOF
		case err != nil:
			return nil, err
		case size > MaxRequest:
			return nil, &SyntaxError{number, fmt.Sprintf("the request is longer than %d bytes", MaxRequest)}
		case number > MaxAttributes+1:
			return nil, &SyntaxError{number, fmt.Sprintf("the request has more than %d attributes", MaxAttributes)}
		}
		line = line[:len(line)-1]
		if len(line) == 0 {
			return req, req.check(number)
		}
		if problem := req.add(line); problem != "" {
			return nil, &SyntaxError{number, problem}
		}
	}
}

// usualAttributes is about how many attributes Postfix sends.
const usualAttributes = 32

// readBuffered reads a request that is in the buffer as a whole, with one copy of its
// text for all of it, and nothing that is wrong with it. Else it reads nothing and
// returns nil.
func readBuffered(r *bufio.Reader) Request {
	buffered, err := r.Peek(r.Buffered())
	if err != nil {
		return nil
	}
	end := bytes.Index(buffered, []byte("\n\n"))
	if end < 0 || bytes.IndexByte(buffered[:end], 0) >= 0 {
		return nil
	}
	req := make(Request, usualAttributes)
	lines := 0
	for text, more := string(buffered[:end]), true; more; { // from the last line, so that the first of a name stays
		last := strings.LastIndexByte(text, '\n')
		name, value, ok := strings.Cut(text[last+1:], "=")
		if lines++; !ok || name == "" || lines > MaxAttributes {
			return nil
		}
		req[name] = value
		text, more = text[:max(last, 0)], last >= 0
	}
	if req.check(lines) != nil {
		return nil
	}
	_, _ = r.Discard(end + len("\n\n")) // which are buffered
	return req
}

// NewReader returns a reader for [ReadRequest].
func NewReader(r io.Reader) *bufio.Reader { return bufio.NewReaderSize(r, MaxLine) }

// add takes a line, and returns what is wrong with it.
func (r Request) add(line []byte) (problem string) {
	name, value, ok := bytes.Cut(line, []byte("="))
	switch {
	case !ok:
		return `no "=" between a name and a value`
	case len(name) == 0:
		return "an attribute without a name"
	case bytes.IndexByte(line, 0) >= 0:
		return "a NUL byte"
	}
	if _, have := r[string(name)]; !have {
		r[string(name)] = string(value)
	}
	return ""
}

// check checks a whole request, of that many lines.
func (r Request) check(lines int) error {
	if r["request"] != requestType {
		return &SyntaxError{lines, "the request is not of the type " + requestType}
	}
	return nil
}

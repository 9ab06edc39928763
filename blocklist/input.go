package blocklist

import (
	"bytes"
	"errors"
	"io"
)

// Bounds of what a list may hold, in bytes. With the size of the buffer they
// bound the memory that reading takes, whatever is read.
const (
	maxLine   = 4096     // a line
	maxRecord = 16 << 10 // a CSV record, which may go over several lines, or a JSON element
	headSize  = 32 << 10 // what the format is recognised by
	bufSize   = 64 << 10
)

// input reads lines through a buffer of fixed size.
type input struct {
	r        io.Reader
	buf      []byte
	pos, end int   // what is read and not consumed is buf[pos:end]
	err      error // why there is no more to read: io.EOF, or that reading failed
	number   int   // how many lines have been consumed
	afterCR  bool  // the line before ended with CR: an LF that follows is part of its end
}

func newInput(r io.Reader) *input {
	return &input{r: r, buf: make([]byte, bufSize)}
}

// unread returns what is in the buffer. It is valid until the next fill.
func (in *input) unread() []byte { return in.buf[in.pos:in.end] }

// fill reads some more into the buffer, which must not be full of unread bytes.
// It does nothing once there is no more.
func (in *input) fill() {
	if in.err != nil {
		return
	}
	if in.pos > 0 {
		in.end = copy(in.buf, in.unread())
		in.pos = 0
	}
	for range 100 {
		n, err := in.r.Read(in.buf[in.end:])
		in.end += n
		if n > 0 || err != nil {
			in.err = err
			return
		}
	}
	in.err = io.ErrNoProgress
}

// peek returns what is unread, at least n bytes unless there are no more. It is
// valid until the next fill.
func (in *input) peek(n int) []byte {
	for in.end-in.pos < n && in.err == nil {
		in.fill()
	}
	return in.unread()
}

// failure returns why reading failed, nil if it did not.
func (in *input) failure() error {
	if in.err == nil || errors.Is(in.err, io.EOF) {
		return nil
	}
	return in.err
}

// beginLine consumes what is left of the end of the line before.
func (in *input) beginLine() {
	if in.afterCR {
		in.afterCR = false
		if w := in.peek(1); len(w) > 0 && w[0] == '\n' {
			in.pos++
		}
	}
}

// line consumes a line and returns it without its end, which is LF, CR LF or
// CR. Of a line that is too long, it returns the beginning. The text is valid
// until the next call. If there are no more lines, or reading failed, ok is
// false; a line that reading failed in is none.
func (in *input) line() (text []byte, long, ok bool) {
	in.beginLine()
	for {
		w := in.unread()
		w = w[:min(len(w), maxLine+1)]
		if i := endOfLine(w); i >= 0 {
			in.consumeTo(i)
			return w[:i], false, true
		}
		if len(w) > maxLine {
			text = bytes.Clone(w[:maxText*4])
			return text, true, in.skipLine()
		}
		if in.err != nil {
			if len(w) == 0 || in.failure() != nil {
				return nil, false, false
			}
			in.pos = in.end
			in.number++
			return w, false, true
		}
		in.fill()
	}
}

// skipLine consumes the rest of a line. It reports whether reading did not fail.
func (in *input) skipLine() bool {
	for {
		if i := endOfLine(in.unread()); i >= 0 {
			in.consumeTo(i)
			return true
		}
		in.pos = in.end
		if in.err != nil {
			in.number++
			return in.failure() == nil
		}
		in.fill()
	}
}

// consumeTo consumes a line whose end is at i of what is unread.
func (in *input) consumeTo(i int) {
	in.afterCR = in.buf[in.pos+i] == '\r'
	in.pos += i + 1
	in.number++
}

// endOfLine returns where the first line of b ends, or -1.
func endOfLine(b []byte) int {
	lf := bytes.IndexByte(b, '\n')
	if lf >= 0 {
		b = b[:lf]
	}
	if cr := bytes.IndexByte(b, '\r'); cr >= 0 {
		return cr
	}
	return lf
}

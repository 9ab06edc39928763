package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
)

// maxLine is the longest line that is looked at, in bytes, its end included. No
// sign-up comes near it.
const maxLine = 64 << 10

var errLongLine = fmt.Errorf("the line is longer than %d bytes", maxLine)

// line is one line of a text, without its end.
type line struct {
	number int // from 1
	text   string
	err    error // errLongLine, for a line that was passed over
}

// lineReader reads a text line by line and never holds more than one line.
type lineReader struct {
	r      *bufio.Reader
	number int
}

func newLineReader(r io.Reader) *lineReader {
	return &lineReader{r: bufio.NewReaderSize(r, maxLine)}
}

// all yields the lines until the end of the text, the end of the context or an
// error of the reader; the last two are yielded, with a zero line. Reading goes
// on in the background, because a read from a terminal ends with no context:
// after an early end one read may still be under way.
func (l *lineReader) all(ctx context.Context) iter.Seq2[line, error] {
	type result struct {
		line line
		err  error
	}
	return func(yield func(line, error) bool) {
		reading, stop := context.WithCancel(ctx)
		defer stop()
		results := make(chan result)
		go func() {
			defer close(results)
			for {
				read, err := l.next()
				if err == io.EOF {
					return
				}
				select {
				case results <- result{read, err}:
				case <-reading.Done():
					return
				}
				if err != nil {
					return
				}
			}
		}()
		for {
			select {
			case <-ctx.Done():
				yield(line{}, ctx.Err())
				return
			case r, ok := <-results:
				if !ok || !yield(r.line, r.err) {
					return
				}
			}
		}
	}
}

// next returns the next line, or io.EOF after the last.
func (l *lineReader) next() (line, error) {
	b, err := l.r.ReadSlice('\n')
	if len(b) == 0 && err != nil {
		return line{}, err
	}
	l.number++
	if errors.Is(err, bufio.ErrBufferFull) {
		return line{number: l.number, err: errLongLine}, l.skip()
	}
	if err != nil && err != io.EOF {
		return line{}, err
	}
	text := strings.TrimRight(string(b), "\r\n")
	if l.number == 1 {
		text = strings.TrimPrefix(text, "\ufeff") // the byte order mark
	}
	return line{number: l.number, text: text}, nil
}

// skip passes over the rest of a line.
func (l *lineReader) skip() error {
	for {
		_, err := l.r.ReadSlice('\n')
		switch {
		case err == nil, err == io.EOF:
			return nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return err
		}
	}
}

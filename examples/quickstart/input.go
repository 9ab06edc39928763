package main

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
)

// input is a text to read.
type input struct {
	name   string // for messages
	sample bool
	lines  *lineReader
	close  func() error
}

func textInput(name string, r io.Reader) *input {
	return &input{name: name, lines: newLineReader(r), close: func() error { return nil }}
}

// openSignups opens the sign-ups: a file, standard input or the sample.
func openSignups(path string, stdin io.Reader) (*input, error) {
	if path == "-" {
		return textInput("standard input", stdin), nil
	}
	return openInput("-signups", path, sampleSignups)
}

// openInput opens the file that a flag names, or the sample if it names none.
func openInput(flag, path, sample string) (*input, error) {
	if path == "" {
		in := textInput("sample "+strings.TrimPrefix(flag, "-"), strings.NewReader(sample))
		in.sample = true
		return in, nil
	}
	refuse := func(err error, hint string) (*input, error) {
		if e, ok := errors.AsType[*fs.PathError](err); ok {
			err = e.Err // the rest of it is in the usageError
		}
		return nil, &usageError{flag, path, err, hint}
	}
	f, err := os.Open(path)
	if err != nil {
		return refuse(err, "name a text file that can be read")
	}
	in := textInput(path, f)
	in.close = f.Close
	info, err := f.Stat()
	switch {
	case err != nil:
	case info.IsDir():
		err = errors.New("is a directory")
	case in.lines.looksBinary():
		err = errors.New("is not a text file in UTF-8: it has a zero byte")
	default:
		return in, nil
	}
	f.Close()
	return refuse(err, "name a text file")
}

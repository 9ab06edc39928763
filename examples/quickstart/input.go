package main

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"

	"example.com/ostraka/examples/internal/usage"
)

// input is a text to read.
type input struct {
	name  string // for messages
	r     io.Reader
	close func() error
}

const stdinName = "standard input"

func textInput(name string, r io.Reader) *input {
	return &input{name: name, r: r, close: func() error { return nil }}
}

// stdinPath stands for standard input in place of a path.
const stdinPath = "-"

// stdinInput returns standard input as an input that close ends, although a read
// from a terminal ends with nothing: that goes on in the background.
func stdinInput(stdin io.Reader) *input {
	r, w := io.Pipe()
	go func() {
		_, err := io.Copy(w, stdin)
		w.CloseWithError(err) // io.EOF for nil
	}()
	return &input{name: stdinName, r: r, close: r.Close}
}

// openInput opens the file that a flag names, or the sample if it names none.
func openInput(flag, path, sample string) (*input, error) {
	if path == "" {
		return textInput("sample "+strings.TrimPrefix(flag, "-"), strings.NewReader(sample)), nil
	}
	f, err := os.Open(path)
	if err == nil {
		var info fs.FileInfo
		if info, err = f.Stat(); err == nil && info.IsDir() {
			err = errors.New("is a directory")
		}
		if err != nil {
			f.Close()
		}
	}
	if err != nil {
		if e, ok := errors.AsType[*fs.PathError](err); ok {
			err = e.Err // the rest of it is in the *usage.Error
		}
		return nil, usage.New(flag, path, err, "name a text file that can be read")
	}
	return &input{name: path, r: f, close: f.Close}, nil
}

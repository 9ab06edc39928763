// Package usage reads the command lines of the examples, and says what is wrong with
// them.
package usage

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
)

// Error reports a flag, or a file that one names, that cannot be used. Both are empty
// if it is about the whole command line.
type Error struct {
	Flag, Value string
	Err         error
	Hint        string // what to do instead
}

// New returns an *Error.
func New(flag, value string, err error, hint string) *Error {
	return &Error{Flag: flag, Value: value, Err: err, Hint: hint}
}

func (e *Error) Error() string {
	where := strings.TrimSpace(e.Flag + " " + e.Value)
	if where != "" {
		where += ": "
	}
	return fmt.Sprintf("%s%v; %s", where, e.Err, e.Hint)
}

func (e *Error) Unwrap() error { return e.Err }

// Wrong reports whether err says that a command line cannot be used, for which programs
// end with status 2.
func Wrong(err error) bool {
	_, ok := errors.AsType[*Error](err)
	return ok
}

// FlagSet returns one that prints nothing by itself: its errors are printed by the
// program, on one line.
func FlagSet(program string) *flag.FlagSet {
	set := flag.NewFlagSet(program, flag.ContinueOnError)
	set.SetOutput(io.Discard)
	return set
}

// Parse reads a command line of flags and nothing else. If it asks for help, that goes to
// help, below the lines of usage, and the error is [flag.ErrHelp]. Others are *Error.
func Parse(set *flag.FlagSet, args []string, help io.Writer, usage ...string) error {
	switch err := set.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprintln(help, "Usage: "+strings.Join(usage, "\n       "))
		set.SetOutput(help)
		set.PrintDefaults()
		return err
	case err != nil:
		return New("", "", err, "-h shows the flags")
	case set.NArg() > 0:
		return New("", "", fmt.Errorf("unexpected argument %q", set.Arg(0)), "-h shows the flags")
	}
	return nil
}

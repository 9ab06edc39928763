package usage_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"strings"
	"testing"

	"example.com/ostraka/examples/internal/usage"
)

func TestParse(t *testing.T) {
	tests := []struct {
		name  string
		args  []string
		wrong string // "" if the command line can be used
	}{
		{name: "flags alone", args: []string{"-n", "7"}},
		{name: "nothing", args: nil},
		{name: "no such flag", args: []string{"-x"}, wrong: "flag provided but not defined: -x; -h shows the flags"},
		{name: "no number", args: []string{"-n", "many"}, wrong: `invalid value "many" for flag -n: parse error; -h shows the flags`},
		{name: "an argument that is no flag", args: []string{"-n", "7", "rest"}, wrong: `unexpected argument "rest"; -h shows the flags`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			set := usage.FlagSet("program")
			set.Int("n", 0, "a number")
			var help bytes.Buffer
			err := usage.Parse(set, tt.args, &help, "program [-n N]")
			if usage.Wrong(err) != (tt.wrong != "") || err != nil && err.Error() != tt.wrong {
				t.Errorf("Parse(%q) = %v, want %q", tt.args, err, tt.wrong)
			}
			if help.Len() > 0 {
				t.Errorf("it printed %q", &help)
			}
		})
	}
}

func TestHelpIsPrintedWhereItIsAskedFor(t *testing.T) {
	set := usage.FlagSet("program")
	set.Int("n", 0, "a number")
	var help bytes.Buffer
	err := usage.Parse(set, []string{"-h"}, &help, "program [-n N]", "program other")
	if !errors.Is(err, flag.ErrHelp) || usage.Wrong(err) {
		t.Errorf("err = %v, want flag.ErrHelp, which nothing is wrong with", err)
	}
	if got := help.String(); !strings.HasPrefix(got, "Usage: program [-n N]\n       program other\n") || !strings.Contains(got, "a number") {
		t.Errorf("help is %q", got)
	}
}

func TestErrorNamesFlagValueAndHint(t *testing.T) {
	cause := errors.New("taken")
	tests := []struct {
		err  *usage.Error
		want string
	}{
		{usage.New("-addr", "localhost:80", cause, "give a free one"), "-addr localhost:80: taken; give a free one"},
		{usage.New("-addr", "", cause, "give a free one"), "-addr: taken; give a free one"},
		{usage.New("", "", cause, "give a free one"), "taken; give a free one"},
	}
	for _, tt := range tests {
		if err := fmt.Errorf("reading: %w", tt.err); tt.err.Error() != tt.want || !usage.Wrong(err) || !errors.Is(err, cause) {
			t.Errorf("%#v reads %q, want %q", tt.err, tt.err, tt.want)
		}
	}
}

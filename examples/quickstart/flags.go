package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"example.com/ostraka/blocklist"
	"example.com/ostraka/examples/internal/backend"
)

type flags struct {
	db                backend.Address
	bans, signups     string
	format            blocklist.Format
	force, json, help bool
}

// parseFlags reads the command line. Help goes to w.
func parseFlags(args []string, w io.Writer) (flags, error) {
	var f flags
	set := flag.NewFlagSet("quickstart", flag.ContinueOnError)
	set.SetOutput(io.Discard) // errors are printed by run, on one line
	db := set.String("db", "", "keep the database in `FILE`, or in postgres://USER@HOST/DATABASE; one that is there gets no samples; without it, it is temporary")
	set.StringVar(&f.bans, "bans", "", "sync a list of bans with `FILE`, one value a line, or - for standard input, instead of the samples")
	set.TextVar(&f.format, "format", blocklist.FormatPlain, "the bans are in format `F`: plain, hosts, adblock, netset, csv, json, or auto to find out")
	set.BoolVar(&f.force, "force", false, "sync also if most of the list would go, or the file looks wrong")
	set.StringVar(&f.signups, "signups", "", "answer the sign-ups of `FILE` (CSV: email,domain,ip,name), or - for standard input, instead of the samples")
	set.BoolVar(&f.json, "json", false, "print one JSON object a line")
	switch err := set.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprintln(w, "Usage: quickstart [-db DATABASE] [-bans FILE|- [-format F] [-force]] [-signups FILE|-] [-json]")
		set.SetOutput(w)
		set.PrintDefaults()
		f.help = true
		return f, nil
	case err != nil:
		return f, &usageError{err: err, hint: "-h shows the flags"}
	case set.NArg() > 0:
		return f, &usageError{err: fmt.Errorf("unexpected argument %q", set.Arg(0)), hint: "files are named by flags, -h shows them"}
	}
	// An unset variable of a script should not turn into "use the samples".
	var err error
	if f.bans == stdinPath && f.signups == stdinPath {
		err = &usageError{"-bans", stdinPath, errors.New("standard input has the sign-ups"), "name a file for one of them"}
	}
	set.Visit(func(given *flag.Flag) {
		name := "-" + given.Name
		switch {
		case given.Value.String() == "":
			err = &usageError{flag: name, err: errors.New("no file named"), hint: "leave the flag out to do without one"}
		case f.bans == "" && (name == "-format" || name == "-force"):
			err = &usageError{flag: name, err: errors.New("there is no file that it is about"), hint: "name one with -bans"}
		}
	})
	if err != nil {
		return f, err
	}
	f.db, err = backend.Named("-db", *db)
	return f, err
}

// usageError reports a flag or file that cannot be used.
type usageError struct {
	flag, file string // empty if it is about the whole command line
	err        error
	hint       string // what to do instead
}

func (e *usageError) Error() string {
	where := strings.TrimSpace(e.flag + " " + e.file)
	if where != "" {
		where += ": "
	}
	return fmt.Sprintf("%s%v; %s", where, e.err, e.hint)
}

func (e *usageError) Unwrap() error { return e.err }

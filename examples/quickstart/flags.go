package main

import (
	"errors"
	"flag"
	"io"

	"example.com/ostraka/blocklist"
	"example.com/ostraka/examples/internal/backend"
	"example.com/ostraka/examples/internal/usage"
)

type flags struct {
	db            backend.Address
	bans, signups string
	format        blocklist.Format
	force, json   bool
}

// parseFlags reads the command line. Help goes to w.
func parseFlags(args []string, w io.Writer) (flags, error) {
	var f flags
	set := usage.FlagSet("quickstart")
	db := set.String("db", "", "keep the database in `FILE`, or in postgres://USER@HOST/DATABASE; one that is there gets no samples; without it, it is temporary")
	set.StringVar(&f.bans, "bans", "", "sync a list of bans with `FILE`, one value a line, or - for standard input, instead of the samples")
	set.TextVar(&f.format, "format", blocklist.FormatPlain, "the bans are in format `F`: plain, hosts, adblock, netset, csv, json, or auto to find out")
	set.BoolVar(&f.force, "force", false, "sync also if most of the list would go, or the file looks wrong")
	set.StringVar(&f.signups, "signups", "", "answer the sign-ups of `FILE` (CSV: email,domain,ip,name), or - for standard input, instead of the samples")
	set.BoolVar(&f.json, "json", false, "print one JSON object a line")
	if err := usage.Parse(set, args, w, "quickstart [-db DATABASE] [-bans FILE|- [-format F] [-force]] [-signups FILE|-] [-json]"); err != nil {
		return f, err
	}
	// An unset variable of a script should not turn into "use the samples".
	var err error
	if f.bans == stdinPath && f.signups == stdinPath {
		err = usage.New("-bans", stdinPath, errors.New("standard input has the sign-ups"), "name a file for one of them")
	}
	set.Visit(func(given *flag.Flag) {
		name := "-" + given.Name
		switch {
		case given.Value.String() == "":
			err = usage.New(name, "", errors.New("no file named"), "leave the flag out to do without one")
		case f.bans == "" && (name == "-format" || name == "-force"):
			err = usage.New(name, "", errors.New("there is no file that it is about"), "name one with -bans")
		}
	})
	if err != nil {
		return f, err
	}
	f.db, err = backend.Named("-db", *db)
	return f, err
}

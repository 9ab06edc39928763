// Command bench times the Checker and its mirror against baselines that are
// measured in the same run, and says which bars hold.
//
//	go run ./examples/bench                       all of it: some minutes, and 3 GB of memory
//	go run ./examples/bench -rules 1000,10000     with fewer rules
//	go run ./examples/bench -only load,bulk       some of it, by the names of the steps that -h lists
//	go run ./examples/bench -json                 for programs
//	go run ./examples/bench -markdown             as docs/speed.md has it
//	go run ./examples/bench -db postgres://…      a store on PostgreSQL, against what PostgreSQL alone does
//	go run ./examples/bench -soak 10m             no figures: does a mirror ever disagree with its store?
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"example.com/ostraka/examples/internal/backend"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// settings are what the command line says.
type settings struct {
	sizes  []int
	rounds int
	slice  time.Duration
	json   bool
	md     bool
	svg    string
	soak   time.Duration
	db     backend.Address // of a server; zero: SQLite files
	log    io.Writer

	prefixes []string // files
	only     []string // steps; none: all
}

func parseFlags(args []string, log io.Writer) (settings, error) {
	s := settings{log: log}
	set := flag.NewFlagSet("bench", flag.ContinueOnError)
	set.SetOutput(log)
	rules := set.String("rules", "1000,10000,100000,1000000", "numbers of rules to measure with, separated by commas; the table is of the largest")
	set.IntVar(&s.rounds, "rounds", 15, "a figure is the median of so many measurements, at least 5; of those that take seconds, of 5")
	set.DurationVar(&s.slice, "slice", 30*time.Millisecond, "how long one measurement takes")
	set.BoolVar(&s.json, "json", false, "print JSON: {\"rows\":[{\"what\",\"figure\",\"unit\",\"baseline\",\"ratio\",\"bar\",\"holds\"}]}")
	set.BoolVar(&s.md, "markdown", false, "print the table as docs/speed.md has it between its marks")
	set.StringVar(&s.svg, "svg", "examples/bench/growth.svg", "write the curve of growth to `FILE`; empty: do not")
	set.Func("prefixes", "a `FILE` of prefixes of one family, one a line, to measure checks of addresses with; may be given again", func(path string) error {
		s.prefixes = append(s.prefixes, path)
		_, err := readPrefixes(path)
		return err
	})
	set.Func("only", "`STEPS` to measure instead of all, separated by commas: "+strings.Join(stepNames(), ", "), func(text string) error {
		for name := range strings.SplitSeq(text, ",") {
			if !slices.Contains(stepNames(), name) {
				return fmt.Errorf("there is no step %q", name)
			}
			s.only = append(s.only, name)
		}
		return nil
	})
	set.DurationVar(&s.soak, "soak", 0, "instead of measuring, compare a mirror with its store for so long")
	db := set.String("db", "", "instead of SQLite files and mirrors, measure a store on the PostgreSQL server postgres://USER@HOST/DATABASE, in a schema that is made and dropped")
	if err := set.Parse(args); err != nil {
		return s, err
	}
	var err error
	if s.db, err = backend.Named("-db", *db); err != nil {
		return s, err
	}
	if s.db.OnServer() || !s.wants("growth") {
		s.svg = "" // there is no curve
	} else if !s.db.IsZero() {
		return s, fmt.Errorf("-db: %q is a file: those are made by this program; give postgres://USER@HOST/DATABASE", *db)
	}
	for text := range strings.SplitSeq(*rules, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil || n < 100 || n > 10_000_000 {
			return s, fmt.Errorf("-rules: %q: give numbers from 100 to 10000000", text)
		}
		s.sizes = append(s.sizes, n)
	}
	slices.Sort(s.sizes)
	s.sizes = slices.Compact(s.sizes)
	switch {
	case set.NArg() > 0:
		return s, fmt.Errorf("unexpected argument %q", set.Arg(0))
	case s.json && s.md:
		return s, errors.New("-json and -markdown: give one of them")
	case s.rounds < 5:
		return s, fmt.Errorf("-rounds: %d: give at least 5", s.rounds)
	case s.slice < time.Millisecond:
		return s, fmt.Errorf("-slice: %v: give at least 1ms", s.slice)
	case s.soak > 0 && s.db.OnServer():
		return s, errors.New("-soak: it compares SQLite files; leave out -db")
	case s.soak < 0:
		return s, fmt.Errorf("-soak: %v is negative", s.soak)
	}
	if s.svg != "" && s.soak == 0 { // better now than after the measurements
		if dir, err := os.Stat(filepath.Dir(s.svg)); err != nil || !dir.IsDir() {
			return s, fmt.Errorf("-svg: there is no folder %q: run this from the root of the project, or name another file", filepath.Dir(s.svg))
		}
		if file, err := os.Stat(s.svg); err == nil && file.IsDir() {
			return s, fmt.Errorf("-svg: %q is a folder: name a file", s.svg)
		}
	}
	return s, nil
}

func run(ctx context.Context, args []string, out, log io.Writer) error {
	s, err := parseFlags(args, log)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "ostraka-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if s.soak > 0 {
		return soak(ctx, dir, s.soak, out)
	}
	b := &bench{settings: s, dir: dir}
	defer b.close()
	measure := b.measure
	if s.db.OnServer() {
		measure = b.measureServer
	}
	if err := measure(ctx); err != nil {
		return err
	}
	switch {
	case s.json:
		err = printJSON(out, b.rows)
	case s.md:
		fmt.Fprintf(log, "%s\n", machine())
		err = printMarkdown(out, b.rows)
	default:
		fmt.Fprintf(out, "%s\n\n", machine())
		err = printTable(out, b.rows)
	}
	if err == nil && s.svg != "" {
		err = os.WriteFile(s.svg, []byte(drawGrowth(b.growth)), 0o644)
	}
	return err
}

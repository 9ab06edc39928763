// Command quickstart shows a whole use of ostraka: it opens a database, loads
// bans into it, and answers whether sign-ups may come in.
//
//	go run ./examples/quickstart [-db FILE] [-bans FILE|- [-format F] [-force]] [-signups FILE|-] [-json]
//
// Without flags it works on samples, in a temporary database.
//
// A file of bans has one value a line: an e-mail address, a domain, an IP address
// or prefix, or a name, told apart by their form. "kind:value" says the kind. A #
// or ; at the start of a line or after a space begins a comment. -format names
// another format, such as hosts or csv, or auto to have it found out. Lines that
// make no ban are reported with their numbers, the others still count.
//
// The bans are kept as a list that has the name of the file, as blocklist.ListName
// makes it: without its folder, so that files of one name in two folders are one
// list. On a database that is kept, the list becomes what
// the file then says, and other lists stay. If more than half of a list of ten or
// more would go, if the file has no bans, or if most of its lines make none, nothing
// is changed unless -force is given.
//
// A file of sign-ups is CSV with the columns email, domain, ip and name. A header
// line may name them in another order; one that seems to name others is an error,
// and no row is answered. Each row gives one line of output: the
// verdict, the value that it rests on, the ban that decided, how it matched, and
// why it is there. With -json it is an object with the fields
//
//	verdict  "allowed", "review", "denied", or "invalid" for a row that cannot be read
//	kind     of the ban that decided, or of the value that is invalid: "email", "domain", "ip" or "name"
//	input    the value that the verdict rests on
//	matched  the value of the ban that decided
//	via      how it matched: "exact", "parent-domain", "mailbox", "prefix", "skeleton" or "wildcard"
//	reason   why the ban is there
//	error    what is invalid
//
// of which those without a value are left out. Everything but the answers goes to
// standard error.
//
// The exit status is 0 if all rows were answered, 1 after trouble on the way or if
// -force is wanted, 2 if a flag or file cannot be used. ("go run" makes a 1 of the 2.)
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
	"syscall"

	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist"
	"example.com/ostraka/examples/internal/backend"
	"example.com/ostraka/examples/internal/usage"
	"example.com/ostraka/store"
)

func main() {
	// Without this, writing to a pipe that nobody reads any more would end the
	// program at once, with its temporary folder left behind.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second ctrl-C ends the program by force
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run is the program; it returns the exit status.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	err := start(ctx, args, stdin, stdout, stderr)
	if err == nil || errors.Is(err, flag.ErrHelp) || errors.Is(err, syscall.EPIPE) { // who reads the answers has seen enough
		return 0
	}
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		err = errors.New("interrupted")
	}
	fmt.Fprintf(stderr, "quickstart: %v\n", err)
	if usage.Wrong(err) || backend.Unusable(err) {
		return 2
	}
	return 1
}

func start(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	f, err := parseFlags(args, stdout)
	if err != nil {
		return err
	}
	// Files first: a misspelt one should not leave a database behind.
	bans, err := openBans(f.bans, stdin)
	if err != nil {
		return err
	}
	defer bans.close()
	rows, err := openSignups(f.signups, stdin)
	if err != nil {
		return err
	}
	defer rows.close()
	return withStore(ctx, f.db, func(st store.Store, kept bool) error {
		if kept && f.bans == "" {
			fmt.Fprintf(stderr, "%s is there: it answers by its own bans, without the samples\n", f.db)
		} else if err := loadBans(ctx, st, &f, bans, stderr); err != nil {
			return err
		}
		return answerSignups(ctx, st, rows, &printer{stdout, f.json}, stderr)
	})
}

// withStore opens the database, in a temporary folder if none is named, and closes it
// after use. It was kept if it was there before, with whatever it bans.
func withStore(ctx context.Context, a backend.Address, use func(st store.Store, kept bool) error) (err error) {
	options := backend.Options{Mode: backend.Make, Rekey: &ban.RekeyOptions{Actor: "quickstart"}}
	if a.IsZero() {
		dir, err := os.MkdirTemp("", "ostraka-quickstart-")
		if err != nil {
			return fmt.Errorf("%w; set TMPDIR, or name a database with -db", err)
		}
		defer os.RemoveAll(dir)
		a, options.Temporary = backend.File(filepath.Join(dir, "ostraka.db")), true
	}
	db, err := backend.Open(ctx, a, options)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return use(db.Store, !db.Fresh)
}

// loadBans loads the bans of a file, or else the samples.
func loadBans(ctx context.Context, st store.Store, f *flags, in *input, stderr io.Writer) error {
	ctx = ban.WithActor(ctx, "quickstart") // whom the audit log names
	lists, err := blocklist.NewAdmin(st, blocklist.AdminOptions{})
	if err != nil {
		return err
	}
	loader := banLoader{admin: lists, format: f.format, force: f.force, log: stderr}
	if err := loader.load(ctx, in); err != nil || f.bans != "" {
		return err
	}
	admin, err := ban.NewAdmin(st, ban.AdminOptions{})
	if err != nil {
		return err
	}
	return createSamples(ctx, admin)
}

func answerSignups(ctx context.Context, st store.Store, in *input, out *printer, stderr io.Writer) (err error) {
	checker, err := ban.NewChecker(st, ban.CheckerOptions{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, checker.Close()) }()
	s := signups{checker: checker, out: out}
	n, err := s.answer(ctx, in.r)
	if err != nil {
		return fmt.Errorf("%s: %w", in.name, err)
	}
	if n == 0 {
		fmt.Fprintf(stderr, "%s: no sign-ups\n", in.name)
	}
	return nil
}

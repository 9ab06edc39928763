// Command signup is a sign-up page that bans are at work behind.
//
//	go run ./examples/signup [-addr 127.0.0.1:8081] [-db FILE] [-sample] [FLAGS]
//
// Without -db the data is in memory, and gone at the end. A new database bans
// nobody; with -sample it gets three rules to try, see [samples]. To change the
// bans while the page is served, give banctl the same file; what it does takes
// effect within a second.
//
// # The answers
//
//	allowed   the account is made
//	review    the account is made, but waits; the page says that a person will look
//	          at it
//	denied    no account; the page shows the public reason of the ban, and nothing
//	          internal
//	trouble   no account; the page asks to try again later. With -on-error open who
//	          cannot be checked is let in, if an account can be made
//
// An account that waits is pending: its name and address are kept, its password
// does not let in. A moderator lets it in or refuses it with "banctl approve" and
// "banctl reject", which call account.Admin.Approve and Reject. One that nobody
// decides about is removed after 30 days; this program looks every hour.
//
// That a user name is taken, the page says, since profiles show it anyway. That an
// address is taken it does not: it answers as if the account had been made, and
// only the owner of the address learns more, by mail. What is left to a curious
// stranger: a name that they asked for with a taken address stays free, which costs
// them a sign-up or two to find out, and the answer takes as long as a write less.
// Where that is too much, ask for the address alone, and for the rest of it once
// the address is confirmed.
//
// Mail is not sent but logged: see [mailer].
//
// # In front of it
//
// Clients whose address is banned see no form (banhttp.Guard). Behind a reverse
// proxy, name it with -trusted-proxy, else every client has its address, and have
// it pass on the header Host, with which the origin of a form is compared. The
// proxy is also what does TLS. An address, of IPv6 a /64, has -burst sign-ups at
// once and one more every -every; the last 32,768 of them are kept in mind.
//
// On SIGTERM or an interrupt the requests under way are answered and the last counts
// written, all within -shutdown-timeout, by default 15 seconds. The exit status is 0
// if the program was told to stop, 1 after trouble, 2 if a flag or file cannot be
// used.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/examples/internal/backend"
	"example.com/ostraka/examples/internal/exposure"
	"example.com/ostraka/examples/internal/grace"
	"example.com/ostraka/examples/internal/keyfile"
	"example.com/ostraka/examples/internal/usage"
	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second ctrl-C ends the program by force
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is the program; it returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	f, err := parseFlags(args, stdout)
	if err == nil {
		err = servePage(ctx, &f, stdout, slog.New(slog.NewTextHandler(stderr, nil)))
	}
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return 0
	}
	fmt.Fprintf(stderr, "signup: %v\n", err)
	if usage.Wrong(err) || backend.Unusable(err) || keyfile.Unusable(err) {
		return 2
	}
	return 1
}

// servePage opens what the page needs and serves it until the context ends.
// Requests end before the checker is closed, and that before the store: it writes
// the last counts.
func servePage(ctx context.Context, f *flags, stdout io.Writer, log *slog.Logger) (err error) {
	st, err := openStore(ctx, f.db, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	end, cancel := grace.Context(ctx, f.stop)
	defer cancel()
	if f.sample {
		if err := addSamples(ctx, st); err != nil {
			return fmt.Errorf("add the samples: %w", err)
		}
	}
	if err := f.keys.Check(ctx, st); err != nil {
		return err
	}
	rehash, err := f.keys.Rehash(st)
	if err != nil {
		return err
	}
	checker, err := ban.NewChecker(st, ban.CheckerOptions{OnError: f.host.onError, Traits: f.host.traits, Keys: f.keys.Ring, Rehash: rehash})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, checker.Shutdown(end)) }()

	accounts, err := account.NewAdmin(st, account.AdminOptions{Actor: actor, UniqueMailbox: f.uniqueMailbox})
	if err != nil {
		return err
	}
	// Who waits for longer than 30 days is removed.
	pruner, err := ban.NewPruner(st, ban.PrunerOptions{
		KeepLog: -1, KeepCredentials: -1, ExpirePending: accounts.ExpirePending,
		Report: func(n ban.Pruned, err error) {
			if n.Pending > 0 || err != nil {
				log.Info("nobody decided", "accounts", n.Pending, "err", err)
			}
		},
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pruner.Close()) }()

	f.host.log, f.host.mail = log, logMail(log)
	handler, err := newHandler(checker, accounts, f.host)
	if err != nil {
		return err
	}
	listener, err := listen(ctx, f.addr)
	if err != nil {
		return usage.New("-addr", f.addr, err, "give a free one, HOST:PORT")
	}
	exposure.Warn(log, f.db.Path(), f.host.proxies)
	f.keys.Warn(log)
	fmt.Fprintf(stdout, "http://%s/\n", listener.Addr())
	if f.sample {
		printTries(stdout)
	}
	return serve(ctx, listener, handler, grace.ForRequests(f.stop), log)
}

// openStore opens the database, or makes one in memory if none is named.
func openStore(ctx context.Context, a backend.Address, log *slog.Logger) (store.Store, error) {
	if a.IsZero() {
		log.Warn("no -db: all is in memory, and gone at the end")
		return memstore.New(), nil
	}
	db, err := backend.Open(ctx, a, backend.Options{Mode: backend.Serve, Rekey: &ban.RekeyOptions{Actor: "signup"}})
	if err != nil {
		return nil, err
	}
	if db.Fresh {
		log.Info("the database is new", "file", a.String())
	}
	return db.Store, nil
}

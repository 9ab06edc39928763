// Command postfixpolicy answers a Postfix mail server whether a message may come
// in, by its policy delegation protocol (SMTPD_POLICY_README).
//
//	go run ./examples/postfixpolicy -addr 127.0.0.1:10040 -db FILE|postgres://…
//
// In main.cf, after what lets your own users send:
//
//	smtpd_recipient_restrictions = permit_mynetworks, permit_sasl_authenticated,
//	    reject_unauth_destination, check_policy_service inet:127.0.0.1:10040
//
// Or with -addr unix:/var/spool/postfix/private/ostraka and, as smtpd may be
// confined to that folder, check_policy_service unix:private/ostraka.
//
// # What is checked
//
// For each recipient, two look-ups, both for the action "mail":
//
//   - the sender as an e-mail address, the address of the client as an IP address,
//     and the name that it gave in HELO as a domain;
//   - the recipient as an e-mail address: the address, mailbox or domain that is
//     banned gets no mail either.
//
// What is not there is not checked: the empty sender of a bounce, a client without
// an address. Nothing is refused for its form alone: of an address or a name in HELO
// that ostraka does not read, what can be read is checked, as the domain after a
// quoted local part, or that above a host name with an underscore. An IP address for a
// domain is checked as one. Package ban/postfix has the details.
//
// With -mx the mail hosts of the addresses and their IP addresses are matched too
// (ban.MXOptions): a domain that is new every day is refused by the host that it
// shares with those before. If the DNS does not answer within 2 seconds, or not all,
// the mail is judged without, unless -mx-unknown is review or deny; who is denied so
// is asked to come back later. -mx-none and -mx-null are for domains without a mail
// host.
//
// # Answers
//
//	allowed   DUNNO: Postfix goes on
//	denied    REJECT 5.7.1 with the public reason of the ban, and nothing internal
//	review    HOLD: the message is kept until a person releases it (postsuper -H)
//	          or deletes it (postsuper -d). -review has others: defer, prepend (a
//	          header, X-Ostraka-Review, for a filter that follows), reject
//	trouble   DEFER_IF_PERMIT 4.3.0, so that the client comes back when the database
//	          can be read again; with -on-error accept, DUNNO
//
// The worse answer of the two look-ups counts. Postfix asks once for each
// recipient, so a message with ten of them counts as ten hits of a ban. HOLD is for
// the whole message.
//
// What breaks the protocol is not answered: the connection is closed, and Postfix
// tells its client to come back later. On SIGTERM or an interrupt the requests
// under way are answered and the last counts written, all within -shutdown-timeout,
// by default 5 seconds.
//
// Bans are changed by other programs on the same database; a change takes effect
// within a second. The exit status is 0 if the program was told to stop, 1 after
// trouble, 2 if a flag or file cannot be used.
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

	"example.com/ostraka/ban"
	"example.com/ostraka/ban/postfix"
	"example.com/ostraka/examples/internal/backend"
	"example.com/ostraka/examples/internal/exposure"
	"example.com/ostraka/examples/internal/grace"
	"example.com/ostraka/examples/internal/keyfile"
	"example.com/ostraka/examples/internal/usage"
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
		err = serve(ctx, &f, slog.New(slog.NewTextHandler(stderr, nil)))
	}
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return 0
	}
	fmt.Fprintf(stderr, "postfixpolicy: %v\n", err)
	if usage.Wrong(err) || backend.Unusable(err) || keyfile.Unusable(err) {
		return 2
	}
	return 1
}

// serve answers until the context ends.
func serve(ctx context.Context, f *flags, log *slog.Logger) (err error) {
	db, err := backend.Open(ctx, f.db, backend.Options{
		Mode: backend.Existing, Missing: "nobody would be banned: name the one of your servers, or make one with banctl",
		Rekey: &ban.RekeyOptions{Actor: "postfixpolicy"},
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	end, cancel := grace.Context(ctx, f.stop)
	defer cancel()
	if err := f.keys.Check(ctx, db.Store); err != nil {
		return err
	}
	f.checker.Keys = f.keys.Ring
	if f.checker.Rehash, err = f.keys.Rehash(db.Store); err != nil {
		return err
	}
	checker, err := ban.NewChecker(db.Store, f.checker)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, checker.Shutdown(end)) }()

	f.policy.Log, f.server.Log = log, log
	policy, err := postfix.NewPolicy(checker, f.policy)
	if err != nil {
		return err
	}
	server, err := postfix.NewServer(policy.Answer, f.server)
	if err != nil {
		return err
	}
	listener, err := listen(ctx, f.addr, f.socketMode)
	if err != nil {
		return usage.New("-addr", f.addr, err, "give a free one: HOST:PORT or unix:PATH")
	}
	exposure.Warn(log, f.db.Path(), nil)
	f.keys.Warn(log)
	log.Info("listening", "addr", listener.Addr().String())
	return server.Serve(ctx, listener)
}

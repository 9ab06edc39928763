// Command adminserver serves the admin APIs over one database, for existing
// clients of three systems, and lets admins sign in.
//
//	go run ./examples/adminserver bootstrap -db FILE -admin HANDLE -email ADDRESS
//	go run ./examples/adminserver -db FILE -addr 127.0.0.1:8080
//
// The first makes an admin, and prints their password and an API token with all
// admin scopes; nothing shows them again. README.md beside this file has requests
// to try.
//
// # What is served
//
//	/api/admin/bans, users              the API of a mail-forwarding service; cookie and X-CSRF-Token
//	/api/v1/admin/email_domain_blocks   Mastodon's; API token
//	/storyden/api/admin/bans            Storyden's; cookie "storyden-session"
//	/api/auth/sign-in, sign-out         sessions
//	/console/                           the moderators' pages, with a form to sign in; cookie
//	/api/aliases                        makes an alias if no rule refuses it; API token
//	/api/check                          explains a check, and counts no hit; API token, or cookie and X-CSRF-Token
//	/metrics                            for Prometheus; API token
//	/healthz                            200, or 503 if the rules cannot be read; public
//	/openapi.yaml                       the description of it all; public
//
// Signing in, making aliases and the admin APIs are refused to banned addresses: an
// admin whose own is banned asks from the machine itself, whose loopback addresses
// are never refused, or lifts the ban with banctl; -admit-banned serves them.
// /metrics wants the scope "admin:read:metrics", or "admin:read", from everybody:
// behind a proxy on the same machine every client has a loopback address.
//
// # Operation
//
// It speaks HTTP without TLS: put a proxy in front that does, and name its address
// with -trusted-proxy. Browsers keep the cookies of a site with TLS only;
// -insecure-cookie does without, and is refused beyond loopback.
//
// Several servers may use one database, beside banctl and programs of your own. What
// one changes the others see within a second. The key of the CSRF tokens is in
// FILE.csrf-key, which the first makes: keep it as you keep the database.
//
// The log, on standard error, is JSON, a line for each request. It names the
// route, never the path, query, header or body, where people are named; who did it
// is in "actor". The header X-Request-Id of the answer has its "id".
//
// On SIGTERM or an interrupt no more requests are taken, and those under way are
// answered; it ends within -shutdown-timeout. The exit status is 0 if the program
// was told to stop, 1 after trouble, 2 if a flag or file cannot be used.
//
// Once an hour it removes what has become old: entries of the log after a year, or
// as -keep-log says, days of hits after 14, ended sessions and tokens after 7.
// A write that has to wait longer than -busy-timeout is not made, and answered with
// status 503 and Retry-After, as are writes while the disk is full, and everything once
// the database file was moved or replaced: then /healthz says so too, and the server
// has to be started anew.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"example.com/ostraka/examples/internal/backend"
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
	command := serveCommand
	if len(args) > 0 && args[0] == "bootstrap" {
		command, args = bootstrapCommand, args[1:]
	}
	err := command(ctx, args, stdout, stderr)
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return 0
	}
	fmt.Fprintf(stderr, "adminserver: %v\n", err)
	if usage.Wrong(err) || backend.Unusable(err) || keyfile.Unusable(err) {
		return 2
	}
	return 1
}

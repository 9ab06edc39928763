package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"example.com/ostraka/ban"
	"example.com/ostraka/ban/postfix"
	"example.com/ostraka/examples/internal/backend"
	"example.com/ostraka/examples/internal/dnsclient"
	"example.com/ostraka/examples/internal/grace"
	"example.com/ostraka/examples/internal/keyfile"
	"example.com/ostraka/examples/internal/usage"
)

type flags struct {
	addr       string
	db         backend.Address
	keys       keyfile.Keys
	socketMode fs.FileMode
	policy     postfix.PolicyOptions
	checker    ban.CheckerOptions
	server     postfix.ServerOptions
	stop       time.Duration
}

// parseFlags reads the command line. Help goes to w.
func parseFlags(args []string, w io.Writer) (f flags, err error) {
	f = flags{socketMode: 0o660}
	set := usage.FlagSet("postfixpolicy")
	set.StringVar(&f.addr, "addr", "127.0.0.1:10040", "listen on `HOST:PORT` or unix:PATH")
	db := set.String("db", "", "the database, `FILE` or postgres://USER@HOST/DATABASE, which others may use at the same time; default: what "+backend.Variable+" says")
	keys := set.String("key-file", "", keyfile.About)
	set.Func("review", "what to do with mail that a person should look at: `hold`, defer, prepend or reject (default hold)",
		oneOf(&f.policy.Review, map[string]postfix.ReviewAction{
			"hold": postfix.ReviewHold, "defer": postfix.ReviewDefer, "prepend": postfix.ReviewPrepend, "reject": postfix.ReviewReject,
		}))
	set.Func("on-error", "what to do when the database cannot be read: `defer` or accept (default defer)",
		oneOf(&f.checker.OnError, map[string]ban.OnError{"defer": ban.FailClosed, "accept": ban.FailOpen}))
	mx := set.Bool("mx", false, "match the mail hosts of addresses too")
	set.TextVar(&f.checker.MX.OnUnknown, "mx-unknown", ban.MXIgnore,
		"with -mx: `ignore`, review or deny (which asks to come back) an address whose mail hosts the DNS does not tell, or not all")
	set.TextVar(&f.checker.MX.NoMX, "mx-none", ban.MXIgnore, "with -mx: `ignore`, review or deny one whose domain has no MX record")
	set.TextVar(&f.checker.MX.NullMX, "mx-null", ban.MXIgnore,
		"with -mx: `ignore`, review or deny one whose domain accepts no mail (null MX)")
	dns := set.String("dns", "", "ask the DNS server at `HOST:PORT`, with -mx; default: those of the system")
	set.Func("socket-mode", "permissions of a Unix socket, `OCTAL` (default 660)", f.setSocketMode)
	set.IntVar(&f.server.MaxConns, "max-conns", postfix.DefaultMaxConns, "serve at most `N` connections at a time; others wait")
	set.DurationVar(&f.server.IdleTimeout, "idle-timeout", postfix.DefaultIdleTimeout, "close a connection without a request after `TIME`")
	set.DurationVar(&f.stop, "shutdown-timeout", postfix.DefaultShutdownTimeout, "when told to stop, end within `TIME`: requests under way are answered for most of it")
	if err := usage.Parse(set, args, w, "postfixpolicy -db DATABASE [-addr HOST:PORT|unix:PATH] [FLAGS]"); err != nil {
		return f, err
	}
	switch {
	case f.server.MaxConns < 1:
		return f, usage.New("-max-conns", "", errors.New("none could be served"), "give a number of connections")
	case f.server.IdleTimeout <= 0:
		return f, usage.New("-idle-timeout", "", errors.New("no time is left"), "give a duration, such as 10m")
	case f.stop <= 0:
		return f, usage.New("-shutdown-timeout", "", errors.New("no time is left"), "give a duration, such as 5s")
	}
	f.server.ShutdownTimeout = grace.ForRequests(f.stop)
	if f.db, err = backend.Named("-db", *db, backend.Variable); err != nil {
		return f, err
	}
	if f.keys, err = keyfile.Named("-key-file", *keys); err != nil {
		return f, err
	}
	if f.db.IsZero() {
		return f, usage.New("-db", "", errors.New("no database named"), "name the one that has the bans")
	}
	resolver, err := dnsclient.New(*dns)
	if err != nil {
		return f, usage.New("-dns", *dns, err, "give one such as 127.0.0.1:53")
	}
	if *mx {
		f.checker.MX.Resolver = resolver
	} else {
		set.Visit(func(g *flag.Flag) { // those that were given
			if g.Name == "dns" || strings.HasPrefix(g.Name, "mx-") {
				err = usage.New("-"+g.Name, "", errors.New("nothing is asked"), "give -mx too")
			}
		})
	}
	return f, err
}

func (f *flags) setSocketMode(s string) error {
	mode, err := strconv.ParseUint(s, 8, 32)
	if err != nil || mode&^0o777 != 0 {
		return errors.New("give permissions such as 660")
	}
	f.socketMode = fs.FileMode(mode)
	return nil
}

// oneOf reads the name of a value.
func oneOf[T any](to *T, values map[string]T) func(string) error {
	return func(s string) error {
		v, ok := values[s]
		if !ok {
			return fmt.Errorf("use %s", strings.Join(slices.Sorted(maps.Keys(values)), " or "))
		}
		*to = v
		return nil
	}
}

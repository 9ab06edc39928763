package main

import (
	"errors"
	"io"
	"net/netip"
	"time"

	"example.com/ostraka/ban"
	"example.com/ostraka/examples/internal/backend"
	"example.com/ostraka/examples/internal/keyfile"
	"example.com/ostraka/examples/internal/traitflags"
	"example.com/ostraka/examples/internal/usage"
)

// The default of -burst and -every.
const (
	defaultBurst = 10
	defaultEvery = time.Minute
)

type flags struct {
	addr   string
	db     backend.Address
	keys   keyfile.Keys
	sample bool
	stop   time.Duration
	host   options

	uniqueMailbox bool
}

// parseFlags reads the command line. Help goes to w.
func parseFlags(args []string, w io.Writer) (flags, error) {
	var f flags
	set := usage.FlagSet("signup")
	set.StringVar(&f.addr, "addr", "127.0.0.1:8081", "listen on `HOST:PORT`")
	db := set.String("db", "", "the database, `FILE` or postgres://USER@HOST/DATABASE, which others may use at the same time; default: what "+backend.Variable+" says, or else in memory")
	keys := set.String("key-file", "", keyfile.About)
	set.BoolVar(&f.sample, "sample", false, "add three rules to try, and show what to try")
	set.Func("trusted-proxy", "take the word of the proxy at `ADDRESS`, or of those of a prefix, on who the client is; may be repeated",
		f.host.addProxy)
	set.Func("on-error", "who cannot be checked is refused, `closed`, or let in, open (default closed)", f.host.setOnError)
	traitflags.Add(set, &f.host.traits)
	set.BoolVar(&f.uniqueMailbox, "unique-mailbox", false, "refuse an address whose mailbox an account has, however it is spelt; banctl sweep --mailboxes finds those that share one already")
	set.IntVar(&f.host.burst, "burst", defaultBurst, "a client may sign up `N` times at once")
	set.DurationVar(&f.host.every, "every", defaultEvery, "and then once every `TIME`")
	set.DurationVar(&f.stop, "shutdown-timeout", defaultStop, "when told to stop, end within `TIME`: requests under way are answered for most of it")
	if err := usage.Parse(set, args, w, "signup [-addr HOST:PORT] [-db DATABASE] [-sample] [FLAGS]"); err != nil {
		return f, err
	}
	switch {
	case f.host.burst < 1 || f.host.burst > 1_000_000:
		return f, usage.New("-burst", "", errors.New("out of range"), "give a number of sign-ups, 1 to 1000000")
	case f.host.every <= 0 || f.host.every > 24*time.Hour:
		return f, usage.New("-every", "", errors.New("out of range"), "give a duration of at most a day, such as 1m")
	case f.stop <= 0:
		return f, usage.New("-shutdown-timeout", "", errors.New("no time is left"), "give a duration, such as 15s")
	}
	f.host.try = f.sample
	var err error
	if f.db, err = backend.Named("-db", *db, backend.Variable); err != nil {
		return f, err
	}
	f.keys, err = keyfile.Named("-key-file", *keys)
	return f, err
}

func (o *options) addProxy(s string) error {
	if addr, err := netip.ParseAddr(s); err == nil && addr.Zone() == "" {
		s = netip.PrefixFrom(addr, addr.BitLen()).String()
	}
	prefix, err := netip.ParsePrefix(s)
	if err != nil {
		return errors.New("give an address or a prefix, such as 192.0.2.7 or 192.0.2.0/28")
	}
	o.proxies = append(o.proxies, prefix)
	return nil
}

func (o *options) setOnError(s string) error {
	switch s {
	case "closed":
		o.onError = ban.FailClosed
	case "open":
		o.onError = ban.FailOpen
	default:
		return errors.New("use closed or open")
	}
	return nil
}

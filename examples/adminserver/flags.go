package main

import (
	"errors"
	"io"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/examples/internal/backend"
	"example.com/ostraka/examples/internal/keyfile"
	"example.com/ostraka/examples/internal/traitflags"
	"example.com/ostraka/examples/internal/usage"
	"example.com/ostraka/store"
)

type serveFlags struct {
	addr            string
	db              backend.Address
	csrfKey         string
	keys            keyfile.Keys
	mirror          bool
	mx              bool
	traits          ban.TraitOptions
	checkAccounts   bool
	uniqueMailbox   bool
	fetch           bool
	admitBanned     bool
	baseURL         string
	blockScope      ban.Scope
	insecureCookie  bool
	trustedProxies  []netip.Prefix
	busyTimeout     time.Duration
	readTimeout     time.Duration
	shutdownTimeout time.Duration
	keepLog         time.Duration
	pendingLifetime time.Duration
}

// parseServe reads the command line of the server. Help goes to w, and gives
// flag.ErrHelp.
func parseServe(args []string, w io.Writer) (*serveFlags, error) {
	f := &serveFlags{}
	set := usage.FlagSet("adminserver")
	set.StringVar(&f.addr, "addr", "127.0.0.1:8080", "listen on `HOST:PORT`")
	db := set.String("db", "", aboutDB)
	set.StringVar(&f.csrfKey, "csrf-key", "", "the key of CSRF tokens is in `FILE`, which is made if it is not there; default: the database file with .csrf-key behind; the servers of a site share it")
	keys := set.String("key-file", "", keyfile.About)
	set.BoolVar(&f.mirror, "mirror", false, "keep all rules in memory")
	set.BoolVar(&f.mx, "mx", false, "look for the mail hosts of domains in the DNS of this machine, and check them too")
	traitflags.Add(set, &f.traits)
	set.BoolVar(&f.fetch, "fetch", false, "fetch the lists that are subscribed, when they are due; of several servers one does")
	set.BoolVar(&f.checkAccounts, "check-accounts", false, "refuse names and addresses of accounts that rules refuse, also to admins, unless forced")
	set.BoolVar(&f.uniqueMailbox, "unique-mailbox", false, "refuse a new address whose mailbox an account has, however it is spelt; banctl sweep --mailboxes finds those that share one already")
	set.BoolVar(&f.admitBanned, "admit-banned", false, "serve the admin APIs to banned addresses too; loopback addresses always may")
	set.StringVar(&f.baseURL, "base-url", "", "clients reach this server at `URL`, such as https://admin.example, for links between pages; default: as each request says")
	f.blockScope = ban.ScopeOf(ban.SignUp)
	set.Func("block-scope", "what blocks made by the email_domain_blocks API keep people from: `ACTIONS` with commas between, or all (default sign_up)", f.setBlockScope)
	set.BoolVar(&f.insecureCookie, "insecure-cookie", false,
		"let sessions travel without TLS, on loopback only: whoever can read along becomes an admin")
	set.Func("trusted-proxy", "believe the proxy at `ADDRESS`, or a prefix, who the client is; may be repeated", f.addProxy)
	set.DurationVar(&f.busyTimeout, "busy-timeout", 5*time.Second, "wait for another program that writes to the database for `TIME`, at most 30s")
	set.DurationVar(&f.readTimeout, "read-timeout", 15*time.Second, "cut off a client that has not sent its request after `TIME`")
	set.DurationVar(&f.shutdownTimeout, "shutdown-timeout", 10*time.Second, "when told to stop, end within `TIME`: requests under way are answered for most of it")
	set.DurationVar(&f.pendingLifetime, "keep-pending", account.DefaultPendingLifetime, "remove accounts that nobody decides about after `TIME`; 0 keeps them for ever")
	set.DurationVar(&f.keepLog, "keep-log", ban.DefaultKeepLog, "remove entries of the log, which names people, after `TIME`; 0 keeps them for ever")
	if err := usage.Parse(set, args, w, "adminserver -db FILE [-addr HOST:PORT] [FLAGS]", "adminserver bootstrap -h"); err != nil {
		return nil, err
	}
	var err error
	if f.db, err = databaseOf(*db); err != nil {
		return nil, err
	}
	if f.keys, err = keyfile.Named("-key-file", *keys); err != nil {
		return nil, err
	}
	switch {
	case f.busyTimeout <= 0 || f.busyTimeout > 30*time.Second:
		return nil, usage.New("-busy-timeout", f.busyTimeout.String(), errors.New("out of range"), "give a duration up to 30s")
	case f.readTimeout <= 0:
		return nil, usage.New("-read-timeout", f.readTimeout.String(), errors.New("no time is left"), "give a duration, such as 15s")
	case f.shutdownTimeout <= 0:
		return nil, usage.New("-shutdown-timeout", f.shutdownTimeout.String(), errors.New("no time is left"), "give a duration, such as 10s")
	}
	if err := f.checkBaseURL(); err != nil {
		return nil, err
	}
	if f.keepLog < 0 {
		return nil, usage.New("-keep-log", f.keepLog.String(), errors.New("out of range"), "give a duration, such as 8760h, or 0 to keep all")
	}
	if f.pendingLifetime != 0 && f.pendingLifetime < time.Minute {
		return nil, usage.New("-keep-pending", f.pendingLifetime.String(), errors.New("out of range"), "give a duration of at least 1m, such as 720h, or 0 to keep all")
	}
	if f.pendingLifetime == 0 {
		f.pendingLifetime = -1 // as account.AdminOptions has it
	}
	if f.keepLog == 0 {
		f.keepLog = -1 // as ban.PrunerOptions has it
	}
	return f, nil
}

func (f *serveFlags) checkBaseURL() error {
	if f.baseURL == "" {
		return nil
	}
	u, err := url.Parse(f.baseURL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return usage.New("-base-url", f.baseURL, errors.New("no address of a server"), "give one of http or https without a query, such as https://admin.example")
	}
	f.baseURL = strings.TrimRight(f.baseURL, "/")
	return nil
}

func (f *serveFlags) setBlockScope(s string) error {
	scope, err := store.ParseScope(s)
	if err != nil {
		return errors.New("use sign_up, sign_in, alias, mail, content, with commas between, or all")
	}
	if scope == 0 { // all, which an option would take for its default
		scope = ban.ScopeOf(store.Actions()...)
	}
	f.blockScope = scope
	return nil
}

func (f *serveFlags) addProxy(s string) error {
	v, err := ban.ParsePrefix(s)
	if err != nil {
		return err
	}
	f.trustedProxies = append(f.trustedProxies, v.Prefix())
	return nil
}

type bootstrapFlags struct {
	db           backend.Address
	admin, email string
	force        bool
}

// parseBootstrap reads the command line of "bootstrap", as parseServe does.
func parseBootstrap(args []string, w io.Writer) (*bootstrapFlags, error) {
	f := &bootstrapFlags{}
	set := usage.FlagSet("adminserver")
	db := set.String("db", "", aboutDB+"; made if it is not there")
	set.StringVar(&f.admin, "admin", "", "the `HANDLE` of the admin")
	set.StringVar(&f.email, "email", "", "the e-mail `ADDRESS` of the admin")
	set.BoolVar(&f.force, "force", false, "make another admin beside those there are")
	if err := usage.Parse(set, args, w, "adminserver bootstrap -db FILE -admin HANDLE -email ADDRESS [-force]"); err != nil {
		return nil, err
	}
	var err error
	if f.db, err = databaseOf(*db); err != nil {
		return nil, err
	}
	switch {
	case f.admin == "":
		return nil, usage.New("-admin", "", errors.New("nobody named"), "give a handle")
	case f.email == "":
		return nil, usage.New("-email", "", errors.New("no address named"), "give that of the admin")
	}
	return f, nil
}

const aboutDB = "the database, `FILE` or postgres://USER@HOST/DATABASE, which others may use at the same time; default: what " + backend.Variable + " says"

// databaseOf returns the database of a flag, or of the environment.
func databaseOf(flag string) (backend.Address, error) {
	a, err := backend.Named("-db", flag, backend.Variable)
	if err == nil && a.IsZero() {
		err = usage.New("-db", "", errors.New("no database named"), "name a file, or postgres://USER@HOST/DATABASE")
	}
	return a, err
}

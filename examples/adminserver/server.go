package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/examples/internal/backend"
	"example.com/ostraka/examples/internal/exposure"
	"example.com/ostraka/examples/internal/grace"
	"example.com/ostraka/examples/internal/usage"
)

const (
	maxHeaderBytes = 16 << 10
	idleTimeout    = time.Minute
)

// serveCommand serves until the context ends.
func serveCommand(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	f, err := parseServe(args, stdout)
	if err != nil {
		return err
	}
	log := newLogger(stderr)
	db, err := openDatabase(ctx, f.db, backend.Serve, f.busyTimeout)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	end, cancel := grace.Context(ctx, f.shutdownTimeout)
	defer cancel()
	if err := f.keys.Check(ctx, db.Store); err != nil {
		return err
	}
	key, err := f.readCSRFKey()
	if err != nil {
		return err
	}
	seconds := newStoreSeconds()
	p := &parts{
		store: &timedStore{Store: db.Store, seconds: seconds}, storeSeconds: seconds, log: log,
		keys: f.keys, trustedProxies: f.trustedProxies, insecureCookie: f.insecureCookie, baseURL: f.baseURL, blockScope: f.blockScope, admitBanned: f.admitBanned,
	}
	o := f.checkerOptions()
	if o.Rehash, err = f.keys.Rehash(p.store); err != nil {
		return err
	}
	if p.checker, err = ban.NewChecker(p.store, o); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.checker.Shutdown(end)) }()
	if f.fetch {
		if p.fetcher, err = newFetcher(p); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, p.fetcher.Shutdown(end)) }()
	}
	if p.auth, err = account.NewAuth(p.store, account.AuthOptions{CSRFKey: key, Checker: p.checker}); err != nil {
		return err
	}
	people := account.AdminOptions{PendingLifetime: f.pendingLifetime, UniqueMailbox: f.uniqueMailbox, Keys: f.keys.Ring, HashKey: f.keys.Newest}
	if f.checkAccounts {
		people.Checker = p.checker
	}
	if p.accounts, err = account.NewAdmin(p.store, people); err != nil {
		return err
	}
	pruner, err := ban.NewPruner(p.store, ban.PrunerOptions{
		KeepLog: f.keepLog, ExpirePending: p.accounts.ExpirePending, Report: reportPruned(p.log),
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pruner.Close()) }()
	return serveSite(ctx, f, p)
}

func (f *serveFlags) checkerOptions() ban.CheckerOptions {
	o := ban.CheckerOptions{Mirror: f.mirror, Traits: f.traits, Keys: f.keys.Ring}
	if f.mx {
		o.MX.Resolver = net.DefaultResolver
	}
	return o
}

// serveSite serves the site until the context ends.
func serveSite(ctx context.Context, f *serveFlags, p *parts) error {
	listener, err := listen(ctx, f)
	if err != nil {
		return err
	}
	site, err := newSite(p)
	if err != nil {
		listener.Close()
		return err
	}
	warn(ctx, f, p, listener.Addr())
	p.log.Info("listening", "addr", listener.Addr().String(), "mirror", f.mirror)
	server := &http.Server{
		Handler: site, MaxHeaderBytes: maxHeaderBytes,
		ReadHeaderTimeout: f.readTimeout, ReadTimeout: f.readTimeout, IdleTimeout: idleTimeout,
		// The body may be slow to come, and the answer to be taken; in between, a
		// request may wait for the write lock more than once.
		WriteTimeout: 2*f.readTimeout + 2*f.busyTimeout,
		ErrorLog:     slog.NewLogLogger(p.log.Handler(), slog.LevelWarn),
	}
	return serveUntil(ctx, server, listener, f.shutdownTimeout)
}

// listen listens on the address of the flags.
func listen(ctx context.Context, f *serveFlags) (net.Listener, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", f.addr)
	if err != nil {
		return nil, usage.New("-addr", f.addr, err, "give a free one, as HOST:PORT")
	}
	if f.insecureCookie && !onLoopback(l.Addr()) {
		l.Close()
		return nil, usage.New("-insecure-cookie", "", errors.New("others could read the sessions of admins"), "listen on a loopback address, such as 127.0.0.1:8080")
	}
	return l, nil
}

func onLoopback(a net.Addr) bool {
	tcp, ok := a.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

// warn says in the log what may not be meant.
func warn(ctx context.Context, f *serveFlags, p *parts, addr net.Addr) {
	if n, err := countAdmins(ctx, p.accounts); err == nil && n == 0 {
		p.log.Warn("nobody can sign in: make an admin with adminserver bootstrap")
	}
	exposure.Warn(p.log, f.db.Path(), f.trustedProxies)
	f.keys.Warn(p.log)
	if f.csrfKey == "" && f.db.OnServer() {
		p.log.Warn("the key of CSRF tokens is of this server alone, and of this start: give all servers of a site the same file, with -csrf-key")
	}
	if !onLoopback(addr) {
		p.log.Warn("this is HTTP without TLS: let nobody but a proxy that has it reach this address", "addr", addr.String())
	}
}

// serveUntil serves until the context ends, and then lets requests under way be
// answered, so that all is over within that time.
func serveUntil(ctx context.Context, server *http.Server, l net.Listener, within time.Duration) error {
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace.ForRequests(within))
	defer cancel()
	err := server.Shutdown(stopping)
	if errors.Is(err, context.DeadlineExceeded) {
		err = errors.Join(fmt.Errorf("requests were cut off, to stop within %v", within), server.Close())
	}
	<-served
	return err
}

package pgstore

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"example.com/ostraka/store"
)

var _ store.Notifier = (*Store)(nil)

// How the connection that listens is kept.
const (
	relistenFirst = 20 * time.Millisecond  // after a loss; doubled with each failure
	relistenMost  = 500 * time.Millisecond // up to this
	silence       = 5 * time.Second        // after which the connection is asked whether it is still there
)

// listener hears of changes on a connection that does nothing else: the server keeps
// what a connection does not fetch, for all that listen, until its queue is full.
type listener struct {
	store *Store
	stop  context.CancelFunc // nil: it does not listen
	done  chan struct{}

	mu  sync.Mutex
	fns []*func()
}

// channel is what changes of the store are notified on.
func (s *Store) channel() string { return "ostraka_" + s.options.Schema }

// listen begins to listen, unless the options say not to.
func (s *Store) listen() {
	s.listener = &listener{store: s}
	if s.options.NoListen || s.options.TransactionPooling && s.options.ListenDSN == "" {
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	s.listener.stop, s.listener.done = stop, make(chan struct{})
	go s.listener.run(ctx)
}

// close ends listening, and waits until it has ended. Nobody is called afterwards.
func (l *listener) close() {
	l.mu.Lock()
	l.fns = nil
	l.mu.Unlock()
	if l.stop != nil {
		l.stop()
		<-l.done
	}
}

// Notify implements [store.Notifier], by LISTEN and NOTIFY. Whenever the connection
// was lost and is there again, fn is called too. If the store does not listen, see
// [Options.NoListen], fn is never called.
func (s *Store) Notify(fn func()) (cancel func()) {
	l := s.listener
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fns = append(l.fns, &fn)
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.fns = slices.DeleteFunc(l.fns, func(f *func()) bool { return f == &fn })
	}
}

// tell calls everybody who is still there when their turn comes.
func (l *listener) tell() {
	l.mu.Lock()
	fns := slices.Clone(l.fns)
	l.mu.Unlock()
	for _, fn := range fns {
		l.mu.Lock()
		there := slices.Contains(l.fns, fn)
		l.mu.Unlock()
		if there {
			(*fn)()
		}
	}
}

// run listens until the context ends, on one connection after the other.
func (l *listener) run(ctx context.Context) {
	defer close(l.done)
	wait := relistenFirst
	for ctx.Err() == nil {
		if l.session(ctx) {
			wait = relistenFirst
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
		wait = min(2*wait, relistenMost)
	}
}

// session listens on a connection until that is lost. It reports whether there was
// one.
func (l *listener) session(ctx context.Context) (listened bool) {
	conn, err := l.connect(ctx)
	if err != nil {
		return false
	}
	defer closeConn(conn)
	if err := l.ask(ctx, conn, `LISTEN `+pgx.Identifier{l.store.channel()}.Sanitize()); err != nil {
		return false
	}
	stats := &l.store.stats
	stats.connects.Add(1)
	defer stats.listening.Store(false)
	var greeting sync.WaitGroup
	defer greeting.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	hello := uuid.NewString()
	greet := func() { greeting.Go(func() { l.greet(ctx, hello) }) }
	greet()
	l.tell() // of what happened while nobody listened
	for ctx.Err() == nil {
		payload, heard, err := l.wait(ctx, conn)
		switch {
		case err != nil:
			return true
		case !heard:
			if !stats.listening.Load() {
				greet()
			}
		case payload == "":
			stats.listening.Store(true)
			stats.notifications.Add(1)
			l.tell()
		case payload == hello:
			stats.listening.Store(true)
		} // else it is the greeting of another
	}
	return true
}

// greet notifies the store itself, on another connection. Only when that is heard is it
// known that it listens: a pooler may give the connection that listens to others. What is
// written is notified without a payload.
func (l *listener) greet(ctx context.Context, hello string) {
	ctx, cancel := context.WithTimeout(ctx, l.store.options.LockTimeout)
	defer cancel()
	_, _ = l.store.pool.Exec(ctx, `SELECT pg_notify($1, $2)`, l.store.channel(), hello)
}

// connect makes the connection, bounded in time.
func (l *listener) connect(ctx context.Context) (*pgx.Conn, error) {
	s := l.store
	ctx, cancel := context.WithTimeout(ctx, s.options.LockTimeout)
	defer cancel()
	if s.options.ListenDSN != "" {
		return pgx.Connect(ctx, s.options.ListenDSN)
	}
	pool := s.pool.Config()
	config := pool.ConnConfig
	if pool.BeforeConnect != nil {
		if err := pool.BeforeConnect(ctx, config); err != nil {
			return nil, err
		}
	}
	return pgx.ConnectConfig(ctx, config)
}

// ask runs a statement, bounded in time.
func (l *listener) ask(ctx context.Context, conn *pgx.Conn, query string) error {
	ctx, cancel := context.WithTimeout(ctx, l.store.options.LockTimeout)
	defer cancel()
	_, err := conn.Exec(ctx, query)
	return err
}

// wait waits for a notification. A silent connection is asked whether it is still
// there: a host that has vanished says nothing.
func (l *listener) wait(ctx context.Context, conn *pgx.Conn) (payload string, heard bool, err error) {
	quiet, cancel := context.WithTimeout(ctx, silence)
	defer cancel()
	n, err := conn.WaitForNotification(quiet)
	if err == nil {
		return n.Payload, true, nil
	}
	if quiet.Err() == nil || ctx.Err() != nil || conn.IsClosed() {
		return "", false, err
	}
	return "", false, l.ask(ctx, conn, `SELECT 1`)
}

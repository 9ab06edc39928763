package postfix

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"syscall"
	"time"
)

// Handler answers a request. It is called from many goroutines. The context ends
// after [ServerOptions.RequestTimeout], and when the server gives up waiting for it at
// its end; the handler has to return soon then.
type Handler func(ctx context.Context, r Request) Action

// Server answers the requests of Postfix.
type Server struct {
	handler Handler
	opts    ServerOptions
	slots   chan struct{} // one for each connection
}

// NewServer returns a server that answers by the handler. ServerOptions that are out of
// range give an [*OptionError].
func NewServer(handler Handler, opts ServerOptions) (*Server, error) {
	opts, err := opts.withDefaults()
	if err != nil {
		return nil, err
	}
	if handler == nil {
		return nil, &OptionError{"handler", "nil", "give a function that answers"}
	}
	return &Server{handler: handler, opts: opts, slots: make(chan struct{}, opts.MaxConns)}, nil
}

// Serve answers on the listener until the context ends, and returns nil then, or
// the error that keeps it from accepting connections. It closes the listener.
//
// At the end, connections without a request under way are closed at once; the
// others are answered, and closed after [ServerOptions.ShutdownTimeout] at the latest.
// Serve returns when its goroutines have ended. It may be called for several
// listeners at a time, which share [ServerOptions.MaxConns].
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	hard, kill := context.WithCancel(context.WithoutCancel(ctx))
	defer kill()
	stopping, stop := context.WithCancel(ctx)
	defer stop()
	defer context.AfterFunc(stopping, func() { l.Close() })()

	var conns sync.WaitGroup
	err := s.acceptAll(stopping, l, func(conn net.Conn) {
		conns.Go(func() {
			defer s.freeSlot()
			s.serve(stopping, hard, conn)
		})
	})
	l.Close()
	stop()
	defer time.AfterFunc(s.opts.ShutdownTimeout, kill).Stop()
	conns.Wait()
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// acceptAll hands on connections, each with a slot taken, until the context ends
// or the listener fails.
func (s *Server) acceptAll(ctx context.Context, l net.Listener, serve func(net.Conn)) error {
	for s.takeSlot(ctx) {
		conn, err := s.accept(ctx, l)
		if err != nil {
			s.freeSlot()
			return fmt.Errorf("accept connections: %w", err)
		}
		serve(conn)
	}
	return nil
}

// takeSlot waits for room for a connection, and reports whether there is any
// before the context ends.
func (s *Server) takeSlot(ctx context.Context) bool {
	select {
	case s.slots <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

func (s *Server) freeSlot() { <-s.slots }

// The pauses before another try to accept a connection.
const (
	minAcceptPause = 5 * time.Millisecond
	maxAcceptPause = time.Second
)

// accept waits for a connection. It tries again when the system is short of
// something.
func (s *Server) accept(ctx context.Context, l net.Listener) (net.Conn, error) {
	for pause := minAcceptPause; ; pause = min(2*pause, maxAcceptPause) {
		conn, err := l.Accept()
		if err == nil || ctx.Err() != nil || !isShortage(err) {
			return conn, err
		}
		s.opts.Log.Warn("no connection can be accepted for now", "err", err)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func isShortage(err error) bool {
	for _, short := range []syscall.Errno{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM} {
		if errors.Is(err, short) {
			return true
		}
	}
	return false
}

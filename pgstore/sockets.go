package pgstore

import (
	"context"
	"net"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// closeGrace is how long Close lets connections say goodbye. pgx waits 15 seconds for a
// server that says nothing, with each connection that was waiting for an answer.
const closeGrace = time.Second

// sockets are the connections of an owned pool to the server, for [Store.Close] to cut.
type sockets struct {
	mu   sync.Mutex
	open map[*socket]struct{}
	cut  bool
}

// socket is a connection that is among the sockets until it is closed.
type socket struct {
	net.Conn
	of *sockets
}

func newSockets() *sockets { return &sockets{open: make(map[*socket]struct{})} }

// dialing returns a function that connects as the given one does.
func (s *sockets) dialing(dial pgconn.DialFunc) pgconn.DialFunc {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		k := &socket{conn, s}
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.cut {
			_ = conn.Close()
			return nil, net.ErrClosed
		}
		s.open[k] = struct{}{}
		return k, nil
	}
}

// Close implements [net.Conn].
func (k *socket) Close() error {
	k.of.mu.Lock()
	delete(k.of.open, k)
	k.of.mu.Unlock()
	return k.Conn.Close()
}

// close closes the pool, and cuts what does not end within the grace.
func (s *sockets) close(pool *pgxpool.Pool) {
	defer time.AfterFunc(closeGrace, s.cutAll).Stop()
	pool.Close()
}

// cutAll ends all connections, and those that come later. What waits on one fails.
func (s *sockets) cutAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cut = true
	for k := range s.open {
		_ = k.Conn.Close()
	}
	clear(s.open)
}

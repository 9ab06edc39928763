//go:build unix

package pgtest

import (
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"time"
)

// Proxy stands between clients and a server on the loopback interface, and cuts
// connections.
type Proxy struct {
	// Watch, if not nil, is asked about what a client sends, before anything is sent
	// through the proxy. If it says so, the server gets it, and the connection is cut when
	// the server has answered: the client does not see the answer.
	Watch func(sent []byte) (cut bool)

	listener net.Listener
	target   string
	mu       sync.Mutex
	open     map[net.Conn]struct{} // of clients
	running  sync.WaitGroup
}

// NewProxy returns a Proxy to an address, until it is closed.
func NewProxy(target string) (*Proxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &Proxy{listener: l, target: target, open: make(map[net.Conn]struct{})}
	p.running.Go(p.accept)
	return p, nil
}

// DSN returns a connection string of the server with the address of the proxy.
func (p *Proxy) DSN(server *Server) string {
	return strings.Replace(server.DSN(), p.target, p.listener.Addr().String(), 1)
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.running.Go(func() { p.serve(client) })
	}
}

func (p *Proxy) serve(client net.Conn) {
	defer client.Close()
	server, err := net.DialTimeout("tcp", p.target, 5*time.Second)
	if err != nil {
		return
	}
	defer server.Close()
	p.mu.Lock()
	p.open[client] = struct{}{}
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.open, client)
	}()
	var lost sync.Mutex // held by who sends to the client, for good once answers are to be lost
	p.running.Go(func() {
		defer client.Close()
		defer server.Close()
		p.forward(server, client, func(b []byte) bool {
			if p.Watch == nil || !p.Watch(b) {
				return false
			}
			lost.Lock()
			return true
		})
	})
	buf := make([]byte, 32<<10)
	for {
		n, err := server.Read(buf)
		if n > 0 {
			if !lost.TryLock() {
				return // which cuts the connection
			}
			_, writeErr := client.Write(buf[:n])
			lost.Unlock()
			if writeErr != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// forward sends on what comes, and tells first of each piece.
func (p *Proxy) forward(to io.Writer, from io.Reader, tell func([]byte) (last bool)) {
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			last := tell(buf[:n])
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
			if last {
				_, _ = io.Copy(io.Discard, from) // until the connection is cut
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// Cut cuts one of the connections, any of them. It reports false if there is none.
func (p *Proxy) Cut() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.open) == 0 {
		return false
	}
	which := rand.IntN(len(p.open))
	for c := range p.open {
		if which == 0 {
			_ = c.Close()
		}
		which--
	}
	return true
}

// Close cuts all connections and ends the Proxy.
func (p *Proxy) Close() error {
	err := p.listener.Close()
	p.mu.Lock()
	for c := range p.open {
		_ = c.Close()
	}
	p.mu.Unlock()
	p.running.Wait()
	return err
}

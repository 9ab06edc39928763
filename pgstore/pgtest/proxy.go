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
	// Watch, if not nil, is asked what to do with what a client sends. Set it before
	// anything is sent through the proxy.
	Watch func(sent []byte) Fate

	listener net.Listener
	target   string
	mu       sync.Mutex
	open     map[net.Conn]struct{} // of clients
	requests chan struct{}         // closed when they pass again; nil: they do
	answers  chan struct{}
	running  sync.WaitGroup
}

// Fate is what becomes of something that a client sends.
type Fate int

// The fates.
const (
	Pass       Fate = iota
	Swallow         // the connection is cut before the server gets it
	Unanswered      // the server gets it, and the connection is cut when it has answered
)

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
		p.forward(server, client, func(b []byte) Fate {
			if p.Watch == nil {
				return Pass
			}
			fate := p.Watch(b)
			if fate == Unanswered {
				lost.Lock()
			}
			return fate
		})
	})
	buf := make([]byte, 32<<10)
	for {
		n, err := server.Read(buf)
		p.standStill(&p.answers)
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

// forward sends on what comes, but for what its fate says.
func (p *Proxy) forward(to io.Writer, from io.Reader, fate func([]byte) Fate) {
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		p.standStill(&p.requests)
		if n > 0 {
			of := fate(buf[:n])
			if of == Swallow {
				return
			}
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
			if of == Unanswered {
				_, _ = io.Copy(io.Discard, from) // until the connection is cut
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// Stall lets nothing pass from now on, and cuts no connection, as a network does that was
// cut, or a server that is frozen, until the function that it returns is called.
func (p *Proxy) Stall() (goOn func()) { return p.stall(&p.requests, &p.answers) }

// StallAnswers is Stall for what the server sends: it gets what is sent to it.
func (p *Proxy) StallAnswers() (goOn func()) { return p.stall(&p.answers) }

func (p *Proxy) stall(ways ...*chan struct{}) (goOn func()) {
	over := make(chan struct{})
	set := func(c chan struct{}) {
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, way := range ways {
			*way = c
		}
	}
	set(over)
	return sync.OnceFunc(func() {
		set(nil)
		close(over)
	})
}

// standStill waits while nothing may pass that way.
func (p *Proxy) standStill(way *chan struct{}) {
	p.mu.Lock()
	over := *way
	p.mu.Unlock()
	if over != nil {
		<-over
	}
}

// Refuse lets no more connections in. Those that are open stay.
func (p *Proxy) Refuse() { _ = p.listener.Close() }

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
func (p *Proxy) Close() {
	p.Refuse()
	p.mu.Lock()
	for c := range p.open {
		_ = c.Close()
	}
	p.mu.Unlock()
	p.running.Wait()
}

// Package mxlookup finds the mail hosts of domains and their addresses: from a
// cache, or by one look-up at a time for a domain, however many ask.
package mxlookup

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
)

// The most hosts of a domain and addresses of a host that are looked at. Domains
// in good order stay far below. A domain with more is Unknown.
const (
	maxHosts = 16
	maxAddrs = 16
)

// State says what the DNS has answered about a domain.
type State uint8

// The states.
const (
	Unknown State = iota // nothing
	Found                // it has MX records
	None                 // it has no MX record, and is its own mail host (RFC 5321, section 5.1)
	Null                 // it says that it accepts no mail (RFC 7505)
)

// Record is what is known of a domain. It is never changed.
type Record struct {
	State   State
	Missing bool // the DNS has not answered all that was asked
	Hosts   []Host
	asked   time.Time
	expires time.Time // zero: is not kept
}

// Host is a mail host.
type Host struct {
	Name   string // as the DNS has it, in lower case
	Shared bool   // never counts; its addresses are not asked for
	Addrs  []netip.Addr
}

// DNS answers questions. [*net.Resolver] does.
type DNS interface {
	LookupMX(ctx context.Context, name string) ([]*net.MX, error)
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Options configures a [Resolver]. All have to be set, but for Shared.
type Options struct {
	DNS           DNS
	Timeout       time.Duration // of the look-up for one domain, waiting for a place included
	TTL           time.Duration // how long an answer is used
	CacheSize     int           // domains
	MaxConcurrent int           // questions under way
	Shared        SharedHosts
	Now           func() time.Time
}

// retryAfter is when a look-up that failed is tried again.
const retryAfter = 30 * time.Second

// Resolver finds the mail hosts of domains. It is safe for concurrent use.
type Resolver struct {
	opts  Options
	cache *lru.Cache[string, *Record]
	slots chan struct{} // one for each question under way

	ctx  context.Context // ends with Close
	stop context.CancelFunc

	mu      sync.Mutex
	calls   map[string]*call // under way
	closed  bool
	running sync.WaitGroup
	lookups atomic.Int64
}

// call is a look-up under way. The record is there when done is closed.
type call struct {
	done   chan struct{}
	record *Record
}

// New returns a Resolver.
func New(opts Options) (*Resolver, error) {
	cache, err := lru.New[string, *Record](opts.CacheSize)
	if err != nil {
		return nil, fmt.Errorf("a cache of %d domains: %w", opts.CacheSize, err)
	}
	m := &Resolver{
		opts: opts, cache: cache,
		slots: make(chan struct{}, opts.MaxConcurrent), calls: make(map[string]*call),
	}
	m.ctx, m.stop = context.WithCancel(context.Background())
	return m, nil
}

// Close ends the look-ups, and waits for them. It may be called on nil.
func (m *Resolver) Close() {
	if m == nil {
		return
	}
	m.mu.Lock()
	m.closed = true
	m.mu.Unlock()
	m.stop()
	m.running.Wait()
}

// Lookups returns how many look-ups there were. It may be called on nil.
func (m *Resolver) Lookups() int64 {
	if m == nil {
		return 0
	}
	return m.lookups.Load()
}

// Get returns what is known of a canonical domain, after Options.Timeout at the
// latest. The error is that of the context, if the caller goes before.
func (m *Resolver) Get(ctx context.Context, domain string) (*Record, error) {
	if r, ok := m.cache.Get(domain); ok && r.current(m.opts.Now()) {
		return r, nil
	}
	c := m.join(domain)
	select {
	case <-c.done:
		return c.record, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// current reports whether the record may be used. One from the future is of a
// clock that was wrong, by which it would be used for too long.
func (r *Record) current(now time.Time) bool {
	now = now.Round(0) // a jump does not show in monotonic readings
	return now.Before(r.expires) && !now.Before(r.asked)
}

// join returns the look-up for a domain, which it begins if there is none.
func (m *Resolver) join(domain string) *call {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := m.calls[domain]
	if c != nil {
		return c
	}
	c = &call{done: make(chan struct{})}
	if m.closed {
		c.record = &Record{State: Unknown, Missing: true}
		close(c.done)
		return c
	}
	m.calls[domain] = c
	m.lookups.Add(1)
	m.running.Go(func() {
		c.record = m.lookUp(domain)
		if !c.record.expires.IsZero() {
			m.cache.Add(domain, c.record)
		}
		m.mu.Lock()
		delete(m.calls, domain)
		m.mu.Unlock()
		close(c.done)
	})
	return c
}

// errNoSlot says that a question was not asked, as too many others were.
var errNoSlot = errors.New("too many questions to the DNS under way")

// lookUp asks for the hosts of a domain and their addresses.
func (m *Resolver) lookUp(domain string) *Record {
	ctx, cancel := context.WithTimeout(m.ctx, m.opts.Timeout)
	defer cancel()
	mxs, err := ask(ctx, m, func() ([]*net.MX, error) { return m.opts.DNS.LookupMX(ctx, domain+".") })
	r := &Record{}
	noSlot := r.setHosts(domain, mxs, err, m.opts.Shared)
	noSlot = m.addAddrs(ctx, r) || noSlot
	r.asked = m.opts.Now().Round(0)
	switch {
	case m.ctx.Err() != nil, noSlot:
		// It says nothing about the domain.
	case r.Missing:
		r.expires = r.asked.Add(min(retryAfter, m.opts.TTL))
	default:
		r.expires = r.asked.Add(m.opts.TTL)
	}
	return r
}

// setHosts takes the answer to the question for MX records. Package net returns
// records beside an error if others are malformed: nobody can send mail to those.
func (r *Record) setHosts(domain string, mxs []*net.MX, err error, shared SharedHosts) (noSlot bool) {
	switch {
	case len(mxs) == 1 && mxs[0].Host == ".":
		r.State = Null
		return false
	case len(mxs) > 0:
		r.State = Found
	case err == nil, isNotFound(err):
		r.State = None
		mxs = []*net.MX{{Host: domain}}
	default:
		r.State, r.Missing = Unknown, true
		return errors.Is(err, errNoSlot)
	}
	for _, mx := range mxs {
		name := strings.ToLower(strings.TrimSuffix(mx.Host, "."))
		if name == "" || slices.ContainsFunc(r.Hosts, func(h Host) bool { return h.Name == name }) {
			continue
		}
		if len(r.Hosts) == maxHosts {
			r.Missing = true
			break
		}
		r.Hosts = append(r.Hosts, Host{Name: name, Shared: shared.has(name)})
	}
	return false
}

// addAddrs asks for the addresses of the hosts that count, all at once.
func (m *Resolver) addAddrs(ctx context.Context, r *Record) (noSlot bool) {
	errs := make([]error, len(r.Hosts))
	var wg sync.WaitGroup
	for i := range r.Hosts {
		h := &r.Hosts[i]
		if h.Shared {
			continue
		}
		if a, err := netip.ParseAddr(h.Name); err == nil {
			h.Addrs = []netip.Addr{a.Unmap()} // against RFC 1035, but some have it, and some send mail to it
			continue
		}
		wg.Go(func() {
			h.Addrs, errs[i] = ask(ctx, m, func() ([]netip.Addr, error) {
				return m.opts.DNS.LookupNetIP(ctx, "ip", h.Name+".")
			})
		})
	}
	wg.Wait()
	for i := range r.Hosts {
		if h := &r.Hosts[i]; len(h.Addrs) > maxAddrs {
			h.Addrs, r.Missing = h.Addrs[:maxAddrs], true
		}
		if errs[i] != nil && !isNotFound(errs[i]) {
			r.Missing = true
			noSlot = noSlot || errors.Is(errs[i], errNoSlot)
		}
	}
	return noSlot
}

// ask asks a question once there is a place for it, and waits for the answer no
// longer than the context lasts, whatever the DNS client does.
func ask[T any](ctx context.Context, m *Resolver, question func() (T, error)) (T, error) {
	type answer struct {
		value T
		err   error
	}
	var none T
	select {
	case m.slots <- struct{}{}:
	case <-ctx.Done():
		return none, errNoSlot
	}
	answers := make(chan answer, 1)
	m.running.Go(func() {
		defer func() { <-m.slots }()
		v, err := question()
		answers <- answer{v, err}
	})
	select {
	case a := <-answers:
		return a.value, a.err
	case <-ctx.Done():
		return none, ctx.Err()
	}
}

// isNotFound reports whether the DNS says that there is no such record.
func isNotFound(err error) bool {
	dns, ok := errors.AsType[*net.DNSError](err)
	return ok && dns.IsNotFound
}

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

// The bounds of what is looked at. Domains in good order stay far below them. A
// domain with more is Missing something.
const (
	maxHosts    = 256 // of a domain, by name
	maxResolved = 16  // of these, those whose addresses are asked for
	maxAddrs    = 16  // of a host
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
	// Addrs are empty too for what is beyond maxResolved.
	Addrs []netip.Addr
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
	nets  *networks

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
		nets: newNetworks(opts.MaxConcurrent),
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
// latest. The network is that of the client for whom it is asked, the zero Prefix
// if that is not known. The error is that of the context, if the caller goes before.
func (m *Resolver) Get(ctx context.Context, network netip.Prefix, domain string) (*Record, error) {
	if r := m.kept(domain); r != nil {
		return r, nil
	}
	c := m.underWay(domain)
	if c == nil {
		var err error
		if c, err = m.begin(ctx, network, domain); err != nil {
			return nil, err
		}
	}
	select {
	case <-c.done:
		return c.record, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// kept returns the record in the cache, nil if there is none that may be used.
func (m *Resolver) kept(domain string) *Record {
	if r, ok := m.cache.Get(domain); ok && r.current(m.opts.Now()) {
		return r
	}
	return nil
}

// underWay returns the look-up for a domain that has a place, nil if there is none.
func (m *Resolver) underWay(domain string) *call {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.calls[domain]
}

// current reports whether the record may be used. One from the future is of a
// clock that was wrong, by which it would be used for too long.
func (r *Record) current(now time.Time) bool {
	now = now.Round(0) // a jump does not show in monotonic readings
	return now.Before(r.expires) && !now.Before(r.asked)
}

// begin begins a look-up for a domain, once the network has a place for it, or
// returns what others have begun or found by then.
func (m *Resolver) begin(ctx context.Context, network netip.Prefix, domain string) (*call, error) {
	limited, cancel := context.WithTimeout(m.ctx, m.opts.Timeout)
	stop := context.AfterFunc(ctx, cancel)
	leave, waited := m.nets.enter(limited, network)
	if here := stop(); leave == nil || !here {
		cancel()
		if leave != nil {
			leave()
		}
		return over(&Record{State: Unknown, Missing: true}), ctx.Err()
	}
	if r := m.kept(domain); r != nil {
		cancel()
		leave()
		return over(r), nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if c := m.calls[domain]; c != nil || m.closed {
		cancel()
		leave()
		if c == nil {
			c = over(&Record{State: Unknown, Missing: true})
		}
		return c, nil
	}
	c := &call{done: make(chan struct{})}
	m.calls[domain] = c
	m.lookups.Add(1)
	m.running.Go(func() {
		defer cancel()
		l := &lookup{Resolver: m, domain: domain, waited: waited, questions: make(chan struct{}, m.nets.questions(network))}
		c.record = l.run(limited)
		if !c.record.expires.IsZero() {
			m.cache.Add(domain, c.record)
		}
		m.mu.Lock()
		delete(m.calls, domain)
		m.mu.Unlock()
		close(c.done)
		l.asked.Wait() // a DNS client may not heed the context
		leave()
	})
	return c, nil
}

// over returns a call that has ended with the record.
func over(r *Record) *call {
	c := &call{done: make(chan struct{}), record: r}
	close(c.done)
	return c
}

// lookup is one look-up, for one domain.
type lookup struct {
	*Resolver
	domain    string
	waited    bool          // it had less than the whole timeout
	questions chan struct{} // one for each question of this look-up under way
	asked     sync.WaitGroup
}

// errNoSlot says that a question was not asked, as too many others were.
var errNoSlot = errors.New("too many questions to the DNS under way")

// run asks for the hosts of a domain and their addresses.
func (m *lookup) run(ctx context.Context) *Record {
	mxs, err := ask(ctx, m, func() ([]*net.MX, error) { return m.opts.DNS.LookupMX(ctx, m.domain+".") })
	r := &Record{}
	noSlot := r.setHosts(m.domain, mxs, err, m.opts.Shared)
	noSlot = m.addAddrs(ctx, r) || noSlot
	r.asked = m.opts.Now().Round(0)
	switch {
	case m.ctx.Err() != nil, noSlot, r.Missing && m.waited:
		// It says nothing about the domain.
	case r.Missing:
		r.expires = r.asked.Add(min(retryAfter, m.opts.TTL))
	default:
		r.expires = r.asked.Add(m.opts.TTL)
	}
	return r
}

// setHosts takes the answer to the question for MX records. Records beside an error
// are an answer that was cut short: package net leaves out those that are
// malformed, another client what was truncated.
func (r *Record) setHosts(domain string, mxs []*net.MX, err error, shared SharedHosts) (noSlot bool) {
	isRoot := func(mx *net.MX) bool { return mx.Host == "." || mx.Host == "" }
	switch {
	case len(mxs) > 0 && err == nil && !slices.ContainsFunc(mxs, func(mx *net.MX) bool { return !isRoot(mx) }):
		r.State = Null
		return false
	case len(mxs) > 0:
		r.State, r.Missing = Found, err != nil
	case err == nil, isNotFound(err):
		r.State = None
		mxs = []*net.MX{{Host: domain}}
	default:
		r.State, r.Missing = Unknown, true
		return errors.Is(err, errNoSlot)
	}
	seen := make(map[string]bool)
	for _, mx := range mxs {
		name := strings.ToLower(strings.TrimSuffix(mx.Host, "."))
		if name == "" || seen[name] {
			continue
		}
		if len(r.Hosts) == maxHosts {
			r.Missing = true
			break
		}
		seen[name] = true
		r.Hosts = append(r.Hosts, Host{Name: name, Shared: shared.has(name)})
	}
	return false
}

// addAddrs asks for the addresses of the hosts that count, several at once, up to
// maxResolved of them.
func (m *lookup) addAddrs(ctx context.Context, r *Record) (noSlot bool) {
	errs := make([]error, len(r.Hosts))
	var wg sync.WaitGroup
	resolved := 0
	for i := range r.Hosts {
		h := &r.Hosts[i]
		if h.Shared {
			continue
		}
		if a, err := netip.ParseAddr(h.Name); err == nil {
			h.Addrs = []netip.Addr{a.Unmap()} // against RFC 1035, but some have it, and some send mail to it
			continue
		}
		if resolved++; resolved > maxResolved {
			r.Missing = true
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
func ask[T any](ctx context.Context, m *lookup, question func() (T, error)) (T, error) {
	type answer struct {
		value T
		err   error
	}
	var none T
	for i, places := range []chan struct{}{m.questions, m.slots} {
		select {
		case places <- struct{}{}:
		case <-ctx.Done():
			if i > 0 {
				<-m.questions
			}
			return none, errNoSlot
		}
	}
	answers := make(chan answer, 1)
	m.asked.Go(func() {
		defer func() { <-m.slots; <-m.questions }()
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

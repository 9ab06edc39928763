package ban

import (
	"context"
	"errors"
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
// in good order stay far below. A domain with more is MXUnknown.
const (
	maxMXHosts = 16
	maxMXAddrs = 16
)

// mxRecord is what is known of a domain. It is never changed.
type mxRecord struct {
	state   MXState
	missing bool // the DNS has not answered all that was asked
	hosts   []mxHost
	expires time.Time // zero: is not kept
}

// mxHost is a mail host.
type mxHost struct {
	name   string // as the DNS has it, in lower case
	shared bool   // never counts; its addresses are not asked for
	addrs  []netip.Addr
}

// mxResolver finds the mail hosts of domains: from a cache, or by one look-up at a
// time for a domain, however many ask.
type mxResolver struct {
	opts   MXOptions
	shared sharedHosts
	now    func() time.Time
	cache  *lru.Cache[string, *mxRecord]
	slots  chan struct{} // one for each question under way

	ctx  context.Context // ends with the Checker
	stop context.CancelFunc

	mu      sync.Mutex
	calls   map[string]*mxCall // under way
	closed  bool
	running sync.WaitGroup
	lookups atomic.Int64
}

// mxCall is a look-up under way. The record is there when done is closed.
type mxCall struct {
	done   chan struct{}
	record *mxRecord
}

// newMXResolver returns nil if there is no Resolver.
func newMXResolver(opts MXOptions, now func() time.Time) (*mxResolver, error) {
	if opts.Resolver == nil {
		if opts.set() {
			return nil, &ValueError{Field: "MX.Resolver", Code: CodeEmpty, Hint: "give a resolver, for example &net.Resolver{}, or leave all of MX out"}
		}
		return nil, nil
	}
	opts, err := opts.withDefaults()
	if err != nil {
		return nil, err
	}
	shared, err := parseSharedHosts(opts.SharedProviders)
	if err != nil {
		return nil, err
	}
	cache, err := lru.New[string, *mxRecord](opts.CacheSize)
	if err != nil {
		return nil, optionError("MX.CacheSize", opts.CacheSize, err.Error())
	}
	m := &mxResolver{
		opts: opts, shared: shared, now: now, cache: cache,
		slots: make(chan struct{}, opts.MaxConcurrent), calls: make(map[string]*mxCall),
	}
	m.ctx, m.stop = context.WithCancel(context.Background())
	return m, nil
}

// close ends the look-ups, and waits for them. It may be called on nil.
func (m *mxResolver) close() {
	if m == nil {
		return
	}
	m.mu.Lock()
	m.closed = true
	m.mu.Unlock()
	m.stop()
	m.running.Wait()
}

// lookedUp returns how many look-ups there were. It may be called on nil.
func (m *mxResolver) lookedUp() int64 {
	if m == nil {
		return 0
	}
	return m.lookups.Load()
}

// get returns what is known of a canonical domain, after MXOptions.Timeout at the
// latest. The error is that of the context, if the caller goes before.
func (m *mxResolver) get(ctx context.Context, domain string) (*mxRecord, error) {
	if r, ok := m.cache.Get(domain); ok && m.now().Before(r.expires) {
		return r, nil
	}
	call := m.join(domain)
	select {
	case <-call.done:
		return call.record, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// join returns the look-up for a domain, which it begins if there is none.
func (m *mxResolver) join(domain string) *mxCall {
	m.mu.Lock()
	defer m.mu.Unlock()
	call := m.calls[domain]
	if call != nil {
		return call
	}
	call = &mxCall{done: make(chan struct{})}
	if m.closed {
		call.record = &mxRecord{state: MXUnknown, missing: true}
		close(call.done)
		return call
	}
	m.calls[domain] = call
	m.lookups.Add(1)
	m.running.Go(func() {
		call.record = m.lookUp(domain)
		if !call.record.expires.IsZero() {
			m.cache.Add(domain, call.record)
		}
		m.mu.Lock()
		delete(m.calls, domain)
		m.mu.Unlock()
		close(call.done)
	})
	return call
}

// errNoSlot says that a question was not asked, as too many others were.
var errNoSlot = errors.New("too many questions to the DNS under way")

// lookUp asks for the hosts of a domain and their addresses.
func (m *mxResolver) lookUp(domain string) *mxRecord {
	ctx, cancel := context.WithTimeout(m.ctx, m.opts.Timeout)
	defer cancel()
	mxs, err := ask(ctx, m, func() ([]*net.MX, error) { return m.opts.Resolver.LookupMX(ctx, domain+".") })
	r := &mxRecord{}
	noSlot := r.setHosts(domain, mxs, err, m.shared)
	noSlot = m.addAddrs(ctx, r) || noSlot
	switch {
	case m.ctx.Err() != nil, noSlot:
		// It says nothing about the domain.
	case r.missing:
		r.expires = m.now().Add(min(mxRetry, m.opts.TTL))
	default:
		r.expires = m.now().Add(m.opts.TTL)
	}
	return r
}

// setHosts takes the answer to the question for MX records. Package net returns
// records beside an error if others are malformed: nobody can send mail to those.
func (r *mxRecord) setHosts(domain string, mxs []*net.MX, err error, shared sharedHosts) (noSlot bool) {
	switch {
	case len(mxs) == 1 && mxs[0].Host == ".":
		r.state = MXNull
		return false
	case len(mxs) > 0:
		r.state = MXFound
	case err == nil, isNotFound(err):
		r.state = MXNone
		mxs = []*net.MX{{Host: domain}}
	default:
		r.state, r.missing = MXUnknown, true
		return errors.Is(err, errNoSlot)
	}
	for _, mx := range mxs {
		name := strings.ToLower(strings.TrimSuffix(mx.Host, "."))
		if name == "" || slices.ContainsFunc(r.hosts, func(h mxHost) bool { return h.name == name }) {
			continue
		}
		if len(r.hosts) == maxMXHosts {
			r.missing = true
			break
		}
		r.hosts = append(r.hosts, mxHost{name: name, shared: shared.has(name)})
	}
	return false
}

// addAddrs asks for the addresses of the hosts that count, all at once.
func (m *mxResolver) addAddrs(ctx context.Context, r *mxRecord) (noSlot bool) {
	errs := make([]error, len(r.hosts))
	var wg sync.WaitGroup
	for i := range r.hosts {
		h := &r.hosts[i]
		if h.shared {
			continue
		}
		if a, err := netip.ParseAddr(h.name); err == nil {
			h.addrs = []netip.Addr{a.Unmap()} // against RFC 1035, but some have it, and some send mail to it
			continue
		}
		wg.Go(func() {
			h.addrs, errs[i] = ask(ctx, m, func() ([]netip.Addr, error) {
				return m.opts.Resolver.LookupNetIP(ctx, "ip", h.name+".")
			})
		})
	}
	wg.Wait()
	for i := range r.hosts {
		if h := &r.hosts[i]; len(h.addrs) > maxMXAddrs {
			h.addrs, r.missing = h.addrs[:maxMXAddrs], true
		}
		if errs[i] != nil && !isNotFound(errs[i]) {
			r.missing = true
			noSlot = noSlot || errors.Is(errs[i], errNoSlot)
		}
	}
	return noSlot
}

// ask asks a question once there is a place for it, and waits for the answer no
// longer than the context lasts, whatever the Resolver does.
func ask[T any](ctx context.Context, m *mxResolver, question func() (T, error)) (T, error) {
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

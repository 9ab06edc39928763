package fetch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"

	"example.com/ostraka/blocklist"
)

const (
	dialTimeout   = 10 * time.Second
	headerTimeout = 30 * time.Second
	maxHeader     = 64 << 10
	maxRedirects  = 5
)

// clients connect for subscriptions, by what these allow.
type clients struct {
	public, private *http.Transport
}

func newClients(o *Options) clients {
	return clients{newTransport(o, false), newTransport(o, true)}
}

func (c *clients) close() {
	c.public.CloseIdleConnections()
	c.private.CloseIdleConnections()
}

// newTransport returns what connects to public addresses alone, or to all. There is
// no proxy: it would be the one that chooses the address.
func newTransport(o *Options, private bool) *http.Transport {
	dialer := &net.Dialer{Timeout: dialTimeout, Resolver: o.Resolver}
	if !private {
		dialer.ControlContext = refusePrivate
	}
	t := &http.Transport{
		DialContext:            dialer.DialContext,
		ForceAttemptHTTP2:      true,
		TLSHandshakeTimeout:    dialTimeout,
		ResponseHeaderTimeout:  headerTimeout,
		MaxResponseHeaderBytes: maxHeader,
		IdleConnTimeout:        headerTimeout, // for the signature, which follows
	}
	if o.TLS != nil {
		t.TLSClientConfig = o.TLS.Clone()
	}
	return t
}

// refusePrivate keeps from connecting to an address that is not public. It sees the
// address that is dialled, whatever the DNS said before.
func refusePrivate(_ context.Context, _, address string, _ syscall.RawConn) error {
	a, err := netip.ParseAddrPort(address)
	if err == nil && blocklist.PublicAddr(a.Addr()) {
		return nil
	}
	return failure(CodePrivate, "the host has the address %s, which is not public; allow it if the list is in your own network", a.Addr())
}

// get asks for a URL. The caller closes the body of the response.
func (f *Fetcher) get(ctx context.Context, s *blocklist.Subscription, url string, header http.Header) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, failure(CodeNetwork, "the address cannot be used")
	}
	for name, values := range header {
		req.Header[name] = values
	}
	req.Header.Set("User-Agent", f.opts.UserAgent)
	transport := f.client.public
	if s.AllowPrivate {
		transport = f.client.private
	}
	client := http.Client{Transport: transport, CheckRedirect: func(to *http.Request, via []*http.Request) error {
		return checkRedirect(s, to, len(via))
	}}
	resp, err := client.Do(req)
	if err != nil {
		return nil, networkError(err)
	}
	return resp, nil
}

func checkRedirect(s *blocklist.Subscription, to *http.Request, followed int) error {
	switch {
	case !s.AllowRedirects:
		return failure(CodeRedirect, "the server sends to %.200s; give that address, or allow redirects", to.URL.Redacted())
	case followed > maxRedirects:
		return failure(CodeRedirect, "the server sends from one address to the next, more than %d times", maxRedirects)
	case to.URL.Scheme != "https" && !s.AllowPrivate:
		return failure(CodeRedirect, "the server sends to %.200s, which is not https", to.URL.Redacted())
	}
	return nil
}

// networkError says in which way a request failed, without the URL, which is known.
func networkError(err error) error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	if e, ok := errors.AsType[net.Error](err); ok && e.Timeout() {
		return failure(CodeTimeout, "the server did not answer in time")
	}
	if e, ok := errors.AsType[*net.DNSError](err); ok {
		return failure(CodeNetwork, "the DNS does not know the host: %s", e.Err)
	}
	for inner := err; ; {
		next := errors.Unwrap(inner)
		if next == nil {
			return failure(CodeNetwork, "%s", fmt.Sprintf("%.200s", inner))
		}
		inner = next
	}
}

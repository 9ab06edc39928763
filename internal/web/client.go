package web

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"example.com/ostraka/ban"
)

// ErrNoPeer: the connection has no IP address, as one over a Unix socket.
var ErrNoPeer = errors.New("the peer has no IP address")

// ForwardedError says that a trusted proxy's word on the client cannot be taken:
// the header does not parse, or names nobody, or contradicts the other one.
type ForwardedError struct {
	Header string // "Forwarded" or "X-Forwarded-For"
	Hint   string // what is wrong, as a phrase
}

func (e *ForwardedError) Error() string { return e.Header + ": " + e.Hint }

const (
	headerForwarded    = "Forwarded"
	headerForwardedFor = "X-Forwarded-For"
)

// Proxies are the addresses whose word on the client is taken. The zero value is
// none.
type Proxies []netip.Prefix

// NewProxies returns the proxies with these addresses. A zero prefix, or one of
// IPv4 addresses written as IPv6, is a [*ban.ValueError].
func NewProxies(trusted []netip.Prefix) (Proxies, error) {
	for _, p := range trusted {
		if !p.IsValid() || p.Addr().Is4In6() {
			return nil, ban.NewValueError("TrustedProxies", p.String(), ban.CodeSyntax, "give prefixes, those of IPv4 as such")
		}
	}
	return append(Proxies(nil), trusted...), nil
}

// Trusts reports whether the address is that of a proxy.
func (p Proxies) Trusts(a netip.Addr) bool {
	for _, prefix := range p {
		if prefix.Contains(a) {
			return true
		}
	}
	return false
}

// Peer returns the address that the connection came from, or [ErrNoPeer].
func Peer(r *http.Request) (netip.Addr, error) {
	peer, _, err := peerText(r)
	return peer, err
}

// peerText is Peer with the address as it is written in the request, "" if it has a
// zone.
func peerText(r *http.Request) (peer netip.Addr, text string, err error) {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err == nil {
		peer, err = netip.ParseAddr(host)
	}
	if err != nil {
		return netip.Addr{}, "", fmt.Errorf("%w: %q", ErrNoPeer, r.RemoteAddr)
	}
	if peer.Zone() == "" {
		text = host
	}
	return peer.Unmap().WithZone(""), text, nil
}

// Client returns the address of the client: that of the peer, unless the peer is
// a trusted proxy. Then it is the right-most address of X-Forwarded-For, or of
// Forwarded (RFC 7239), that is no trusted proxy either: what stands to the left
// of it is what the client claims. If all are trusted it is the left-most; if
// there is no such header it is the peer.
//
// A header that cannot be read so far, and two headers that lead to different
// addresses, give a [*ForwardedError]: a proxy that writes one of them passes the
// other on as the client sent it. A peer without address gives [ErrNoPeer].
func (p Proxies) Client(r *http.Request) (netip.Addr, error) {
	client, _, err := p.ClientText(r)
	return client, err
}

// ClientText is Client with a text of the address: that of the request for a peer,
// so that nothing is allocated where no proxy is trusted.
func (p Proxies) ClientText(r *http.Request) (client netip.Addr, text string, err error) {
	peer, text, err := peerText(r)
	if err != nil {
		return netip.Addr{}, "", err
	}
	if client = peer; p.Trusts(peer) {
		if client, err = p.forwarded(r, peer); err != nil {
			return netip.Addr{}, "", err
		}
	}
	if client != peer || text == "" {
		text = client.String()
	}
	return client, text, nil
}

// forwarded returns the client of a peer that is a trusted proxy.
func (p Proxies) forwarded(r *http.Request, peer netip.Addr) (netip.Addr, error) {
	older, err := p.last(r.Header, headerForwardedFor, parseForwardedFor)
	if err != nil {
		return netip.Addr{}, err
	}
	newer, err := p.last(r.Header, headerForwarded, parseForwarded)
	if err != nil {
		return netip.Addr{}, err
	}
	switch {
	case !older.IsValid() && !newer.IsValid():
		return peer, nil
	case !newer.IsValid():
		return older, nil
	case !older.IsValid() || older == newer:
		return newer, nil
	}
	return netip.Addr{}, &ForwardedError{headerForwarded, "it names another client than " + headerForwardedFor + "; let your proxy remove the one that it does not write"}
}

// last returns the client by one header, the zero Addr if there is none.
func (p Proxies) last(h http.Header, name string, parse func(lines []string) ([]string, error)) (netip.Addr, error) {
	lines := h.Values(name)
	if len(lines) == 0 {
		return netip.Addr{}, nil
	}
	hops, err := parse(lines)
	if err != nil {
		return netip.Addr{}, &ForwardedError{name, err.Error()}
	}
	var client netip.Addr
	for i := len(hops) - 1; i >= 0; i-- {
		a, ok := parseNode(hops[i])
		if !ok {
			return netip.Addr{}, &ForwardedError{name, "it does not say the address of the client"}
		}
		if client = a; !p.Trusts(a) {
			break
		}
	}
	return client, nil
}

// parseForwardedFor returns the entries of X-Forwarded-For, nearest last. Empty
// elements of a list count for nothing (RFC 9110, section 5.6.1).
func parseForwardedFor(lines []string) ([]string, error) {
	var hops []string
	for _, line := range lines {
		for element := range strings.SplitSeq(line, ",") {
			if element = strings.Trim(element, " \t"); element != "" {
				hops = append(hops, element)
			}
		}
	}
	return hops, nil
}

// parseNode reads an address, which may have a port, an IPv6 address with a port
// in brackets (RFC 7239, section 6). Names, "unknown" and zones are none.
func parseNode(s string) (netip.Addr, bool) {
	if a, err := netip.ParseAddr(s); err == nil {
		return a.Unmap(), a.Zone() == ""
	}
	if inner, ok := strings.CutPrefix(s, "["); ok {
		inner, port, ok := strings.Cut(inner, "]")
		a, err := netip.ParseAddr(inner)
		return a.Unmap(), ok && err == nil && a.Is6() && a.Zone() == "" && (port == "" || port[0] == ':' && isPort(port[1:]))
	}
	host, port, _ := strings.Cut(s, ":")
	a, err := netip.ParseAddr(host)
	return a, err == nil && a.Is4() && isPort(port)
}

// isPort reports whether s is a port, or an obfuscated one as RFC 7239, section
// 6.2, has it.
func isPort(s string) bool {
	if rest, ok := strings.CutPrefix(s, "_"); ok {
		return rest != "" && strings.Trim(rest, obfuscated) == ""
	}
	return s != "" && len(s) <= 5 && strings.Trim(s, "0123456789") == ""
}

const obfuscated = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._-"

package banhttp

import (
	"net/http"
	"net/netip"

	"example.com/ostraka/internal/web"
)

// ForwardedError says that the word of a trusted proxy on the client cannot be
// taken. Its fields are Header and Hint; its text is safe to show.
type ForwardedError = web.ForwardedError

// ErrNoPeer: the connection has no IP address, as one over a Unix socket.
var ErrNoPeer = web.ErrNoPeer

// ClientAddr returns the address of the client: that of the peer, unless the peer
// is one of the trusted proxies. Then it is the right-most address of
// X-Forwarded-For, or of Forwarded (RFC 7239), that is no trusted proxy either:
// all to the left of it is only what the client claims. If every one is trusted it
// is the left-most; without such a header it is the peer. IPv4-mapped addresses
// come back as IPv4.
//
// If both headers are there, they must lead to the same address: a proxy that
// writes one passes the other on as the client sent it. If they do not, or one is
// malformed or names no address, the error is a [*ForwardedError]. A peer without
// an address gives [ErrNoPeer].
func ClientAddr(r *http.Request, trusted []netip.Prefix) (netip.Addr, error) {
	proxies, err := web.NewProxies(trusted)
	if err != nil {
		return netip.Addr{}, err
	}
	return proxies.Client(r)
}

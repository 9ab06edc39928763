package accounthttp

import (
	"net/netip"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"example.com/ostraka/ban"
)

// tries bounds how often a password may be wrong. A try is counted before the
// password is looked at, so that many at once are as many, and given back unless
// it failed for what was sent.
type tries struct {
	clients  *limiter[netip.Prefix] // of one client
	networks *limiter[loginFrom]    // for one login, from one network
	logins   *limiter[string]       // for one login, from all networks that are not usual
	usual    *usualNetworks
}

// loginFrom is a login, and the network that somebody tries it from.
type loginFrom struct {
	login   string
	network netip.Prefix
}

func (o *SignInOptions) tries(now func() time.Time) (*tries, error) {
	perClient, err := o.PerClient.orDefault("PerClient", defaultPerClient)
	if err != nil {
		return nil, err
	}
	perLogin, err := o.PerLogin.orDefault("PerLogin", defaultPerLogin)
	if err != nil {
		return nil, err
	}
	anywhere, err := o.PerLoginAnywhere.orDefault("PerLoginAnywhere", defaultPerLoginAnywhere)
	if err != nil {
		return nil, err
	}
	return &tries{
		clients: newLimiter[netip.Prefix](perClient, now), networks: newLimiter[loginFrom](perLogin, now),
		logins: newLimiter[string](anywhere, now), usual: newUsualNetworks(now),
	}, nil
}

// take counts a try for a login. If there is none left it says how long to wait
// for one; back takes back what it has counted.
func (t *tries) take(client netip.Prefix, login string) (back func(), wait time.Duration) {
	from := loginFrom{login, networkOf(client)}
	if wait := t.networks.take(from); wait > 0 {
		return nil, wait
	}
	if t.usual.has(from) {
		return func() { t.networks.giveBack(from) }, 0
	}
	if wait := t.logins.take(login); wait > 0 {
		t.networks.giveBack(from)
		return nil, wait
	}
	return func() {
		t.networks.giveBack(from)
		t.logins.giveBack(login)
	}, 0
}

// succeeded notes that somebody signed in.
func (t *tries) succeeded(client netip.Prefix, login string) {
	t.usual.add(loginFrom{login, networkOf(client)})
}

// networkOf returns the network of a client as [clientOf] has it: the /24 of an
// IPv4 address, and of IPv6 the /48, which one site has (RFC 6177).
func networkOf(client netip.Prefix) netip.Prefix {
	bits := 24
	if client.Addr().Is6() {
		bits = 48
	}
	p, err := client.Addr().Prefix(bits)
	if err != nil {
		return netip.Prefix{} // a client without an address
	}
	return p
}

// usualFor is how long a network is a usual one after somebody signed in from it.
const usualFor = 90 * 24 * time.Hour

// usualNetworks are those from which a login was successful, in memory, up to a
// number of them. The ones that were used longest ago are forgotten first.
type usualNetworks struct {
	now func() time.Time

	mu    sync.Mutex
	until *simplelru.LRU[loginFrom, time.Time]
}

func newUsualNetworks(now func() time.Time) *usualNetworks {
	return &usualNetworks{now: now, until: newLRU[loginFrom]()}
}

func (u *usualNetworks) has(from loginFrom) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	until, ok := u.until.Peek(from)
	return ok && until.After(u.now())
}

func (u *usualNetworks) add(from loginFrom) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.until.Add(from, u.now().Add(usualFor))
}

// spelling returns what all spellings of a login have in common. Those that nobody
// can have are all one.
func spelling(login string) string {
	if address, err := ban.ParseAddress(login); err == nil {
		return address.String()
	}
	if name, err := ban.ParseUsername(login); err == nil {
		return name.String()
	}
	return ""
}

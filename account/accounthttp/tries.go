package accounthttp

import (
	"net/netip"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"example.com/ostraka/ban"
	"example.com/ostraka/ban/ratelimit"
)

// tries bounds how often a password may be wrong. A try is counted before the
// password is looked at, so that many at once are as many, and given back unless
// it failed for what was sent.
type tries struct {
	clients  *ratelimit.Limiter[netip.Prefix] // of one client
	networks *ratelimit.Limiter[loginFrom]    // for one login, from one network
	logins   *ratelimit.Limiter[string]       // for one login, from all networks that are not usual
	usual    *usualNetworks
}

// loginFrom is a login, and the network that somebody tries it from.
type loginFrom struct {
	login   string
	network netip.Prefix
}

func (o *SignInOptions) tries(now func() time.Time) (*tries, error) {
	perClient, err := o.PerClient.OrDefault("PerClient", defaultPerClient)
	if err != nil {
		return nil, err
	}
	perLogin, err := o.PerLogin.OrDefault("PerLogin", defaultPerLogin)
	if err != nil {
		return nil, err
	}
	anywhere, err := o.PerLoginAnywhere.OrDefault("PerLoginAnywhere", defaultPerLoginAnywhere)
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
	from := loginFrom{login, ratelimit.Network(client.Addr())}
	if wait := t.networks.Take(from); wait > 0 {
		return nil, wait
	}
	if t.usual.has(from) {
		return func() { t.networks.GiveBack(from) }, 0
	}
	if wait := t.logins.Take(login); wait > 0 {
		t.networks.GiveBack(from)
		return nil, wait
	}
	return func() {
		t.networks.GiveBack(from)
		t.logins.GiveBack(login)
	}, 0
}

// succeeded notes that somebody signed in.
func (t *tries) succeeded(client netip.Prefix, login string) {
	t.usual.add(loginFrom{login, ratelimit.Network(client.Addr())})
}

// usualFor is how long a network is a usual one after somebody signed in from it.
const usualFor = 90 * 24 * time.Hour

// maxUsual bounds how many networks of logins are kept in mind as usual ones.
const maxUsual = 1 << 15

// usualNetworks are those from which a login was successful, in memory, up to a
// number of them. The ones that were used longest ago are forgotten first.
type usualNetworks struct {
	now func() time.Time

	mu    sync.Mutex
	until *simplelru.LRU[loginFrom, time.Time]
}

func newUsualNetworks(now func() time.Time) *usualNetworks {
	until, err := simplelru.NewLRU[loginFrom, time.Time](maxUsual, nil)
	if err != nil {
		panic(err) // the size is a constant above 0
	}
	return &usualNetworks{now: now, until: until}
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

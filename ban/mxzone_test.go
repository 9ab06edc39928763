package ban_test

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist"
	"example.com/ostraka/memstore"
)

// zone is a DNS in memory. Names are without the root's dot.
type zone struct {
	mx    map[string]string // hosts, in order, separated by spaces
	addrs map[string]string // addresses, separated by spaces
	err   map[string]error  // names that cannot be answered
	delay time.Duration     // before every answer, or until the context ends
	deaf  bool              // does not notice when the context ends
	slow  string            // names that end so are answered after an hour
	cut   string            // a domain whose MX records come with an error

	mu            sync.Mutex
	asked         []string // "mx name" and "ip name", in any order
	now, mostEver int      // questions under way
}

func (z *zone) LookupMX(ctx context.Context, name string) ([]*net.MX, error) {
	name, err := z.ask(ctx, "mx", name)
	if err != nil {
		return nil, err
	}
	var all []*net.MX
	for host := range strings.FieldsSeq(z.mx[name]) {
		all = append(all, &net.MX{Host: strings.TrimSuffix(host, ".") + ".", Pref: uint16(len(all))})
	}
	if all == nil {
		return nil, notFound(name)
	}
	if name == z.cut {
		return all, serverFailure(name)
	}
	return all, nil
}

func (z *zone) LookupNetIP(ctx context.Context, network, name string) ([]netip.Addr, error) {
	name, err := z.ask(ctx, network, name)
	if err != nil {
		return nil, err
	}
	var all []netip.Addr
	for text := range strings.FieldsSeq(z.addrs[name]) {
		all = append(all, netip.MustParseAddr(text))
	}
	if all == nil {
		return nil, notFound(name)
	}
	return all, nil
}

func (z *zone) ask(ctx context.Context, kind, fqdn string) (string, error) {
	name, rooted := strings.CutSuffix(fqdn, ".")
	if !rooted {
		panic("the name " + fqdn + " would be searched for")
	}
	z.mu.Lock()
	z.asked = append(z.asked, kind+" "+name)
	z.now++
	z.mostEver = max(z.mostEver, z.now)
	delay := z.delay
	if z.slow != "" && strings.HasSuffix(name, z.slow) {
		delay = time.Hour
	}
	z.mu.Unlock()
	defer func() {
		z.mu.Lock()
		z.now--
		z.mu.Unlock()
	}()
	if delay > 0 {
		done := ctx.Done()
		if z.deaf {
			done = nil
		}
		select {
		case <-time.After(delay):
		case <-done:
			return "", &net.DNSError{Err: ctx.Err().Error(), Name: name, IsTimeout: true}
		}
	}
	return name, z.err[name]
}

// questions returns how many were asked so far.
func (z *zone) questions() int {
	z.mu.Lock()
	defer z.mu.Unlock()
	return len(z.asked)
}

// hurry has the zone answer at once from now on. It returns how many questions
// were under way at a time until now.
func (z *zone) hurry() (mostEver int) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.delay = 0
	return z.mostEver
}

func notFound(name string) error {
	return &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
}

func serverFailure(name string) error {
	return &net.DNSError{Err: "server misbehaving", Name: name, IsTemporary: true}
}

// ruleText is a rule for a test, "deny domain spam.example", with a "shadow" before if
// it is one (a ban). The kind "block" makes an e-mail domain block.
type ruleText string

func addRule(t *testing.T, st *memstore.Store, r ruleText) {
	t.Helper()
	text, shadow := strings.CutPrefix(string(r), "shadow ")
	fields := strings.Fields(text)
	effect := map[string]ban.Effect{"deny": ban.Deny, "review": ban.Review, "allow": ban.Allow}[fields[0]]
	if fields[1] == "block" {
		admin, err := blocklist.NewAdmin(st, blocklist.AdminOptions{Actor: "alice"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := admin.Create(t.Context(), blocklist.CreateOptions{Domain: fields[2], Effect: effect}); err != nil {
			t.Fatal(err)
		}
		return
	}
	kind := map[string]ban.Kind{"email": ban.KindEmail, "domain": ban.KindDomain, "ip": ban.KindIP, "name": ban.KindName}[fields[1]]
	admin, err := ban.NewAdmin(st, ban.AdminOptions{Actor: "alice"})
	if err != nil {
		t.Fatal(err)
	}
	options := ban.CreateOptions{Kind: kind, Value: fields[2], Effect: effect, Shadow: shadow, Force: true}
	if len(fields) > 3 && fields[3] == "sign-in" {
		options.Scope = ban.ScopeOf(ban.SignIn)
	}
	if _, err := admin.Create(t.Context(), options); err != nil {
		t.Fatal(err)
	}
}

// mxChecker returns a Checker over the rules, with the options for MX. It ends with
// the test.
func mxChecker(t *testing.T, opts ban.MXOptions, rules ...ruleText) *ban.Checker {
	t.Helper()
	return mxCheckerOf(t, ban.CheckerOptions{MX: opts}, rules...)
}

func mxCheckerOf(t *testing.T, opts ban.CheckerOptions, rules ...ruleText) *ban.Checker {
	t.Helper()
	st := memstore.New()
	for _, r := range rules {
		addRule(t, st, r)
	}
	return newChecker(t, st, opts)
}

// checkEmail checks an address, and fails the test on an error.
func checkEmail(t *testing.T, c *ban.Checker, email string) ban.Decision {
	t.Helper()
	d, err := c.Check(t.Context(), ban.Subject{Email: email})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

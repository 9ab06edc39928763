package vectors

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist"
	"example.com/ostraka/store"
)

// now is the time of all decisions; rules are made an hour and a day before.
var now = time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)

const before = 25 * time.Hour

// RunDecisions runs the files about decisions, each case over a store of its own,
// from the cache and from the mirror.
func RunDecisions(t *testing.T, files []File, open func(t *testing.T) store.Store) {
	for _, f := range files {
		if f.About != "decision" {
			continue
		}
		t.Run(f.Name, func(t *testing.T) {
			for i := range f.Cases {
				t.Run(fmt.Sprint(i+1), func(t *testing.T) { decide(t, &f.Cases[i], open(t)) })
			}
		})
	}
}

// decide runs one case.
func decide(t *testing.T, c *Case, st store.Store) {
	ring, err := c.ring()
	if err != nil {
		t.Fatal(err)
	}
	ids := make(map[string]uuid.UUID)
	for i := range c.Rules {
		id, err := c.Rules[i].make(t.Context(), st, ring)
		if err != nil {
			t.Fatalf("rule %s: %v", c.Rules[i].ID, err)
		}
		ids[c.Rules[i].ID] = id
	}
	action, err := actionOf(c.Subject.Action)
	if err != nil {
		t.Fatal(err)
	}
	subject := ban.Subject{Email: c.Subject.Email, Domain: c.Subject.Domain, IP: c.Subject.IP, Name: c.Subject.Name, Action: action}
	for _, mirror := range []bool{false, true} {
		opts := ban.CheckerOptions{Keys: c.asked(ring), Mirror: mirror, Leet: c.Leet, Now: func() time.Time { return now }}
		opts.Traits = ban.TraitOptions{Tagged: c.Traits["tagged"], Free: c.Traits["free"], Role: c.Traits["role"]}
		if c.MailHosts != nil {
			opts.MX.Resolver = zone{c}
		}
		checker, err := ban.NewChecker(st, opts)
		if err != nil {
			t.Fatal(err)
		}
		for _, round := range []string{"first", "again"} {
			d, err := checker.Check(t.Context(), subject)
			if bad := c.judge(d, err, ids); bad != nil {
				t.Errorf("mirror %v, asked %s: %v", mirror, round, bad)
			}
		}
		trace, err := checker.Explain(t.Context(), subject)
		if bad := c.judge(trace.Decision, err, ids); bad != nil {
			t.Errorf("mirror %v, explained: %v", mirror, bad)
		}
		if err := checker.Close(); err != nil {
			t.Error(err)
		}
	}
}

// judge compares a decision with the case's.
func (c *Case) judge(d ban.Decision, err error, ids map[string]uuid.UUID) error {
	if missing := errors.Is(err, ban.ErrMissingKey); missing != (c.Code == codeMissingKey) {
		return fmt.Errorf("the error is %v, want one of code %s", err, c.Code)
	} else if !missing {
		if bad := wantCode(err, c.Code); bad != nil {
			return bad
		}
	}
	if d.Verdict.String() != c.Verdict {
		return fmt.Errorf("the verdict is %v by %v, want %s", d.Verdict, d.Match, c.Verdict)
	}
	if d.Match.ID != ids[c.Decides] || d.Match.Via.String() != c.Via {
		return fmt.Errorf("%v decides, want %s via %s", d.Match, c.Decides, c.Via)
	}
	var shadows []uuid.UUID
	for _, name := range c.Shadows {
		shadows = append(shadows, ids[name])
	}
	var got []uuid.UUID
	for _, m := range d.Shadows {
		got = append(got, m.ID)
	}
	if !slices.Equal(got, shadows) {
		return fmt.Errorf("the shadows are %v, want %s", d.Shadows, strings.Join(c.Shadows, ", "))
	}
	return nil
}

// codeMissingKey is what answers that a key is missing: there is no value that is wrong.
const codeMissingKey = "missing_key"

// ring returns the keys of the case.
func (c *Case) ring() (ban.KeyRing, error) {
	ring := make(ban.KeyRing, len(c.Keys))
	for id, text := range c.Keys {
		secret, err := hex.DecodeString(text)
		if err != nil {
			return nil, err
		}
		ring[id] = secret
	}
	return ring, nil
}

// asked returns the keys that who is asked has.
func (c *Case) asked(all ban.KeyRing) ban.KeyRing {
	ring := maps.Clone(all)
	for _, id := range c.Lacks {
		delete(ring, id)
	}
	return ring
}

// make makes the rule in a store and returns its ID.
func (r *Rule) make(ctx context.Context, st store.Store, ring ban.KeyRing) (uuid.UUID, error) {
	effect, err := effectOf(r.Effect)
	if err != nil {
		return uuid.Nil, err
	}
	kind, err := kindOf(r.Kind)
	if err != nil {
		return uuid.Nil, err
	}
	var scope ban.Scope
	if len(r.Scope) > 0 {
		actions := make([]ban.Action, len(r.Scope))
		for i, name := range r.Scope {
			if actions[i], err = actionOf(name); err != nil {
				return uuid.Nil, err
			}
		}
		scope = ban.ScopeOf(actions...)
	}
	clock := func() time.Time { return now.Add(-before) }
	switch r.Origin {
	case "", "ban":
		return r.makeBan(ctx, st, ring, kind, effect, scope, clock)
	case "block":
		admin, err := blocklist.NewAdmin(st, blocklist.AdminOptions{Actor: "vectors", Now: clock})
		if err != nil {
			return uuid.Nil, err
		}
		b, err := admin.Create(ctx, blocklist.CreateOptions{Domain: r.Value, Effect: effect, Scope: scope, Force: true})
		return b.ID, err
	case "entry":
		return r.makeEntry(ctx, st, effect, scope, clock)
	}
	return uuid.Nil, fmt.Errorf("%q is no origin", r.Origin)
}

func (r *Rule) makeBan(ctx context.Context, st store.Store, ring ban.KeyRing, kind ban.Kind, effect ban.Effect, scope ban.Scope, clock func() time.Time) (uuid.UUID, error) {
	opts := ban.AdminOptions{Actor: "vectors", Now: clock}
	if r.Hashed != "" {
		opts.Keys, opts.HashKey = ring, r.Hashed
	}
	admin, err := ban.NewAdmin(st, opts)
	if err != nil {
		return uuid.Nil, err
	}
	o := ban.CreateOptions{Kind: kind, Value: r.Value, Hashed: r.Hashed != "", Effect: effect, Scope: scope, Shadow: r.Shadow, Force: true}
	if r.ExpiresIn != "" {
		in, err := time.ParseDuration(r.ExpiresIn)
		if err != nil {
			return uuid.Nil, err
		}
		o.ExpiresAt = now.Add(in)
	}
	b, err := admin.Create(ctx, o)
	if err == nil && r.Hashed != "" && b.Value != r.Hash {
		err = fmt.Errorf("%s is kept as %s, want %s", r.Value, b.Value, r.Hash)
	}
	if err == nil && r.Revoked {
		_, err = admin.Revoke(ctx, b.ID, "")
	}
	return b.ID, err
}

// makeEntry makes a list of one entry.
func (r *Rule) makeEntry(ctx context.Context, st store.Store, effect ban.Effect, scope ban.Scope, clock func() time.Time) (uuid.UUID, error) {
	admin, err := blocklist.NewAdmin(st, blocklist.AdminOptions{Actor: "vectors", Now: clock})
	if err != nil {
		return uuid.Nil, err
	}
	lines := blocklist.Parse(strings.NewReader(r.Kind+":"+r.Value+"\n"), blocklist.ParseOptions{
		Format: blocklist.FormatPlain, Effect: effect, Scope: scope, Shadow: r.Shadow,
	})
	result, err := admin.Sync(ctx, "list-"+r.ID, lines, blocklist.SyncOptions{Force: true, AllowWide: true, AllowExceptions: true})
	if err != nil {
		return uuid.Nil, err
	}
	for e, err := range admin.Entries(ctx, "list-"+r.ID) {
		return e.ID, err
	}
	return uuid.Nil, fmt.Errorf("no entry was made: %+v", result.Rejects)
}

func actionOf(name string) (ban.Action, error) {
	if name == "" {
		return ban.SignUp, nil
	}
	for _, a := range store.Actions() {
		if a.String() == name {
			return a, nil
		}
	}
	return 0, fmt.Errorf("%q is no action", name)
}

// zone is the DNS of a case.
type zone struct{ *Case }

func (z zone) LookupMX(_ context.Context, name string) ([]*net.MX, error) {
	hosts, ok := z.MailHosts[strings.TrimSuffix(name, ".")]
	if !ok {
		return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
	}
	var out []*net.MX
	for i, h := range hosts {
		out = append(out, &net.MX{Host: h + ".", Pref: uint16(10 * (i + 1))})
	}
	return out, nil
}

func (z zone) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	texts := z.Addresses[strings.TrimSuffix(host, ".")]
	if len(texts) == 0 {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	addrs := make([]netip.Addr, len(texts))
	for i, text := range texts {
		var err error
		if addrs[i], err = netip.ParseAddr(text); err != nil {
			return nil, err
		}
	}
	return addrs, nil
}

package ban_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"example.com/ostraka/ban"
	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

func TestOneValueIsBannedOnceHashedOrNot(t *testing.T) {
	st := memstore.New()
	ring := ban.KeyRing{"old": secret('a'), "new": secret('b')}
	older, newer := newHashAdmin(t, st, ring, "old"), newHashAdmin(t, st, ring, "new")
	plain, err := newer.Create(t.Context(), ban.CreateOptions{Kind: ban.KindEmail, Value: "jdoe@gmail.com"})
	if err != nil {
		t.Fatal(err)
	}
	hashed := ban.CreateOptions{Kind: ban.KindEmail, Value: "J.Doe@gmail.com", Hashed: true, Label: "case 7"}
	if _, err := newer.Create(t.Context(), hashed); !isExists(err) {
		t.Errorf("the hash of what is banned: %v, want ErrExists", err)
	}
	if p, err := newer.Preview(t.Context(), hashed); err != nil || p.Existing == nil || p.Existing.ID != plain.ID {
		t.Errorf("Preview: %+v, %v; want the existing ban", p.Existing, err)
	}
	b, err := older.Hash(t.Context(), plain.ID, "case 7")
	if err != nil || b.ID != plain.ID || !b.Hashed() || b.Label != "case 7" {
		t.Fatalf("Hash = %+v, %v", b, err)
	}
	if again, err := older.Hash(t.Context(), plain.ID, ""); err != nil || again != b {
		t.Errorf("Hash again = %+v, %v; want the ban as it is", again, err)
	}
	for _, o := range []ban.CreateOptions{hashed, {Kind: ban.KindEmail, Value: "jdoe+2@gmail.com"}} {
		if _, err := newer.Create(t.Context(), o); !isExists(err) {
			t.Errorf("Create %+v beside one under an older key: %v, want ErrExists", o, err)
		}
		many, err := newer.CreateMany(t.Context(), []ban.CreateOptions{o})
		if err != nil || many.Created != 0 || len(many.Existing) != 1 {
			t.Errorf("CreateMany = %+v, %v", many, err)
		}
	}
	hashed.Reason = "spam"
	put, created, err := newer.Put(t.Context(), hashed)
	if err != nil || created || put.ID != plain.ID || put.Reason != "spam" || put.Value != b.Value {
		t.Errorf("Put = %+v, %t, %v; want the existing ban updated", put, created, err)
	}
	if _, err := newer.Rehash(t.Context(), b.ID, ban.Subject{Email: "somebody@gmail.com"}); err == nil {
		t.Error("Rehash by somebody else succeeded")
	}
	moved, err := newer.Rehash(t.Context(), b.ID, ban.Subject{Email: "j.d.o.e@gmail.com"})
	if want := hashOf("new", ring["new"], "email", "jdoe@gmail.com"); err != nil || moved.Value != want || moved.ID != b.ID {
		t.Errorf("Rehash = %q, %v; want %q", moved.Value, err, want)
	}
}

func TestAHashUnderAKeyThatNobodyHasIsGuarded(t *testing.T) {
	st := memstore.New()
	text := hashOf("other", secret('z'), "email", "jdoe@gmail.com")
	o := ban.CreateOptions{Kind: ban.KindEmail, Value: text}
	_, err := newHashAdmin(t, st, nil, "").Create(t.Context(), o)
	if e, ok := errors.AsType[*ban.GuardError](err); !ok || e.Code != ban.GuardHashKey {
		t.Errorf("Create: %v, want a GuardError", err)
	}
	o.Force = true
	b, err := newHashAdmin(t, st, nil, "").Create(t.Context(), o)
	if err != nil || b.Value != text || !b.Hashed() {
		t.Errorf("Create with Force = %+v, %v", b, err)
	}
}

// A name that is read in several ways may be found by any of them. Its ban is hashed anew
// by the way in which it was found.
func TestRehashOfNames(t *testing.T) {
	ring := ban.KeyRing{"old": secret('a'), "new": secret('b')}
	hashed := ban.CreateOptions{Kind: ban.KindName, Value: "admin", Hashed: true}
	under := func(st store.Store, key string) ban.Ban {
		t.Helper()
		b, err := newHashAdmin(t, st, ring, key).Create(t.Context(), hashed)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	want := under(memstore.New(), "new").Value
	for name, found := range map[string]bool{
		"admin":      true,
		"Admin":      true,
		"\u0430dmin": true, // a Cyrillic letter that looks the same
		"AD\u041cIN": true, // one that does as a capital, not as a small letter
		"adm1n":      true, // a digit for a letter, as Checkers may read it
		"adminn":     false,
	} {
		st := memstore.New()
		b := under(st, "old")
		moved, err := newHashAdmin(t, st, ring, "new").Rehash(t.Context(), b.ID, ban.Subject{Name: name})
		if found && (err != nil || moved.Value != want) || !found && err == nil {
			t.Errorf("Rehash by %q = %q, %v; found: %t, by %q", name, moved.Value, err, found, want)
		}
	}
}

// Keys are rotated while many ask: bans under the old key are sighted and hashed anew,
// new ones come under the new key, and no answer is ever wrong.
func TestRotationUnderTraffic(t *testing.T) {
	const bans = 20
	for way, mirror := range map[string]bool{"cache": false, "mirror": true} {
		t.Run(way, func(t *testing.T) {
			st := memstore.New()
			old := ban.KeyRing{"old": secret('a')}
			both := ban.KeyRing{"old": secret('a'), "new": secret('b')}
			before, admin := newHashAdmin(t, st, old, ""), newHashAdmin(t, st, both, "new")
			address := func(i int) string { return fmt.Sprintf("user%d@gmail.com", i) }
			for i := range bans {
				if _, err := before.Create(t.Context(), ban.CreateOptions{Kind: ban.KindEmail, Value: address(i), Hashed: true}); err != nil {
					t.Fatal(err)
				}
			}
			c, err := ban.NewChecker(st, ban.CheckerOptions{Keys: both, Rehash: admin, Mirror: mirror, CacheSize: 64})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			stop := make(chan struct{})
			var askers sync.WaitGroup
			for n := range 2 {
				askers.Go(func() {
					for i := n; ; i++ {
						select {
						case <-stop:
							return
						default:
						}
						d, err := c.Check(context.Background(), ban.Subject{Email: fmt.Sprintf("user.%d+%d@gmail.com", i%bans, i%7)})
						if err != nil || d.Verdict != ban.Denied {
							t.Errorf("Check of a banned mailbox = %v, %v", d.Verdict, err)
							return
						}
						if d, err := c.Check(context.Background(), ban.Subject{Email: fmt.Sprintf("other%d@gmail.com", i)}); err != nil || d.Verdict != ban.Allowed {
							t.Errorf("Check of a stranger = %v, %v", d.Verdict, err)
							return
						}
					}
				})
			}
			for i := range bans {
				value := fmt.Sprintf("late%d@gmail.com", i)
				if _, err := admin.Create(t.Context(), ban.CreateOptions{Kind: ban.KindEmail, Value: value, Hashed: true}); err != nil {
					t.Fatal(err)
				}
				if d, err := c.Check(t.Context(), ban.Subject{Email: value}); err != nil || d.Verdict != ban.Denied {
					t.Errorf("Check of a new ban = %v, %v", d.Verdict, err)
				}
			}
			fresh := ban.KeyRing{"new": secret('b')}
			for end := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
				missing, err := ban.MissingKeys(t.Context(), st, fresh)
				if err != nil || time.Now().After(end) {
					t.Fatalf("the old key is still in use: %q, %v", missing, err)
				}
				if len(missing) == 0 {
					break
				}
			}
			close(stop)
			askers.Wait()
			later, err := ban.NewChecker(st, ban.CheckerOptions{Keys: fresh, Mirror: mirror})
			if err != nil {
				t.Fatal(err)
			}
			defer later.Close()
			for i := range bans {
				if d, err := later.Check(t.Context(), ban.Subject{Email: address(i)}); err != nil || d.Verdict != ban.Denied {
					t.Errorf("without the old key %s: %v, %v", address(i), d.Verdict, err)
				}
			}
		})
	}
}

// Hashed rules decide as plain ones do, of the mailbox in its plain spelling.
func TestHashedAndPlainRulesDecideAlike(t *testing.T) {
	ring := ban.KeyRing{"k1": secret('a')}
	values := []struct {
		kind  ban.Kind
		value string
	}{
		{ban.KindEmail, "jdoe@gmail.com"}, {ban.KindEmail, "ann@example.com"}, {ban.KindEmail, "jd*@gmail.com"},
		{ban.KindDomain, "gmail.com"}, {ban.KindDomain, "example.com"}, {ban.KindName, "sam"}, {ban.KindName, "adm*"},
	}
	subjects := []ban.Subject{
		{Email: "j.doe+1@gmail.com"}, {Email: "jdoe@gmail.com"}, {Email: "ann@example.com"}, {Email: "ann+1@example.com"},
		{Name: "sаm"}, {Name: "sam"}, {Name: "adm"}, {Email: "jdoe@gmail.com", Name: "sam", Domain: "example.com"},
	}
	now := time.Now()
	for round := range 60 {
		plainStore, hashedStore := memstore.New(), memstore.New()
		plain, hashed := newHashAdmin(t, plainStore, ring, ""), newHashAdmin(t, hashedStore, ring, "")
		same := map[any]any{}
		var rules []store.Rule
		for i, v := range values {
			o := ban.CreateOptions{Kind: v.kind, Value: v.value, Effect: ban.Effect((round/(i+1) + i) % 3), Shadow: round%7 == i, Force: true}
			if v.kind == ban.KindName && o.Effect == ban.Allow {
				o.Effect = ban.Deny // an exception for a name is not hashed
			}
			p, err := plain.Create(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			o.Hashed = (round+i)%2 == 0 && (i < 2 || i == 5)
			h, err := hashed.Create(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			same[h.ID] = p.ID
			rules = append(rules, p.Rule())
		}
		for _, mirror := range []bool{false, true} {
			c, err := ban.NewChecker(plainStore, ban.CheckerOptions{Mirror: mirror})
			if err != nil {
				t.Fatal(err)
			}
			h, err := ban.NewChecker(hashedStore, ban.CheckerOptions{Mirror: mirror, Keys: ring})
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range subjects {
				want, err := c.Check(t.Context(), s)
				if err != nil {
					t.Fatal(err)
				}
				got, err := h.Check(t.Context(), s)
				if err != nil || got.Verdict != want.Verdict || !want.Match.IsZero() && same[got.Match.ID] != any(want.Match.ID) || len(got.Shadows) != len(want.Shadows) {
					t.Errorf("%+v, mirror %t: %v by %v, %v; plain rules say %v by %v", s, mirror, got.Verdict, got.Match, err, want.Verdict, want.Match)
				}
				if slow := oracle(rules, s, now); slow.verdict != got.Verdict {
					t.Errorf("%+v, mirror %t: %v; one by one the rules say %v", s, mirror, got.Verdict, slow.verdict)
				}
			}
			_, _ = c.Close(), h.Close()
		}
	}
}

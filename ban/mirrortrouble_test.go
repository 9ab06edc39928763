package ban_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"example.com/ostraka/ban"
	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

// A rule that matched one check, be it by a mail host alone, is no hit of the next.
func TestAMirrorCountsEachHitOnce(t *testing.T) {
	st := memstore.New()
	a := newAdmin(t, st)
	spam := create(t, a, ban.CreateOptions{Kind: ban.KindDomain, Value: "spam.example"})
	carol := create(t, a, ban.CreateOptions{Kind: ban.KindName, Value: "carol", Shadow: true})
	c, err := ban.NewChecker(st, ban.CheckerOptions{Mirror: true, MX: ban.MXOptions{Resolver: exampleZone()}})
	if err != nil {
		t.Fatal(err)
	}
	for range 50 {
		if d := checkEmail(t, c, "ann@one.example"); d.Match.ID != spam.ID {
			t.Fatalf("denied by %v, want %v", d.Match, spam)
		}
		checkEmail(t, c, "ann@literal.example")
		check(t, c, ban.Subject{Name: "harmless"})
		check(t, c, ban.Subject{Name: "carol"})
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	for _, b := range []ban.Ban{spam, carol} {
		if got, err := a.Get(t.Context(), b.ID); err != nil || got.Hits != 50 {
			t.Errorf("%s has %d hits, %v, want 50", b.Value, got.Hits, err)
		}
	}
}

// A key that could not be looked up does not keep a mirror from reading all rules,
// in which it is.
func TestAMirrorReadsAllRulesAlthoughItOwesSome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := &failing{Store: memstore.New()}
		a, c := newAdmin(t, st.Store), mirrorOf(t, st)
		st.cut()
		create(t, a, ban.CreateOptions{Kind: ban.KindName, Value: "carol"})
		made := make(chan error, 1)
		go func() {
			_, err := a.CreateMany(as("test"), bulkWith("bob"))
			made <- err
		}()
		time.Sleep(300 * time.Millisecond)
		st.mend()
		time.Sleep(5 * time.Second)
		select {
		case err := <-made:
			if err != nil {
				t.Fatal(err)
			}
		default:
			t.Fatal("CreateMany has not returned")
		}
		if c.Stats().MirrorBehind {
			t.Error("the mirror has not caught up")
		}
		for _, name := range []string{"bob", "carol"} {
			if d := check(t, c, ban.Subject{Name: name}); d.Verdict != ban.Denied || d.Stale {
				t.Errorf("%s is %v, stale %v, want denied", name, d.Verdict, d.Stale)
			}
		}
	})
}

// hanging is a store whose look-ups do not answer while they are held.
type hanging struct {
	*memstore.Store
	held atomic.Bool
}

func (h *hanging) Lookup(ctx context.Context, keys []store.Key) ([]store.Rule, error) {
	if h.held.Load() {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return h.Store.Lookup(ctx, keys)
}

// Who makes a change does not wait for ever for a store that hangs; checks do not
// either, and get what is known, marked stale.
func TestAMirrorOfAStoreThatHangs(t *testing.T) {
	st := &hanging{Store: memstore.New()}
	a := newAdmin(t, st.Store)
	create(t, a, ban.CreateOptions{Kind: ban.KindName, Value: "bob"})
	c := mirrorOf(t, st)
	c.SetLookupTimeout(20 * time.Millisecond)
	st.held.Store(true)
	create(t, a, ban.CreateOptions{Kind: ban.KindName, Value: "carol"}) // returns
	if !c.Stats().MirrorBehind {
		t.Error("the mirror does not say that it is behind")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if d, err := c.Check(ctx, ban.Subject{Name: "bob"}); err != nil || d.Verdict != ban.Denied || !d.Stale {
		t.Errorf("bob is %v, stale %v, %v, want denied and stale", d.Verdict, d.Stale, err)
	}
	ctx, hangUp := context.WithCancel(t.Context())
	hangUp()
	if d, err := c.Check(ctx, ban.Subject{Name: "nobody"}); err == nil || d.Verdict != ban.Denied {
		t.Errorf("a caller who hangs up gets %v, %v, want denied and an error", d.Verdict, err)
	}
	st.held.Store(false)
	for c.Stats().MirrorBehind { // until the test's own deadline
		time.Sleep(time.Millisecond)
	}
	if d := check(t, c, ban.Subject{Name: "carol"}); d.Verdict != ban.Denied || d.Stale {
		t.Errorf("later carol is %v, stale %v, want denied", d.Verdict, d.Stale)
	}
}

// The spellings of one mailbox have one key, as many as somebody bans.
func TestManySpellingsOfOneMailbox(t *testing.T) {
	const many = 5000
	st := memstore.New()
	a := newAdmin(t, st)
	if r, err := a.CreateMany(as("test"), spellings(many)); err != nil || r.Created != many {
		t.Fatalf("%d created, %v", r.Created, err)
	}
	c := mirrorOf(t, st)
	if n := c.Stats().MirrorBytes; n > 300*many {
		t.Errorf("%d rules take %d bytes", many, n)
	}
	last := create(t, a, ban.CreateOptions{Kind: ban.KindEmail, Value: "j.doe+last@gmail.com"})
	if d := check(t, c, ban.Subject{Email: "J.Doe+last@gmail.com"}); d.Match.ID != last.ID || d.Match.Via != ban.ViaExact {
		t.Errorf("denied by %v, want the ban of that very address", d.Match)
	}
	if _, err := a.Revoke(as("test"), last.ID, "over"); err != nil {
		t.Fatal(err)
	}
	if d := check(t, c, ban.Subject{Email: "J.Doe+last@gmail.com"}); d.Verdict != ban.Denied || d.Match.Via != ban.ViaMailbox {
		t.Errorf("%v by %v, want denied by another spelling", d.Verdict, d.Match)
	}
}

func spellings(n int) []ban.CreateOptions {
	all := make([]ban.CreateOptions, n)
	for i := range all {
		all[i] = ban.CreateOptions{Kind: ban.KindEmail, Value: fmt.Sprintf("jdoe+%d@gmail.com", i)}
	}
	return all
}

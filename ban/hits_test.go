package ban_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"example.com/ostraka/ban"
	"example.com/ostraka/memstore"
)

// uses returns the uses and clients of a ban on the last days, today first.
func uses(t *testing.T, a *ban.Admin, b ban.Ban, days int) (uses, clients []int64) {
	t.Helper()
	hits, err := a.Hits(context.Background(), b.ID, days)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range hits {
		uses, clients = append(uses, h.Uses), append(clients, h.Clients)
	}
	return uses, clients
}

func TestHitsAreCountedPerDayWithDistinctClients(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // starts at midnight UTC
		st := memstore.New()
		a, c := newAdmin(t, st), newChecker(t, st, ban.CheckerOptions{FlushInterval: time.Second, PollInterval: -1})
		b := create(t, a, ban.CreateOptions{Kind: ban.KindDomain, Value: "example.com"})
		for i := range 30 {
			check(t, c, ban.Subject{Email: "x@example.com", Domain: "example.com", IP: fmt.Sprintf("203.0.113.%d", i%3)})
		}
		check(t, c, ban.Subject{Email: "x@example.com"}) // no address known
		check(t, c, ban.Subject{Email: "x@example.org"}) // no match
		time.Sleep(24*time.Hour - time.Second)
		last := time.Now()
		check(t, c, ban.Subject{Domain: "example.com", IP: "203.0.113.0"})
		time.Sleep(2 * time.Second)
		check(t, c, ban.Subject{Domain: "example.com", IP: "203.0.113.1"})
		time.Sleep(2 * time.Second)

		n, clients := uses(t, a, b, 3)
		if fmt.Sprint(n) != "[1 32 0]" || fmt.Sprint(clients) != "[1 3 0]" {
			t.Errorf("uses %v by clients %v, want [1 32 0] by [1 3 0]: a rule counts once a check, whatever it matched", n, clients)
		}
		got, err := a.Get(context.Background(), b.ID)
		if err != nil || got.Hits != 33 || !got.LastHitAt.Equal(last.Add(2*time.Second)) {
			t.Errorf("in total %d, last at %v (%v), want 33, last at %v", got.Hits, got.LastHitAt, err, last.Add(2*time.Second))
		}
	})
}

func TestEveryRuleInForceIsCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := memstore.New()
		a, c := newAdmin(t, st), newChecker(t, st, ban.CheckerOptions{})
		bans := map[string]ban.Ban{
			"deciding":      create(t, a, ban.CreateOptions{Kind: ban.KindEmail, Value: "x@a.example.com"}),
			"less specific": create(t, a, ban.CreateOptions{Kind: ban.KindDomain, Value: "example.com"}),
			"shadow":        create(t, a, ban.CreateOptions{Kind: ban.KindDomain, Value: "a.example.com", Shadow: true}),
			"other field":   create(t, a, ban.CreateOptions{Kind: ban.KindIP, Value: "203.0.113.0/24", Effect: ban.Allow}),
			"out of scope":  create(t, a, ban.CreateOptions{Kind: ban.KindName, Value: "bob", Scope: ban.ScopeOf(ban.Mail)}),
			"expired":       create(t, a, ban.CreateOptions{Kind: ban.KindName, Value: "*bob*", ExpiresAt: time.Now().Add(time.Minute)}),
		}
		time.Sleep(time.Hour)
		s := ban.Subject{Email: "x@a.example.com", IP: "203.0.113.7", Name: "bob"}
		d := check(t, c, s)
		if d.Verdict != ban.Denied || len(d.Shadows) != 1 || !d.Shadows[0].Shadow || d.Shadows[0].ID != bans["shadow"].ID {
			t.Errorf("%+v, want denied, and the shadow reported", d)
		}
		if _, err := c.Explain(context.Background(), s); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		for what, b := range bans {
			want := int64(1)
			if what == "out of scope" || what == "expired" {
				want = 0
			}
			if n, _ := uses(t, a, b, 1); n[0] != want {
				t.Errorf("the rule that is %s has %d hits, want %d", what, n[0], want)
			}
		}
	})
}

func TestHitsAreKeptForFourteenDays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := memstore.New()
		a, c := newAdmin(t, st), newChecker(t, st, ban.CheckerOptions{FlushInterval: time.Hour, PollInterval: -1})
		b := create(t, a, ban.CreateOptions{Kind: ban.KindName, Value: "bob"})
		for range 20 {
			check(t, c, ban.Subject{Name: "bob"})
			time.Sleep(24 * time.Hour)
		}
		time.Sleep(time.Hour)
		first := time.Now().AddDate(0, 0, -100)
		kept, err := st.HitHistory(context.Background(), b.ID, first, time.Now())
		if err != nil || len(kept) != ban.HitDays-1 {
			t.Errorf("%d days kept (%v), want %d: fourteen, of which today has no hit yet", len(kept), err, ban.HitDays-1)
		}
		if got, err := a.Get(context.Background(), b.ID); err != nil || got.Hits != 20 {
			t.Errorf("%d hits in total (%v), want 20", got.Hits, err)
		}
		if _, err := a.Hits(context.Background(), b.ID, ban.HitDays+1); err == nil {
			t.Error("a history longer than what is kept")
		}
	})
}

func TestHitsThatTheStoreDoesNotTakeAreKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := &failing{Store: memstore.New()}
		a, c := newAdmin(t, st), newChecker(t, st, ban.CheckerOptions{PollInterval: -1})
		b := create(t, a, ban.CreateOptions{Kind: ban.KindName, Value: "bob"})
		check(t, c, ban.Subject{Name: "bob", IP: "203.0.113.1"})
		st.cut()
		check(t, c, ban.Subject{Name: "bob"})
		time.Sleep(10 * time.Second)
		if n, _ := uses(t, a, b, 1); n[0] != 0 {
			t.Fatalf("%d hits written during the outage", n[0])
		}
		st.mend()
		check(t, c, ban.Subject{Name: "bob", IP: "203.0.113.2"})
		time.Sleep(2 * time.Second)
		if n, clients := uses(t, a, b, 1); n[0] != 3 || clients[0] != 2 {
			t.Errorf("%d hits by %d clients after the outage, want 3 by 2", n[0], clients[0])
		}
		if s := c.Stats(); s.DroppedHits != 0 {
			t.Errorf("%d hits dropped", s.DroppedHits)
		}
	})
}

func TestCloseWritesTheLastHits(t *testing.T) {
	st := &failing{Store: memstore.New()}
	a := newAdmin(t, st)
	b := create(t, a, ban.CreateOptions{Kind: ban.KindName, Value: "bob"})
	for _, working := range []bool{true, false} {
		c, err := ban.NewChecker(st, ban.CheckerOptions{FlushInterval: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		check(t, c, ban.Subject{Name: "bob"})
		if !working {
			st.cut()
		}
		first, second := c.Close(), c.Close()
		if first != second || working != (first == nil) || !working && !errors.Is(first, errCutOff) {
			t.Errorf("working %v: Close gave %v, then %v", working, first, second)
		}
	}
	if n, _ := uses(t, a, b, 1); n[0] != 1 {
		t.Errorf("%d hits, want 1", n[0])
	}
}

func TestHitsInMemoryAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const rules = 1<<16 + 10
		st := &failing{Store: memstore.New()}
		all := make([]ban.CreateOptions, rules)
		for i := range all {
			all[i] = ban.CreateOptions{Kind: ban.KindName, Value: fmt.Sprintf("bob%d", i)}
		}
		if _, err := newAdmin(t, st).CreateMany(as("test"), all); err != nil {
			t.Fatal(err)
		}
		c := newChecker(t, st, ban.CheckerOptions{PollInterval: -1, CacheSize: 1})
		for i := range all {
			check(t, c, ban.Subject{Name: all[i].Value})
		}
		if s := c.Stats(); s.DroppedHits != 10 {
			t.Errorf("%d hits dropped, want 10", s.DroppedHits)
		}
	})
}

func TestStats(t *testing.T) {
	st := memstore.New()
	a, c := newAdmin(t, st), newChecker(t, st, ban.CheckerOptions{})
	create(t, a, ban.CreateOptions{Kind: ban.KindName, Value: "bob"})
	create(t, a, ban.CreateOptions{Kind: ban.KindName, Value: "carol", Effect: ban.Review})
	for _, name := range []string{"bob", "bob", "carol", "dave"} {
		check(t, c, ban.Subject{Name: name})
	}
	_, _ = c.Check(context.Background(), ban.Subject{})
	want := ban.Stats{Denied: 2, NeedsReview: 1, Allowed: 1, Invalid: 1, CacheHits: 1, CacheMisses: 3, CacheEntries: 3}
	want.Decided[ban.Denied][ban.KindName] = 2
	want.Decided[ban.NeedsReview][ban.KindName] = 1
	want.Decided[ban.Allowed][0] = 1
	got := c.Stats()
	if age := time.Since(got.LastContact); age < 0 || age > time.Minute {
		t.Errorf("the last contact was %v ago", age)
	}
	got.LastContact = time.Time{}
	if got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// unpruned is a store that cannot forget days of hits.
type unpruned struct{ *memstore.Store }

func (unpruned) PruneHits(context.Context, time.Time) (int64, error) { return 0, errCutOff }

func TestCloseFailsForHitsThatAreLostAlone(t *testing.T) {
	st := unpruned{memstore.New()}
	create(t, newAdmin(t, st.Store), ban.CreateOptions{Kind: ban.KindName, Value: "bob"})
	for _, name := range []string{"alice", "bob"} {
		c, err := ban.NewChecker(st, ban.CheckerOptions{FlushInterval: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		check(t, c, ban.Subject{Name: name})
		if err := c.Close(); err != nil {
			t.Errorf("after a check of %s: %v; no hit is lost by what stays longer", name, err)
		}
	}
}

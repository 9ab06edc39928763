package ban_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"example.com/ostraka/ban"
	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

// lookups counts those of a store.
type lookups struct {
	store.Store
	n atomic.Int64
}

func (l *lookups) Lookup(ctx context.Context, keys []store.Key) ([]store.Rule, error) {
	l.n.Add(1)
	return l.Store.Lookup(ctx, keys)
}

// crowdOfSubjects draws Subjects of all shapes, some of which do not parse.
func crowdOfSubjects(random *rand.Rand, n int) (all []ban.Subject) {
	pick := func(from ...string) string { return from[random.IntN(len(from))] }
	for i := range n {
		var s ban.Subject
		if random.IntN(4) > 0 {
			s.Email = fmt.Sprintf("%s%d%s@%s", pick("u", "J.Doe", "info", "bulk"), i%9, pick("", "+tag"),
				pick("gmail.com", "one.example", "two.example", "null.example", "a.b.listed.example", "fine.example", "bücher.com"))
		}
		if random.IntN(3) > 0 {
			s.Name = pick("admin", "аdmin", "paypal", "PAYPAL", "user", "adm1n") + pick("", "7", fmt.Sprint(i))
		}
		if random.IntN(3) == 0 {
			s.IP = pick("203.0.113.1", "203.0.113.77", "2001:db8::1", "::ffff:203.0.113.9", fmt.Sprintf("198.51.100.%d", i%256))
		}
		if random.IntN(4) == 0 {
			s.Domain = pick("listed.example", "x.listed.example", "good.listed.example", "other.example")
		}
		if random.IntN(20) == 0 {
			s.Email = pick("nonsense", "two@@signs", "x@-.example")
		}
		s.Action = []ban.Action{ban.SignUp, ban.SignUp, ban.SignIn, ban.Mail, 99}[random.IntN(5)]
		all = append(all, s)
	}
	return append(all, ban.Subject{})
}

// rulesOfAllShapes makes them, some of which end within the minute.
func rulesOfAllShapes(t *testing.T, admin *ban.Admin, random *rand.Rand, now time.Time) {
	t.Helper()
	for _, o := range []ban.CreateOptions{
		{Kind: ban.KindDomain, Value: "listed.example"}, {Kind: ban.KindDomain, Value: "good.listed.example", Effect: ban.Allow},
		{Kind: ban.KindDomain, Value: "*.b.listed.example", Effect: ban.Review}, {Kind: ban.KindDomain, Value: "spam.example"},
		{Kind: ban.KindEmail, Value: "j.doe1@gmail.com", Hashed: true}, {Kind: ban.KindEmail, Value: "jdoe2@gmail.com"},
		{Kind: ban.KindEmail, Value: "u3@gmail.com", Effect: ban.Allow}, {Kind: ban.KindEmail, Value: "bulk*@gmail.com"},
		{Kind: ban.KindEmail, Value: "u1*@one.example", Effect: ban.Allow}, {Kind: ban.KindEmail, Value: "u5@fine.example", Shadow: true},
		{Kind: ban.KindName, Value: "paypal", Hashed: true}, {Kind: ban.KindName, Value: "admin"},
		{Kind: ban.KindName, Value: "admin1*", Effect: ban.Review}, {Kind: ban.KindName, Value: "*user7", Scope: ban.ScopeOf(ban.SignIn)},
		{Kind: ban.KindIP, Value: "203.0.113.0/24", Effect: ban.Review}, {Kind: ban.KindIP, Value: "203.0.113.1"}, {Kind: ban.KindIP, Value: "2001:db8::/32"},
	} {
		if random.IntN(3) == 0 {
			continue
		}
		if random.IntN(5) == 0 {
			o.ExpiresAt = now.Add(time.Minute)
		}
		create(t, admin, o)
	}
}

// TestManyAreAnsweredAsEachIs: PeekEach says of each Subject what Check says, ExplainEach
// what Explain says, whatever the rules, and in their order.
func TestManyAreAnsweredAsEachIs(t *testing.T) {
	ring := ban.KeyRing{"k1": secret('a'), "k2": secret('b'), "k3": secret('c')}
	random := rand.New(rand.NewPCG(4, 4))
	for round := range 6 {
		now := time.Now()
		clock := func() time.Time { return now }
		o := ban.CheckerOptions{Keys: ring, Now: clock, MX: ban.MXOptions{Resolver: exampleZone(), NullMX: ban.PolicyReview}, Traits: ban.TraitOptions{Role: ban.PolicyReview}}
		if round%2 == 0 {
			o.MX, o.Leet = ban.MXOptions{}, true
		}
		eachWay(t, o, func(t *testing.T, st store.Store, _ *ban.Checker) {
			for _, id := range []string{"k1", "k2"} { // of which some values are hashed under both
				admin, err := ban.NewAdmin(st, ban.AdminOptions{Keys: ring, HashKey: id, Actor: "alice", Now: clock})
				if err != nil {
					t.Fatal(err)
				}
				if id == "k1" {
					rulesOfAllShapes(t, admin, random, now)
				} else {
					create(t, admin, ban.CreateOptions{Kind: ban.KindEmail, Value: "jdoe4@gmail.com", Hashed: true, Effect: ban.Review})
				}
			}
			if round%3 == 0 {
				now = now.Add(2 * time.Minute)
			}
			o := o
			o.Mirror = strings.HasSuffix(t.Name(), "/mirror")
			c := newChecker(t, st, o)
			sameOfEach(t, c, crowdOfSubjects(random, 700))
			if t.Failed() {
				t.Logf("round %d", round)
			}
		})
	}
}

// sameOfEach compares what is said of many with what is said of each.
func sameOfEach(t *testing.T, c *ban.Checker, subjects []ban.Subject) {
	t.Helper()
	i := 0
	for d, err := range c.PeekEach(t.Context(), subjects) {
		want, wantErr := c.Check(t.Context(), subjects[i])
		if got, want := fmt.Sprintf("%+v %v", d, err), fmt.Sprintf("%+v %v", want, wantErr); got != want {
			t.Errorf("PeekEach says of %+v\n%s, Check\n%s", subjects[i], got, want)
		}
		i++
	}
	j := 0
	for trace, err := range c.ExplainEach(t.Context(), subjects) {
		want, wantErr := c.Explain(t.Context(), subjects[j])
		if got, want := fmt.Sprintf("%+v %v", trace, err), fmt.Sprintf("%+v %v", want, wantErr); got != want {
			t.Errorf("ExplainEach says of %+v\n%s, Explain\n%s", subjects[j], got, want)
		}
		j++
	}
	if i != len(subjects) || j != len(subjects) {
		t.Errorf("of %d there are %d and %d answers", len(subjects), i, j)
	}
}

func TestManyAreAskedAboutInFewLookUps(t *testing.T) {
	st := &lookups{Store: memstore.New()}
	c := newChecker(t, st, ban.CheckerOptions{Keys: ban.KeyRing{"k1": secret('a')}})
	var subjects []ban.Subject
	for i := range 1000 {
		subjects = append(subjects, ban.Subject{Name: fmt.Sprint("user", i), Email: fmt.Sprintf("user%d@provider%d.example", i, i%50)})
	}
	n := 0
	for d, err := range c.PeekEach(t.Context(), subjects) {
		if n++; err != nil || d.Verdict != ban.Allowed {
			t.Fatal(d.Verdict, err)
		}
	}
	if asked := st.n.Load(); n != len(subjects) || asked > 20 {
		t.Errorf("%d answers in %d look-ups", n, asked)
	}
	if kept := c.Stats().CacheEntries; kept != 0 {
		t.Errorf("%d entries are kept of who was only looked at", kept)
	}
	for range c.PeekEach(t.Context(), subjects) {
		break // and nothing more is asked
	}
}

func TestManyInAnOutageAreAnsweredAsEachIs(t *testing.T) {
	for _, mirror := range []bool{false, true} {
		st := &failing{Store: memstore.New()}
		create(t, newAdmin(t, st), ban.CreateOptions{Kind: ban.KindName, Value: "eve"})
		c := newChecker(t, st, ban.CheckerOptions{OnError: ban.FailOpen, Mirror: mirror})
		subjects := []ban.Subject{{Name: "eve"}, {Name: "eve"}, {Email: "nonsense"}}
		st.cut()
		i := 0
		for d, err := range c.PeekEach(t.Context(), subjects) {
			want, wantErr := c.Peek(t.Context(), subjects[i])
			if d.Verdict != want.Verdict || !errors.Is(err, wantErr) && fmt.Sprint(err) != fmt.Sprint(wantErr) {
				t.Errorf("mirror %t: %s, %v; want %s, %v", mirror, d.Verdict, err, want.Verdict, wantErr)
			}
			i++
		}
		st.mend()
		if i != len(subjects) {
			t.Errorf("%d answers", i)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		for d, err := range c.PeekEach(t.Context(), subjects) {
			if d.Verdict != ban.Denied || !errors.Is(err, ban.ErrClosed) {
				t.Errorf("after Close: %s, %v", d.Verdict, err)
			}
		}
	}
}

func TestManyWithoutAKeyAreDenied(t *testing.T) {
	st := memstore.New()
	create(t, newHashAdmin(t, st, ban.KeyRing{"k1": secret('a')}, ""), ban.CreateOptions{Kind: ban.KindName, Value: "eve", Hashed: true})
	c := newChecker(t, st, ban.CheckerOptions{})
	for d, err := range c.PeekEach(t.Context(), []ban.Subject{{Name: "bob"}, {Name: "ann"}}) {
		if d.Verdict != ban.Denied || !errors.Is(err, ban.ErrMissingKey) {
			t.Errorf("%s, %v", d.Verdict, err)
		}
	}
}

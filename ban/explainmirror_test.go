package ban_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"example.com/ostraka/ban"
	"example.com/ostraka/memstore"
)

// What a mirror explains is what the store would, of rules that have ended and are
// about something else too.
func TestAMirrorExplainsAsTheStoreDoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := memstore.New()
		a := newAdmin(t, st)
		plain, mirrored := newChecker(t, st, ban.CheckerOptions{}), mirrorOf(t, st)
		values := map[ban.Kind][]string{
			ban.KindDomain: {"a.example", "=a.example", "*.a.example", "mail.a.example", "example"},
			ban.KindIP:     {"203.0.113.0/24", "203.0.113.7", "203.0.112.0/20", "64:ff9b::/96", "2001:db8::/32"},
			ban.KindEmail:  {"ann@mail.a.example", "j.doe@gmail.com", "*nn@mail.a.example", "jd*@gmail.com"},
			ban.KindName:   {"admin", "=admin", "*dm*", "adm*", "*rnin", "*in"},
		}
		rng := rand.New(rand.NewPCG(1, 2))
		for kind, texts := range values {
			for _, text := range texts {
				o := ban.CreateOptions{Kind: kind, Value: text, Force: true, Effect: ban.Effect(rng.IntN(3)), Shadow: rng.IntN(4) == 0}
				if rng.IntN(3) == 0 {
					o.ExpiresAt = time.Now().Add(time.Minute)
				}
				if rng.IntN(3) == 0 {
					o.Scope = ban.ScopeOf(ban.Mail)
				}
				create(t, a, o)
			}
		}
		considered := 0
		for range 2 {
			for _, email := range []string{"", "ann@mail.a.example", "J.Doe+x@gmail.com", "x@b.example"} {
				for _, name := range []string{"", "admin", "аdmin", "Adrnin", "bob"} {
					for _, ip := range []string{"", "203.0.113.7", "64:ff9b::cb00:7107", "2001:db8::1", "192.0.2.1"} {
						s := ban.Subject{Email: email, Name: name, IP: ip, Domain: "x.a.example"}
						want, err := plain.Explain(t.Context(), s)
						got, err2 := mirrored.Explain(t.Context(), s)
						if err != nil || err2 != nil || fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
							t.Fatalf("%+v: the mirror explains\n%v, %v\nthe store\n%v, %v", s, got, err2, want, err)
						}
						if d := check(t, mirrored, s); fmt.Sprintf("%+v", d) != fmt.Sprintf("%+v", got.Decision) {
							t.Fatalf("%+v: Check answers %+v, Explain %+v", s, d, got.Decision)
						}
						considered += len(got.Considered)
					}
				}
			}
			time.Sleep(2 * time.Minute) // some end
		}
		if considered < 500 {
			t.Errorf("only %d rules were considered", considered)
		}
	})
}

// Explain is as fresh as Check: it has what was written, and says when it is stale.
func TestAMirrorExplainsThroughAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := &failing{Store: memstore.New()}
		a, c := newAdmin(t, st.Store), mirrorOf(t, st)
		b := create(t, a, ban.CreateOptions{Kind: ban.KindName, Value: "bob"})
		explain := func(stale bool) {
			t.Helper()
			tr, err := c.Explain(t.Context(), ban.Subject{Name: "bob"})
			if err != nil || tr.Decision.Match.ID != b.ID || tr.Decision.Stale != stale {
				t.Errorf("explained by %v, stale %v, %v; want %v, stale %v", tr.Decision.Match, tr.Decision.Stale, err, b.ID, stale)
			}
		}
		explain(false)
		st.cut()
		time.Sleep(time.Minute)
		explain(true)
		create(t, a, ban.CreateOptions{Kind: ban.KindName, Value: "carol"}) // which cannot be looked up
		explain(true)
		st.mend()
		time.Sleep(time.Minute)
		explain(false)
	})
}

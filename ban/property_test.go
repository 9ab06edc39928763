package ban_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"example.com/ostraka/ban"
	"example.com/ostraka/ban/value"
	"example.com/ostraka/internal/sqlitetest"
	"example.com/ostraka/memstore"
	"example.com/ostraka/sqlitestore"
	"example.com/ostraka/store"
)

// The values are few, so that rules and subjects meet often.
var (
	ruleValues = map[ban.Kind][]string{
		ban.KindEmail: {
			"jdoe@gmail.com", "j.doe@gmail.com", "jdoe+x@gmail.com", "jd*@gmail.com", "*oe@gmail.com", "*do*@gmail.com",
			"jdoe@example.org", "j.doe@example.org", "jdoe@a.example.com", "jd*@a.example.com",
			"bob@corp.example", "b_ob+x@corp.test", "bo*@corp.example", "bo*@corp.test", "jdoe@me.com",
		},
		ban.KindDomain: {
			"gmail.com", "=gmail.com", "corp.test", "com", "*.com", "example.com", "*.example.com", "=example.com", "a.example.com",
			"=a.example.com", "*.a.example.com", "b.a.example.com", "example.org", "mail.com",
		},
		ban.KindIP: {
			"203.0.113.7", "203.0.113.0/24", "64:ff9b::cb00:7100/120", "2002:cb00::/32", "64:ff9b::203.0.113.7", "203.0.0.0/16", "203.0.113.4/30", "0.0.0.0/0",
			"2001:db8::1", "2001:db8::/64", "2001:db8::/32", "::/0",
		},
		ban.KindName: {"admin", "sysadmin", "bob", "adrnin", "*admin", "ad*", "*dmi*", "sys*", "bo*", "=admin", "=adrnin", "=bob", "admln", "*dml*"},
	}
	subjectValues = map[ban.Kind][]string{
		ban.KindEmail: {
			"", "JDoe@gmail.com", "j.doe@gmail.com", "J.D.oe+x@GoogleMail.com", "jdoe+x@gmail.com", "other@gmail.com",
			"jdoe@example.org", "J.Doe@example.org", "jdoe@a.example.com", "x@b.a.example.com", "x@notexample.com", "x@mail.com",
			"Bob@corp.example", "b_o_b+y@Corp.test", "shop@bob.corp.test", "jdoe+x@icloud.com",
		},
		ban.KindDomain: {"", "example.com", "A.example.com", "b.a.example.com", "notexample.com", "example.org", "gmail.com", "mail.com"},
		ban.KindIP:     {"", "203.0.113.7", "203.0.113.5", "::ffff:203.0.113.7", "203.0.9.9", "198.51.100.1", "2001:db8::1", "64:ff9b::203.0.113.7", "2002:cb00:7107::1", "::203.0.113.7", "64:ff9b::203.0.113.1", "2001:db8::2", "2001:db8:1::1"},
		ban.KindName:   {"", "Admin", "аdmin", "adrnin", "sysadmin", "sysаdmin", "bob", "boB2", "carol", "ADМIN", "SYSАDМIN", "AdmIn", "ADMlN", "B’ob"},
	}
	kinds = []ban.Kind{ban.KindEmail, ban.KindDomain, ban.KindIP, ban.KindName}
)

func TestCheckerAgreesWithTheOracle(t *testing.T) {
	t.Run("over memstore", func(t *testing.T) {
		rapid.Check(t, func(rt *rapid.T) { compareWithOracle(rt, memstore.New()) })
	})
	t.Run("over sqlitestore", func(t *testing.T) {
		n := 0
		rapid.Check(t, func(rt *rapid.T) {
			n++
			st, err := sqlitestore.Open(context.Background(), sqlitetest.Place(t, filepath.Join(t.TempDir(), fmt.Sprint(n, ".db"))),
				sqlitestore.Options{Synchronous: sqlitestore.SyncNormal})
			if err != nil {
				rt.Fatal(err)
			}
			compareWithOracle(rt, st)
		})
	})
}

// ownTables have a row for domains of the host's own.
var ownTables = func() *value.Tables {
	t, err := value.NewTables(value.TablesOptions{Providers: []value.Provider{{
		Domains: []string{"Corp.example", "corp.test"}, CanonicalDomain: "corp.example",
		DropChars: "_", CutAt: '+', Subdomains: true,
	}}})
	if err != nil {
		panic(err)
	}
	return t
}()

// compareWithOracle lives through a random history of bans on one store, and
// between its steps compares Checkers with the oracle: one that has seen
// everything, one whose cache holds next to nothing, a mirror of all rules, and
// new ones with and without a mirror.
func compareWithOracle(t *rapid.T, st store.Store) {
	w := &world{t: t, st: st, now: time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)}
	defer st.Close()
	var err error
	if w.admin, err = ban.NewAdmin(st, ban.AdminOptions{Now: w.clock, Tables: ownTables}); err != nil {
		t.Fatal(err)
	}
	// An older process may write beside, which knows nothing of the host's domains.
	if w.older, err = ban.NewAdmin(st, ban.AdminOptions{Now: w.clock}); err != nil {
		t.Fatal(err)
	}
	warm, tiny := w.checker(ban.CheckerOptions{}), w.checker(ban.CheckerOptions{CacheSize: 1})
	mirror := w.checker(ban.CheckerOptions{Mirror: true})
	defer warm.Close()
	defer tiny.Close()
	defer mirror.Close()

	w.createMany(rapid.IntRange(0, 30).Draw(t, "rules at first"))
	for range rapid.IntRange(1, 10).Draw(t, "steps") {
		w.step()
		w.readRules()
		cold, loaded := w.checker(ban.CheckerOptions{}), w.checker(ban.CheckerOptions{Mirror: true})
		for range 10 {
			s := w.subject()
			w.compare("warm", warm, s)
			w.compare("tiny", tiny, s)
			w.compare("mirror", mirror, s)
			w.compare("cold", cold, s)
			w.compare("newly loaded", loaded, s)
		}
		for _, c := range []*ban.Checker{cold, loaded} {
			if err := c.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

type world struct {
	t      *rapid.T
	st     store.Store
	admin  *ban.Admin
	older  *ban.Admin // by other tables
	now    time.Time
	clocks sync.Mutex   // held by who reads or moves now: Checkers read it too
	rules  []store.Rule // what the store holds now
}

func (w *world) clock() time.Time {
	w.clocks.Lock()
	defer w.clocks.Unlock()
	return w.now
}

func (w *world) wait(d time.Duration) {
	w.clocks.Lock()
	defer w.clocks.Unlock()
	w.now = w.now.Add(d)
}

func (w *world) checker(o ban.CheckerOptions) *ban.Checker {
	o.Now, o.PollInterval, o.Tables = w.clock, -1, ownTables
	c, err := ban.NewChecker(w.st, o)
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

func (w *world) options() ban.CreateOptions {
	t := w.t
	kind := rapid.SampledFrom(kinds).Draw(t, "kind")
	o := ban.CreateOptions{
		Kind: kind, Value: rapid.SampledFrom(ruleValues[kind]).Draw(t, "value"), Force: true,
		Effect: rapid.SampledFrom([]ban.Effect{ban.Deny, ban.Review, ban.Allow}).Draw(t, "effect"),
		Shadow: rapid.IntRange(0, 5).Draw(t, "shadow") == 0,
	}
	if rapid.IntRange(0, 3).Draw(t, "scoped") == 0 {
		o.Scope = ban.ScopeOf(rapid.SampledFrom(store.Actions()).Draw(t, "scope"))
	}
	if rapid.IntRange(0, 3).Draw(t, "expires") == 0 {
		o.ExpiresAt = w.now.Add(time.Duration(rapid.IntRange(1, 20).Draw(t, "minutes")) * time.Minute)
	}
	return o
}

func (w *world) createMany(n int) {
	all := make([]ban.CreateOptions, n)
	for i := range all {
		all[i] = w.options()
	}
	result, err := w.admin.CreateMany(as("test"), all)
	if err != nil || len(result.Rejected) > 0 {
		w.t.Fatal(err, result.Rejected)
	}
}

// step changes something.
func (w *world) step() {
	t, ctx := w.t, as("test")
	var err error
	switch rapid.SampledFrom([]string{"put", "put", "many", "revoke", "reinstate", "update", "delete", "wait", "wait", "put older", "rekey"}).Draw(t, "step") {
	case "put":
		_, _, err = w.admin.Put(ctx, w.options())
	case "put older":
		if w.older != nil {
			_, _, err = w.older.Put(ctx, w.options())
		}
	case "rekey":
		_, err = ban.Rekey(ctx, w.st, ban.RekeyOptions{Tables: ownTables, Now: w.clock})
	case "many":
		w.createMany(3)
	case "wait":
		w.wait(time.Duration(rapid.IntRange(1, 10).Draw(t, "minutes")) * time.Minute)
	case "revoke":
		if b, ok := w.any(); ok {
			_, err = w.admin.Revoke(ctx, b.ID, "over")
		}
	case "reinstate":
		if b, ok := w.any(); ok {
			_, err = w.admin.Reinstate(ctx, b.ID)
		}
	case "update":
		if b, ok := w.any(); ok {
			o := w.options()
			_, err = w.admin.Update(ctx, b.ID, ban.Patch{Kind: &o.Kind, Value: &o.Value, Effect: &o.Effect, Scope: &o.Scope, Shadow: &o.Shadow, Force: true})
		}
	case "delete":
		if b, ok := w.any(); ok {
			_, err = w.admin.Delete(ctx, b.ID)
		}
	}
	if err != nil && !isExists(err) {
		t.Fatal(err)
	}
}

func (w *world) bans() []ban.Ban {
	bans, err := w.admin.List(context.Background(), ban.Filter{}, ban.Page{Limit: store.MaxPageLimit})
	if err != nil {
		w.t.Fatal(err)
	}
	return bans
}

func (w *world) readRules() {
	w.rules = nil
	for _, b := range w.bans() {
		if b.RevokedAt.IsZero() {
			w.rules = append(w.rules, b.Rule())
		}
	}
}

// any picks a ban, if there is one.
func (w *world) any() (ban.Ban, bool) {
	bans := w.bans()
	if len(bans) == 0 {
		return ban.Ban{}, false
	}
	return bans[rapid.IntRange(0, len(bans)-1).Draw(w.t, "which")], true
}

func (w *world) subject() ban.Subject {
	draw := func(k ban.Kind) string { return rapid.SampledFrom(subjectValues[k]).Draw(w.t, k.String()) }
	s := ban.Subject{
		Email: draw(ban.KindEmail), Domain: draw(ban.KindDomain), IP: draw(ban.KindIP), Name: draw(ban.KindName),
		Action: rapid.SampledFrom(store.Actions()).Draw(w.t, "action"),
	}
	if s.Email == "" && s.Domain == "" && s.IP == "" && s.Name == "" {
		s.Name = "bob"
	}
	return s
}

func (w *world) compare(which string, c *ban.Checker, s ban.Subject) {
	got, err := c.Check(context.Background(), s)
	if err != nil {
		w.t.Fatalf("%s Checker: Check(%+v): %v", which, s, err)
	}
	want := oracle(w.rules, s, w.now)
	if problem := differ(got, want); problem != "" {
		trace, _ := c.Explain(context.Background(), s)
		w.t.Fatalf("%s Checker: Check(%+v): %s\n%s", which, s, problem, trace)
	}
}

// differ says in what a decision is not what the oracle answered, "" if it is.
func differ(got ban.Decision, want answer) string {
	switch {
	case got.Verdict != want.verdict:
		return fmt.Sprintf("verdict %v, the oracle says %v (%+v)", got.Verdict, want.verdict, want.hit)
	case len(got.Shadows) != want.shadows:
		return fmt.Sprintf("%d shadows, the oracle says %d", len(got.Shadows), want.shadows)
	case want.hit == nil && !got.Match.IsZero():
		return fmt.Sprintf("decided by %+v, the oracle says by none", got.Match)
	case want.hit == nil:
		return ""
	case got.Match.ID != want.hit.rule.ID:
		return fmt.Sprintf("decided by %+v, the oracle says by %+v", got.Match, want.hit.rule)
	case got.Match.Via != want.hit.via:
		return fmt.Sprintf("via %v, the oracle says via %v", got.Match.Via, want.hit.via)
	}
	return ""
}

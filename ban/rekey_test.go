package ban_test

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/ostraka/ban"
	"example.com/ostraka/ban/value"
	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

// writtenByV1 returns a copy of a database from before stores knew by which tables
// their keys were made, and when icloud.com, me.com and mac.com were three providers.
func writtenByV1(t *testing.T) string {
	t.Helper()
	packed, err := os.Open("../sqlitestore/testdata/v1.db.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	unpacked, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "v1.db")
	out, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(out, unpacked); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	return file
}

// afterV1 is when the database was written.
var afterV1 = time.Date(2026, 11, 20, 12, 30, 0, 0, time.UTC)

func clockAfterV1() time.Time { return afterV1 }

// What is to be answered of that database, by tables with a row for corp.example.
var answersOfV1 = []struct {
	subject ban.Subject
	verdict ban.Verdict
}{
	{ban.Subject{Email: "jdoe@icloud.com"}, ban.Denied},
	{ban.Subject{Email: "jdoe+x@me.com"}, ban.Denied},
	{ban.Subject{Email: "j.roe@me.com"}, ban.Denied},
	{ban.Subject{Email: "joe+1@sent.com"}, ban.Denied},
	{ban.Subject{Email: "x@joe.sent.com"}, ban.Denied},
	{ban.Subject{Email: "ann@fastmail.de"}, ban.Denied},
	{ban.Subject{Email: "friend+x@icloud.com"}, ban.Allowed},
	{ban.Subject{Email: "spammer@icloud.com"}, ban.Denied},
	{ban.Subject{Email: "bob+new@corp.example"}, ban.Denied},
	{ban.Subject{Email: "bob+old@corp.example"}, ban.NeedsReview},
	{ban.Subject{Email: "bob@gmail.com"}, ban.Denied},
	{ban.Subject{Email: "plain+x@mail.example"}, ban.Allowed},
	{ban.Subject{Email: "brief@me.com"}, ban.Denied},
	{ban.Subject{Email: "gone@icloud.com"}, ban.Allowed},
	{ban.Subject{Email: "stays@icloud.com"}, ban.Denied},
	{ban.Subject{Email: "x@new.sent.com"}, ban.Denied},
	{ban.Subject{Email: "old@icloud.com"}, ban.Allowed},
	{ban.Subject{Email: "x@mail.spam.example"}, ban.Denied},
	{ban.Subject{Email: "x@throwaway.example"}, ban.Denied},
	{ban.Subject{Name: "ADМIN"}, ban.Denied},
	{ban.Subject{Name: "casino-royale"}, ban.Denied},
	{ban.Subject{Name: "София"}, ban.Denied},
	{ban.Subject{Name: "=equals"}, ban.Denied},
	{ban.Subject{Name: "equals"}, ban.Allowed},
	{ban.Subject{Name: "=begins"}, ban.Denied},
	{ban.Subject{Name: "=list"}, ban.Denied},
	{ban.Subject{Name: "list"}, ban.Allowed},
	{ban.Subject{Name: "reserved"}, ban.Denied},
	{ban.Subject{IP: "203.0.113.7"}, ban.Denied},
	{ban.Subject{IP: "2001:db8:1::9"}, ban.Denied},
	{ban.Subject{Domain: "host.example"}, ban.Denied},
}

// wantAnswersOfV1 asks a cache and a mirror.
func wantAnswersOfV1(t *testing.T, when string, checkers ...*ban.Checker) {
	t.Helper()
	for i, c := range checkers {
		for _, a := range answersOfV1 {
			if d, err := c.Check(context.Background(), a.subject); err != nil || d.Verdict != a.verdict {
				t.Errorf("%s, Checker %d: %+v is %v, %v, want %v", when, i, a.subject, d.Verdict, err, a.verdict)
			}
		}
	}
}

// bundledTables are those that package value bundles.
var bundledTables = func() *value.Tables {
	t, err := value.NewTables(value.TablesOptions{})
	if err != nil {
		panic(err)
	}
	return t
}()

// bothCheckers returns one with a cache and one with a mirror.
func bothCheckers(t *testing.T, st ban.Source) []*ban.Checker {
	t.Helper()
	o := ban.CheckerOptions{Tables: ownTables, Now: clockAfterV1, PollInterval: -1}
	cached := newChecker(t, st, o)
	o.Mirror = true
	return []*ban.Checker{cached, newChecker(t, st, o)}
}

func rekey(t *testing.T, st store.Store, o ban.RekeyOptions) ban.RekeyResult {
	t.Helper()
	if o.Tables == nil {
		o.Tables = ownTables
	}
	r, err := ban.Rekey(context.Background(), st, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestChecksAreRightBeforeAndAfterRekey(t *testing.T) {
	st := openFile(t, writtenByV1(t))
	running := bothCheckers(t, st)
	wantAnswersOfV1(t, "before", running...)
	var progress []ban.RekeyProgress
	r := rekey(t, st, ban.RekeyOptions{Progress: func(p ban.RekeyProgress) { progress = append(progress, p) }})
	if want := ownTables.Version().String(); r.From != "" || r.To != want || r.Newer || r.Moved == 0 || r.Lookalikes != 0 {
		t.Errorf("%+v, want from nothing to %q", r, want)
	}
	if len(progress) == 0 || progress[len(progress)-1] != (ban.RekeyProgress{Seen: r.Seen, Total: r.Seen, Moved: r.Moved}) {
		t.Errorf("the progress was %+v, the result %+v", progress, r)
	}
	wantAnswersOfV1(t, "after, of those before", running...)
	wantAnswersOfV1(t, "after", bothCheckers(t, st)...)
	if again := rekey(t, st, ban.RekeyOptions{}); again.From != again.To || again.Seen != 0 {
		t.Errorf("again: %+v, want nothing to do", again)
	}
	if err := st.Check(context.Background()); err != nil {
		t.Error(err)
	}

	// What was not in force then has its new key too.
	admin, err := ban.NewAdmin(st, ban.AdminOptions{Tables: ownTables, Now: clockAfterV1})
	if err != nil {
		t.Fatal(err)
	}
	revoked, err := admin.List(context.Background(), ban.Filter{Contains: "gone@me.com"}, ban.Page{})
	if err != nil || len(revoked) != 1 {
		t.Fatal(revoked, err)
	}
	if _, err := admin.Reinstate(as("bob"), revoked[0].ID); err != nil {
		t.Fatal(err)
	}
	if _, err := st.UndoList(context.Background(), "people", 0, store.Change{At: afterV1, Actor: "bob", Action: store.ListUndo}); err != nil {
		t.Fatal(err)
	}
	for _, c := range append(running, bothCheckers(t, st)...) {
		for _, email := range []string{"gone@icloud.com", "old+x@icloud.com", "stays@mac.com"} {
			if d := check(t, c, ban.Subject{Email: email}); d.Verdict != ban.Denied {
				t.Errorf("%s is %v, want denied", email, d.Verdict)
			}
		}
	}
}

func TestARekeyThatIsCutOffGoesOn(t *testing.T) {
	file := writtenByV1(t)
	st := openFile(t, file)
	running := bothCheckers(t, st)
	for pages := range 4 {
		ctx, cancel := context.WithCancel(context.Background())
		left := pages
		_, err := ban.Rekey(ctx, st, ban.RekeyOptions{Tables: ownTables, Progress: func(ban.RekeyProgress) {
			if left--; left < 0 {
				cancel()
			}
		}})
		cancel()
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("cut off: %v", err)
		}
		if have, err := st.KeyTables(context.Background()); err != nil || !strings.HasPrefix(have, store.RekeyMark) {
			t.Errorf("the keys are said to be made by %q, %v", have, err)
		}
		wantAnswersOfV1(t, "when cut off", running...)
		wantAnswersOfV1(t, "of those that begin then", bothCheckers(t, openFile(t, file))...)
	}
	rekey(t, st, ban.RekeyOptions{})
	wantAnswersOfV1(t, "in the end", running...)
}

func TestSeveralProcessesRekeyAtOnce(t *testing.T) {
	file := writtenByV1(t)
	var processes sync.WaitGroup
	for range 3 {
		st := openFile(t, file)
		checkers := bothCheckers(t, st)
		processes.Go(func() {
			if _, err := ban.Rekey(context.Background(), st, ban.RekeyOptions{Tables: ownTables}); err != nil {
				t.Error(err)
			}
			wantAnswersOfV1(t, "in a process", checkers...)
		})
	}
	processes.Wait()
	st := openFile(t, file)
	if have, err := st.KeyTables(context.Background()); err != nil || have != ownTables.Version().String() {
		t.Errorf("the keys are said to be made by %q, %v", have, err)
	}
	wantAnswersOfV1(t, "in the end", bothCheckers(t, st)...)
}

// While a newer process serves, an older one writes: what it writes is found, and the
// next Rekey sees to it.
func TestWhatAnOlderProcessWritesIsFound(t *testing.T) {
	for _, mirror := range []bool{false, true} {
		st := memstore.New()
		newer, older := newDesk(t, st, ban.AdminOptions{Tables: ownTables}), newDesk(t, st, ban.AdminOptions{})
		newer.create(ban.CreateOptions{Kind: ban.KindEmail, Value: "ann@corp.example"})
		c := newChecker(t, st, ban.CheckerOptions{Tables: ownTables, Mirror: mirror, Now: newer.clock})
		bob := ban.Subject{Email: "bob@corp.example"}
		if d := check(t, c, bob); d.Verdict != ban.Allowed {
			t.Fatal(d)
		}
		b := older.create(ban.CreateOptions{Kind: ban.KindEmail, Value: "bob+x@corp.example"})
		if d := check(t, c, bob); d.Verdict != ban.Denied || d.Match.Via != ban.ViaMailbox {
			t.Errorf("mirror %v: %v via %v, want denied by the mailbox", mirror, d.Verdict, d.Match.Via)
		}
		if have, err := st.KeyTables(context.Background()); err != nil || have != "" {
			t.Errorf("the keys are said to be made by %q, %v, want nothing said", have, err)
		}
		p, err := newer.Preview(newer.ctx, ban.CreateOptions{Kind: ban.KindEmail, Value: "bob+x@corp.example"})
		if err != nil || p.Existing == nil || p.Existing.ID != b.ID {
			t.Errorf("mirror %v: the preview knows %+v, %v", mirror, p.Existing, err)
		}
		older.revoke(b.ID)
		if d := check(t, c, bob); d.Verdict != ban.Allowed {
			t.Errorf("mirror %v: revoked: %v, want allowed", mirror, d.Verdict)
		}
		if _, err := older.Reinstate(older.ctx, b.ID); err != nil {
			t.Fatal(err)
		}
		rekey(t, st, ban.RekeyOptions{Now: newer.clock})
		if d := check(t, c, bob); d.Verdict != ban.Denied {
			t.Errorf("mirror %v: after Rekey: %v, want denied", mirror, d.Verdict)
		}
		if moved, err := newer.Get(newer.ctx, b.ID); err != nil || moved.KeyText != "bob@corp.example" || moved.Version <= b.Version {
			t.Errorf("the ban is %+v, %v", moved, err)
		}
	}
}

// The very first change to a store tells nobody by which tables its keys are, so that a
// Checker that has found the store empty asks: also if the Admin is in its own process.
func TestTheFirstBanOfAllIsFoundWhicheverTablesMadeItsKey(t *testing.T) {
	for name, makers := range map[string][2]*value.Tables{"the host's tables are the Checker's alone": {nil, ownTables}, "or the Admin's": {ownTables, nil}} {
		t.Run(name, func(t *testing.T) {
			eachWay(t, ban.CheckerOptions{Tables: makers[1]}, func(t *testing.T, st store.Store, c *ban.Checker) {
				ask := func() ban.Verdict {
					d, err := c.Check(context.Background(), ban.Subject{Email: "b_ob+x@corp.test"})
					if err != nil {
						t.Fatal(err)
					}
					return d.Verdict
				}
				if got := ask(); got != ban.Allowed {
					t.Errorf("before there is a ban: %v", got)
				}
				d := newDesk(t, st, ban.AdminOptions{Tables: makers[0]})
				d.create(ban.CreateOptions{Kind: ban.KindEmail, Value: "b_ob+x@corp.test"})
				if got := ask(); got != ban.Denied {
					t.Errorf("at once after the ban: %v", got)
				}
			})
		})
	}
}

// A program that is older than the one that made the keys leaves them, and is right.
func TestAnOlderProgramLeavesNewerKeys(t *testing.T) {
	st := memstore.New()
	d := newDesk(t, st, ban.AdminOptions{Tables: ownTables})
	d.create(ban.CreateOptions{Kind: ban.KindEmail, Value: "bob+x@corp.example"})
	newer := ownTables.Version()
	newer.Providers = "2999-01-01"
	if err := st.SetKeyTables(d.ctx, ownTables.Version().String(), newer.String(), store.Change{At: noon, Actor: "x", Action: store.KeysTables}); err != nil {
		t.Fatal(err)
	}
	r := rekey(t, st, ban.RekeyOptions{Tables: bundledTables})
	if !r.Newer || r.Seen != 0 || r.To != newer.String() {
		t.Errorf("%+v, want that the keys are left", r)
	}
	c := newChecker(t, st, ban.CheckerOptions{Now: d.clock})
	for email, want := range map[string]ban.Verdict{"bob+x@corp.example": ban.Denied, "bob@corp.example": ban.Allowed} {
		if got := check(t, c, ban.Subject{Email: email}); got.Verdict != want {
			t.Errorf("%s is %v, want %v", email, got.Verdict, want)
		}
	}
}

// Hits of an entry of a list are counted where the store finds it.
func TestHitsAreCountedUnderOldKeys(t *testing.T) {
	st := openFile(t, writtenByV1(t))
	var entry store.Entry
	for e, err := range st.ListEntries(context.Background(), "people") {
		if err != nil {
			t.Fatal(err)
		}
		if e.Value == "stays@me.com" {
			entry = e
		}
	}
	total := func(want int64) {
		t.Helper()
		if got, err := st.HitTotal(context.Background(), entry.ID); err != nil || got.Uses != want {
			t.Errorf("the entry has %+v, %v, want %d uses", got, err, want)
		}
	}
	count := func() {
		c, err := ban.NewChecker(st, ban.CheckerOptions{Tables: ownTables, Now: clockAfterV1})
		if err != nil {
			t.Fatal(err)
		}
		check(t, c, ban.Subject{Email: "stays@icloud.com", IP: "198.51.100.1"})
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	count()
	total(1)
	rekey(t, st, ban.RekeyOptions{})
	total(1)
	count()
	total(2)
}

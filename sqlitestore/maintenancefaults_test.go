package sqlitestore

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"example.com/ostraka/internal/faultsql"
	"example.com/ostraka/store"
	"example.com/ostraka/store/storecopy"
)

// faulty returns a store on a file, and what has its statements fail.
func faulty(t *testing.T) (*Store, *faultsql.Faults) {
	t.Helper()
	f := new(faultsql.Faults)
	db := f.Open(dsn(place(t, filepath.Join(t.TempDir(), "host.db"), hostFile), pragmas{"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(OFF)"}))
	t.Cleanup(func() { db.Close() })
	s, err := New(context.Background(), db)
	if err != nil {
		t.Fatal(err)
	}
	return s, f
}

// An operator who is told that a check found nothing, or that a file was compacted or
// copied, believes it.
func TestMaintenanceSaysThatAStatementFailed(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	bans := storecopy.Table{Name: "bans", Columns: []string{"seq", "value"}, Key: 1}
	for name, do := range map[string]func(*Store) error{
		"Check":      func(s *Store) error { return s.Check(ctx) },
		"Vacuum":     func(s *Store) error { return s.Vacuum(ctx) },
		"Backup":     func(s *Store) error { return s.Backup(ctx, filepath.Join(t.TempDir(), "copy.db")) },
		"CopyTables": func(s *Store) error { _, err := s.CopyTables(ctx); return err },
		"CopyState":  func(s *Store) error { _, err := s.CopyState(ctx); return err },
		"CopyRows":   func(s *Store) error { _, err := s.CopyRows(ctx, bans, nil, 10); return err },
	} {
		t.Run(name, func(t *testing.T) {
			s, f := faulty(t)
			mustCreate(t, s, "a.example")
			var silent []int
			n := 1
			for ; n < 200; n++ {
				f.Arm(n, nil)
				err := do(s)
				if fired := f.Disarm(); !fired {
					if err != nil {
						t.Errorf("no statement failed: %v", err)
					}
					break
				}
				if err == nil {
					silent = append(silent, n)
				}
			}
			// That a transaction which only read cannot be ended takes back nothing of what it read.
			reads := name == "Check" || name == "CopyState"
			if len(silent) > 1 || len(silent) == 1 && !(reads && silent[0] == n-1) {
				t.Errorf("of %d statements, the failures of %v are not told", n-1, silent)
			}
			mustCheck(t, s)
		})
	}
}

// What a sync that was cut off left behind is cleaned away before the next one, which
// would else put it in force. If that cannot be done, there is no next one.
func TestASyncThatCannotCleanUpChangesNothing(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for n := 1; ; n++ {
		s, f := faulty(t)
		s.stepRows = 2
		a, b, c := domainEntries("a", 4), domainEntries("b", 4), domainEntries("c", 4)
		list := mustApply(t, s, newList("list", a...))
		cutOff(t, s, delta(list, a, b))   // added some
		cutOff(t, s, delta(list, a, nil)) // removed some
		f.Arm(n, nil)
		_, err := s.ApplyList(ctx, delta(list, nil, c), by(store.ListSync))
		fired := f.Disarm()
		if want := a; err != nil {
			wantValues(t, s, "list", want)
		} else {
			wantValues(t, s, "list", append(want, c...))
		}
		mustCheck(t, s)
		if t.Failed() {
			t.Fatalf("with statement %d gone wrong, and the error %v", n, err)
		}
		if !fired {
			return
		}
	}
}

// The entries of a list that was dropped go step by step. A step that fails is taken back
// as a whole, and the next one who writes a list goes on with it.
func TestADropThatIsNotTidiedIsTidiedLater(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for n := 1; ; n++ {
		s, f := faulty(t)
		s.stepRows = 2
		var prefixes []store.Entry
		for i := range 3 {
			e := domainEntry(fmt.Sprintf("192.0.2.%d", i))
			e.Key.Kind = store.KindIP
			prefixes = append(prefixes, e)
		}
		kept := domainEntry("198.51.100.1")
		kept.Key.Kind = store.KindIP
		mustApply(t, s, newList("kept", kept))
		list := mustApply(t, s, newList("list", prefixes...))
		for _, e := range append(prefixes, kept) {
			hit := store.Hit{RuleID: e.ID, Key: e.Key, Day: store.Day(at), Uses: 1, Last: at}
			if err := s.AddHits(ctx, []store.Hit{hit}); err != nil {
				t.Fatal(err)
			}
		}
		f.Arm(n, nil)
		_, err := s.DropList(ctx, list.Name, by(store.ListDrop))
		fired := f.Disarm()
		mustCheck(t, s)
		if err == nil {
			next := mustApply(t, s, newList("next", domainEntry("d.example")))
			wantRows(t, s, "after the next list was written", 2)
			mustCheck(t, s)
			wantUses(t, s, prefixes[0], 0)
			wantUses(t, s, kept, 1)
			wantValues(t, s, next.Name, []store.Entry{domainEntry("d.example")})
		} else {
			wantValues(t, s, "list", prefixes)
			wantUses(t, s, prefixes[0], 1)
		}
		if t.Failed() {
			t.Fatalf("with statement %d gone wrong, and the error %v", n, err)
		}
		if !fired {
			return
		}
	}
}

func wantUses(t *testing.T, s *Store, e store.Entry, want int64) {
	t.Helper()
	total, err := s.HitTotal(context.Background(), e.ID)
	if err != nil || total.Uses != want {
		t.Errorf("%s was hit %d times, %v; want %d", e.Value, total.Uses, err, want)
	}
}

// Two operators, or one twice, who ask the same file read the same.
func TestCheckSaysTheSameOfTheSameFile(t *testing.T) {
	s := openTemp(t)
	for _, prefix := range []string{"192.0.2.0/24", "198.51.100.0/25", "203.0.113.0/26", "192.0.2.128/27", "2001:db8::/32"} {
		b := domainBan(prefix)
		b.Kind = store.KindIP
		if _, err := s.CreateBan(context.Background(), b, by(store.BanCreate)); err != nil {
			t.Fatal(err)
		}
	}
	mustExec(t, s.writeDB, `DELETE FROM ostraka_prefix_lengths`)
	first := s.Check(context.Background())
	for range 10 {
		if again := s.Check(context.Background()); first == nil || again == nil || again.Error() != first.Error() {
			t.Fatalf("first\n%v\nthen\n%v", first, again)
		}
	}
}

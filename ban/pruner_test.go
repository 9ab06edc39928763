package ban_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/ban"
	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

const aDay = 24 * time.Hour

func newPruner(t *testing.T, st ban.PrunerStore, o ban.PrunerOptions) *ban.Pruner {
	t.Helper()
	p, err := ban.NewPruner(st, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// logged returns how many changes the log still has.
func logged(t *testing.T, st store.Changes) (n int) {
	t.Helper()
	log, err := st.ListChanges(context.Background(), uuid.Nil, store.Page{Limit: store.MaxPageLimit})
	if err != nil {
		t.Fatal(err)
	}
	return len(log)
}

func TestThePrunerKeepsWhatIsNotOld(t *testing.T) {
	for name, tt := range map[string]struct {
		opts          ban.PrunerOptions
		changes, days int // left of 400 days, of which each has a change and a hit
	}{
		"by default a year of the log": {ban.PrunerOptions{}, 365, ban.HitDays},
		"as the host says":             {ban.PrunerOptions{KeepLog: 30 * aDay}, 30, ban.HitDays},
		"for ever":                     {ban.PrunerOptions{KeepLog: -1}, 400, ban.HitDays},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				st := memstore.New()
				a := newAdmin(t, st)
				b := create(t, a, ban.CreateOptions{Kind: ban.KindName, Value: "bob"})
				var removed ban.Pruned
				tt.opts.Report = func(n ban.Pruned, err error) {
					if err != nil {
						t.Error(err)
					}
					removed.Changes += n.Changes
					removed.Hits += n.Hits
				}
				newPruner(t, st, tt.opts)
				for day := range 400 {
					if day > 0 {
						if _, err := a.Update(as("test"), b.ID, ban.Patch{Reason: new(fmt.Sprint(day))}); err != nil {
							t.Fatal(err)
						}
					}
					hit := store.Hit{RuleID: b.ID, Key: b.Key(), Day: store.Day(time.Now()), Uses: 1, Last: time.Now()}
					if err := st.AddHits(context.Background(), []store.Hit{hit}); err != nil {
						t.Fatal(err)
					}
					time.Sleep(aDay)
				}
				time.Sleep(time.Minute)
				synctest.Wait()
				days, err := st.HitHistory(context.Background(), b.ID, time.Time{}, time.Now())
				if n := logged(t, st); err != nil || n != tt.changes || len(days) != tt.days-1 { // today has none
					t.Errorf("%d changes and %d days of hits are left (%v), want %d and %d", n, len(days), err, tt.changes, tt.days-1)
				}
				if int(removed.Changes) != 400-tt.changes || int(removed.Hits) != 400-tt.days+1 {
					t.Errorf("reported as removed: %+v", removed)
				}
			})
		})
	}
}

func TestThePrunerIsNotMisledByAClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := memstore.New()
		create(t, newAdmin(t, st), ban.CreateOptions{Kind: ban.KindName, Value: "bob"})
		var off atomic.Int64
		clock := func() time.Time { return time.Now().Add(time.Duration(off.Load())) }
		newPruner(t, st, ban.PrunerOptions{Now: clock})
		time.Sleep(2 * aDay)
		off.Store(int64(400 * aDay))
		time.Sleep(20 * time.Hour)
		newPruner(t, st, ban.PrunerOptions{Now: clock}) // of a program that starts meanwhile
		time.Sleep(2 * time.Hour)
		if logged(t, st) != 1 {
			t.Fatal("a clock that was wrong for a while has cost the log")
		}
		time.Sleep(30 * time.Hour)
		if logged(t, st) != 0 {
			t.Error("the clock has been right for long, and the log was not pruned")
		}
	})
}

func TestAProgramThatStartsWithAWrongClockForgetsNothing(t *testing.T) {
	for name, tt := range map[string]struct {
		ahead   time.Duration
		doubted bool
	}{
		"right":            {0, false},
		"a month ahead":    {30 * aDay, true},
		"a year ahead":     {365 * aDay, true},
		"a century ahead":  {100 * 365 * aDay, true},
		"an hour ahead":    {time.Hour, false},
		"two years behind": {-730 * aDay, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				st := memstore.New()
				b := create(t, newAdmin(t, st), ban.CreateOptions{Kind: ban.KindName, Value: "bob"})
				for day := range ban.HitDays {
					at := time.Now().Add(-time.Duration(day) * aDay)
					hit := store.Hit{RuleID: b.ID, Key: b.Key(), Day: store.Day(at), Uses: 1, Last: at}
					if err := st.AddHits(context.Background(), []store.Hit{hit}); err != nil {
						t.Fatal(err)
					}
				}
				var expired atomic.Int64 // how often
				clock := func() time.Time { return time.Now().Add(tt.ahead) }
				c := newChecker(t, st, ban.CheckerOptions{Now: clock, PollInterval: time.Minute})
				check(t, c, ban.Subject{Name: "alice"})
				newPruner(t, st, ban.PrunerOptions{Now: clock, ExpirePending: func(context.Context, time.Time) (int64, error) {
					expired.Add(1)
					return 0, nil
				}})
				time.Sleep(3 * time.Hour)
				synctest.Wait()
				days, err := st.HitHistory(context.Background(), b.ID, time.Time{}, time.Now())
				if err != nil || len(days) != ban.HitDays {
					t.Errorf("%d days of hits are left (%v), want %d", len(days), err, ban.HitDays)
				}
				if expired.Load() > 0 && tt.doubted {
					t.Error("who waits for a decision was looked at by a clock that is not believed")
				}
				if !tt.doubted && expired.Load() == 0 {
					t.Error("nobody looked at who waits for a decision")
				}
				time.Sleep(2 * aDay) // the clock stays as it is, so it is right
				synctest.Wait()
				if days, _ := st.HitHistory(context.Background(), b.ID, time.Time{}, time.Now()); tt.doubted && len(days) != 0 {
					t.Errorf("%d days of hits are left once the clock is believed", len(days))
				}
			})
		})
	}
}

// noLog is a store whose log cannot be pruned.
type noLog struct{ *memstore.Store }

func (noLog) PruneChanges(context.Context, time.Time) (int64, error) { return 0, errCutOff }

func TestThePrunerReportsTrouble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reports := 0
		st := noLog{memstore.New()}
		create(t, newAdmin(t, st.Store), ban.CreateOptions{Kind: ban.KindName, Value: "bob"})
		p := newPruner(t, st, ban.PrunerOptions{Interval: time.Minute, Report: func(_ ban.Pruned, err error) {
			if reports++; !errors.Is(err, errCutOff) {
				t.Errorf("reported %v", err)
			}
		}})
		time.Sleep(150 * time.Second)
		synctest.Wait()
		if err := p.Close(); err != nil || reports != 3 {
			t.Errorf("%d reports, %v; want one at the start and one a minute", reports, err)
		}
	})
}

// noHits and noPurge are stores that fail at one sort of things each.
type noHits struct{ store.Store }

func (noHits) PruneHits(context.Context, time.Time) (int64, error) { return 0, errCutOff }

type noPurge struct{ store.Store }

func (noPurge) PurgeCredentials(context.Context, time.Time) (int64, error) { return 0, errCutOff }

// Trouble with one sort of things is told as that, and keeps no other.
func TestThePrunerSaysWhatItCouldNotPrune(t *testing.T) {
	for want, c := range map[string]struct {
		store  ban.PrunerStore
		expire error
	}{
		"prune the hits":            {noHits{memstore.New()}, nil},
		"purge sessions and tokens": {noPurge{memstore.New()}, nil},
		"expire who waits":          {memstore.New(), errCutOff},
	} {
		t.Run(want, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var got error
				var pruned ban.Pruned
				p := newPruner(t, c.store, ban.PrunerOptions{
					Report:        func(n ban.Pruned, err error) { pruned, got = n, err },
					ExpirePending: func(context.Context, time.Time) (int64, error) { return 7, c.expire },
				})
				synctest.Wait()
				if err := p.Close(); err != nil {
					t.Fatal(err)
				}
				if got == nil || !errors.Is(got, errCutOff) || got.Error() != want+": "+errCutOff.Error() {
					t.Errorf("reported %v, want it to begin with %q", got, want)
				}
				if pruned.Pending != 7 {
					t.Errorf("the others did not go on: %+v", pruned)
				}
			})
		})
	}
}

func TestPrunerOptions(t *testing.T) {
	_, err := ban.NewPruner(memstore.New(), ban.PrunerOptions{Interval: -1})
	wantValueError(t, err, "Interval", ban.CodeRange)
	_, err = ban.NewPruner(nil, ban.PrunerOptions{})
	wantValueError(t, err, "store", ban.CodeEmpty)
}

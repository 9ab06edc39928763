package ban_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/ban"
	"example.com/ostraka/ban/value"
	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

// down is a store whose lists cannot be read.
type down struct{ store.Store }

var errDown = fmt.Errorf("%w: the disk is gone", store.ErrUnavailable)

func (down) ListBans(context.Context, store.BanFilter, store.Page) ([]store.Ban, error) {
	return nil, errDown
}
func (down) CountBans(context.Context, store.BanFilter) (int64, error) { return 0, errDown }
func (down) ListChanges(context.Context, uuid.UUID, store.Page) ([]store.Change, error) {
	return nil, errDown
}
func (down) HitHistory(context.Context, uuid.UUID, time.Time, time.Time) ([]store.DayHits, error) {
	return nil, errDown
}
func (down) Ban(context.Context, uuid.UUID) (store.Ban, error)  { return store.Ban{}, errDown }
func (down) BanBySeq(context.Context, int64) (store.Ban, error) { return store.Ban{}, errDown }
func (down) PurgeBans(context.Context, time.Time, store.Change) (int64, error) {
	return 0, errDown
}

func TestTroubleWithTheStoreIsSaid(t *testing.T) {
	a := must(ban.NewAdmin(down{memstore.New()}, ban.AdminOptions{Actor: "test"}))(t)
	id := uuid.Must(uuid.NewV7())
	for name, do := range map[string]func() error{
		"Get":    func() error { _, err := a.Get(t.Context(), id); return err },
		"GetSeq": func() error { _, err := a.GetSeq(t.Context(), 1); return err },
		"List":   func() error { _, err := a.List(t.Context(), ban.Filter{}, ban.Page{}); return err },
		"Count":  func() error { _, err := a.Count(t.Context(), ban.Filter{}); return err },
		"Log":    func() error { _, err := a.Log(t.Context(), id, ban.Page{}); return err },
		"Hits":   func() error { _, err := a.Hits(t.Context(), id, 3); return err },
		"Revoke": func() error { _, err := a.Revoke(t.Context(), id, ""); return err },
		"Delete": func() error { _, err := a.Delete(t.Context(), id); return err },
	} {
		err := do()
		if name == "Delete" && errors.Is(err, store.ErrNotFound) { // which does not look first
			continue
		}
		if !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("%s: the error is %v", name, err)
		}
	}
}

// purged is a store that notes up to when credentials were purged.
type purged struct {
	store.Store
	before []time.Time
}

func (p *purged) PurgeCredentials(_ context.Context, before time.Time) (int64, error) {
	p.before = append(p.before, before)
	return 7, nil
}

func TestThePrunerPurgesWhatEndedLongAgo(t *testing.T) {
	for name, tt := range map[string]struct {
		keep, want time.Duration // want 0: never
	}{
		"by default":       {0, ban.DefaultKeepCredentials},
		"as the host says": {3 * time.Hour, 3 * time.Hour},
		"for ever":         {-1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				st := &purged{Store: memstore.New()}
				var got ban.Pruned
				began := time.Now()
				newPruner(t, st, ban.PrunerOptions{KeepCredentials: tt.keep, Report: func(n ban.Pruned, err error) {
					if got = n; err != nil {
						t.Error(err)
					}
				}})
				synctest.Wait()
				if tt.want == 0 {
					if len(st.before) > 0 || got.Credentials != 0 {
						t.Errorf("purged are those before %v", st.before)
					}
					return
				}
				if len(st.before) != 1 || !st.before[0].Equal(began.Add(-tt.want).Truncate(time.Microsecond)) || got.Credentials != 7 {
					t.Errorf("purged are those before %v, %d of them; it is %v", st.before, got.Credentials, began)
				}
			})
		})
	}
}

func TestAHostOfOneLabelIsAskedInAnyCase(t *testing.T) {
	st := memstore.New()
	a := must(ban.NewAdmin(st, ban.AdminOptions{Actor: "test"}))(t)
	must(a.Create(t.Context(), ban.CreateOptions{Kind: ban.KindDomain, Value: "intranet", Force: true}))(t)
	c := newChecker(t, st, ban.CheckerOptions{})
	for _, host := range []string{"intranet", "INTRANET", "Intranet", "intraneT"} {
		if d := must(c.Check(t.Context(), ban.Subject{Domain: host}))(t); d.Verdict != ban.Denied {
			t.Errorf("%s is %s", host, d.Verdict)
		}
	}
}

func TestNoAddressHasNoParts(t *testing.T) {
	var a value.Address
	if a.String() != "" || a.Local() != "" || a.Domain() != "" || a.Mailbox() != "" {
		t.Errorf("%q, %q, %q, %q", a.String(), a.Local(), a.Domain(), a.Mailbox())
	}
}

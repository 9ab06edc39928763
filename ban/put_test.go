package ban_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/ostraka/ban"
	"example.com/ostraka/store"
)

func TestPut(t *testing.T) {
	overEachStore(t, func(t *testing.T, d *desk) {
		first, created, err := d.Put(d.ctx, spam())
		if err != nil || !created {
			t.Fatalf("created %v, %v", created, err)
		}

		d.wait(time.Minute)
		same, created, err := d.Put(d.ctx, spam())
		if err != nil || created || same != first {
			t.Errorf("what is there already: created %v, %+v, %v", created, same, err)
		}
		d.wantLog("create")

		o := spam()
		o.Effect, o.Scope, o.Shadow = ban.Review, ban.ScopeOf(ban.Mail), true
		o.Reason, o.PublicReason, o.ExpiresAt = "other", "other too", noon.Add(time.Hour)
		got, created, err := d.Put(as("bob"), o)
		if err != nil || created {
			t.Fatalf("created %v, %v", created, err)
		}
		want := first
		want.Version, want.UpdatedAt = 2, d.clock().UTC().Truncate(time.Microsecond)
		want.Effect, want.Scope, want.Shadow = o.Effect, o.Scope, true
		want.Reason, want.PublicReason, want.ExpiresAt = o.Reason, o.PublicReason, o.ExpiresAt.UTC().Truncate(time.Microsecond)
		if got != want || d.get(first.ID) != want {
			t.Errorf("updated:\n got %+v\nwant %+v", got, want)
		}
		d.wantLog("create update")

		d.wait(2 * time.Hour)
		again, created, err := d.Put(d.ctx, spam())
		if err != nil || !created || again.ID == first.ID {
			t.Errorf("after expiry: created %v, %+v, %v", created, again, err)
		}
	})
}

func TestPutIsGuarded(t *testing.T) {
	overEachStore(t, func(t *testing.T, d *desk) {
		o := ban.CreateOptions{Kind: ban.KindDomain, Value: "gmail.com", Force: true}
		d.create(o)
		o.Force, o.Reason = false, "other"
		_, _, err := d.Put(d.ctx, o)
		wantGuard(t, err, ban.GuardProtected)
		d.wantLog("create")
	})
}

func TestConcurrentPutsLeaveOneActiveBan(t *testing.T) {
	overEachStore(t, func(t *testing.T, d *desk) {
		var made atomic.Int64
		var wg sync.WaitGroup
		for i := range 100 {
			wg.Go(func() {
				o := spam()
				o.Reason = fmt.Sprint("reason ", i)
				_, created, err := d.Put(d.ctx, o)
				if err != nil {
					t.Error(err)
				}
				if created {
					made.Add(1)
				}
			})
		}
		wg.Wait()
		n, err := d.Count(d.ctx, ban.Filter{Active: new(true)})
		if err != nil || n != 1 || made.Load() != 1 {
			t.Errorf("%d active bans, %d made, %v", n, made.Load(), err)
		}
		if n := len(d.log()); n != 100 {
			t.Errorf("%d changes, want one a Put", n)
		}
	})
}

// TestPutOutlivesABanThatEndsMeanwhile has the ban that is in the way revoked
// between the two steps of Put.
func TestPutOutlivesABanThatEndsMeanwhile(t *testing.T) {
	overEachStore(t, func(t *testing.T, d *desk) {
		first := d.create(spam())
		slow := &interrupted{Store: d.st}
		slow.beforeUpdate = func() {
			d.revoke(first.ID)
			if _, err := d.Create(d.ctx, spam()); err != nil {
				t.Error(err)
			}
		}
		admin, err := ban.NewAdmin(slow, ban.AdminOptions{Now: d.clock})
		if err != nil {
			t.Fatal(err)
		}
		o := spam()
		o.Reason = "other"
		b, created, err := admin.Put(d.ctx, o)
		if err != nil || created || b.ID == first.ID || b.Reason != "other" {
			t.Errorf("put %+v, created %v, %v", b, created, err)
		}
		if got := d.get(first.ID); got.RevokedAt.IsZero() || got.Reason != first.Reason {
			t.Errorf("the revoked ban is now %+v", got)
		}
	})
}

func TestCreateMany(t *testing.T) {
	overEachStore(t, func(t *testing.T, d *desk) {
		d.create(spam())
		email := func(v string) ban.CreateOptions { return ban.CreateOptions{Kind: ban.KindEmail, Value: v} }
		got, err := d.CreateMany(as("bob"), []ban.CreateOptions{
			email("a@spam.example"),
			spam(),                  // active already
			email("no address"),     // does not parse
			email("A@Spam.example"), // stands above
			{Kind: ban.KindDomain, Value: "co.uk"},
			{Kind: ban.KindDomain, Value: "github.io", Force: true},
			{Kind: 9, Value: "x"},
		})
		if err != nil {
			t.Fatal(err)
		}
		if got.Created != 2 || fmt.Sprint(got.Existing) != "[1 3]" || len(got.Rejected) != 3 {
			t.Fatalf("result %+v", got)
		}
		for i, index := range []int{2, 4, 6} {
			if got.Rejected[i].Index != index {
				t.Errorf("rejected %d, want %d", got.Rejected[i].Index, index)
			}
		}
		wantValueError(t, got.Rejected[0].Err, "email", ban.CodeSyntax)
		wantGuard(t, got.Rejected[1].Err, ban.GuardPublicSuffix)
		wantValueError(t, got.Rejected[2].Err, "kind", ban.CodeUnknown)

		d.wantLog("create create_many")
		c := d.log()[1]
		if c.Bulk || len(c.Keys) != 2 || c.Actor != "bob" || c.Counts["created"] != 2 || c.Counts["skipped"] != 2 {
			t.Errorf("logged %+v", c)
		}
	})
}

func TestCreateManyThatMakesNothingWritesNothing(t *testing.T) {
	overEachStore(t, func(t *testing.T, d *desk) {
		d.create(spam())
		for what, all := range map[string][]ban.CreateOptions{
			"none":          nil,
			"existing":      {spam(), spam()},
			"only bad ones": {{Kind: ban.KindIP, Value: "x"}},
		} {
			if got, err := d.CreateMany(d.ctx, all); err != nil || got.Created != 0 {
				t.Errorf("%s: %+v, %v", what, got, err)
			}
		}
		d.wantLog("create")
	})
}

func TestAClosedStoreSaysSo(t *testing.T) {
	overEachStore(t, func(t *testing.T, d *desk) {
		if err := d.st.Close(); err != nil {
			t.Fatal(err)
		}
		_, err := d.Create(d.ctx, spam())
		_, errMany := d.CreateMany(d.ctx, []ban.CreateOptions{spam()})
		_, errList := d.List(d.ctx, ban.Filter{}, ban.Page{})
		_, errPreview := d.Preview(d.ctx, spam())
		for _, err := range []error{err, errMany, errList, errPreview} {
			if !errors.Is(err, ban.ErrClosed) {
				t.Errorf("error %v", err)
			}
		}
	})
}

// interrupted is a store in which something happens before the first update.
type interrupted struct {
	store.Store
	beforeUpdate func()
}

func (s *interrupted) UpdateBan(ctx context.Context, b store.Ban, c store.Change) (store.Ban, error) {
	if do := s.beforeUpdate; do != nil {
		s.beforeUpdate = nil
		do()
	}
	return s.Store.UpdateBan(ctx, b, c)
}

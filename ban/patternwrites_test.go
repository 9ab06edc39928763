package ban_test

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/ban"
	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

// asked counts the look-ups of all patterns.
type asked struct {
	*memstore.Store
	all atomic.Int64
}

func (s *asked) Lookup(ctx context.Context, keys []store.Key) ([]store.Rule, error) {
	if slices.ContainsFunc(keys, store.Key.Wildcard) {
		s.all.Add(1)
	}
	return s.Store.Lookup(ctx, keys)
}

// A pattern that comes, changes or goes is read alone, however many others there
// are, and is seen at once.
func TestOnePatternIsReadAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := &asked{Store: memstore.New()}
		a, ctx := newAdmin(t, st), as("test")
		for i := range 100 {
			create(t, a, ban.CreateOptions{Kind: ban.KindName, Value: fmt.Sprintf("*word%d*", i)})
		}
		c := mirrorOf(t, st)
		want := func(name string, v ban.Verdict) {
			t.Helper()
			if d := check(t, c, ban.Subject{Name: name, Email: name + "@a.example"}); d.Verdict != v || d.Stale {
				t.Errorf("%s is %v, stale %v, want %v", name, d.Verdict, d.Stale, v)
			}
		}
		for _, o := range []ban.CreateOptions{
			{Kind: ban.KindName, Value: "*spam*"}, {Kind: ban.KindName, Value: "xspa*"}, {Kind: ban.KindEmail, Value: "*spamm*@a.example"},
			{Kind: ban.KindName, Value: "*ammx", ExpiresAt: time.Now().Add(time.Hour)},
		} {
			want("xspammx", ban.Allowed)
			b := create(t, a, o)
			want("xspammx", ban.Denied)
			want("a-word7-b", ban.Denied)
			effect := ban.Review
			b = must(a.Update(ctx, b.ID, ban.Patch{Effect: &effect}))(t)
			want("xspammx", ban.NeedsReview)
			must(a.Revoke(ctx, b.ID, "over"))(t)
			want("xspammx", ban.Allowed)
			must(a.Reinstate(ctx, b.ID))(t)
			want("xspammx", ban.NeedsReview)
			must(a.Delete(ctx, b.ID))(t)
			want("xspammx", ban.Allowed)
		}
		if n := st.all.Load(); n != 0 {
			t.Errorf("all patterns were looked up %d times", n)
		}
	})
}

// A backend may be told to make a ban one of another kind: it is no pattern of the
// first any more.
func TestAPatternThatBecomesOneOfAnotherKind(t *testing.T) {
	st := memstore.New()
	a := newAdmin(t, st)
	c := mirrorOf(t, st)
	b := create(t, a, ban.CreateOptions{Kind: ban.KindName, Value: "*spam*"})
	b.Kind, b.Value = ban.KindEmail, "*spam*@a.example"
	must(st.UpdateBan(t.Context(), b, store.Change{Action: store.BanUpdate, Actor: "test"}))(t)
	if d := check(t, c, ban.Subject{Name: "xspamx"}); d.Verdict != ban.Allowed {
		t.Errorf("by its name before: %v by %v", d.Verdict, d.Match)
	}
	if d := check(t, c, ban.Subject{Email: "xspamx@a.example"}); d.Verdict != ban.Denied {
		t.Errorf("by its address now: %v", d.Verdict)
	}
}

// What fails to be read is owed: checks ask the store until it was.
func TestAPatternThatCannotBeReadIsOwed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := &noBans{Store: memstore.New()}
		a, c := newAdmin(t, st.Store), mirrorOf(t, st)
		st.broken.Store(true)
		create(t, a, ban.CreateOptions{Kind: ban.KindName, Value: "*spam*"})
		if d := check(t, c, ban.Subject{Name: "xspamx"}); d.Verdict != ban.Denied || !c.Stats().MirrorBehind {
			t.Errorf("while it cannot be read: %v, behind %v", d.Verdict, c.Stats().MirrorBehind)
		}
		st.broken.Store(false)
		time.Sleep(5 * time.Second)
		if d := check(t, c, ban.Subject{Name: "xspamx"}); d.Verdict != ban.Denied || c.Stats().MirrorBehind {
			t.Errorf("afterwards: %v, behind %v", d.Verdict, c.Stats().MirrorBehind)
		}
	})
}

// noBans is a store that fails to read single bans.
type noBans struct {
	*memstore.Store
	broken atomic.Bool
}

func (s *noBans) Ban(ctx context.Context, id uuid.UUID) (store.Ban, error) {
	if s.broken.Load() {
		return store.Ban{}, errCutOff
	}
	return s.Store.Ban(ctx, id)
}

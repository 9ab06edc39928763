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

// silent is a store that tells of no change: it is another process's, and its log is read.
type silent struct{ *memstore.Store }

func (silent) Subscribe(func(store.Change)) (cancel func()) { return func() {} }

// A pattern that is made retires those of the same text that have expired. A mirror of
// another process knows that too, whatever became of the new one before it read the log.
func TestARetiredPatternIsGoneFromMirrorsOfOthers(t *testing.T) {
	for name, after := range map[string]func(a *ban.Admin, b ban.Ban) error{
		"the new one stays": func(*ban.Admin, ban.Ban) error { return nil },
		"it is lifted":      func(a *ban.Admin, b ban.Ban) error { _, err := a.Revoke(as("test"), b.ID, "over"); return err },
		"it is deleted":     func(a *ban.Admin, b ban.Ban) error { _, err := a.Delete(as("test"), b.ID); return err },
		"it is changed": func(a *ban.Admin, b ban.Ban) error {
			effect := ban.Review
			_, err := a.Update(as("test"), b.ID, ban.Patch{Effect: &effect})
			return err
		},
		"it becomes another pattern": func(a *ban.Admin, b ban.Ban) error {
			value := "*other*"
			_, err := a.Update(as("test"), b.ID, ban.Patch{Value: &value})
			return err
		},
		"it becomes one of another kind": func(a *ban.Admin, b ban.Ban) error {
			kind, value := ban.KindEmail, "*spam*@a.example"
			_, err := a.Update(as("test"), b.ID, ban.Patch{Kind: &kind, Value: &value})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				st := memstore.New()
				a := newAdmin(t, st)
				create(t, a, ban.CreateOptions{Kind: ban.KindName, Value: "*spam*", ExpiresAt: time.Now().Add(time.Minute)})
				create(t, a, ban.CreateOptions{Kind: ban.KindName, Value: "*pam*", ExpiresAt: time.Now().Add(time.Minute)}) // expires, and stays
				c := newChecker(t, silent{st}, ban.CheckerOptions{Mirror: true})
				time.Sleep(2 * time.Minute)
				if err := after(a, create(t, a, ban.CreateOptions{Kind: ban.KindName, Value: "*spam*"})); err != nil {
					t.Fatal(err)
				}
				time.Sleep(2 * time.Second)
				fresh := newChecker(t, st, ban.CheckerOptions{})
				for _, s := range []ban.Subject{{Name: "xspamx"}, {Name: "another"}, {Email: "spam@a.example"}} {
					got, err := c.Explain(t.Context(), s)
					want, wantErr := fresh.Explain(t.Context(), s)
					if err != nil || wantErr != nil || got.String() != want.String() {
						t.Errorf("%+v: the mirror explains\n%v%v\nthe store\n%v%v", s, got, err, want, wantErr)
					}
				}
			})
		})
	}
}

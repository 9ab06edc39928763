//go:build unix

package pgstore_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/memstore"
	"example.com/ostraka/pgstore"
	"example.com/ostraka/pgstore/pgtest"
	"example.com/ostraka/store"
)

// TestAWriteThatIsTriedAgainIsDoneOnce has the first try of every write fail when all
// of it is done but the commit, and compares what the methods return, and what is in the
// store then, with a store where nothing fails.
func TestAWriteThatIsTriedAgainIsDoneOnce(t *testing.T) {
	schema := pgtest.Schema()
	s := openAt(t, schema, pgstore.Options{})
	defer s.Close()
	failFirst(t, schema, `= 1`)
	var failures int64
	plain := memstore.New()
	defer plain.Close()
	for _, write := range writes() {
		superuser(t, `ALTER SEQUENCE `+schema+`.tries RESTART`)
		got, err := write.do(t.Context(), s)
		want, wantErr := write.do(t.Context(), plain)
		if err != nil || wantErr != nil {
			t.Fatalf("%s: %v; where nothing fails %v", write.name, err, wantErr)
		}
		if g, w := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want); g != w {
			t.Errorf("%s returned\n%s, want\n%s", write.name, g, w)
		}
		if n := s.Stats().SerializationFailures; n != failures+1 {
			t.Errorf("%s was tried %d times, want 2", write.name, n-failures+1)
		}
		failures = s.Stats().SerializationFailures
		if g, w := contents(t, s), contents(t, plain); g != w {
			t.Errorf("after %s there is\n%s, want\n%s", write.name, g, w)
		}
	}
}

type aWrite struct {
	name string
	do   func(context.Context, store.Store) (any, error)
}

// writes are all that can be told from one another when they are done twice. Seqs,
// which a try that failed has used up, are taken out of what they return.
func writes() []aWrite {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	change := func(a store.ChangeAction) store.Change { return store.Change{At: at, Actor: "alice", Action: a} }
	id := func(n int) uuid.UUID { return uuid.NewSHA1(uuid.Nil, fmt.Append(nil, n)) }
	ban := func(n int) store.Ban {
		b := newBan(fmt.Sprintf("d%d.example", n))
		b.ID, b.CreatedAt = id(n), at
		return b
	}
	list := store.List{ID: id(100), Name: "list", CreatedAt: at}
	account := store.Account{ID: id(200), Handle: "bob", HandleFold: "bob", HandleKeys: []string{"bob"}, Admin: true, CreatedAt: at}
	return []aWrite{
		{"CreateBan", func(ctx context.Context, s store.Store) (any, error) {
			b, err := s.CreateBan(ctx, ban(1), change(store.BanCreate))
			b.Seq = 0
			return b, err
		}},
		{"CreateBans", func(ctx context.Context, s store.Store) (any, error) {
			return s.CreateBans(ctx, []store.Ban{ban(1), ban(2), ban(3), ban(2)}, change(store.BanCreateMany))
		}},
		{"UpdateBan", func(ctx context.Context, s store.Store) (any, error) {
			b, err := s.Ban(ctx, id(1))
			if err != nil {
				return nil, err
			}
			b.Reason = "spam"
			b, err = s.UpdateBan(ctx, b, change(store.BanUpdate))
			b.Seq = 0
			return b, err
		}},
		{"CreateAccount", func(ctx context.Context, s store.Store) (any, error) {
			a, err := s.CreateAccount(ctx, account, change(store.AccountCreate))
			a.Seq = 0
			return a, err
		}},
		{"UpdateAccount", func(ctx context.Context, s store.Store) (any, error) {
			a, err := s.Account(ctx, id(200))
			if err != nil {
				return nil, err
			}
			a.Name = "Bob"
			w, err := s.UpdateAccount(ctx, store.AccountWrite{
				Account: a, CreateBans: []store.BanDisabling{{Ban: ban(4)}, {Ban: ban(1)}}, RevokeBans: []uuid.UUID{id(2)}, RevokeReason: "mistake",
			}, change(store.AccountUpdate))
			w.Account.Seq = 0
			for _, all := range [][]store.Ban{w.BansCreated, w.BansExisting, w.BansRevoked} {
				for i := range all {
					all[i].Seq = 0
				}
			}
			return w, err
		}},
		{"ApplyList", func(ctx context.Context, s store.Store) (any, error) {
			l, err := s.ApplyList(ctx, store.ListDelta{List: list, Add: entries(20)}, change(store.ListSync))
			l.Seq = 0
			return l, err
		}},
		{"ApplyList of a change", func(ctx context.Context, s store.Store) (any, error) {
			l, err := s.List(ctx, "list")
			if err != nil {
				return nil, err
			}
			l, err = s.ApplyList(ctx, store.ListDelta{List: l, Remove: entries(5), Add: entries(25)[20:]}, change(store.ListSync))
			l.Seq = 0
			return l, err
		}},
		{"UndoList", func(ctx context.Context, s store.Store) (any, error) {
			l, err := s.UndoList(ctx, "list", 0, change(store.ListUndo))
			l.Seq = 0
			return l, err
		}},
		{"DropList", func(ctx context.Context, s store.Store) (any, error) {
			l, err := s.DropList(ctx, "list", change(store.ListDrop))
			l.Seq = 0
			return l, err
		}},
		{"DeleteBan", func(ctx context.Context, s store.Store) (any, error) {
			b, err := s.DeleteBan(ctx, id(3), change(store.BanDelete))
			b.Seq = 0
			return b, err
		}},
		{"PurgeBans", func(ctx context.Context, s store.Store) (any, error) {
			return s.PurgeBans(ctx, at.Add(time.Hour), change(store.BanPurge))
		}},
	}
}

// contents prints the rules and the log.
func contents(t *testing.T, s store.Store) string {
	t.Helper()
	var lines []string
	for r, err := range s.Scan(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, fmt.Sprintf("%+v", r))
	}
	slices.Sort(lines)
	changes, err := s.Changes(t.Context(), 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range changes {
		lines = append(lines, fmt.Sprintf("%d %s %d %v", c.Seq, c.Action, len(c.Keys), c.Counts))
	}
	return strings.Join(lines, "\n")
}

//go:build unix

package pgstore_test

import (
	"bytes"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"example.com/ostraka/pgstore"
	"example.com/ostraka/pgstore/pgtest"
	"example.com/ostraka/store"
)

// throughProxy opens a store through a proxy that does with the first COMMIT what the
// fate says, with a pool of one connection, which then must be made anew.
func throughProxy(t *testing.T, fate pgtest.Fate, o pgstore.Options) (s, direct *pgstore.Store, p *pgtest.Proxy) {
	t.Helper()
	server := pgtest.Shared(t)
	o.Schema, o.MaxConns, o.NoListen = pgtest.Schema(), 1, true
	direct, err := pgstore.Open(t.Context(), server.DSN(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = direct.Close() })
	if p, err = pgtest.NewProxy(server.Addr()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	var once atomic.Bool
	p.Watch = func(sent []byte) pgtest.Fate {
		if bytes.Contains(sent, []byte("COMMIT\x00")) && !once.Swap(true) {
			return fate
		}
		return pgtest.Pass
	}
	if s, err = pgstore.Open(t.Context(), p.DSN(server), o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s, direct, p
}

// logged returns how many changes there are.
func logged(t *testing.T, s *pgstore.Store) int64 {
	t.Helper()
	n, err := s.LastChange(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestACommitWhoseReplyIsLostIsFoundToHaveTakenPlace(t *testing.T) {
	s, direct, _ := throughProxy(t, pgtest.Unanswered, pgstore.Options{})
	b, err := s.CreateBan(t.Context(), newBan("a.example"), aChange(store.BanCreate))
	if err != nil {
		t.Errorf("CreateBan: %v, want that it is found out that it took place", err)
	}
	if there, err := direct.Ban(t.Context(), b.ID); err != nil || there.Value != "a.example" {
		t.Errorf("the ban = %+v, %v", there, err)
	}
	if n := logged(t, direct); n != 1 {
		t.Errorf("%d changes were logged, want 1", n)
	}
}

func TestHitsWhoseReplyIsLostAreCountedOnce(t *testing.T) {
	s, direct, _ := throughProxy(t, pgtest.Unanswered, pgstore.Options{})
	b, err := direct.CreateBan(t.Context(), newBan("a.example"), aChange(store.BanCreate))
	if err != nil {
		t.Fatal(err)
	}
	hit := store.Hit{RuleID: b.ID, Key: b.Key(), Day: store.Day(time.Now()), Uses: 3, Last: time.Now()}
	if err := s.AddHits(t.Context(), []store.Hit{hit}); err != nil {
		t.Errorf("AddHits: %v, want that it is found out that it took place", err)
	}
	if total, err := direct.HitTotal(t.Context(), b.ID); err != nil || total.Uses != 3 {
		t.Errorf("HitTotal = %+v, %v, want 3", total, err)
	}
}

func TestACommitThatDoesNotReachTheServerWritesNothing(t *testing.T) {
	s, direct, _ := throughProxy(t, pgtest.Swallow, pgstore.Options{})
	_, err := s.CreateBan(t.Context(), newBan("a.example"), aChange(store.BanCreate))
	if !errors.Is(err, store.ErrUnavailable) || errors.Is(err, pgstore.ErrOutcome) {
		t.Errorf("CreateBan: %v, want an error that matches ErrUnavailable and not ErrOutcome", err)
	}
	if n, err := direct.CountBans(t.Context(), store.BanFilter{}); err != nil || n != 0 {
		t.Errorf("%d bans, %v, want none", n, err)
	}
	if _, err := s.CreateBan(t.Context(), newBan("a.example"), aChange(store.BanCreate)); err != nil {
		t.Errorf("CreateBan once more: %v", err)
	}
}

// TestAnOutcomeThatCannotBeFoundOutIsSaidToBeUnknown has the server out of reach
// after the COMMIT, for as long as the store asks.
func TestAnOutcomeThatCannotBeFoundOutIsSaidToBeUnknown(t *testing.T) {
	s, direct, p := throughProxy(t, pgtest.Unanswered, pgstore.Options{StatementTimeout: time.Second})
	watch := p.Watch
	p.Watch = func(sent []byte) pgtest.Fate {
		fate := watch(sent)
		if fate != pgtest.Pass {
			p.Refuse()
		}
		return fate
	}
	b := newBan("a.example")
	_, err := s.CreateBan(t.Context(), b, aChange(store.BanCreate))
	if !errors.Is(err, pgstore.ErrOutcome) || !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("CreateBan: %v, want an error that matches ErrOutcome and ErrUnavailable", err)
	}
	// What the caller does: read what was to be written, here on another way.
	if _, err := direct.Ban(t.Context(), b.ID); err != nil {
		t.Errorf("the ban: %v", err)
	}
	if _, err := direct.CreateBan(t.Context(), newBan("a.example"), aChange(store.BanCreate)); !errors.Is(err, store.ErrExists) {
		t.Errorf("CreateBan once more: %v, want ErrExists", err)
	}
}

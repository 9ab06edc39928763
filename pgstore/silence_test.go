//go:build unix

package pgstore_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/pgstore"
	"example.com/ostraka/pgstore/pgtest"
	"example.com/ostraka/store"
)

// ends fails the test unless fn returns long before anybody would call it hung.
func ends(t *testing.T, what string, fn func() error) error {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- fn() }()
	select {
	case err := <-done:
		return err
	case <-time.After(20 * time.Second):
		t.Fatalf("%s waits for a server that says nothing", what)
		return nil
	}
}

// silent fails the test unless the error says that the server was not heard.
func silent(t *testing.T, what string, err error) {
	t.Helper()
	if !errors.Is(err, store.ErrUnavailable) || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%s: %v, want an error that matches ErrUnavailable, and not that the caller's time is over", what, err)
	}
}

var impatient = pgstore.Options{StatementTimeout: 500 * time.Millisecond, LookupTimeout: 300 * time.Millisecond, LockTimeout: 400 * time.Millisecond}

// TestAServerThatSaysNothingIsNotWaitedForForEver has all that is sent to the server and by
// it stand still, as behind a network that was cut: no connection ends.
func TestAServerThatSaysNothingIsNotWaitedForForEver(t *testing.T) {
	s, _, proxy := throughProxy(t, pgtest.Pass, impatient)
	if _, err := s.CreateBan(t.Context(), newBan("a.example"), aChange(store.BanCreate)); err != nil {
		t.Fatal(err)
	}
	key := store.Key{Kind: store.KindDomain, Text: "a.example"}
	operations := map[string]func() error{
		"a look-up":    func() error { _, err := s.Lookup(t.Context(), []store.Key{key}); return err },
		"the log":      func() error { _, err := s.Changes(t.Context(), 0, 10); return err },
		"a credential": func() error { _, _, err := s.CredentialByHash(t.Context(), store.SecretHash{1}); return err },
		"an account":   func() error { _, err := s.AccountByHandleKey(t.Context(), "bob"); return err },
		"a count":      func() error { _, err := s.CountBans(t.Context(), store.BanFilter{}); return err },
		"a list":       func() error { _, err := s.ListBans(t.Context(), store.BanFilter{}, store.Page{}); return err },
		"a read transaction": func() error {
			_, err := s.Affected(t.Context(), store.Selector{Key: key}, 1)
			return err
		},
		"a write": func() error {
			_, err := s.CreateBan(t.Context(), newBan("b.example"), aChange(store.BanCreate))
			return err
		},
		"all rules": func() error {
			for _, err := range s.Scan(t.Context(), 0) {
				if err != nil {
					return err
				}
			}
			return nil
		},
	}
	for what, operate := range operations {
		t.Run(what, func(t *testing.T) {
			goOn := proxy.Stall()
			defer goOn()
			silent(t, what, ends(t, what, operate))
			goOn()
			until(t, what+" works again", func() bool {
				err := operate()
				return err == nil || errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrExists)
			})
		})
	}
}

// TestAStreamThatStopsIsNotWaitedForForEver has the server fall silent while all rules are
// read, and the reader take its time before that.
func TestAStreamThatStopsIsNotWaitedForForEver(t *testing.T) {
	s, direct, proxy := throughProxy(t, pgtest.Pass, impatient)
	list := store.List{ID: uuid.Must(uuid.NewV7()), Name: "long"}
	if _, err := direct.ApplyList(t.Context(), store.ListDelta{List: list, Add: entries(60_000)}, aChange(store.ListSync)); err != nil {
		t.Fatal(err)
	}
	read := 0
	var goOn func()
	err := ends(t, "a stream", func() error {
		for _, err := range s.Scan(t.Context(), 0) {
			if err != nil {
				return err
			}
			if read++; read == 5_500 { // behind the first page
				time.Sleep(4 * impatient.StatementTimeout) // a slow reader is no silent server
			}
			if read == 6_000 {
				goOn = proxy.Stall()
			}
		}
		return nil
	})
	if goOn == nil {
		t.Fatalf("%d rules were read, %v", read, err)
	}
	defer goOn()
	silent(t, "a stream", err)
}

// TestACommitThatIsNotAnsweredIsOfUnknownOutcome has the server fall silent when it has
// been told to commit.
func TestACommitThatIsNotAnsweredIsOfUnknownOutcome(t *testing.T) {
	s, direct, proxy := throughProxy(t, pgtest.Pass, impatient)
	b := newBan("a.example")
	goOn := func() {}
	s.BeforeCommit(func() { goOn = proxy.StallAnswers() })
	err := ends(t, "a commit", func() error {
		_, err := s.CreateBan(t.Context(), b, aChange(store.BanCreate))
		return err
	})
	defer goOn()
	silent(t, "a commit", err)
	if !errors.Is(err, pgstore.ErrOutcome) {
		t.Errorf("%v, want ErrOutcome", err)
	}
	if there, err := direct.Ban(t.Context(), b.ID); err != nil || there.Value != b.Value {
		t.Errorf("the ban = %+v, %v", there, err)
	}
}

// TestTheLineOfWritesIsBoundedInTime has many writes wait for one lock that somebody else
// holds, with few connections: those at the end of the line wait no longer than the first.
func TestTheLineOfWritesIsBoundedInTime(t *testing.T) {
	schema := pgtest.Schema()
	s := openAt(t, schema, pgstore.Options{LockTimeout: time.Second, MaxConns: 2})
	defer s.Close()
	other := rawConn(t, pgtest.Shared(t).DSN())
	if _, err := other.Exec(t.Context(), `SELECT pg_advisory_lock($1)`, s.WriteLock()); err != nil {
		t.Fatal(err)
	}
	var writing sync.WaitGroup
	began := time.Now()
	for i := range 20 {
		writing.Go(func() {
			if _, err := s.CreateBan(t.Context(), newBan(fmt.Sprintf("b%d.example", i)), aChange(store.BanCreate)); !errors.Is(err, store.ErrBusy) {
				t.Errorf("%v, want ErrBusy", err)
			}
		})
	}
	writing.Wait()
	if took := time.Since(began); took > 8*time.Second { // one after the other they would take 20
		t.Errorf("20 writes waited for %v, with a LockTimeout of 1s", took)
	}
	if _, err := other.Exec(t.Context(), `SELECT pg_advisory_unlock_all()`); err != nil {
		t.Fatal(err)
	}
	if n, err := s.CountBans(t.Context(), store.BanFilter{}); err != nil || n != 0 {
		t.Errorf("%d bans, %v, after writes that returned an error", n, err)
	}
}

// TestCloseDoesNotWaitForAServerThatSaysNothing: pgx waits 15 seconds for each connection
// that was waiting for an answer.
func TestCloseDoesNotWaitForAServerThatSaysNothing(t *testing.T) {
	s, _, proxy := throughProxy(t, pgtest.Pass, impatient)
	if _, err := s.CountBans(t.Context(), store.BanFilter{}); err != nil {
		t.Fatal(err)
	}
	goOn := proxy.Stall()
	defer goOn()
	var reads sync.WaitGroup
	for range 3 {
		reads.Go(func() { _, _ = s.CountBans(t.Context(), store.BanFilter{}) })
	}
	reads.Wait()
	began := time.Now()
	if err := ends(t, "Close", s.Close); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it took %v", took)
	}
}

package sqlitestore

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

// What is known of a credential goes with the next commit, whoever makes it.
func TestACredentialThatIsKnownIsReadAgainAfterACommit(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "ostraka.db")
	s, other := openAt(t, path, Options{}), openAt(t, path, Options{})
	host := hostDB(t, path)
	for name, commit := range map[string]func(store.Account, store.Credential){
		"a revocation by this store": func(a store.Account, _ store.Credential) {
			if _, err := s.RevokeCredentials(ctx, store.CredentialFilter{Account: a.ID}, by(store.CredentialsRevoke)); err != nil {
				t.Fatal(err)
			}
		},
		"a suspension by another store": func(a store.Account, _ store.Credential) {
			a.SuspendedAt = at
			mustUpdateAccount(t, other, store.AccountWrite{Account: a})
		},
		"a purge": func(_ store.Account, c store.Credential) {
			if _, err := other.RevokeCredentials(ctx, store.CredentialFilter{ID: c.ID}, by(store.CredentialsRevoke)); err != nil {
				t.Fatal(err)
			}
			if _, err := other.PurgeCredentials(ctx, at.AddDate(1, 0, 0)); err != nil {
				t.Fatal(err)
			}
		},
		"a demotion by hand": func(a store.Account, _ store.Credential) {
			mustExec(t, host, `UPDATE ostraka_accounts SET suspended_at = 1 WHERE id = ?`, a.ID[:])
		},
	} {
		a := mustAccount(t, s, newAccount("h"+uuid.NewString()[:8]))
		c := mustSession(t, s, a, byte(len(name)))
		for range 2 { // the second time from what is known
			if got, acc, err := s.CredentialByHash(ctx, c.Hash); err != nil || !got.RevokedAt.IsZero() || !acc.Active() {
				t.Fatalf("before %s: %+v of %+v, %v", name, got, acc, err)
			}
		}
		commit(a, c)
		got, acc, err := s.CredentialByHash(ctx, c.Hash)
		if err == nil && got.RevokedAt.IsZero() && acc.Active() || err != nil && !errors.Is(err, store.ErrNotFound) {
			t.Errorf("after %s the credential still lets in: %+v of %+v, %v", name, got, acc, err)
		}
	}
}

// Beside many who ask, no answer is from before a revocation that has returned.
func TestNoAnswerIsFromBeforeARevocation(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := openTemp(t)
	a := mustAccount(t, s, newAccount("ann"))
	for round := range 40 {
		c := mustSession(t, s, a, byte(round+1))
		revoked := make(chan struct{})
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for after := false; !after; {
					select {
					case <-revoked:
						after = true
					default:
					}
					got, _, err := s.CredentialByHash(ctx, c.Hash)
					if err != nil || after && got.RevokedAt.IsZero() {
						t.Errorf("round %d: revoked: %v, the answer is %+v, %v", round, after, got, err)
					}
				}
			})
		}
		if _, err := s.RevokeCredentials(ctx, store.CredentialFilter{ID: c.ID}, by(store.CredentialsRevoke)); err != nil {
			t.Fatal(err)
		}
		close(revoked)
		wg.Wait()
	}
}

// Whoever gives up waiting leaves the others their answers.
func TestACancelledLookUpSpoilsNoOther(t *testing.T) {
	t.Parallel()
	s := openTemp(t)
	a := mustAccount(t, s, newAccount("ann"))
	c := mustSession(t, s, a, 1)
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	for range 3 {
		if _, _, err := s.CredentialByHash(gone, c.Hash); !errors.Is(err, context.Canceled) {
			t.Errorf("CredentialByHash of somebody who has gone: %v", err)
		}
		if _, _, err := s.CredentialByHash(t.Context(), c.Hash); err != nil {
			t.Errorf("CredentialByHash: %v", err)
		}
	}
}

// More credentials than are kept are found all the same, and memory is bounded.
func TestWhatIsKnownOfCredentialsIsBounded(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := openTemp(t)
	a := mustAccount(t, s, newAccount("ann"))
	var last store.Credential
	for n := range maxKnown + 3 {
		c := newSession(a, 0)
		c.ID, c.Hash = uuid.New(), store.SecretHash{byte(n), byte(n >> 8), 1}
		var err error
		if last, err = s.CreateSession(ctx, c, a.Version); err != nil {
			t.Fatal(err)
		}
	}
	for n := range maxKnown + 3 {
		if _, _, err := s.CredentialByHash(ctx, store.SecretHash{byte(n), byte(n >> 8), 1}); err != nil {
			t.Fatal(n, err)
		}
	}
	if n := len(s.known.known); n != 3 { // all were forgotten once there were as many as may be
		t.Errorf("%d credentials are kept, want 3", n)
	}
	if got, _, err := s.CredentialByHash(ctx, last.Hash); err != nil || got.ID != last.ID {
		t.Errorf("the last one is %+v, %v", got, err)
	}
}

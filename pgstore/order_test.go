package pgstore_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/pgstore"
	"example.com/ostraka/pgstore/pgtest"
	"example.com/ostraka/store"
)

func newBan(value string) store.Ban {
	return store.Ban{ID: uuid.Must(uuid.NewV7()), Kind: store.KindDomain, Value: value, KeyText: value, CreatedAt: time.Now()}
}

func aChange(action store.ChangeAction) store.Change {
	return store.Change{At: time.Now(), Actor: "test", Action: action}
}

// TestWhoeverReadsOnMissesNoChange has many write with pauses before their commits,
// while others read the log from where they have read it to.
func TestWhoeverReadsOnMissesNoChange(t *testing.T) {
	const writers, readers = 16, 4
	total := 20_000
	if testing.Short() {
		total = 2_000
	}
	schema := pgtest.Schema()
	s := openAt(t, schema, pgstore.Options{MaxConns: writers, LockTimeout: time.Minute})
	defer s.Close()
	s.BeforeCommit(func() { time.Sleep(rand.N(200 * time.Microsecond)) })

	var reading, writing sync.WaitGroup
	for i := range readers {
		reading.Go(func() {
			r := openAt(t, schema, pgstore.Options{})
			defer r.Close()
			if err := tail(t.Context(), r, int64(total)); err != nil {
				t.Errorf("reader %d: %v", i, err)
			}
		})
	}
	for w := range writers {
		writing.Go(func() {
			for i := range total / writers {
				if _, err := s.CreateBan(t.Context(), newBan(fmt.Sprintf("d%d-%d.example", w, i)), aChange(store.BanCreate)); err != nil {
					t.Errorf("writer %d: %v", w, err)
					return
				}
			}
		})
	}
	began := time.Now()
	writing.Wait()
	t.Logf("%d writes in %v", total, time.Since(began).Round(time.Millisecond))
	reading.Wait()
	if n := s.Stats().Deadlocks; n != 0 {
		t.Errorf("%d deadlocks", n)
	}
}

// tail reads the log to that Seq, and fails for one that is left out or comes twice.
func tail(ctx context.Context, s *pgstore.Store, last int64) error {
	var at int64
	for at < last {
		changes, err := s.Changes(ctx, at, 100)
		if err != nil {
			return err
		}
		for i := range changes {
			if at++; changes[i].Seq != at {
				return fmt.Errorf("change %d comes after %d", changes[i].Seq, at-1)
			}
		}
	}
	return nil
}

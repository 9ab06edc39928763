package sqlitestore

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/internal/changelog"
	"example.com/ostraka/internal/sqlbackend"
	"example.com/ostraka/store"
)

// secretBan returns a ban of an address that is to be forgotten.
func secretBan(expires time.Time) store.Ban {
	return store.Ban{
		ID: uuid.Must(uuid.NewV7()), Kind: store.KindEmail, Value: "secret@mail.example", KeyText: "secret@mail.example",
		CreatedAt: at, UpdatedAt: at, ExpiresAt: expires,
	}
}

func hashOfSecret(b store.Ban) store.Ban {
	b.Value, b.KeyText = "h:key:AAAA", "h:key:AAAA"
	return b
}

// finding is a database that finds entries of the log in another way.
type finding struct {
	sqlbackend.Database
	find func(in sqlbackend.Database, q sqlbackend.Querier, r *changelog.Redaction, after, through int64) ([]int64, error)
}

func (f finding) FindEntries(_ context.Context, q sqlbackend.Querier, r *changelog.Redaction, _ []string, after, through int64) ([]int64, error) {
	return f.find(f.Database, q, r, after, through)
}

// TestWhatIsLoggedWhileTheLogIsSearchedIsRedacted: of the same value, under the same key
// as a ban that is deleted again, and of a ban that is still there.
func TestWhatIsLoggedWhileTheLogIsSearchedIsRedacted(t *testing.T) {
	t.Parallel()
	for name, meanwhile := range map[string]func(*testing.T, *Store){
		"nothing": func(*testing.T, *Store) {},
		"a ban that goes": func(t *testing.T, s *Store) {
			b, err := s.CreateBan(t.Context(), secretBan(at), by(store.BanCreate))
			if err == nil {
				_, err = s.DeleteBan(t.Context(), b.ID, by(store.BanDelete))
			}
			if err != nil {
				t.Fatal(err)
			}
		},
		"a ban that stays": func(t *testing.T, s *Store) {
			if _, err := s.CreateBan(t.Context(), secretBan(at), by(store.BanCreate)); err != nil {
				t.Fatal(err)
			}
		},
		"the log is cut": func(t *testing.T, s *Store) {
			if _, err := s.PruneChanges(t.Context(), at.Add(time.Hour)); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := openAt(t, t.TempDir()+"/ostraka.db", Options{Synchronous: SyncNormal})
			b, err := s.CreateBan(t.Context(), secretBan(time.Time{}), by(store.BanCreate))
			if err != nil {
				t.Fatal(err)
			}
			searches := 0
			db := finding{Database: database{s}, find: func(in sqlbackend.Database, q sqlbackend.Querier, r *changelog.Redaction, after, through int64) ([]int64, error) {
				found, err := in.FindEntries(t.Context(), q, r, nil, after, through)
				if _, within := q.(sqlbackend.Tx); !within {
					if searches++; searches == 1 {
						meanwhile(t, s)
					}
				}
				return found, err
			}}
			if _, err := sqlbackend.NewOperations(db).RedactBan(t.Context(), hashOfSecret(b), by(store.BanHash)); err != nil || searches == 0 {
				t.Fatalf("after %d searches: %v", searches, err)
			}
			after := int64(0)
			if name == "the log is cut" {
				if after, err = s.LastChange(t.Context()); err != nil {
					t.Fatal(err)
				}
				after--
			}
			log, err := s.Changes(t.Context(), after, store.MaxPageLimit)
			if err != nil {
				t.Fatal(err)
			}
			if text, err := json.Marshal(log); err != nil || bytes.Contains(text, []byte("secret@")) {
				t.Errorf("the log is %s, %v", text, err)
			}
		})
	}
}

// BenchmarkRedactBan redacts a ban of which ten entries of a long log tell, while another
// writes. "wait-ms" is how long that one waited at most. With "locked" the log is read with
// the lock, as it is where it was not searched before. OSTRAKA_LOG is how many entries the
// log has, 20000 by default.
//
//	OSTRAKA_LOG=1000000 go test ./sqlitestore -run '^$' -bench RedactBan -benchtime 3x
func BenchmarkRedactBan(b *testing.B) {
	entries := 20_000
	if n, err := strconv.Atoi(os.Getenv("OSTRAKA_LOG")); err == nil {
		entries = n
	}
	s := openAt(b, b.TempDir()+"/ostraka.db", Options{Synchronous: SyncNormal})
	other, err := s.CreateBan(b.Context(), store.Ban{ID: uuid.Must(uuid.NewV7()), Kind: store.KindName, Value: "bob", KeyText: "bob", CreatedAt: at}, by(store.BanCreate))
	if err != nil {
		b.Fatal(err)
	}
	mustExec(b, s.writeDB, `INSERT INTO ostraka_changes (at, actor, action, target, keys, bulk, before, after, counts, reason)
		WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
		SELECT at, actor, action, target, replace(keys, 'bob', 'bob' || i), bulk, before, replace(after, '"bob"', '"bob' || i || '"'), counts, reason
		FROM ostraka_changes, n WHERE seq = 1`, entries)
	for _, locked := range []bool{true, false} {
		b.Run(map[bool]string{true: "locked", false: "searched"}[locked], func(b *testing.B) {
			var longest time.Duration
			for b.Loop() {
				b.StopTimer()
				ban, err := s.CreateBan(b.Context(), secretBan(time.Time{}), by(store.BanCreate))
				for i := 0; i < 9 && err == nil; i++ {
					ban.Reason = fmt.Sprint(i)
					ban, err = s.UpdateBan(b.Context(), ban, by(store.BanUpdate))
				}
				if err != nil {
					b.Fatal(err)
				}
				db := finding{Database: database{s}, find: func(in sqlbackend.Database, q sqlbackend.Querier, r *changelog.Redaction, after, through int64) ([]int64, error) {
					if _, within := q.(sqlbackend.Tx); locked && within {
						after = 0
					} else if locked {
						return nil, nil
					}
					return in.FindEntries(b.Context(), q, r, nil, after, through)
				}}
				done, waited := make(chan struct{}), make(chan time.Duration)
				go func() {
					var most time.Duration
					for {
						select {
						case <-done:
							waited <- most
							return
						case <-time.After(time.Millisecond):
						}
						began := time.Now()
						now, err := s.UpdateBan(b.Context(), other, by(store.BanUpdate))
						if err == nil {
							other = now
						} else if !errors.Is(err, store.ErrBusy) {
							b.Error(err)
						}
						most = max(most, time.Since(began))
					}
				}()
				b.StartTimer()
				_, err = sqlbackend.NewOperations(db).RedactBan(b.Context(), hashOfSecret(ban), by(store.BanHash))
				b.StopTimer()
				close(done)
				longest = max(longest, <-waited)
				if err == nil {
					_, err = s.DeleteBan(b.Context(), ban.ID, by(store.BanDelete))
				}
				if err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
			}
			b.ReportMetric(float64(longest.Milliseconds()), "wait-ms")
		})
	}
}

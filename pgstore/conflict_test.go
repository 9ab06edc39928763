//go:build unix

package pgstore_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"example.com/ostraka/pgstore"
	"example.com/ostraka/pgstore/pgtest"
	"example.com/ostraka/store"
)

// failFirst has the log refuse so many of the next changes, as the server does for a
// serialization failure. The count is kept where no rollback takes it back.
func failFirst(t testing.TB, schema string, changes string) {
	t.Helper()
	superuser(t, `CREATE SEQUENCE `+schema+`.tries`, `GRANT USAGE ON SEQUENCE `+schema+`.tries TO PUBLIC`,
		`CREATE FUNCTION `+schema+`.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
			IF nextval('`+schema+`.tries') `+changes+` THEN
				RAISE EXCEPTION 'forced' USING ERRCODE = 'serialization_failure';
			END IF;
			RETURN NULL;
		END $$`,
		`CREATE TRIGGER refuse AFTER INSERT ON `+schema+`.changes FOR EACH STATEMENT EXECUTE FUNCTION `+schema+`.refuse()`)
}

func TestSerializationFailuresAreTriedAgain(t *testing.T) {
	schema := pgtest.Schema()
	s := openAt(t, schema, pgstore.Options{})
	defer s.Close()
	failFirst(t, schema, `<= 3`)
	if _, err := s.CreateBan(t.Context(), newBan("a.example"), aChange(store.BanCreate)); err != nil {
		t.Errorf("CreateBan: %v, want that it is tried again", err)
	}
	if n := s.Stats().SerializationFailures; n != 3 {
		t.Errorf("%d serialization failures are counted, want 3", n)
	}
	if n := logged(t, s); n != 1 {
		t.Errorf("%d changes were logged, want 1", n)
	}
}

func TestTriesAreBounded(t *testing.T) {
	schema := pgtest.Schema()
	s := openAt(t, schema, pgstore.Options{Retries: 2})
	defer s.Close()
	failFirst(t, schema, `> 0`)
	if _, err := s.CreateBan(t.Context(), newBan("a.example"), aChange(store.BanCreate)); !errors.Is(err, store.ErrBusy) {
		t.Errorf("CreateBan: %v, want ErrBusy", err)
	}
	if n := s.Stats().SerializationFailures; n != 3 {
		t.Errorf("%d serialization failures are counted, want that of the first try and those of 2 more", n)
	}
	if n, err := s.CountBans(t.Context(), store.BanFilter{}); err != nil || n != 0 || logged(t, s) != 0 {
		t.Errorf("%d bans, %v, want that nothing was written", n, err)
	}
}

// TestADeadlockIsTriedAgain has another session take the locks of a write the other way
// round, which the server ends for one of the two.
func TestADeadlockIsTriedAgain(t *testing.T) {
	schema := pgtest.Schema()
	s := openAt(t, schema, pgstore.Options{LockTimeout: 20 * time.Second})
	defer s.Close()
	other, asking := rawConn(t, pgtest.Shared(t).DSN()), rawConn(t, pgtest.Shared(t).DSN())
	run := func(statement string, args ...any) error {
		_, err := other.Exec(t.Context(), statement, args...)
		return err
	}
	for try := 0; s.Stats().Deadlocks == 0; try++ {
		if try == 20 {
			t.Fatal("of 20 deadlocks none ended the write of the store")
		}
		b := newBan("a" + string(rune('a'+try)) + ".example")
		// The other does not look for deadlocks before the store has.
		for _, statement := range []string{`BEGIN`, `SET LOCAL deadlock_timeout = '10s'`, `SELECT last FROM ` + schema + `.log FOR UPDATE`} {
			if err := run(statement); err != nil {
				t.Fatal(err)
			}
		}
		done := make(chan error, 1)
		go func() {
			_, err := s.CreateBan(context.WithoutCancel(t.Context()), b, aChange(store.BanCreate))
			done <- err
		}()
		until(t, "the store waits for the log, with the lock of the value", func() bool {
			var free bool
			row := asking.QueryRow(t.Context(), `SELECT pg_try_advisory_xact_lock($1)`, s.LockOfValue(&b))
			return row.Scan(&free) == nil && !free
		})
		_ = run(`SELECT pg_advisory_xact_lock($1)`, s.LockOfValue(&b)) // fails if the other is the one that is ended
		if err := run(`ROLLBACK`); err != nil {
			t.Fatal(err)
		}
		if err := <-done; err != nil {
			t.Errorf("CreateBan: %v, want that it is tried again", err)
		}
	}
}

// TestTimeLimitsOfTheServerAreErrBusy has another session hold a table for longer than
// the store waits.
func TestTimeLimitsOfTheServerAreErrBusy(t *testing.T) {
	for rule, o := range map[string]pgstore.Options{
		"lock_timeout":      {LockTimeout: 100 * time.Millisecond},
		"statement_timeout": {LockTimeout: time.Minute, StatementTimeout: 100 * time.Millisecond},
	} {
		t.Run(rule, func(t *testing.T) {
			schema := pgtest.Schema()
			openAt(t, schema, pgstore.Options{}).Close()
			for kind, s := range map[string]*pgstore.Store{"own pool": openAt(t, schema, o), "host's pool": newOn(t, schema, 2, o)} {
				defer s.Close()
				other := rawConn(t, pgtest.Shared(t).DSN())
				tx, err := other.Begin(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if _, err := tx.Exec(t.Context(), `LOCK TABLE `+schema+`.rules IN ACCESS EXCLUSIVE MODE`); err != nil {
					t.Fatal(err)
				}
				began := time.Now()
				if _, err := s.CreateBan(t.Context(), newBan("a.example"), aChange(store.BanCreate)); !errors.Is(err, store.ErrBusy) {
					t.Errorf("%s: CreateBan: %v, want ErrBusy", kind, err)
				}
				if took := time.Since(began); took > 10*time.Second {
					t.Errorf("%s: CreateBan took %v", kind, took)
				}
				if n, want := s.Stats().LockTimeouts, int64(0); rule == "lock_timeout" && n == want {
					t.Errorf("%s: no lock timeout is counted", kind)
				}
				if kind == "own pool" { // reads of a host's pool have the limits of the host
					if _, err := s.Lookup(t.Context(), []store.Key{{Kind: store.KindDomain, Text: "a.example"}}); !errors.Is(err, store.ErrBusy) {
						t.Errorf("%s: Lookup: %v, want ErrBusy", kind, err)
					}
				}
				if err := tx.Rollback(t.Context()); err != nil {
					t.Fatal(err)
				}
				if n, err := s.CountBans(t.Context(), store.BanFilter{}); err != nil || n != 0 {
					t.Errorf("%s: %d bans, %v, want none", kind, n, err)
				}
			}
		})
	}
}

package sqlitestore

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"example.com/ostraka/store"
)

// holdLock holds the write lock of the file from another handle until the
// returned function is called.
func holdLock(t *testing.T, path string) (release func()) {
	t.Helper()
	conn, err := hostDB(t, path).Conn(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.ExecContext(context.Background(), `BEGIN IMMEDIATE`); err != nil {
		t.Fatal(err)
	}
	return sync.OnceFunc(func() {
		if _, err := conn.ExecContext(context.Background(), `ROLLBACK`); err != nil {
			t.Error(err)
		}
		conn.Close()
	})
}

func TestWriteLockHeldTooLongIsErrBusy(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	s := openAt(t, path, Options{BusyTimeout: 100 * time.Millisecond})
	release := holdLock(t, path)
	start := time.Now()
	_, err := s.CreateBan(context.Background(), domainBan("a.example"), by(store.BanCreate))
	if !errors.Is(err, store.ErrBusy) {
		t.Errorf("error = %v, want ErrBusy", err)
	}
	if waited := time.Since(start); waited < 100*time.Millisecond || waited > 3*time.Second {
		t.Errorf("gave up after %v", waited)
	}
	if n := mustCount(t, s); n != 0 {
		t.Errorf("%d bans: readers must not wait, and nothing was written", n)
	}
	release()
	mustCreate(t, s, "a.example")
}

// In rollback-journal mode a commit waits for readers, and readers for a commit.
func TestReadsAndWritesThroughAPlainHandleWait(t *testing.T) {
	t.Parallel()
	s := newOnPlain(t)
	const workers, each = 4, 25
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := range each {
				value := fmt.Sprintf("host-%d-%d.example", w, i)
				mustCreate(t, s, value)
				if rules, err := s.Lookup(context.Background(), []store.Key{{Kind: store.KindDomain, Text: value}}); err != nil || len(rules) != 1 {
					t.Errorf("Lookup gives %d rules, %v", len(rules), err)
				}
				mustCount(t, s)
			}
		})
	}
	wg.Wait()
	if n := mustCount(t, s); n != workers*each {
		t.Errorf("%d bans, want %d", n, workers*each)
	}
	mustCheck(t, s)
}

func TestContextEndsTheWaitOfACommit(t *testing.T) {
	s := newOnPlain(t)
	reader, err := s.readDB.Conn(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	for _, query := range []string{`BEGIN`, `SELECT count(*) FROM ostraka_bans`} {
		if _, err := reader.ExecContext(context.Background(), query); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if _, err := s.CreateBan(ctx, domainBan("a.example"), by(store.BanCreate)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("CreateBan while a reader holds its lock: %v", err)
	}
	if _, err := reader.ExecContext(context.Background(), `ROLLBACK`); err != nil {
		t.Fatal(err)
	}
	if n := mustCount(t, s); n != 0 {
		t.Errorf("%d bans: a write that failed was written", n)
	}
	mustCreate(t, s, "a.example")
}

func TestContextEndsTheWaitForTheWriteLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	s := openAt(t, path, Options{BusyTimeout: time.Minute})
	defer holdLock(t, path)()
	for _, what := range []string{"for SQLite's lock", "for the turn in this process"} {
		t.Run(what, func(t *testing.T) {
			if what == "for the turn in this process" {
				s.writing <- struct{}{}
				defer func() { <-s.writing }()
			}
			ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
			defer cancel()
			start := time.Now()
			_, err := s.PruneHits(ctx, at)
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("error = %v", err)
			}
			if waited := time.Since(start); waited > 5*time.Second {
				t.Errorf("waited %v", waited)
			}
		})
	}
}

func TestCancelledWriteLeavesNothing(t *testing.T) {
	s := openTemp(t)
	bans := domainBans(20_000)
	for _, after := range []time.Duration{0, time.Millisecond, 10 * time.Millisecond, 50 * time.Millisecond} {
		ctx, cancel := context.WithTimeout(context.Background(), after)
		_, err := s.CreateBans(ctx, bans, by(store.BanCreateMany))
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("after %v: %v", after, err)
		}
		if n := mustCount(t, s); n != 0 {
			t.Fatalf("after %v: %d bans were written", after, n)
		}
		if err := s.AddHits(context.Background(), nil); err != nil {
			t.Fatal(err)
		}
		if _, err := s.PruneHits(context.Background(), at); err != nil {
			t.Fatalf("the next write after %v: %v", after, err)
		}
	}
	if b := mustCreate(t, s, "a.example"); b.Seq != 1 {
		t.Errorf("a write that failed used up sequence numbers: the first ban has %d", b.Seq)
	}
	mustCheck(t, s)
}

// In memory, the connection is the database: it must survive whatever happens.
func TestFailedWritesKeepAMemoryDatabase(t *testing.T) {
	s, err := New(context.Background(), memoryDB(t))
	if err != nil {
		t.Fatal(err)
	}
	first := mustCreate(t, s, "a.example")
	failure := errors.New("failure")
	for name, fn := range map[string]func(*tx) error{
		"an error": func(*tx) error { return failure },
		"a transaction that SQLite has ended": func(t *tx) error {
			if err := t.exec(context.Background(), `ROLLBACK`); err != nil {
				return err
			}
			return failure
		},
	} {
		t.Run(name, func(t *testing.T) {
			if err := s.write(context.Background(), "fail", fn); !errors.Is(err, failure) {
				t.Errorf("error = %v", err)
			}
		})
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if _, err := s.CreateBans(ctx, domainBans(50_000), by(store.BanCreateMany)); err == nil {
		t.Error("a bulk write finished within its 20 ms")
	}
	if n := mustCount(t, s); n != 1 {
		t.Errorf("%d bans, want 1", n)
	}
	if got, err := s.Ban(context.Background(), first.ID); err != nil || got != first {
		t.Errorf("Ban = %+v, %v", got, err)
	}
}

func TestPanicInAWriteRollsBack(t *testing.T) {
	s := openTemp(t)
	func() {
		defer func() { _ = recover() }()
		_ = s.write(context.Background(), "panic", func(t *tx) error {
			if err := t.exec(context.Background(), `DELETE FROM ostraka_schema`); err != nil {
				return err
			}
			panic("as a subtle bug might")
		})
	}()
	mustCreate(t, s, "a.example") // neither turn nor connection is lost
	if v, err := schemaVersion(context.Background(), s.readDB); err != nil || v != len(migrations) {
		t.Errorf("schema version %d, %v", v, err)
	}
}

func TestSubscriberMayCallAndCloseTheStore(t *testing.T) {
	s, err := New(context.Background(), memoryDB(t))
	if err != nil {
		t.Fatal(err)
	}
	var seen []store.Change
	s.Subscribe(func(c store.Change) {
		if last, err := s.LastChange(context.Background()); err != nil || last != c.Seq {
			t.Errorf("LastChange in a subscriber = %d, %v; the change is %d", last, err, c.Seq)
		}
		seen = append(seen, c)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	mustCreate(t, s, "a.example")
	if len(seen) != 1 {
		t.Errorf("told of %d changes", len(seen))
	}
}

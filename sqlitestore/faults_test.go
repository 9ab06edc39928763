package sqlitestore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/ostraka/store"
)

func TestBusyTimeoutBoundsTheWholeWait(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.db")
	s := openAt(t, path, Options{BusyTimeout: 300 * time.Millisecond})
	release := holdLock(t, path)
	var longest atomic.Int64
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			began := time.Now()
			_, err := s.CreateBan(context.Background(), domainBan(fmt.Sprintf("host-%d.example", i)), by(store.BanCreate))
			if !errors.Is(err, store.ErrBusy) {
				t.Errorf("error = %v, want ErrBusy", err)
			}
			for waited := int64(time.Since(began)); ; {
				if most := longest.Load(); waited <= most || longest.CompareAndSwap(most, waited) {
					return
				}
			}
		})
	}
	wg.Wait()
	if d := time.Duration(longest.Load()); d > 3*time.Second { // one after the other they took 6 s
		t.Errorf("with a BusyTimeout of 300 ms one of 20 writers waited %v", d)
	}
	release()
	if n := mustCount(t, s); n != 0 {
		t.Errorf("%d bans were made although the writes failed", n)
	}
	mustCreate(t, s, "a.example")
}

func TestNotingAUseWaitsForNoWriter(t *testing.T) {
	t.Parallel()
	for name, hold := range map[string]func(t *testing.T, s *Store) (release func()){
		"of another process": func(t *testing.T, s *Store) func() { return holdLock(t, s.path) },
		"of this process": func(t *testing.T, s *Store) func() {
			s.writing <- struct{}{}
			return func() { <-s.writing }
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := openAt(t, filepath.Join(t.TempDir(), "x.db"), Options{BusyTimeout: time.Minute})
			session := mustSession(t, s, mustAccount(t, s, newAccount("alice", "alice@example.com")), 1)
			release := hold(t, s)
			began := time.Now()
			err := s.UseCredential(context.Background(), session.ID, at.Add(time.Hour))
			if waited := time.Since(began); !errors.Is(err, store.ErrBusy) || waited > 10*time.Second {
				t.Errorf("error = %v after %v, want ErrBusy at once", err, waited)
			}
			release()
			if err := s.UseCredential(context.Background(), session.ID, at.Add(time.Hour)); err != nil {
				t.Error(err)
			}
			c, _, err := s.CredentialByHash(context.Background(), session.Hash)
			if err != nil || !c.LastUsedAt.Equal(at.Add(time.Hour)) {
				t.Errorf("last used at %v, %v", c.LastUsedAt, err)
			}
			mustCreate(t, s, "a.example") // which waits again as long as it is to
		})
	}
}

// moveDatabase moves a database, with what is beside it.
func moveDatabase(t *testing.T, from, to string) {
	t.Helper()
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Rename(from+suffix, to+suffix); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAFileThatIsNotInItsPlaceIsNoticed(t *testing.T) {
	for name, spoil := range map[string]func(t *testing.T, path string){
		"moved": func(t *testing.T, path string) { moveDatabase(t, path, path+".old") },
		"deleted": func(t *testing.T, path string) {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		},
		"replaced": func(t *testing.T, path string) {
			other := openAt(t, path+".other", Options{})
			mustCreate(t, other, "other.example")
			other.Close()
			if err := os.Rename(path+".other", path); err != nil {
				t.Fatal(err)
			}
		},
		"without its log": func(t *testing.T, path string) {
			if err := os.Remove(path + "-wal"); err != nil {
				t.Fatal(err)
			}
		},
		"without the index of its log": func(t *testing.T, path string) {
			if err := os.Remove(path + "-shm"); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x.db")
			s := openAt(t, path, Options{})
			mustCreate(t, s, "a.example")
			spoil(t, path)
			before, _ := os.ReadDir(filepath.Dir(path))
			ctx := context.Background()
			_, readErr := s.Lookup(ctx, []store.Key{{Kind: store.KindDomain, Text: "a.example"}})
			_, writeErr := s.CreateBan(ctx, domainBan("b.example"), by(store.BanCreate))
			for what, err := range map[string]error{
				"reading": readErr, "writing": writeErr, "Backup": s.Backup(ctx, path+".copy"), "Check": s.Check(ctx), "Vacuum": s.Vacuum(ctx),
			} {
				if !errors.Is(err, ErrFileReplaced) || !errors.Is(err, store.ErrUnavailable) {
					t.Errorf("%s: %v, want ErrFileReplaced", what, err)
				}
			}
			if after, _ := os.ReadDir(filepath.Dir(path)); fmt.Sprint(before) != fmt.Sprint(after) {
				t.Errorf("the folder had %v, and has %v", before, after)
			}
		})
	}
}

// Another process makes an index of its own then, in which it does not see what the
// first is about to commit, nor the other way round.
func TestNothingIsLostWhereTheIndexOfTheLogGoes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	s := openAt(t, path, Options{})
	if err := os.Remove(path + "-shm"); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(context.Background(), path, Options{}); !errors.Is(err, ErrFileReplaced) {
		t.Errorf("opened again meanwhile: %v, want ErrFileReplaced", err)
	}
	if err := child(t, "create-100 "+path).Run(); err != nil {
		t.Fatalf("another process: %v", err)
	}
	if _, err := s.CreateBan(context.Background(), domainBan("after.example"), by(store.BanCreate)); !errors.Is(err, ErrFileReplaced) {
		t.Errorf("a write: %v, want ErrFileReplaced", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, err := Open(context.Background(), path, Options{}); !errors.Is(err, ErrFileReplaced) {
		t.Errorf("opened again after: %v, want ErrFileReplaced", err)
	}
	copied := filepath.Join(t.TempDir(), "x.db")
	for _, suffix := range []string{"", "-wal"} { // as they are when the process has ended
		content, err := os.ReadFile(path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(copied+suffix, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	n, err := openAt(t, copied, Options{}).CountBans(context.Background(), store.BanFilter{})
	if err != nil || n != 100 {
		t.Errorf("%d bans (%v), want 100: all that were acknowledged", n, err)
	}
}

// The write is under way, and has the lock, when the file goes.
func TestAWriteToAFileThatGoesIsNotAcknowledged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	s := openAt(t, path, Options{})
	err := s.write(context.Background(), "write", func(tx *tx) error {
		moveDatabase(t, path, path+".old")
		return tx.exec(context.Background(), `UPDATE ostraka_bans SET reason = ''`)
	})
	if !errors.Is(err, ErrFileReplaced) {
		t.Errorf("error = %v, want ErrFileReplaced", err)
	}
}

func TestOpenFollowsALinkToAFileThatIsNotThere(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(dir, "link.db")
	if err := os.Symlink(filepath.Join(dir, "real.db"), link); err != nil {
		t.Skip(err)
	}
	mustCreate(t, openAt(t, link, Options{}), "a.example")
	if info, err := os.Stat(filepath.Join(dir, "real.db")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
}

func TestLeftoversOfKilledBackupsAreSwept(t *testing.T) {
	dir := t.TempDir()
	killed, err := newDraft(dir)
	if err != nil {
		t.Fatal(err)
	}
	killed.lock.Close() // as the system does
	running, err := newDraft(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer running.discard()
	for _, suffix := range []string{"", lockSuffix} {
		if err := os.Rename(running.path+suffix, filepath.Join(dir, filepath.Base(running.path)+suffix)); err != nil {
			t.Fatal(err)
		}
	}
	old := filepath.Join(dir, oldPrefix+"1")
	if err := os.WriteFile(old, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(old, time.Now(), time.Now().Add(-2*oldDraft)); err != nil {
		t.Fatal(err)
	}
	if err := openTemp(t).Backup(context.Background(), filepath.Join(dir, "copy.db")); err != nil {
		t.Fatal(err)
	}
	var left []string
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		left = append(left, e.Name())
	}
	base := filepath.Base(running.path)
	if want := fmt.Sprint([]string{base, base + lockSuffix, "copy.db"}); fmt.Sprint(left) != want {
		t.Errorf("the folder has %v, want %v: the copy, and what another is still writing", left, want)
	}
}

func TestAFullDiskIsSaidAndNothingIsWritten(t *testing.T) {
	s := openTemp(t)
	mustCreate(t, s, "a.example")
	var pages int
	if err := s.writeDB.QueryRow(`PRAGMA page_count`).Scan(&pages); err != nil {
		t.Fatal(err)
	}
	mustExec(t, s.writeDB, fmt.Sprintf(`PRAGMA max_page_count = %d`, pages+3))
	_, err := s.CreateBans(context.Background(), domainBans(3000), by(store.BanCreateMany))
	if !errors.Is(err, ErrDiskFull) || !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("error = %v, want ErrDiskFull", err)
	}
	if n := mustCount(t, s); n != 1 {
		t.Errorf("%d bans, want the one from before", n)
	}
	mustExec(t, s.writeDB, `PRAGMA max_page_count = 1000000`)
	mustCreate(t, s, "b.example")
	mustCheck(t, s)
}

func TestAFileThatMayNotBeReadIsAnIOError(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may read everything")
	}
	path := filepath.Join(t.TempDir(), "x.db")
	openAt(t, path, Options{}).Close()
	if err := os.Chmod(path, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(context.Background(), path, Options{}); !errors.Is(err, ErrIO) || !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("error = %v, want ErrIO", err)
	}
}

func TestAnOpenStoreWritesIntoNoNewerSchema(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	s := openAt(t, path, Options{})
	mustCreate(t, s, "a.example")
	mustExec(t, hostDB(t, path), `UPDATE ostraka_schema SET version = version + 1`)
	_, err := s.CreateBan(context.Background(), domainBan("b.example"), by(store.BanCreate))
	var schema *SchemaError
	if !errors.As(err, &schema) || schema.Have != len(migrations)+1 || !errors.Is(err, ErrSchemaTooNew) || !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("error = %v, want a *SchemaError", err)
	}
	if n := mustCount(t, s); n != 1 {
		t.Errorf("%d bans, want the one from before", n)
	}
}

func TestRestore(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	path, backup := filepath.Join(dir, "x.db"), filepath.Join(dir, "backup.db")
	s, other := openAt(t, path, Options{}), openAt(t, path, Options{})
	mustCreate(t, s, "a.example")
	if err := s.Backup(ctx, backup); err != nil {
		t.Fatal(err)
	}
	if _, err := s.CreateBans(ctx, domainBans(3000), by(store.BanCreateMany)); err != nil {
		t.Fatal(err)
	}
	by := store.Change{At: at.Add(time.Hour), Actor: "bob"}
	if err := Restore(ctx, path, backup, by, Options{}); err != nil {
		t.Fatal(err)
	}
	for _, s := range []*Store{s, other} {
		if n := mustCount(t, s); n != 1 {
			t.Errorf("%d bans, want the one of the backup", n)
		}
		mustCheck(t, s)
		log, err := s.Changes(ctx, 1, 10)
		if err != nil || len(log) != 1 || log[0].Action != store.StoreRestore || !log[0].Bulk || log[0].Actor != "bob" || !log[0].At.Equal(by.At) {
			t.Errorf("the log goes on with %+v, %v", log, err)
		}
	}
	mustCreate(t, s, "new.example")
	mustCreate(t, other, "newer.example")
	made := filepath.Join(dir, "made.db")
	if err := Restore(ctx, made, backup, by, Options{}); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(made); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("what was made: %v, %v", info, err)
	}
	if n := mustCount(t, openAt(t, made, Options{})); n != 1 {
		t.Errorf("%d bans, want the one of the backup", n)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, draftPrefix+"*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestRestoreRefuses(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	name := func(s string) string { return filepath.Join(dir, s) }
	path := name("x.db")
	s := openAt(t, path, Options{BusyTimeout: 100 * time.Millisecond})
	mustCreate(t, s, "a.example")
	for _, copied := range []string{"good.db", "newer.db", "contradictory.db"} {
		if err := s.Backup(ctx, name(copied)); err != nil {
			t.Fatal(err)
		}
	}
	mustExec(t, hostDB(t, name("newer.db")), `UPDATE ostraka_schema SET version = version + 1`)
	mustExec(t, hostDB(t, name("contradictory.db")), `DELETE FROM ostraka_rules`)
	mustExec(t, hostDB(t, name("empty.db")), `CREATE TABLE x (y)`)
	mustExec(t, hostDB(t, name("foreign.db")), `PRAGMA application_id = 7; CREATE TABLE x (y)`)
	if err := os.WriteFile(name("text.db"), []byte(strings.Repeat("no database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name("gone.db-wal"), []byte("of a file that is gone"), 0o600); err != nil {
		t.Fatal(err)
	}
	for what, tt := range map[string]struct {
		path, backup string
		want         error
	}{
		"a backup that is not there":               {"x.db", "none.db", fs.ErrNotExist},
		"a backup with a newer schema":             {"x.db", "newer.db", ErrSchemaTooNew},
		"a backup that contradicts itself":         {"x.db", "contradictory.db", ErrCorrupt},
		"a backup of something else":               {"x.db", "empty.db", ErrForeign},
		"a backup that is no database":             {"x.db", "text.db", ErrCorrupt},
		"to replace what is no database":           {"text.db", "good.db", ErrCorrupt},
		"to replace what is another application's": {"foreign.db", "good.db", ErrForeign},
		"to make a file beside the log of another": {"gone.db", "good.db", fs.ErrExist},
		"to make a file in a folder that is none":  {"none/x.db", "good.db", fs.ErrNotExist},
		"to restore a file from itself":            {"x.db", "x.db", nil},
	} {
		err := Restore(ctx, name(tt.path), name(tt.backup), by(""), Options{})
		if err == nil || tt.want != nil && !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", what, err, tt.want)
		}
	}
	if err := Restore(ctx, path, name("good.db"), by(""), Options{BusyTimeout: -1}); err == nil || errors.Is(err, store.ErrBusy) {
		t.Errorf("with options that are none: %v", err)
	}
	release := holdLock(t, path)
	if err := Restore(ctx, path, name("good.db"), by(""), Options{BusyTimeout: 100 * time.Millisecond}); !errors.Is(err, store.ErrBusy) {
		t.Errorf("beside a writer: %v, want ErrBusy", err)
	}
	release()
	if last, err := s.LastChange(ctx); err != nil || last != 1 {
		t.Errorf("the log is at %d, %v: something was changed", last, err)
	}
	if left, _ := filepath.Glob(name(draftPrefix + "*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	mustCheck(t, s)
}

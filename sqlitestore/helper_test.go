package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

var at = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func openAt(t testing.TB, path string, o Options) *Store {
	t.Helper()
	s, err := Open(context.Background(), path, o)
	if err != nil {
		t.Fatalf("Open(%q): %v", path, err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return s
}

// testSteps is how many rows a step of writing a list touches in a store of
// openSteps: tests that are about the steps need many, not large ones.
const testSteps = 200

func openSteps(t testing.TB, path string, o Options) *Store {
	t.Helper()
	s := openAt(t, path, o)
	s.stepRows = testSteps
	return s
}

func openTempSteps(t testing.TB) *Store {
	t.Helper()
	return openSteps(t, filepath.Join(t.TempDir(), "ostraka.db"), Options{})
}

func openTemp(t testing.TB) *Store {
	t.Helper()
	return openAt(t, filepath.Join(t.TempDir(), "ostraka.db"), Options{})
}

// ownFile and hostFile return a database of a store, or of a host with one, that has
// nothing in it but the schema. They are made once: under the race detector all
// migrations together take half a second, which a suite spends hundreds of times.
var (
	ownFile = sync.OnceValues(func() ([]byte, error) {
		return emptyFile(func(path string) (io.Closer, error) { return Open(context.Background(), path, Options{}) })
	})
	hostFile = sync.OnceValues(func() ([]byte, error) {
		return emptyFile(func(path string) (io.Closer, error) {
			db, err := sql.Open("sqlite", dsn(path, pragmas{"synchronous(OFF)"}))
			if err != nil {
				return nil, err
			}
			_, err = New(context.Background(), db)
			return db, err
		})
	})
)

// emptyFile returns the file that open makes.
func emptyFile(open func(path string) (io.Closer, error)) ([]byte, error) {
	dir, err := os.MkdirTemp("", "sqlitestore")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "empty.db")
	opened, err := open(path)
	if err != nil {
		return nil, err
	}
	if err := opened.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}

// place puts such a file at the path, unless there is one already, and returns the path.
func place(t testing.TB, path string, file func() ([]byte, error)) string {
	t.Helper()
	data, err := file()
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return path
	}
	if err == nil {
		_, err = f.Write(data)
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// hostDB opens a database the way a host might who does not fear power cuts.
func hostDB(t testing.TB, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", dsn(path, pragmas{"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(NORMAL)"}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func domainBan(value string) store.Ban {
	return store.Ban{
		ID: uuid.Must(uuid.NewV7()), Kind: store.KindDomain, Value: value, KeyText: value,
		Reason: "spam", CreatedAt: at, CreatedBy: "alice", UpdatedAt: at,
	}
}

func domainBans(n int) []store.Ban {
	bans := make([]store.Ban, n)
	for i := range bans {
		bans[i] = domainBan(fmt.Sprintf("host-%d.example", i))
	}
	return bans
}

func by(action store.ChangeAction) store.Change {
	return store.Change{At: at, Actor: "alice", Action: action}
}

func mustCreate(t testing.TB, s *Store, value string) store.Ban {
	t.Helper()
	b, err := s.CreateBan(context.Background(), domainBan(value), by(store.BanCreate))
	if err != nil {
		t.Fatalf("CreateBan(%q): %v", value, err)
	}
	return b
}

func mustCount(t testing.TB, s *Store) int64 {
	t.Helper()
	n, err := s.CountBans(context.Background(), store.BanFilter{})
	if err != nil {
		t.Fatalf("CountBans: %v", err)
	}
	return n
}

func mustCheck(t testing.TB, s *Store) {
	t.Helper()
	if err := s.Check(context.Background()); err != nil {
		t.Errorf("Check: %v", err)
	}
}

func mustExec(t testing.TB, db *sql.DB, query string, args ...any) {
	t.Helper()
	if _, err := db.Exec(query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

// memoryDB opens a database in memory, with the one connection that it needs.
func memoryDB(t testing.TB) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { db.Close() })
	return db
}

func mustBlock(t testing.TB, s *Store, domain string) store.Block {
	t.Helper()
	b, err := s.CreateBlock(context.Background(), store.Block{
		ID: uuid.Must(uuid.NewV7()), Domain: domain, KeyText: domain, Reason: "spam", CreatedAt: at, CreatedBy: "alice",
	}, by(store.BlockCreate))
	if err != nil {
		t.Fatalf("CreateBlock(%q): %v", domain, err)
	}
	return b
}

func domainEntry(value string) store.Entry {
	return store.Entry{
		ID: uuid.NewSHA1(uuid.Nil, []byte(value)), Key: store.Key{Kind: store.KindDomain, Text: value}, Value: value,
	}
}

// domainEntries returns entries whose values begin with the prefix.
func domainEntries(prefix string, n int) []store.Entry {
	entries := make([]store.Entry, n)
	for i := range entries {
		entries[i] = domainEntry(fmt.Sprintf("%s-%d.example", prefix, i))
	}
	return entries
}

// newList is the delta that makes a list.
func newList(name string, entries ...store.Entry) store.ListDelta {
	return store.ListDelta{
		List: store.List{ID: uuid.Must(uuid.NewV7()), Name: name, Source: name + ".txt", Reason: "listed", CreatedAt: at},
		Add:  entries,
	}
}

func mustApply(t testing.TB, s *Store, delta store.ListDelta) store.List {
	t.Helper()
	l, err := s.ApplyList(context.Background(), delta, by(store.ListSync))
	if err != nil {
		t.Fatalf("ApplyList(%q): %v", delta.List.Name, err)
	}
	return l
}

// values returns the sorted values of the list.
func values(t testing.TB, s *Store, list string) []string {
	t.Helper()
	var found []string
	for e, err := range s.ListEntries(context.Background(), list) {
		if err != nil {
			t.Fatalf("ListEntries(%q): %v", list, err)
		}
		found = append(found, e.Value)
	}
	slices.Sort(found)
	return found
}

func valuesOf(entries []store.Entry) []string {
	var all []string
	for _, e := range entries {
		all = append(all, e.Value)
	}
	slices.Sort(all)
	return all
}

// newAccount returns an account that has those addresses.
func newAccount(handle string, addresses ...string) store.Account {
	a := store.Account{
		ID: uuid.Must(uuid.NewV7()), Handle: handle, HandleFold: handle, HandleKeys: []string{handle},
		JoinedAt: at, CreatedAt: at, CreatedBy: "alice", UpdatedAt: at,
	}
	for _, address := range addresses {
		a.Emails = append(a.Emails, store.AccountEmail{
			ID: uuid.Must(uuid.NewV7()), Address: address, Mailbox: address, CreatedAt: at,
		})
	}
	return a
}

func mustAccount(t testing.TB, s *Store, a store.Account) store.Account {
	t.Helper()
	created, err := s.CreateAccount(context.Background(), a, by(store.AccountCreate))
	if err != nil {
		t.Fatalf("CreateAccount(%q): %v", a.Handle, err)
	}
	return created
}

func mustUpdateAccount(t testing.TB, s *Store, w store.AccountWrite) store.AccountWritten {
	t.Helper()
	written, err := s.UpdateAccount(context.Background(), w, by(store.AccountUpdate))
	if err != nil {
		t.Fatalf("UpdateAccount(%q): %v", w.Account.Handle, err)
	}
	return written
}

// newSession returns a session of the account whose hash begins with the number.
func newSession(a store.Account, number byte) store.Credential {
	return store.Credential{
		ID: uuid.Must(uuid.NewV7()), Kind: store.Session, Account: a.ID, Hash: store.SecretHash{number},
		Family: uuid.Must(uuid.NewV7()), CreatedAt: at,
	}
}

func mustSession(t testing.TB, s *Store, a store.Account, number byte) store.Credential {
	t.Helper()
	c, err := s.CreateSession(context.Background(), newSession(a, number), a.Version)
	if err != nil {
		t.Fatalf("CreateSession for %q: %v", a.Handle, err)
	}
	return c
}

func newAlias(owner store.Account, local, domain, destination string) store.MailAlias {
	return store.MailAlias{
		ID: uuid.Must(uuid.NewV7()), Local: local, LocalKey: local, Domain: domain,
		Destination: destination, Mailbox: destination, Owner: owner.ID, Active: true, CreatedAt: at, UpdatedAt: at,
	}
}

func mustAlias(t testing.TB, s *Store, a store.MailAlias) store.MailAlias {
	t.Helper()
	created, err := s.CreateAlias(context.Background(), a, by(store.AliasCreate))
	if err != nil {
		t.Fatalf("CreateAlias(%q): %v", a.Address(), err)
	}
	return created
}

package account_test

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"example.com/ostraka/account"
	"example.com/ostraka/internal/sqlitetest"
	"example.com/ostraka/sqlitestore"
	"example.com/ostraka/store"
)

func openSQLite(t testing.TB) store.Store {
	t.Helper()
	st, err := sqlitestore.Open(context.Background(), sqlitetest.File(t), sqlitestore.Options{Synchronous: sqlitestore.SyncNormal})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	return st
}

// Noting that a session or token was used is no reason to keep its owner waiting.
func TestWhoHasATokenDoesNotWaitForWriters(t *testing.T) {
	ctx := context.Background()
	path := sqlitetest.File(t)
	st, err := sqlitestore.Open(ctx, path, sqlitestore.Options{BusyTimeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	h := newHouse(t, st)
	a, err := h.admin.Create(as("root"), account.CreateOptions{Handle: "alice"})
	if err != nil {
		t.Fatal(err)
	}
	token, err := h.auth.CreateToken(as("root"), a.ID, account.TokenOptions{Name: "t", Scopes: []string{"admin:read"}})
	if err != nil {
		t.Fatal(err)
	}
	session, err := h.auth.StartSession(ctx, a)
	if err != nil {
		t.Fatal(err)
	}
	other, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	other.SetMaxOpenConns(1)
	if _, err := other.Exec("BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	h.clock.advance(time.Hour) // so that the use is worth a note
	began := time.Now()
	if _, err := h.auth.Token(ctx, token.Secret); err != nil {
		t.Error(err)
	}
	if _, err := h.auth.Session(ctx, session.Secret); err != nil {
		t.Error(err)
	}
	if d := time.Since(began); d > 20*time.Second { // of the minute that a write waits
		t.Errorf("they waited %v", d)
	}
	if _, err := other.Exec("ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	if got, err := h.auth.Token(ctx, token.Secret); err != nil || got.Credential.LastUsedAt.IsZero() {
		t.Errorf("%+v, %v: the next use is not noted", got.Credential, err)
	}
}

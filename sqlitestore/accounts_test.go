package sqlitestore

import (
	"context"
	"reflect"
	"testing"

	"example.com/ostraka/store"
)

// A failed write leaves the aliases that its bans had turned off before.
func TestFailedSuspensionTurnsNothingOff(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := openTemp(t)
	a := mustAccount(t, s, newAccount("ann", "ann@a.example"))
	session := mustSession(t, s, a, 1)
	alias := mustAlias(t, s, newAlias(a, "shop", "alias.example", "ann@a.example"))
	taken := mustCreate(t, s, "b.example")
	a, err := s.Account(ctx, a.ID)
	if err != nil {
		t.Fatal(err)
	}
	last, _ := s.LastChange(ctx)

	write := store.AccountWrite{Account: a, RevokeCredentials: true, DisableAliases: true}
	write.Account.SuspendedAt = at
	bad := domainBan("c.example")
	bad.ID = taken.ID
	for _, ban := range []store.Ban{domainBan("a.example"), bad} {
		selector := store.Selector{Key: ban.Key()}
		write.CreateBans = append(write.CreateBans, store.BanDisabling{Ban: ban, Disable: &selector})
	}
	if _, err := s.UpdateAccount(ctx, write, by(store.AccountSuspend)); err == nil {
		t.Fatal("a ban with an ID that is taken was made")
	}
	gotSession, gotAccount, err := s.CredentialByHash(ctx, session.Hash)
	if err != nil || !reflect.DeepEqual(gotSession, session) || !reflect.DeepEqual(gotAccount, a) {
		t.Errorf("the session is %+v of %+v, %v", gotSession, gotAccount, err)
	}
	if got, err := s.Alias(ctx, alias.ID); err != nil || got != alias {
		t.Errorf("the alias is %+v, %v", got, err)
	}
	if n := mustCount(t, s); n != 1 {
		t.Errorf("there are %d bans", n)
	}
	if now, err := s.LastChange(ctx); now != last || err != nil {
		t.Errorf("%d changes were logged, %v", now-last, err)
	}
	mustCheck(t, s)
}

// A database of a host may have foreign_keys off, or on.
func TestDeletedAccountLeavesNoRows(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for _, setting := range []string{"PRAGMA foreign_keys = 0", "PRAGMA foreign_keys = 1"} {
		t.Run(setting, func(t *testing.T) {
			db := memoryDB(t)
			mustExec(t, db, setting)
			s, err := New(ctx, db)
			if err != nil {
				t.Fatal(err)
			}
			a := mustAccount(t, s, newAccount("ann", "ann@a.example"))
			mustAccount(t, s, newAccount("bob", "bob@a.example"))
			mustSession(t, s, a, 1)
			if _, err := s.DeleteAccount(ctx, a.ID, by(store.AccountDelete)); err != nil {
				t.Fatal(err)
			}
			for _, table := range []string{"ostraka_accounts", "ostraka_handle_keys", "ostraka_account_emails", "ostraka_credentials"} {
				want := int64(1) // of Bob
				if table == "ostraka_credentials" {
					want = 0
				}
				var n int64
				if err := s.readDB.QueryRow(`SELECT count(*) FROM ` + table).Scan(&n); n != want || err != nil {
					t.Errorf("%s has %d rows, %v; want %d", table, n, err, want)
				}
			}
			mustCheck(t, s)
			if again := mustAccount(t, s, newAccount("ann", "ann@a.example")); again.Seq != 3 {
				t.Errorf("Seq %d was used before", again.Seq)
			}
		})
	}
}

package sqlitestore

import (
	"context"
	"errors"
	"testing"

	"example.com/ostraka/store"
)

// What somebody else wrote into the file is neither passed on nor passed over.
func TestAColumnThatNoStoreWritesIsErrCorrupt(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := openTemp(t)
	b := mustCreate(t, s, "a.example")
	mustBlock(t, s, "b.example")
	list := mustApply(t, s, newList("list", domainEntry("c.example")))
	acc := mustAccount(t, s, newAccount("ann", "ann@one.example"))
	session := mustSession(t, s, acc, 1)
	alias := mustAlias(t, s, newAlias(acc, "shop", "alias.example", "ann@one.example"))
	if err := s.AddHits(ctx, []store.Hit{{RuleID: b.ID, Key: b.Key(), Day: store.Day(at), Uses: 1, Last: at}}); err != nil {
		t.Fatal(err)
	}
	sub := store.Subscription{List: "list", URL: "https://a.example", CreatedAt: at, UpdatedAt: at}
	if _, err := s.PutSubscription(ctx, sub, by(store.SubscriptionPut)); err != nil {
		t.Fatal(err)
	}
	read := map[string]func() error{
		"Ban":      func() error { _, err := s.Ban(ctx, b.ID); return err },
		"BanBySeq": func() error { _, err := s.BanBySeq(ctx, b.Seq); return err },
		"ListBans": func() error { _, err := s.ListBans(ctx, store.BanFilter{}, store.Page{}); return err },
		"RankBans": func() error {
			_, err := s.RankBans(ctx, store.BanFilter{}, store.ByHits, store.BanRank{}, 0)
			return err
		},
		"Lookup": func() error { _, err := s.Lookup(ctx, []store.Key{b.Key()}); return err },
		"Scan": func() (err error) {
			for _, err = range s.Scan(ctx, 0) {
			}
			return err
		},
		"HitHistory": func() error { _, err := s.HitHistory(ctx, b.ID, at, at); return err },
		"TopHits":    func() error { _, err := s.TopHits(ctx, at, at, 0); return err },
		"ListBlocks": func() error {
			_, err := s.ListBlocks(ctx, store.BlockFilter{}, store.BlocksBySeq, store.Page{})
			return err
		},
		"Lists": func() error { _, err := s.Lists(ctx); return err },
		"ListEntries": func() (err error) {
			for _, err = range s.ListEntries(ctx, list.Name) {
			}
			return err
		},
		"Account":      func() error { _, err := s.Account(ctx, acc.ID); return err },
		"ListAccounts": func() error { _, err := s.ListAccounts(ctx, store.AccountFilter{}, store.Page{}); return err },
		"a login":      func() error { _, _, err := s.CredentialByHash(ctx, session.Hash); return err },
		"Credentials":  func() error { _, err := s.ListCredentials(ctx, store.CredentialFilter{}, store.Page{}); return err },
		"Alias":        func() error { _, err := s.Alias(ctx, alias.ID); return err },
		"ListAliases":  func() error { _, err := s.ListAliases(ctx, store.AliasFilter{}, store.Page{}); return err },
		"Subscription": func() error { _, err := s.Subscription(ctx, "list"); return err },
		"all of them":  func() error { _, err := s.Subscriptions(ctx); return err },
		"Changes":      func() error { _, err := s.Changes(ctx, 0, 0); return err },
	}
	update := func() error {
		_, err := s.UpdateAccount(ctx, store.AccountWrite{Account: acc}, by(store.AccountUpdate))
		return err
	}
	for what, do := range read {
		if err := do(); err != nil {
			t.Fatalf("before anything is damaged: %s: %v", what, err)
		}
	}
	for _, tt := range []struct {
		table, damage string
		reads         []string
	}{
		{"bans", "id = x'00'", []string{"BanBySeq", "ListBans", "RankBans"}},
		{"bans", "effect = 999", []string{"Ban", "ListBans", "RankBans"}},
		{"rules", "id = x'00'", []string{"Lookup", "Scan", "ListEntries"}},
		{"hits", "clients = x'ff'", []string{"HitHistory"}},
		{"blocks", "id = x'00'", []string{"ListBlocks"}},
		{"lists", "id = x'00'", []string{"Lists"}},
		{"accounts", "links = '{'", []string{"Account", "ListAccounts", "a login"}},
		{"accounts", "roles = '[{\"id\": 7}]'", []string{"Account", "ListAccounts", "a login"}},
		{"account_emails", "id = x'00'", []string{"Account", "ListAccounts"}},
		{"credentials", "scopes = '{}'", []string{"a login", "Credentials"}},
		{"credentials", "hash = x'00'", []string{"Credentials"}},
		{"aliases", "disabled_ban = x'00'", []string{"Alias", "ListAliases"}},
		{"subscriptions", "state = '[]'", []string{"Subscription", "all of them"}},
		{"subscriptions", "settings = '7'", []string{"Subscription", "all of them"}},
		{"changes", "keys = '{}'", []string{"Changes"}},
	} {
		table := tablePrefix + tt.table
		t.Run(tt.table+" with "+tt.damage, func(t *testing.T) {
			mustExec(t, s.writeDB, `CREATE TEMP TABLE kept AS SELECT * FROM `+table)
			mustExec(t, s.writeDB, `PRAGMA foreign_keys = 0; PRAGMA ignore_check_constraints = 1; UPDATE `+table+` SET `+tt.damage+``)
			for _, what := range tt.reads {
				if err := read[what](); !errors.Is(err, ErrCorrupt) {
					t.Errorf("%s: %v, want ErrCorrupt", what, err)
				}
			}
			if tt.table == "accounts" {
				if err := update(); !errors.Is(err, ErrCorrupt) {
					t.Errorf("a write to it: %v, want ErrCorrupt", err)
				}
			}
			mustExec(t, s.writeDB, `DELETE FROM `+table+`; INSERT INTO `+table+` SELECT * FROM kept; DROP TABLE kept`)
			for what, do := range read {
				if err := do(); err != nil {
					t.Errorf("mended again: %s: %v", what, err)
				}
			}
		})
	}
}

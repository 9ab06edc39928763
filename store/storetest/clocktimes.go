package storetest

import (
	"time"

	"example.com/ostraka/store"
)

// clockTimes are times as clocks give them, which are finer than what stores keep.
var clockTimes = map[string]time.Time{
	"of nanoseconds":        time.Date(2026, 3, 29, 1, 0, 0, 1, time.UTC),
	"just before a second":  time.Date(2026, 3, 29, 1, 0, 0, 999_999_999, time.UTC),
	"in another time zone":  time.Date(2026, 3, 29, 1, 0, 0, 0, time.FixedZone("", 3600)),
	"before the Unix epoch": time.Date(1969, 12, 31, 23, 59, 59, 1, time.UTC),
}

var clockTimeClauses = []clause{
	{"What a creation returns is what is read, whatever the clock",
		"A creation returns what reads return from then on, also of times in another zone or finer than a store keeps.",
		func(t reporter, s store.Store) {
			for name, at := range clockTimes {
				b := domainBan("a.example " + name)
				b.CreatedAt, b.UpdatedAt, b.ExpiresAt, b.RevokedAt = at, at, at, at
				b = create(t, s, b)
				wantSame(t, "a ban of a time "+name, read(t, s, b.ID), b)

				block := newBlock("a.example " + name)
				block.CreatedAt = at
				wantBlock(t, s, createBlock(t, s, block))

				a := newAccount("a " + name)
				a.JoinedAt, a.CreatedAt, a.UpdatedAt, a.SuspendedAt = at, at, at, at
				a.Emails[0].CreatedAt, a.Emails[0].VerifiedAt = at, at
				a = createAccount(t, s, a)
				wantAccount(t, s, a)
				a.SuspendedAt = time.Time{}
				a = updateAccount(t, s, a)
				wantAccount(t, s, a)

				alias := newAlias("a "+name, a)
				alias.CreatedAt, alias.UpdatedAt = at, at
				wantAlias(t, s, createAlias(t, s, alias))

				session := newSession(a)
				session.CreatedAt, session.ExpiresAt, session.LastUsedAt, session.RevokedAt = at, at, at, at
				session.IdleTimeout = time.Hour + time.Nanosecond
				session = createSession(t, s, session, a.Version)
				got, _ := credentialByHash(t, s, session.Hash)
				wantSame(t, "a session of a time "+name, got, session)
			}
		}},
	{"A time that the log cannot say is refused",
		"A record with a time beyond the year 9999, which the log has no text for, is an error, and nothing is written.",
		func(t reporter, s store.Store) {
			r := callRecords(t, s)
			late := time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)
			ban, block, account, alias := domainBan("late.example"), newBlock("late.example"), newAccount("late"), newAlias("late", r.account)
			ban.CreatedAt, block.CreatedAt, account.CreatedAt, alias.CreatedAt = late, late, late, late
			changedBan, changedAccount, changedAlias := r.ban, r.account, r.alias
			changedBan.ExpiresAt, changedAccount.JoinedAt, changedAlias.UpdatedAt = late, late, late
			verify, last := unchanged(t, s), lastChange(t, s)
			for method, do := range map[string]func() error{
				"CreateBan":     func() error { return failed(s.CreateBan(t.Context(), ban, change(store.BanCreate))) },
				"UpdateBan":     func() error { return failed(s.UpdateBan(t.Context(), changedBan, change(store.BanUpdate))) },
				"CreateBlock":   func() error { return failed(s.CreateBlock(t.Context(), block, change(store.BlockCreate))) },
				"CreateAccount": func() error { return failed(s.CreateAccount(t.Context(), account, change(store.AccountCreate))) },
				"UpdateAccount": func() error {
					return failed(s.UpdateAccount(t.Context(), store.AccountWrite{Account: changedAccount}, change(store.AccountUpdate)))
				},
				"CreateAlias": func() error { return failed(s.CreateAlias(t.Context(), alias, change(store.AliasCreate))) },
				"UpdateAlias": func() error { return failed(s.UpdateAlias(t.Context(), changedAlias, change(store.AliasUpdate))) },
			} {
				if do() == nil {
					t.Errorf("%s with the time %v: no error", method, late)
				}
				verify(method + " with a time that the log cannot say")
				if now := lastChange(t, s); now != last {
					t.Errorf("%s with a time that the log cannot say has logged something", method)
				}
			}
			wantAccount(t, s, r.account)
			wantAlias(t, s, r.alias)
		}},
}

func failed[R any](_ R, err error) error { return err }

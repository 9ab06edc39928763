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
				wantAccount(t, s, updateAccount(t, s, a))

				alias := newAlias("a "+name, a)
				alias.CreatedAt, alias.UpdatedAt = at, at
				wantAlias(t, s, createAlias(t, s, alias))
			}
		}},
}

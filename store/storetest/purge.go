package storetest

import (
	"fmt"
	"time"

	"example.com/ostraka/store"
)

var purgeClauses = []clause{
	{"PurgeBans removes bans that are long over",
		"PurgeBans removes the bans that were revoked, or had expired, before that time, and says how many; others stay as they are, those revoked or expired at that very time included.",
		purgeRemoves},
	{"PurgeBans removes the hits of bans",
		"What PurgeBans removes goes with its hits.",
		func(t reporter, s store.Store) {
			gone, keep := create(t, s, expired(domainBan("a.example"))), create(t, s, domainBan("b.example"))
			addHits(t, s, hit(gone, 2, noon, clients(1)), hit(keep, 3, noon, nil))
			wantPurged(t, s, after(time.Minute), 1)
			again := create(t, s, gone)
			wantTotal(t, s, again, 0, time.Time{})
			wantHistory(t, s, again)
			wantHistory(t, s, keep, store.DayHits{Day: today, Uses: 3})
		}},
	{"PurgeBans logs one change with the keys of rules that went",
		"PurgeBans logs one change with the caller's At, Actor and Action, the count purged, and the keys of the rules that went with the bans, each once.",
		purgeLogs},
	{"A purge names at most MaxChangeKeys keys",
		"A purge is Bulk, without Keys, if the keys of the rules that went are more than MaxChangeKeys.",
		func(t reporter, s store.Store) {
			for _, n := range []int{store.MaxChangeKeys, store.MaxChangeKeys + 1} {
				bans := domainBans(n)
				for i := range bans {
					bans[i] = expired(bans[i])
				}
				createMany(t, s, bans)
				last := lastChange(t, s)
				wantPurged(t, s, after(time.Microsecond), int64(n))
				log := changes(t, s, last)
				if len(log) != 1 {
					t.Fatalf("PurgeBans logged %d changes, want 1", len(log))
				}
				if bulk := n > store.MaxChangeKeys; log[0].Bulk != bulk || !bulk && len(log[0].Keys) != n || bulk && len(log[0].Keys) != 0 {
					t.Errorf("a purge of %d rules names %d keys, Bulk %v", n, len(log[0].Keys), log[0].Bulk)
				}
			}
		}},
	{"PurgeBans that removes nothing logs nothing",
		"If nothing is removed, nothing is logged.",
		func(t reporter, s store.Store) {
			wantPurged(t, s, after(1000*day), 0)
			create(t, s, domainBan("a.example"))
			forEver := domainBan("b.example")
			forEver.ExpiresAt = time.Time{}
			create(t, s, forEver)
			verify := unchanged(t, s)
			wantPurged(t, s, noon, 0)
			wantPurged(t, s, time.Time{}, 0)
			verify("PurgeBans of nothing")
		}},
}

func wantPurged(t reporter, s store.Store, before time.Time, want int64) {
	t.Helper()
	if n, err := s.PurgeBans(t.Context(), before, change(store.BanPurge)); err != nil || n != want {
		t.Errorf("PurgeBans before %v = %d, %v; want %d", before, n, err, want)
	}
}

func purgeRemoves(t reporter, s store.Store) {
	limit := after(10 * time.Minute)
	var keep, gone []store.Ban
	for i, d := range []time.Duration{-time.Hour, -time.Microsecond, 0, time.Microsecond, time.Hour} {
		late, off, both := domainBan(fmt.Sprint("late ", i)), revoked(domainBan(fmt.Sprint("off ", i))), revoked(domainBan(fmt.Sprint("both ", i)))
		late.ExpiresAt, off.RevokedAt = limit.Add(d), limit.Add(d)
		off.ExpiresAt = time.Time{}
		both.ExpiresAt, both.RevokedAt = limit.Add(d), limit.Add(time.Hour) // revoked after the fact
		to := &keep
		if d < 0 {
			to = &gone
		}
		*to = append(*to, create(t, s, late), create(t, s, off), create(t, s, both))
	}
	forEver := domainBan("for ever")
	forEver.ExpiresAt = time.Time{}
	keep = append(keep, create(t, s, forEver))
	block := createBlock(t, s, newBlock("late 0"))
	retired := create(t, s, expired(domainBan("for ever")))
	create(t, s, expired(domainBan("for ever")))
	gone = append(gone, retired, latest(t, s))

	wantPurged(t, s, limit, int64(len(gone)))
	wantPurged(t, s, limit, 0)
	for _, b := range keep {
		wantFound(t, s, b)
		if b.RevokedAt.IsZero() {
			wantRules(t, "Lookup of a ban that stays", lookup(t, s, b.Key()), b)
		}
	}
	for _, b := range gone {
		_, err := s.Ban(t.Context(), b.ID)
		wantError(t, "Ban of what was purged", err, store.ErrNotFound)
	}
	if n := len(allBans(t, s)); n != len(keep) {
		t.Errorf("there are %d bans, want %d", n, len(keep))
	}
	wantBlock(t, s, block)
	wantPurged(t, s, after(1000*day), int64(len(keep)-1))
	wantJustRules(t, "Scan after all but one were purged", scan(t, s, 0), forEver.Rule(), block.Rule())
	again := create(t, s, gone[0])
	if last := keep[len(keep)-1]; again.Seq <= last.Seq {
		t.Errorf("Seq %d was given after a purge, not above %d", again.Seq, last.Seq)
	}
}

func purgeLogs(t reporter, s store.Store) {
	create(t, s, expired(withKey(domainBan("a.example"), "one")))
	create(t, s, expired(withKey(domainBan("=a.example"), "one")))
	create(t, s, expired(withKey(newBan(store.KindName, "b"), "two")))
	create(t, s, domainBan("stays.example"))
	gone := revoked(withKey(domainBan("c.example"), "none"))
	gone.RevokedAt = noon
	create(t, s, gone)
	last := lastChange(t, s)
	given := store.Change{At: after(day), Actor: "ἀριστείδης", Action: store.BanPurge, Bulk: true, Target: gone.ID}
	if n, err := s.PurgeBans(t.Context(), after(time.Microsecond), given); err != nil || n != 4 {
		t.Errorf("PurgeBans = %d, %v; want 4", n, err)
	}
	wantChange[store.Block](t, s, last, store.Change{
		At: given.At, Actor: given.Actor, Action: given.Action,
		Keys:   []store.Key{{Kind: store.KindDomain, Text: "one"}, {Kind: store.KindName, Text: "two"}},
		Counts: map[string]int64{"purged": 4},
	}, nil, nil)
}

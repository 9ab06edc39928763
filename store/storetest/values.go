package storetest

import (
	"fmt"
	"strings"
	"time"

	"example.com/ostraka/store"
)

var valueClauses = []clause{
	{"Values and keys are bytes",
		"A backend compares and stores values and keys byte for byte and never folds, trims or parses them.",
		valuesAreBytes},
	{"Contains is a substring byte for byte",
		"BanFilter.Contains selects values with this substring, byte for byte; no character in it is special.",
		containsIsBytes},
	{"Texts come back as given",
		"Every text field comes back as it was given, whatever is in it.",
		func(t reporter, s store.Store) {
			b := domainBan("a.example")
			b.Reason = strings.Repeat("ß", 255)
			b.PublicReason = " 'quoted' \"text\"; -- \n\t<b>&amp; \u2028 🦉 %s ? :x $1 "
			b.CreatedBy = "ἀλκιβιάδης"
			createAsGiven(t, s, b)
			b.ID, b.Value = domainBan("").ID, "b.example"
			b.Reason, b.PublicReason, b.CreatedBy = "", "", ""
			createAsGiven(t, s, b)
		}},
	{"Times come back equal, in UTC",
		"Times are UTC and whole microseconds, and come back equal; the zero time means none and comes back zero.",
		timesComeBack},
	{"Kinds, effects, scopes and shadow come back as given",
		"Every kind, effect and scope comes back as it was given.",
		func(t reporter, s store.Store) {
			var bans []store.Ban
			for _, k := range store.Kinds() {
				for _, e := range []store.Effect{store.Deny, store.Review, store.Allow} {
					for scope := store.Scope(0); scope.Valid(); scope++ {
						b := newBan(k, fmt.Sprintf("%s-%d", e, scope))
						b.Effect, b.Scope, b.Shadow = e, scope, scope%2 == 0
						bans = append(bans, b)
					}
				}
			}
			createMany(t, s, bans)
			wantRules(t, "Scan", scan(t, s, 0), bans...)
			for i, b := range list(t, s, store.BanFilter{}, store.Page{Limit: store.MaxPageLimit, OldestFirst: true}) {
				bans[i].Seq, bans[i].Version = b.Seq, b.Version
				wantSame(t, "what ListBans returns of "+bans[i].Value, b, bans[i])
			}
		}},
}

// createAsGiven creates a ban and wants it back just so, save for its numbers.
func createAsGiven(t reporter, s store.Store, b store.Ban) store.Ban {
	t.Helper()
	got := create(t, s, b)
	b.Seq, b.Version = got.Seq, got.Version
	wantSame(t, fmt.Sprintf("the ban of %q that CreateBan returned", b.Value), got, b)
	wantFound(t, s, got)
	return got
}

// trickyTimes are times that a backend which counts in other units mixes up.
var trickyTimes = map[string]time.Time{
	"none":                     {},
	"the Unix epoch":           time.Unix(0, 0).UTC(),
	"a microsecond before it":  time.Unix(0, -1000).UTC(),
	"a microsecond":            time.Date(2026, 3, 29, 1, 0, 0, 1000, time.UTC),
	"the last of a second":     time.Date(2026, 12, 31, 23, 59, 59, 999999000, time.UTC),
	"past 64 bit nanoseconds":  time.Date(2262, 4, 12, 0, 0, 0, 0, time.UTC),
	"before those":             time.Date(1600, 2, 29, 12, 0, 0, 0, time.UTC),
	"the end of the year 9999": time.Date(9999, 12, 31, 23, 59, 59, 999999000, time.UTC),
	"just not zero":            time.Time{}.Add(time.Microsecond),
}

// tricky are texts that a backend which does more than compare bytes mixes up.
var tricky = []string{
	"straße", "STRASSE", "strasse", "Strasse", " strasse", "strasse ", "strasse\u00a0",
	"caf\u00e9", "cafe\u0301", "cafe", // composed, decomposed, without
	"a%b", "axb", "a_b", "axxb", "a*b", "a?b", "a[x]b", `a\%b`, `a\b`, `a\\b`,
	"it's", "it''s", `say "hi"`, "a;--b", "a\nb", "a\tb", "a b",
	"🦉", "🦉🦉", "\u200b", "i", "I", "ı", "İ", "0", "00", "0.0", "1e3", "1000", "null", "NULL", "true",
	strings.Repeat("long", 200),
}

func valuesAreBytes(t reporter, s store.Store) {
	var bans []store.Ban
	for _, v := range tricky {
		bans = append(bans, withKey(domainBan(v), v))
	}
	createMany(t, s, bans) // none is taken for another
	for _, b := range bans {
		wantRules(t, fmt.Sprintf("Lookup of %q", b.KeyText), lookup(t, s, b.Key()), b)
	}
	again := domainBan(tricky[0])
	_, err := s.CreateBan(t.Context(), again, change(store.BanCreate))
	wantError(t, "CreateBan of the same bytes", err, store.ErrExists)
}

func containsIsBytes(t reporter, s store.Store) {
	var bans []store.Ban
	for _, v := range tricky {
		bans = append(bans, domainBan(v))
	}
	createMany(t, s, bans)
	for _, sub := range append([]string{"%", "_", "*", "?", "[", `\`, "'", `"`, "\u0301", "\xc3", " ", "ASS", "ass", "E", "e", "0"}, tricky...) {
		filter := store.BanFilter{Contains: sub}
		var want []string
		for _, v := range tricky {
			if strings.Contains(v, sub) {
				want = append(want, v)
			}
		}
		var got []string
		for _, b := range list(t, s, filter, store.Page{OldestFirst: true, Limit: store.MaxPageLimit}) {
			got = append(got, b.Value)
		}
		if !equalSlices(got, want) {
			t.Errorf("ListBans with Contains %q = %q, want %q", sub, got, want)
		}
		if n, err := s.CountBans(t.Context(), filter); err != nil || n != int64(len(want)) {
			t.Errorf("CountBans with Contains %q = %d, %v; want %d", sub, n, err, len(want))
		}
	}
}

func timesComeBack(t reporter, s store.Store) {
	for name, at := range trickyTimes {
		b := domainBan("a.example " + name)
		b.CreatedAt, b.UpdatedAt, b.ExpiresAt, b.RevokedAt = at, at, at, at
		b = createAsGiven(t, s, b)

		rule := domainBan("b.example " + name)
		rule.ExpiresAt = at
		create(t, s, rule)
		wantRules(t, "Lookup of a rule that expires at "+name, lookup(t, s, rule.Key()), rule)

		b.Value, b.RevokedAt = "c.example "+name, time.Time{}
		got := update(t, s, b)
		b.Version++
		wantSame(t, "what UpdateBan returns of a ban whose times are "+name, got, b)
		wantFound(t, s, got)
		if at.Year() == 1 { // its day would be the zero time, which means none
			continue
		}
		addHits(t, s, store.Hit{RuleID: rule.ID, Day: store.Day(at), Uses: 1, Last: at})
		if last := read(t, s, rule.ID).LastHitAt; last != at {
			t.Errorf("LastHitAt = %v, want %v (%s)", last, at, name)
		}
		if h := history(t, s, rule.ID, at, at); len(h) != 1 || h[0].Day != store.Day(at) {
			t.Errorf("HitHistory of the day of %v = %v, want that day (%s)", at, h, name)
		}
		last := lastChange(t, s)
		if _, err := s.DeleteBan(t.Context(), b.ID, changeAt(store.BanDelete, at)); err != nil {
			t.Fatalf("DeleteBan: %v", err)
		}
		if c := changes(t, s, last); len(c) != 1 || c[0].At != at {
			t.Errorf("the change logged is %+v, want one At %v (%s)", c, at, name)
		}
	}
}

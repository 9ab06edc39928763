package ban_test

import (
	"path/filepath"
	"testing"
	"time"

	"example.com/ostraka/ban"
	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

// What can be said of a plain ban can be said of a hashed one, and does the same.
func TestHashedBansHaveAllThatPlainOnesHave(t *testing.T) {
	ring := ban.KeyRing{"k1": secret('a')}
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	ann := ban.Subject{Email: "A.Nn@gmail.com"}
	mail := ann
	mail.Action = ban.Mail
	for name, tc := range map[string]struct {
		beside []ban.CreateOptions
		o      ban.CreateOptions
		s      ban.Subject
		later  time.Duration
		want   ban.Verdict
		shadow int
	}{
		"denies":                           {s: ann, want: ban.Denied},
		"holds for review":                 {o: ban.CreateOptions{Effect: ban.Review}, s: ann, want: ban.NeedsReview},
		"ends":                             {o: ban.CreateOptions{ExpiresAt: now.Add(time.Hour)}, s: ann, later: time.Hour, want: ban.Allowed},
		"does not end before":              {o: ban.CreateOptions{ExpiresAt: now.Add(time.Hour)}, s: ann, later: time.Hour - time.Second, want: ban.Denied},
		"is in force where its scope says": {o: ban.CreateOptions{Scope: ban.ScopeOf(ban.Mail)}, s: mail, want: ban.Denied},
		"and nowhere else":                 {o: ban.CreateOptions{Scope: ban.ScopeOf(ban.Mail)}, s: ann, want: ban.Allowed},
		"as a shadow only says so":         {o: ban.CreateOptions{Shadow: true}, s: ann, want: ban.Allowed, shadow: 1},
		"lets in what a domain keeps out": {
			beside: []ban.CreateOptions{{Kind: ban.KindDomain, Value: "gmail.com", Force: true}},
			o:      ban.CreateOptions{Effect: ban.Allow}, s: ann, want: ban.Allowed,
		},
		"keeps out whom a domain lets in": {
			beside: []ban.CreateOptions{{Kind: ban.KindDomain, Value: "gmail.com", Effect: ban.Allow}},
			s:      ann, want: ban.Denied,
		},
	} {
		t.Run(name, func(t *testing.T) {
			now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
			eachWay(t, ban.CheckerOptions{Keys: ring, Now: clock}, func(t *testing.T, st store.Store, c *ban.Checker) {
				defer func(was time.Time) { now = was }(now)
				admin, err := ban.NewAdmin(st, ban.AdminOptions{Keys: ring, Actor: "alice", Now: clock})
				if err != nil {
					t.Fatal(err)
				}
				for _, o := range tc.beside {
					if _, err := admin.Create(t.Context(), o); err != nil {
						t.Fatal(err)
					}
				}
				o := tc.o
				o.Kind, o.Value, o.Hashed = ban.KindEmail, "ann@gmail.com", true
				b, err := admin.Create(t.Context(), o)
				if err != nil {
					t.Fatal(err)
				}
				now = now.Add(tc.later)
				for range 2 { // from the cache, too
					d, err := c.Check(t.Context(), tc.s)
					if err != nil || d.Verdict != tc.want || len(d.Shadows) != tc.shadow {
						t.Errorf("%v with %d shadows, %v; want %v with %d", d.Verdict, len(d.Shadows), err, tc.want, tc.shadow)
					}
					if tc.want == ban.Denied && d.Match.ID != b.ID {
						t.Errorf("%v decides, want the hashed ban", d.Match)
					}
				}
			})
		})
	}
}

// A ladder counts hashed bans of a value, and plain ones.
func TestALadderCountsHashedBans(t *testing.T) {
	ring := ban.KeyRing{"k1": secret('a')}
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	eachWay(t, ban.CheckerOptions{Keys: ring}, func(t *testing.T, st store.Store, _ *ban.Checker) {
		admin, err := ban.NewAdmin(st, ban.AdminOptions{Keys: ring, Actor: "alice", Now: func() time.Time { return now }})
		if err != nil {
			t.Fatal(err)
		}
		began := now
		for step, hashed := range []bool{true, true, false} {
			o := ban.CreateOptions{Kind: ban.KindEmail, Value: "ann@gmail.com", Hashed: hashed, Ladder: ban.Ladder{Steps: []time.Duration{time.Hour, 24 * time.Hour, 7 * 24 * time.Hour}}}
			b, err := admin.Create(t.Context(), o)
			if want := now.Add(o.Ladder.Steps[step]); err != nil || !b.ExpiresAt.Equal(want) {
				t.Errorf("ban %d ends %v, %v; want %v", step+1, b.ExpiresAt, err, want)
			}
			now = b.ExpiresAt.Add(time.Minute)
		}
		now = began
	})
}

// A ban that was read back by its text is the ban that it was, also where nobody has
// the address.
func TestAHashedBanIsReadBackByItsText(t *testing.T) {
	ring := ban.KeyRing{"k1": secret('a')}
	eachWay(t, ban.CheckerOptions{Keys: ring}, func(t *testing.T, st store.Store, c *ban.Checker) {
		admin := newHashAdmin(t, st, ring, "")
		first, err := admin.Create(t.Context(), ban.CreateOptions{Kind: ban.KindEmail, Value: "ann@gmail.com", Hashed: true, Label: "case 7"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := admin.Revoke(t.Context(), first.ID, ""); err != nil {
			t.Fatal(err)
		}
		again, err := admin.Create(t.Context(), ban.CreateOptions{Kind: first.Kind, Value: first.Value, Label: first.Label})
		if err != nil {
			t.Fatal(err)
		}
		if again.Value != first.Value || again.KeyText != first.KeyText || again.Label != first.Label || !again.Hashed() {
			t.Errorf("it is %+v, was %+v", again, first)
		}
		d, err := c.Check(t.Context(), ban.Subject{Email: "a.n.n@googlemail.com"})
		if err != nil || d.Verdict != ban.Denied || d.Match.ID != again.ID {
			t.Errorf("%v by %v, %v", d.Verdict, d.Match, err)
		}
	})
}

// Other tables make other keys of addresses, but not of hashes, of which nobody has the
// address: they stay, and match by them.
func TestRekeyLeavesHashedBansAsTheyAre(t *testing.T) {
	ring := ban.KeyRing{"k1": secret('a')}
	for name, open := range map[string]func(*testing.T) store.Store{
		"memory": func(*testing.T) store.Store { return memstore.New() },
		"SQLite": func(t *testing.T) store.Store { return openFile(t, filepath.Join(t.TempDir(), "bans.db")) },
	} {
		t.Run(name, func(t *testing.T) {
			st := open(t)
			admin := newHashAdmin(t, st, ring, "")
			var before []ban.Ban
			for _, o := range []ban.CreateOptions{
				{Kind: ban.KindEmail, Value: "ann@corp.example", Hashed: true, Label: "case 7"},
				{Kind: ban.KindName, Value: "bob", Hashed: true},
				{Kind: ban.KindEmail, Value: "p_lain@corp.test"},
			} {
				b, err := admin.Create(t.Context(), o)
				if err != nil {
					t.Fatal(err)
				}
				before = append(before, b)
			}
			if r := rekey(t, st, ban.RekeyOptions{}); r.Moved != 1 || r.Hashed != 2 {
				t.Errorf("%+v, want the plain ban alone moved, and the others counted", r)
			}
			for _, b := range before[:2] {
				if after, err := admin.Get(t.Context(), b.ID); err != nil || after.Value != b.Value || after.KeyText != b.KeyText || after.Label != b.Label {
					t.Errorf("%+v, %v; was %+v", after, err, b)
				}
			}
			for _, mirror := range []bool{false, true} {
				c := newChecker(t, st, ban.CheckerOptions{Keys: ring, Tables: ownTables, Mirror: mirror, PollInterval: -1})
				for _, s := range []ban.Subject{{Email: "ann@corp.example"}, {Name: "bоb"}, {Email: "plain@corp.example"}} { // its о is Cyrillic
					if d, err := c.Check(t.Context(), s); err != nil || d.Verdict != ban.Denied {
						t.Errorf("%+v, mirror %t: %v, %v", s, mirror, d.Verdict, err)
					}
				}
			}
		})
	}
}

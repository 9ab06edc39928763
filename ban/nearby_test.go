package ban_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"example.com/ostraka/ban"
	"example.com/ostraka/ban/value"
	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

// texts returns the values of a sample, with a mark for those called redundant.
func texts(o ban.Overlaps) (all []string) {
	for _, x := range o.Sample {
		text := fmt.Sprint(x.Rule.Key.Kind, ":", x.Rule.Value)
		if x.Redundant {
			text += "!"
		}
		all = append(all, text)
	}
	return all
}

// TestPreviewOfMoreRulesThanItReads compares a Preview that looks for rules by their
// keys with one that reads all of them.
func TestPreviewOfMoreRulesThanItReads(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &world{t: t, st: memstore.New(), now: noon}
		defer w.st.Close()
		o := ban.AdminOptions{Now: w.clock, Tables: ownTables}
		var err error
		if w.admin, err = ban.NewAdmin(w.st, o); err != nil {
			t.Fatal(err)
		}
		o.PreviewRules = 1
		few, err := ban.NewAdmin(w.st, o)
		if err != nil {
			t.Fatal(err)
		}
		group := rapid.SampledFrom([][]ban.Kind{{ban.KindEmail, ban.KindDomain}, {ban.KindIP}, {ban.KindName}}).Draw(t, "kinds")
		options := func() ban.CreateOptions {
			o := w.options()
			o.Kind = rapid.SampledFrom(group).Draw(t, "kind of these")
			o.Value = rapid.SampledFrom(previewRules[o.Kind]).Draw(t, "value of these")
			return o
		}
		all := make([]ban.CreateOptions, rapid.IntRange(2, 10).Draw(t, "rules"))
		exceptions := 0 // of which it reads no more either
		for i := range all {
			if all[i] = options(); all[i].Effect != ban.Deny {
				exceptions++
			}
		}
		if _, err := w.admin.CreateMany(as("test"), all); err != nil {
			t.Fatal(err)
		}
		planned := options()
		want, err := w.admin.Preview(context.Background(), planned)
		if err != nil {
			t.Fatal(err)
		}
		got, err := few.Preview(context.Background(), planned)
		if err != nil {
			t.Fatal(err)
		}
		if want.Partial {
			t.Fatal("a Preview of few rules is partial")
		}
		if !got.Partial { // most rules were of the same value, and only the first is in force
			return
		}
		if w, g := texts(want.Wider), texts(got.Wider); !slices.Equal(w, g) || got.Wider.Count != want.Wider.Count {
			t.Errorf("%s %q: wider are %v, want %v", planned.Kind, planned.Value, g, w)
		}
		if got.Redundant && !want.Redundant {
			t.Errorf("%s %q: redundant, which it is not", planned.Kind, planned.Value)
		}
		if planned.Effect == ban.Deny && exceptions <= 1 && got.Redundant != want.Redundant {
			t.Errorf("%s %q: redundant: %v", planned.Kind, planned.Value, got.Redundant)
		}
		there := texts(want.Narrower)
		for _, x := range got.Narrower.Sample {
			text := fmt.Sprint(x.Rule.Key.Kind, ":", x.Rule.Value)
			if !slices.Contains(there, text) && !slices.Contains(there, text+"!") || x.Redundant && !slices.Contains(there, text+"!") {
				t.Errorf("%s %q: %s is narrower, redundant %v; all are %v", planned.Kind, planned.Value, text, x.Redundant, there)
			}
		}
	})
}

// TestPreviewFindsNarrowerBansAmongMany: where it cannot read all rules.
func TestPreviewFindsNarrowerBansAmongMany(t *testing.T) {
	for _, tt := range []struct {
		rule, planned string
		there         []string
		narrower      []string
	}{
		{"below a domain, and addresses there", "domain:spam.example", []string{"domain:a.spam.example", "email:eve@b.spam.example", "domain:notspam.example", "domain:*.spam.example"},
			[]string{"email:eve@b.spam.example!", "domain:*.spam.example!", "domain:a.spam.example!"}},
		{"at a host alone", "domain:=spam.example", []string{"domain:a.spam.example", "email:eve@spam.example"}, []string{"email:eve@spam.example!"}},
		{"in a network of whole octets", "ip:203.0.113.0/24", []string{"ip:203.0.113.7", "ip:203.0.113.128/25", "ip:203.0.114.7", "ip:1.203.0.113"}, []string{"ip:203.0.113.128/25!", "ip:203.0.113.7!"}},
		{"in a network of some bits", "ip:203.0.112.0/20", []string{"ip:203.0.113.7", "ip:203.0.128.7"}, []string{"ip:203.0.113.7!"}},
		{"in a network of IPv6", "ip:2001:db8::/48", []string{"ip:2001:db8::7", "ip:2001:db8:0:5::/64", "ip:2001:db8:1::7"}, []string{"ip:2001:db8:0:5::/64!", "ip:2001:db8::7!"}},
		{"names and patterns that a pattern fits", "name:*admin*", []string{"name:sysadmin", "name:admin*", "name:bob"}, []string{"name:admin*!", "name:sysadmin!"}},
		{"addresses that a pattern fits", "email:spam*@mail.example", []string{"email:spam1@mail.example", "email:ham@mail.example", "email:spam1@other.example"}, []string{"email:spam1@mail.example!"}},
	} {
		t.Run(tt.rule, func(t *testing.T) {
			overEachStore(t, func(t *testing.T, d *desk) {
				for _, r := range tt.there {
					d.create(rule{value: r}.options())
				}
				few, err := ban.NewAdmin(d.st, ban.AdminOptions{Now: func() time.Time { return noon }, PreviewRules: 1})
				if err != nil {
					t.Fatal(err)
				}
				p, err := few.Preview(context.Background(), rule{value: tt.planned}.options())
				if err != nil {
					t.Fatal(err)
				}
				if got := texts(p.Narrower); !p.Partial || !slices.Equal(got, tt.narrower) {
					t.Errorf("partial %v, narrower %v, want %v", p.Partial, got, tt.narrower)
				}
			})
		})
	}
}

// A rule that is hashed under any key of the ring is found for the value of the ban, where
// it cannot read all rules: what it denies is not for a ban that holds for review.
func TestPreviewFindsHashedBansAmongMany(t *testing.T) {
	ring := ban.KeyRing{"old": secret('a'), "new": secret('b')}
	for _, tt := range []struct {
		rule, hashed string
		under        string
		planned      ban.CreateOptions
		decides      int64 // about how many accounts the planned ban does
	}{
		{"the mailbox is denied by a hash", "email:ann@gmail.com", "new", ban.CreateOptions{Kind: ban.KindEmail, Value: "ann@gmail.com"}, 0},
		{"and by one under an older key", "email:ann@gmail.com", "old", ban.CreateOptions{Kind: ban.KindEmail, Value: "ann@gmail.com"}, 0},
		{"a hash is of another mailbox", "email:bob@gmail.com", "new", ban.CreateOptions{Kind: ban.KindEmail, Value: "ann@gmail.com"}, 1},
		{"what looks like the name is denied by a hash", "name:bob", "old", ban.CreateOptions{Kind: ban.KindName, Value: "bоb"}, 0}, // its о is Cyrillic
		{"a hash is of another name", "name:tod", "new", ban.CreateOptions{Kind: ban.KindName, Value: "bоb"}, 1},
	} {
		t.Run(tt.rule, func(t *testing.T) {
			overEachStore(t, func(t *testing.T, d *desk) {
				_, err := d.st.CreateAccount(d.ctx, store.Account{
					ID: uuid.New(), Handle: "bob", HandleFold: "bob", HandleKeys: []string{"bob"}, CreatedAt: noon,
					Emails: []store.AccountEmail{{ID: uuid.New(), Address: "a.nn@gmail.com", Mailbox: "ann@gmail.com", CreatedAt: noon}},
				}, store.Change{Action: store.AccountCreate, At: noon, Actor: "alice", KeyTables: (*value.Tables)(nil).Version().String()})
				if err != nil {
					t.Fatal(err)
				}
				o := rule{value: tt.hashed}.options()
				o.Hashed = true
				if _, err := newHashAdmin(t, d.st, ring, tt.under).Create(d.ctx, o); err != nil {
					t.Fatal(err)
				}
				for _, other := range []string{"email:eve@spam.example", "name:mallory"} { // too many to be read
					d.create(rule{value: other}.options())
				}
				tt.planned.Effect = ban.Review
				for most, partial := range map[int]bool{100: false, 1: true} {
					admin, err := ban.NewAdmin(d.st, ban.AdminOptions{Keys: ring, HashKey: "new", PreviewRules: most})
					if err != nil {
						t.Fatal(err)
					}
					p, err := admin.Preview(d.ctx, tt.planned)
					if err != nil || p.Partial != partial || p.Affected.Accounts != tt.decides {
						t.Errorf("of at most %d rules: partial %v, affected %+v, %v; want %d", most, p.Partial, p.Affected, err, tt.decides)
					}
				}
			})
		})
	}
}

func TestPreviewRulesBelowZeroAreRefused(t *testing.T) {
	_, err := ban.NewAdmin(memstore.New(), ban.AdminOptions{PreviewRules: -1})
	wantValueError(t, err, "PreviewRules", ban.CodeRange)
}

package ban_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"testing"

	"example.com/ostraka/ban"
	"example.com/ostraka/internal/sqlitetest"
	"example.com/ostraka/memstore"
	"example.com/ostraka/sqlitestore"
	"example.com/ostraka/store"
)

// secret returns a secret that is another one for each letter.
func secret(letter byte) []byte { return bytes.Repeat([]byte{letter}, ban.MinKey) }

// hashOf is the text that a mailbox or skeleton is kept as, made by the letter of the
// format.
func hashOf(id string, key []byte, kind, what string) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(kind + "\x00" + what))
	return "h:" + id + ":" + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// eachWay runs a test on each way in which a Checker answers.
func eachWay(t *testing.T, o ban.CheckerOptions, test func(t *testing.T, st store.Store, c *ban.Checker)) {
	stores := map[string]func(*testing.T) store.Store{
		"memory": func(*testing.T) store.Store { return memstore.New() },
		"SQLite": func(t *testing.T) store.Store {
			st, err := sqlitestore.Open(t.Context(), sqlitetest.File(t), sqlitestore.Options{})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = st.Close() })
			return st
		},
	}
	for name, open := range stores {
		for way, mirror := range map[string]bool{"cache": false, "mirror": true} {
			t.Run(name+"/"+way, func(t *testing.T) {
				st := open(t)
				o := o
				o.Mirror, o.PollInterval = mirror, -1
				c, err := ban.NewChecker(st, o)
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				test(t, st, c)
			})
		}
	}
}

func newHashAdmin(t *testing.T, st store.Store, ring ban.KeyRing, newest string) *ban.Admin {
	t.Helper()
	admin, err := ban.NewAdmin(st, ban.AdminOptions{Keys: ring, HashKey: newest, Actor: "alice"})
	if err != nil {
		t.Fatal(err)
	}
	return admin
}

func TestHashedBansKeepOutWhoHasTheMailboxOrLooksTheSame(t *testing.T) {
	ring := ban.KeyRing{"k1": secret('a')}
	eachWay(t, ban.CheckerOptions{Keys: ring}, func(t *testing.T, st store.Store, c *ban.Checker) {
		admin := newHashAdmin(t, st, ring, "")
		for _, s := range []ban.Subject{{Email: "j.doe@gmail.com"}, {Name: "paypal"}} { // the cache knows them
			if d, err := c.Check(t.Context(), s); err != nil || d.Verdict != ban.Allowed {
				t.Fatalf("%+v before: %v, %v", s, d.Verdict, err)
			}
		}
		mail, err := admin.Create(t.Context(), ban.CreateOptions{Kind: ban.KindEmail, Value: "J.Doe+x@googlemail.com", Hashed: true, Label: "case 7"})
		if err != nil {
			t.Fatal(err)
		}
		if want := hashOf("k1", ring["k1"], "email", "jdoe@gmail.com"); mail.Value != want || mail.KeyText != want || !mail.Hashed() || mail.Label != "case 7" {
			t.Errorf("the ban has the value %q, the key %q and the label %q; want %q", mail.Value, mail.KeyText, mail.Label, want)
		}
		name, err := admin.Create(t.Context(), ban.CreateOptions{Kind: ban.KindName, Value: "Paypal", Hashed: true})
		if err != nil {
			t.Fatal(err)
		}
		for _, tc := range []struct {
			s    ban.Subject
			rule ban.Ban
			via  ban.Via
		}{
			{ban.Subject{Email: "j.doe@gmail.com"}, mail, ban.ViaMailbox},
			{ban.Subject{Email: "jdoe@gmail.com"}, mail, ban.ViaExact},
			{ban.Subject{Email: "jdoe+other@GoogleMail.com"}, mail, ban.ViaMailbox},
			{ban.Subject{Email: "jdoe@outlook.com"}, ban.Ban{}, 0},
			{ban.Subject{Name: "paypal"}, name, ban.ViaSkeleton},
			{ban.Subject{Name: "PaypaI"}, name, ban.ViaSkeleton},
			{ban.Subject{Name: "pаypal"}, name, ban.ViaSkeleton},
			{ban.Subject{Name: "paypals"}, ban.Ban{}, 0},
			{ban.Subject{Domain: "gmail.com", IP: "192.0.2.1"}, ban.Ban{}, 0},
		} {
			for range 2 { // from the cache too
				d, err := c.Check(t.Context(), tc.s)
				if err != nil || d.Match.ID != tc.rule.ID || d.Match.Via != tc.via || d.Match.Label != tc.rule.Label || d.Match.Matched != tc.rule.Value {
					t.Errorf("%+v: %v, %v; want the rule %s via %v", tc.s, d.Match, err, tc.rule.Value, tc.via)
				}
			}
			trace, err := c.Explain(t.Context(), tc.s)
			if err != nil || trace.Decision.Match.ID != tc.rule.ID {
				t.Errorf("Explain %+v: %v, %v; want the rule %s", tc.s, trace, err, tc.rule.Value)
			}
		}
		if _, err := admin.Revoke(t.Context(), mail.ID, ""); err != nil {
			t.Fatal(err)
		}
		if d, err := c.Check(t.Context(), ban.Subject{Email: "j.doe@gmail.com"}); err != nil || d.Verdict != ban.Allowed {
			t.Errorf("after it was revoked: %v, %v", d, err)
		}
	})
}

func TestHashedBansOfWhatIsNotHashedAreRefused(t *testing.T) {
	st := memstore.New()
	admin := newHashAdmin(t, st, ban.KeyRing{"k1": secret('a')}, "k1")
	for _, tc := range []struct {
		name        string
		o           ban.CreateOptions
		field, code string
	}{
		{"a domain", ban.CreateOptions{Kind: ban.KindDomain, Value: "spam.example"}, "hashed", ban.CodeNotSupported},
		{"an address", ban.CreateOptions{Kind: ban.KindIP, Value: "192.0.2.1"}, "hashed", ban.CodeNotSupported},
		{"a pattern of addresses", ban.CreateOptions{Kind: ban.KindEmail, Value: "spam*@gmail.com"}, "hashed", ban.CodeNotSupported},
		{"a pattern of names", ban.CreateOptions{Kind: ban.KindName, Value: "admin*"}, "hashed", ban.CodeNotSupported},
		{"one name alone", ban.CreateOptions{Kind: ban.KindName, Value: "=ema"}, "hashed", ban.CodeNotSupported},
		{"an exception for a name", ban.CreateOptions{Kind: ban.KindName, Value: "ema", Effect: ban.Allow}, "effect", ban.CodeNotSupported},
		{"a label with the address", ban.CreateOptions{Kind: ban.KindEmail, Value: "jdoe@gmail.com", Label: "was (J.Doe@Gmail.com)."}, "label", ban.CodeConflict},
		{"a reason with the address", ban.CreateOptions{Kind: ban.KindEmail, Value: "jdoe@gmail.com", Reason: "jdoe+1@gmail.com, again"}, "reason", ban.CodeConflict},
		{"a public reason with the name", ban.CreateOptions{Kind: ban.KindName, Value: "john doe", PublicReason: `no "John Doe"!`}, "public_reason", ban.CodeConflict},
		{"a label of two lines", ban.CreateOptions{Kind: ban.KindEmail, Value: "jdoe@gmail.com", Label: "a\nb"}, "label", ban.CodeControl},
		{"no address", ban.CreateOptions{Kind: ban.KindEmail, Value: "secret person@gmail.com"}, "email", ban.CodeSyntax},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.o.Hashed = true
			_, err := admin.Create(t.Context(), tc.o)
			wantValueError(t, err, tc.field, tc.code)
			if v, _ := errors.AsType[*ban.ValueError](err); v != nil && (v.Value == tc.o.Value || v.Value == tc.o.Label && v.Value != "") {
				t.Errorf("the error repeats the value: %v", err)
			}
		})
	}
	if n, err := admin.Count(t.Context(), ban.Filter{}); err != nil || n != 0 {
		t.Errorf("%d bans were made, %v", n, err)
	}
	_, err := newHashAdmin(t, st, nil, "").Create(t.Context(), ban.CreateOptions{Kind: ban.KindEmail, Value: "jdoe@gmail.com", Hashed: true})
	wantValueError(t, err, "hashed", ban.CodeNotSupported)
	_, err = admin.Create(t.Context(), ban.CreateOptions{Kind: ban.KindEmail, Value: "jdoe@gmail.com", Label: "case 7"})
	wantValueError(t, err, "label", ban.CodeNoEffect)
}

func TestARuleUnderAKeyThatIsMissingMakesChecksFail(t *testing.T) {
	old := ban.KeyRing{"old": secret('a')}
	eachWay(t, ban.CheckerOptions{Keys: ban.KeyRing{"new": secret('b')}, OnError: ban.FailOpen}, func(t *testing.T, st store.Store, c *ban.Checker) {
		admin := newHashAdmin(t, st, old, "")
		somebody := ban.Subject{Email: "somebody@gmail.com", Name: "somebody", IP: "192.0.2.1"}
		if d, err := c.Check(t.Context(), somebody); err != nil || d.Verdict != ban.Allowed {
			t.Fatal(d, err)
		}
		b, err := admin.Create(t.Context(), ban.CreateOptions{Kind: ban.KindEmail, Value: "jdoe@gmail.com", Hashed: true})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			d, err := c.Check(t.Context(), somebody)
			e, ok := errors.AsType[*ban.MissingKeyError](err)
			if !ok || d.Verdict != ban.Denied || !errors.Is(err, ban.ErrMissingKey) || len(e.IDs) != 1 || e.IDs[0] != "old" {
				t.Errorf("Check = %v, %v; want Denied and a MissingKeyError about old", d.Verdict, err)
			}
		}
		if _, err := c.Explain(t.Context(), somebody); !errors.Is(err, ban.ErrMissingKey) {
			t.Errorf("Explain: %v, want ErrMissingKey", err)
		}
		if d, err := c.Check(t.Context(), ban.Subject{Name: "somebody", IP: "192.0.2.1"}); err != nil || d.Verdict != ban.Allowed {
			t.Errorf("who has no address: %v, %v; the rules are of addresses", d, err)
		}
		if ids, err := ban.MissingKeys(t.Context(), st, ban.KeyRing{"new": secret('b')}); err != nil || len(ids) != 1 || ids[0] != "old" {
			t.Errorf("MissingKeys = %q, %v", ids, err)
		}
		if ids, err := ban.MissingKeys(t.Context(), st, old); err != nil || len(ids) != 0 {
			t.Errorf("MissingKeys of the old ring = %q, %v", ids, err)
		}
		if _, err := admin.Delete(t.Context(), b.ID); err != nil {
			t.Fatal(err)
		}
		if d, err := c.Check(context.Background(), somebody); err != nil || d.Verdict != ban.Allowed {
			t.Errorf("after the ban is gone: %v, %v", d, err)
		}
	})
}

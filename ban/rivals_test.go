package ban_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"example.com/ostraka/ban"
	"example.com/ostraka/store"
)

// A value is banned once, in whatever form, however many ban it at once.
func TestOfPlainAndHashedBansMadeAtOnceOneIsMade(t *testing.T) {
	ring := ban.KeyRing{"old": secret('a'), "new": secret('b')}
	eachWay(t, ban.CheckerOptions{Keys: ring}, func(t *testing.T, st store.Store, c *ban.Checker) {
		admins := []*ban.Admin{newHashAdmin(t, st, ring, "old"), newHashAdmin(t, st, ring, "new")}
		for round := range 8 {
			mailbox := fmt.Sprintf("ann%d", round)
			var made, many sync.Map
			var all sync.WaitGroup
			for i := range 12 {
				o := ban.CreateOptions{Kind: ban.KindEmail, Value: fmt.Sprintf("%s+%d@gmail.com", mailbox, i), Hashed: i%3 > 0}
				if !o.Hashed { // plain bans of other spellings are bans of other values
					o.Value = mailbox + "@gmail.com"
				}
				admin := admins[i%2]
				all.Go(func() {
					if i%4 == 3 {
						r, err := admin.CreateMany(t.Context(), []ban.CreateOptions{o})
						if err != nil {
							t.Error(err)
						}
						many.Store(i, r.Created)
						return
					}
					b, err := admin.Create(t.Context(), o)
					if err == nil {
						made.Store(i, b.ID)
					} else if !errors.Is(err, ban.ErrExists) {
						t.Error(err)
					}
				})
			}
			all.Wait()
			n := 0
			made.Range(func(any, any) bool { n++; return true })
			many.Range(func(_, created any) bool { n += created.(int); return true })
			if n != 1 {
				t.Errorf("%d bans of %s were made, want 1", n, mailbox)
			}
			if d, err := c.Check(t.Context(), ban.Subject{Email: mailbox + "+x@googlemail.com"}); err != nil || d.Verdict != ban.Denied {
				t.Errorf("%s is %v, %v", mailbox, d.Verdict, err)
			}
		}
	})
}

func TestWhichBansAreOfTheSameValueInAnotherForm(t *testing.T) {
	ring := ban.KeyRing{"old": secret('a'), "new": secret('b')}
	mail := func(text string, hashed bool, effect ban.Effect) ban.CreateOptions {
		return ban.CreateOptions{Kind: ban.KindEmail, Value: text, Hashed: hashed, Effect: effect}
	}
	name := func(text string, hashed bool, effect ban.Effect) ban.CreateOptions {
		return ban.CreateOptions{Kind: ban.KindName, Value: text, Hashed: hashed, Effect: effect}
	}
	for _, tc := range []struct {
		name          string
		first, second ban.CreateOptions
		same          bool
	}{
		{"a plain ban and a hash of it", mail("a.nn@gmail.com", false, ban.Deny), mail("a.nn@gmail.com", true, ban.Deny), true},
		{"of another spelling", mail("a.nn@gmail.com", false, ban.Deny), mail("ann+x@googlemail.com", true, ban.Deny), true},
		{"a hash and a plain ban of a spelling", mail("ann@gmail.com", true, ban.Deny), mail("a.n.n@gmail.com", false, ban.Deny), true},
		{"of another mailbox", mail("ann@gmail.com", true, ban.Deny), mail("anna@gmail.com", false, ban.Deny), false},
		{"of a pattern", mail("ann*@gmail.com", false, ban.Deny), mail("ann@gmail.com", true, ban.Deny), false},
		{"an exception for the mailbox", mail("ann@gmail.com", false, ban.Allow), mail("ann@gmail.com", true, ban.Deny), true},
		{"an exception for the mailbox, behind the hash", mail("ann@gmail.com", true, ban.Deny), mail("ann@gmail.com", false, ban.Allow), true},
		{"an exception for one spelling", mail("a.n.n@gmail.com", false, ban.Allow), mail("ann@gmail.com", true, ban.Deny), false},
		{"an exception for one spelling, behind the hash", mail("ann@gmail.com", true, ban.Deny), mail("a.n.n@gmail.com", false, ban.Allow), false},
		{"a name and its hash", name("paypal", false, ban.Deny), name("paypal", true, ban.Deny), true},
		{"a name that looks like it", name("paypai", false, ban.Deny), name("PaypaI", true, ban.Deny), true},
		{"the hash of a name and one that looks like it", name("paypal", true, ban.Deny), name("p\u0430ypal", false, ban.Review), true},
		{"an exception for a name beside the hash", name("paypal", true, ban.Deny), name("paypal", false, ban.Allow), false},
		{"a hash beside an exception that looks like it", name("ema", false, ban.Allow), name("erna", true, ban.Deny), false},
		{"one name alone", name("=ema", false, ban.Deny), name("erna", true, ban.Deny), false},
		{"a pattern of names", name("pay*", false, ban.Deny), name("paypal", true, ban.Deny), false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			eachWay(t, ban.CheckerOptions{Keys: ring}, func(t *testing.T, st store.Store, _ *ban.Checker) {
				one, other := newHashAdmin(t, st, ring, "old"), newHashAdmin(t, st, ring, "new")
				tc.first.Force, tc.second.Force = true, true
				first, err := one.Create(t.Context(), tc.first)
				if err != nil {
					t.Fatal(err)
				}
				p, err := other.Preview(t.Context(), tc.second)
				if err != nil || (p.Existing != nil) != tc.same {
					t.Errorf("the preview names %v, %v; want it named: %v", p.Existing, err, tc.same)
				}
				_, err = other.Create(t.Context(), tc.second)
				exists, is := errors.AsType[*ban.ExistsError](err)
				if is != tc.same || is && exists.Existing.ID != first.ID || !is && err != nil {
					t.Errorf("the second: %v; want it refused: %v", err, tc.same)
				}
			})
		})
	}
}

// What was lifted or has ended does not come back beside a ban in another form.
func TestABanComesBackBesideNoOtherForm(t *testing.T) {
	ring := ban.KeyRing{"k": secret('a')}
	eachWay(t, ban.CheckerOptions{Keys: ring}, func(t *testing.T, st store.Store, _ *ban.Checker) {
		admin := newHashAdmin(t, st, ring, "k")
		create := func(o ban.CreateOptions) ban.Ban {
			b, err := admin.Create(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			return b
		}
		lifted := create(ban.CreateOptions{Kind: ban.KindEmail, Value: "ann@gmail.com"})
		if _, err := admin.Revoke(t.Context(), lifted.ID, ""); err != nil {
			t.Fatal(err)
		}
		other := create(ban.CreateOptions{Kind: ban.KindEmail, Value: "bob@gmail.com"})
		hashed := create(ban.CreateOptions{Kind: ban.KindEmail, Value: "a.nn@gmail.com", Hashed: true})
		text, later := "ann+1@gmail.com", time.Now().Add(time.Hour)
		for doing, err := range map[string]error{
			"Reinstate":                      second(admin.Reinstate(t.Context(), lifted.ID)),
			"Update of another to the value": second(admin.Update(t.Context(), other.ID, ban.Patch{Value: &text})),
			"Update that lets it work again": second(admin.Update(t.Context(), lifted.ID, ban.Patch{Revoked: new(bool), ExpiresAt: &later})),
		} {
			if exists, ok := errors.AsType[*ban.ExistsError](err); !ok || exists.Existing.ID != hashed.ID {
				t.Errorf("%s: %v, want an ExistsError with the hashed ban", doing, err)
			}
		}
		if _, err := admin.Hash(t.Context(), other.ID, ""); err != nil {
			t.Errorf("what has no other form is hashed: %v", err)
		}
		reason := "again"
		if _, err := admin.Update(t.Context(), hashed.ID, ban.Patch{Reason: &reason}); err != nil {
			t.Errorf("the hashed ban is changed: %v", err)
		}
	})
}

// second returns the error of a call.
func second(_ ban.Ban, err error) error { return err }

package ban_test

import (
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/ostraka/ban"
	"example.com/ostraka/store"
)

func (d *desk) update(b ban.Ban, p ban.Patch) ban.Ban {
	d.t.Helper()
	updated, err := d.Update(d.ctx, b.ID, p)
	if err != nil {
		d.t.Fatal(err)
	}
	return updated
}

func TestUpdateChangesJustTheFieldThatIsSet(t *testing.T) {
	revokedAt := noon.Add(time.Minute).UTC().Truncate(time.Microsecond)
	for _, tt := range []struct {
		field string
		patch ban.Patch
		want  func(*ban.Ban)
	}{
		{"value", ban.Patch{Value: new("Other.example")}, func(b *ban.Ban) { b.Value, b.KeyText = "other.example", "other.example" }},
		{"kind", ban.Patch{Kind: new(ban.KindName)}, func(b *ban.Ban) { b.Kind, b.KeyText = ban.KindName, "sparn.exarnple" }},
		{"kind and value", ban.Patch{Kind: new(ban.KindIP), Value: new("2001:db8::1"), IPv6Prefix: 64}, func(b *ban.Ban) {
			b.Kind, b.Value, b.KeyText = ban.KindIP, "2001:db8::/64", "2001:db8::/64"
		}},
		{"effect", ban.Patch{Effect: new(ban.Review)}, func(b *ban.Ban) { b.Effect = ban.Review }},
		{"scope", ban.Patch{Scope: new(ban.ScopeOf(ban.Content))}, func(b *ban.Ban) { b.Scope = ban.ScopeOf(ban.Content) }},
		{"shadow", ban.Patch{Shadow: new(true)}, func(b *ban.Ban) { b.Shadow = true }},
		{"reason", ban.Patch{Reason: new("")}, func(b *ban.Ban) { b.Reason = "" }},
		{"public reason", ban.Patch{PublicReason: new("ask us")}, func(b *ban.Ban) { b.PublicReason = "ask us" }},
		{"expiry", ban.Patch{ExpiresAt: new(noon.Add(time.Hour))}, func(b *ban.Ban) {
			b.ExpiresAt = noon.Add(time.Hour).UTC().Truncate(time.Microsecond)
		}},
		{"no expiry", ban.Patch{ExpiresAt: new(time.Time{})}, func(b *ban.Ban) { b.ExpiresAt = time.Time{} }},
		{"revoked", ban.Patch{Revoked: new(true), RevokedReason: new("over")}, func(b *ban.Ban) {
			b.RevokedAt, b.RevokedBy, b.RevokedReason = revokedAt, "alice", "over"
		}},
	} {
		t.Run(tt.field, func(t *testing.T) {
			overEachStore(t, func(t *testing.T, d *desk) {
				o := spam()
				o.ExpiresAt = noon.Add(24 * time.Hour)
				b := d.create(o)
				d.wait(time.Minute)
				want := b
				want.Version, want.UpdatedAt = 2, revokedAt
				tt.want(&want)
				if got := d.update(b, tt.patch); got != want || d.get(b.ID) != want {
					t.Errorf("\n got %+v\nwant %+v", got, want)
				}
				var before, after ban.Ban
				c := d.log()[1]
				if err := json.Unmarshal(c.Before, &before); err != nil {
					t.Fatal(err)
				}
				if err := json.Unmarshal(c.After, &after); err != nil {
					t.Fatal(err)
				}
				if before != b || after != want || c.Actor != "alice" {
					t.Errorf("logged %+v", c)
				}
			})
		})
	}
}

func TestUpdateThatChangesNothingWritesNothing(t *testing.T) {
	overEachStore(t, func(t *testing.T, d *desk) {
		o := spam()
		o.ExpiresAt = noon.Add(time.Hour)
		b := d.create(o)
		d.wait(2 * time.Hour) // the expiry that is already there may have passed
		for what, p := range map[string]ban.Patch{
			"value in another spelling": {Value: new("SPAM.example.")},
			"reason":                    {Reason: &o.Reason},
			"expiry":                    {ExpiresAt: &o.ExpiresAt},
			"revoked":                   {Revoked: new(false)},
			"no reason to be revoked":   {RevokedReason: new("")},
		} {
			if got := d.update(b, p); got != b {
				t.Errorf("%s: %+v", what, got)
			}
		}
		d.wantLog("create")
	})
}

func TestAPastExpiryMayEndABan(t *testing.T) {
	noon := noon.Truncate(time.Microsecond)
	hour := noon.Truncate(time.Second).Add(time.Hour)
	for _, tt := range []struct {
		rule          string
		has, at, sent time.Time // when the ban ends, when it is patched and to what
		want          time.Time
	}{
		{"a ban that works ends now", hour, noon.Add(time.Minute), noon.Add(-24 * time.Hour), noon.Add(time.Minute)},
		{"so does one without end", time.Time{}, noon.Add(time.Minute), noon, noon.Add(time.Minute)},
		{"now is past", hour, noon.Add(time.Minute), noon.Add(time.Minute), noon.Add(time.Minute)},
		{"a ban that has ended keeps its end", hour.Add(30 * time.Second), hour.Add(24 * time.Hour), hour, hour.Add(30 * time.Second)},
		{"be it rounded up", hour.Add(30 * time.Second), hour.Add(24 * time.Hour), hour.Add(time.Minute), hour.Add(30 * time.Second)},
		{"a ban that has ended may begin again", hour, hour.Add(time.Minute), hour.Add(time.Hour), hour.Add(time.Hour)},
		{"and without end", hour, hour.Add(time.Minute), time.Time{}, time.Time{}},
		{"a time ahead is taken as it is", hour.Add(30 * time.Second), noon.Add(time.Minute), hour, hour},
		{"its own end to the millisecond stays", hour.Add(1500 * time.Microsecond), noon.Add(time.Minute), hour.Add(time.Millisecond), hour.Add(1500 * time.Microsecond)},
	} {
		t.Run(tt.rule, func(t *testing.T) {
			overEachStore(t, func(t *testing.T, d *desk) {
				o := spam()
				o.ExpiresAt = tt.has
				b := d.create(o)
				d.wait(tt.at.Sub(noon))
				got, err := d.Update(d.ctx, b.ID, ban.Patch{ExpiresAt: &tt.sent, PastEnds: true})
				if err != nil || !got.ExpiresAt.Equal(tt.want) {
					t.Errorf("it ends at %v, %v; want %v", got.ExpiresAt, err, tt.want)
				}
				if stays := tt.want.Equal(tt.has); stays != (d.get(b.ID) == b) {
					t.Errorf("changed to %+v", got)
				}
			})
		})
	}
}

func TestReasonsOfRevocations(t *testing.T) {
	overEachStore(t, func(t *testing.T, d *desk) {
		b := d.create(spam())
		for _, step := range []struct {
			rule    string
			patch   ban.Patch
			revoked bool
			reason  string
		}{
			{"it may be noted before", ban.Patch{RevokedReason: new("soon")}, false, "soon"},
			{"and is there then", ban.Patch{Revoked: new(true)}, true, "soon"},
			{"it may be changed", ban.Patch{RevokedReason: new("appeal")}, true, "appeal"},
			{"letting the ban work again clears it", ban.Patch{Revoked: new(false), RevokedReason: new("appeal")}, false, ""},
			{"both may be said at once", ban.Patch{Revoked: new(true), RevokedReason: new("over")}, true, "over"},
		} {
			got, err := d.Update(d.ctx, b.ID, step.patch)
			if err != nil || got.RevokedAt.IsZero() == step.revoked || got.RevokedReason != step.reason {
				t.Errorf("%s: %+v, %v", step.rule, got, err)
			}
		}
	})
}

func TestUpdateRefuses(t *testing.T) {
	for _, tt := range []struct {
		rule        string
		patch       ban.Patch
		field, code string
	}{
		{"an empty patch", ban.Patch{}, "patch", ban.CodeEmptyPatch},
		{"a patch that only forces", ban.Patch{Force: true, IPv6Prefix: 64}, "patch", ban.CodeEmptyPatch},
		{"a kind that the value is not of", ban.Patch{Kind: new(ban.KindIP)}, "ip", ban.CodeSyntax},
		{"an unknown kind", ban.Patch{Kind: new(ban.Kind(9))}, "kind", ban.CodeUnknown},
		{"a value that does not parse", ban.Patch{Value: new("a@b")}, "domain", ban.CodeKind},
		{"a prefix length out of range", ban.Patch{Value: new("x.example"), IPv6Prefix: 129}, "ipv6_prefix", ban.CodeRange},
		{"an unknown effect", ban.Patch{Effect: new(ban.Effect(3))}, "effect", ban.CodeUnknown},
		{"an unknown scope", ban.Patch{Scope: new(ban.Scope(0x80))}, "scope", ban.CodeUnknown},
		{"a reason that is too long", ban.Patch{Reason: &long}, "reason", ban.CodeTooLong},
		{"a public reason with a NUL", ban.Patch{PublicReason: new("a\x00")}, "public_reason", ban.CodeControl},
		{"an expiry in the past", ban.Patch{ExpiresAt: new(noon.Add(-1))}, "expires_at", ban.CodeInPast},
		{"an expiry beyond the year 9999", ban.Patch{ExpiresAt: new(time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC))}, "expires_at", ban.CodeRange},
		{"a patch that only says what to do with the past", ban.Patch{PastEnds: true}, "patch", ban.CodeEmptyPatch},
		{"an expiry beyond the year 9999, where the past ends", ban.Patch{ExpiresAt: new(time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)), PastEnds: true}, "expires_at", ban.CodeRange},
		{"the reason of a revocation that is too long", ban.Patch{Revoked: new(true), RevokedReason: &long}, "revoked_reason", ban.CodeTooLong},
	} {
		t.Run(tt.rule, func(t *testing.T) {
			overEachStore(t, func(t *testing.T, d *desk) {
				b := d.create(spam())
				_, err := d.Update(d.ctx, b.ID, tt.patch)
				wantValueError(t, err, tt.field, tt.code)
				if d.get(b.ID) != b {
					t.Error("the ban has changed")
				}
				d.wantLog("create")
			})
		})
	}
}

func TestUpdateDoesNotMakeASecondActiveBanOfAValue(t *testing.T) {
	overEachStore(t, func(t *testing.T, d *desk) {
		there := d.create(spam())
		b := d.create(ban.CreateOptions{Kind: ban.KindDomain, Value: "other.example"})
		_, err := d.Update(d.ctx, b.ID, ban.Patch{Value: new("spam.example")})
		wantExists(t, err, there.ID)
		if d.get(b.ID) != b {
			t.Error("the ban has changed")
		}
		d.update(b, ban.Patch{Value: new("spam.example"), Revoked: new(true)}) // not active: in nobody's way
		_, err = d.Update(d.ctx, b.ID, ban.Patch{Revoked: new(false)})
		wantExists(t, err, there.ID)
	})
}

func TestAnExpiredBan(t *testing.T) {
	expired := func(d *desk) ban.Ban {
		o := spam()
		o.ExpiresAt = noon.Add(time.Hour)
		b := d.create(o)
		d.wait(2 * time.Hour)
		return b
	}
	t.Run("takes a patch that leaves the expiry alone", func(t *testing.T) {
		overEachStore(t, func(t *testing.T, d *desk) {
			b := expired(d)
			if got := d.update(b, ban.Patch{Reason: new("a note")}); got.Reason != "a note" || got.Active(d.clock()) {
				t.Errorf("updated to %+v", got)
			}
		})
	})
	t.Run("works again when extended", func(t *testing.T) {
		overEachStore(t, func(t *testing.T, d *desk) {
			b := expired(d)
			if got := d.update(b, ban.Patch{ExpiresAt: new(d.clock().Add(time.Hour))}); !got.Active(d.clock()) {
				t.Errorf("updated to %+v", got)
			}
		})
	})
	t.Run("is not extended beside another active one", func(t *testing.T) {
		overEachStore(t, func(t *testing.T, d *desk) {
			b := expired(d)
			there := d.create(spam())
			_, err := d.Update(d.ctx, b.ID, ban.Patch{ExpiresAt: new(time.Time{})})
			wantExists(t, err, there.ID)
		})
	})
}

func TestConcurrentUpdatesLoseNothing(t *testing.T) {
	overEachStore(t, func(t *testing.T, d *desk) {
		b := d.create(spam())
		patches := []ban.Patch{
			{Value: new("other.example")}, {Effect: new(ban.Review)}, {Scope: new(ban.ScopeOf(ban.Mail))}, {Shadow: new(true)},
			{Reason: new("other")}, {PublicReason: new("public")}, {ExpiresAt: new(noon.Add(time.Hour))}, {Revoked: new(true), RevokedReason: new("over")},
		}
		var wg sync.WaitGroup
		for _, p := range patches {
			wg.Go(func() {
				if _, err := d.Update(d.ctx, b.ID, p); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		got := d.get(b.ID)
		if got.Version != int64(1+len(patches)) || got.Value != "other.example" || got.Effect != ban.Review || !got.Shadow ||
			got.Scope != ban.ScopeOf(ban.Mail) || got.Reason != "other" || got.PublicReason != "public" || got.ExpiresAt.IsZero() || got.RevokedReason != "over" {
			t.Errorf("ended as %+v", got)
		}
	})
}

// TestManyUpdatesAtOnceAllSucceed is about the bound of the attempts.
func TestManyUpdatesAtOnceAllSucceed(t *testing.T) {
	overEachStore(t, func(t *testing.T, d *desk) {
		b := d.create(spam())
		var wg sync.WaitGroup
		for i := range 100 {
			wg.Go(func() {
				if _, err := d.Update(d.ctx, b.ID, ban.Patch{Reason: new(fmt.Sprint("reason ", i))}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if got := d.get(b.ID); got.Version != 101 {
			t.Errorf("%d versions, want 101", got.Version)
		}
	})
}

func TestASubscriberMayUpdateTheBanThatItIsToldOf(t *testing.T) {
	overEachStore(t, func(t *testing.T, d *desk) {
		b := d.create(spam())
		var told atomic.Int64
		defer d.st.Subscribe(func(c ban.Change) {
			if c.Actor == "alice" {
				if _, err := d.Update(as("bot"), c.Target, ban.Patch{PublicReason: new(fmt.Sprint("change ", told.Add(1)))}); err != nil {
					t.Error(err)
				}
			}
		})()
		var wg sync.WaitGroup
		for i := range 5 {
			wg.Go(func() {
				if _, err := d.Update(d.ctx, b.ID, ban.Patch{Reason: new(fmt.Sprint("reason ", i))}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if got := d.get(b.ID); got.Version != 11 {
			t.Errorf("%d versions, want 11", got.Version)
		}
	})
}

func TestRevokeAndReinstate(t *testing.T) {
	overEachStore(t, func(t *testing.T, d *desk) {
		b := d.create(spam())
		d.wait(time.Minute)
		revoked, err := d.Revoke(as("bob"), b.ID, "a mistake")
		if err != nil {
			t.Fatal(err)
		}
		want := b
		want.Version, want.UpdatedAt = 2, d.clock().UTC().Truncate(time.Microsecond)
		want.RevokedAt, want.RevokedBy, want.RevokedReason = want.UpdatedAt, "bob", "a mistake"
		if revoked != want {
			t.Errorf("revoked:\n got %+v\nwant %+v", revoked, want)
		}
		d.wait(time.Minute)
		if again, err := d.Revoke(d.ctx, b.ID, "another reason"); err != nil || again != want {
			t.Errorf("revoked twice: %+v, %v", again, err)
		}
		if got := d.update(b, ban.Patch{RevokedReason: new("the very reason")}); got.RevokedReason != "the very reason" || got.RevokedBy != "bob" {
			t.Errorf("another reason: %+v", got)
		}
		back, err := d.Reinstate(d.ctx, b.ID)
		if err != nil || !back.Active(d.clock()) || !back.RevokedAt.IsZero() || back.RevokedBy != "" || back.RevokedReason != "" {
			t.Errorf("reinstated: %+v, %v", back, err)
		}
		if again, err := d.Reinstate(d.ctx, b.ID); err != nil || again != back {
			t.Errorf("reinstated twice: %+v, %v", again, err)
		}
		d.wantLog("create revoke update reinstate")
	})
}

func TestARevocationByPatchIsLoggedAsOne(t *testing.T) {
	overEachStore(t, func(t *testing.T, d *desk) {
		b := d.create(spam())
		d.update(b, ban.Patch{Revoked: new(true), Reason: new("x")})
		d.update(b, ban.Patch{Revoked: new(false)})
		d.wantLog("create revoke reinstate")
	})
}

func TestReinstateBesideAnotherActiveBan(t *testing.T) {
	overEachStore(t, func(t *testing.T, d *desk) {
		b := d.create(spam())
		d.revoke(b.ID)
		there := d.create(spam())
		_, err := d.Reinstate(d.ctx, b.ID)
		wantExists(t, err, there.ID)
		d.wantLog("create revoke create")
	})
}

func TestTheFirstOfTwoRevocationsAtOnceStays(t *testing.T) {
	overEachStore(t, func(t *testing.T, d *desk) {
		b := d.create(spam())
		slow := &interrupted{Store: d.st, beforeUpdate: func() { d.revoke(b.ID) }}
		admin, err := ban.NewAdmin(slow, ban.AdminOptions{Now: d.clock})
		if err != nil {
			t.Fatal(err)
		}
		got, err := admin.Revoke(as("bob"), b.ID, "late")
		if err != nil || got.RevokedBy != "alice" || got.RevokedReason != "over" {
			t.Errorf("revoked %+v, %v", got, err)
		}
		d.wantLog("create revoke")
	})
}

var _ store.Store = (*interrupted)(nil)

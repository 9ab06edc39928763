package ban_test

import (
	"context"
	"testing"

	"example.com/ostraka/ban"
	"example.com/ostraka/memstore"
)

// guarded are the values that guards advise against, by code.
var guarded = map[string]map[ban.Kind][]string{
	ban.GuardPublicSuffix: {ban.KindDomain: {
		"com", "*.com", "co.uk", "*.co.uk", "CO.UK.", "github.io", "*.github.io",
		"рф", "xn--p1ai", "公司.cn", // internationalized suffixes
		"ck", "*.ck", "anything.ck", "kawasaki.jp", // rules of the list with a wildcard
		"compute.amazonaws.com", "us-east-1.compute.amazonaws.com",
		"localhost", "example", // not in the list: a single label
	}},
	ban.GuardPrefixTooShort: {ban.KindIP: {
		"203.0.0.0/15", "0.0.0.0/0", "10.0.0.0/8", "::ffff:0:0/96", "::ffff:203.0.0.0/111", "2001::/18", "::/0", "2000::/3",
	}},
	ban.GuardNonPublicAddress: {ban.KindIP: {
		"127.0.0.1", "10.1.2.3", "172.31.255.255", "192.168.0.0/16", "169.254.1.1", "100.64.0.1", "0.0.0.0", "::ffff:127.0.0.1", "::ffff:10.0.0.0/120",
		"::1", "::", "::/127", "::/64", "fe80::1", "fc00::1", "fd12:3456::/48",
	}},
	ban.GuardProtected: {
		ban.KindDomain: {"gmail.com", "=gmail.com", "GMail.com.", "own.example", "=own.example", "*.parts.example", "shop.own.example"},
		ban.KindIP:     {"198.51.100.7", "198.51.100.0/24", "198.51.0.0/16", "198.51.100.0/25", "2001:db8::5", "2001:db8::/32", "203.0.113.9"},
		ban.KindEmail:  {"post.master@gmail.com", "Postmaster+x@googlemail.com", "postm*@gmail.com"},
		ban.KindName:   {"root", "rооt", "roo*", "*rооt"}, // the second and the last with Cyrillic о
	},
	ban.GuardWildcardTooWide: {
		ban.KindName:  {"a*", "*a", "*ab*", "ab*"},
		ban.KindEmail: {"ab*@gmail.com", "*a@spam.example"},
	},
}

// unguarded are values close to guarded ones.
var unguarded = map[ban.Kind][]string{
	ban.KindDomain: {
		"=github.io", "=com", "=co.uk", "spam.github.io", "spam.co.uk", "www.ck", "a.spam.kawasaki.jp", "city.kawasaki.jp", "амазон.рф",
		"*.gmail.com", "mail.gmail.com", "notgmail.com", "*.blog.own.example", "blog.own.example", "parts.example.org", "a.parts.example",
	},
	ban.KindIP: {
		"203.1.0.0/16", "203.0.113.7", "11.0.0.1", "172.32.0.1", "100.128.0.1", "198.51.101.0/24", "203.0.113.8",
		"2002::/19", "2400::/19", "::2", "::1:0:0:0/80", "2001:db9::/32", "64:ff9b::/96",
	},
	ban.KindEmail: {"postmaste@gmail.com", "abc*@gmail.com", "postmaster@mail.gmail.com"},
	ban.KindName:  {"abc*", "*abc", "a", "roots", `a\*`},
}

func guardedDesk(t *testing.T) *desk {
	return newDesk(t, memstore.New(), ban.AdminOptions{Protected: []string{
		"own.example", "=shop.own.example", "*.parts.example", "198.51.100.0/24", "2001:db8::/48", "203.0.113.9", "postmaster@gmail.com", "root",
	}})
}

func eachGuarded(t *testing.T, do func(t *testing.T, code string, o ban.CreateOptions)) {
	for code, kinds := range guarded {
		for kind, values := range kinds {
			for _, v := range values {
				t.Run(code+"/"+v, func(t *testing.T) { do(t, code, ban.CreateOptions{Kind: kind, Value: v}) })
			}
		}
	}
}

func TestGuards(t *testing.T) {
	eachGuarded(t, func(t *testing.T, code string, o ban.CreateOptions) {
		d := guardedDesk(t)
		_, err := d.Create(d.ctx, o)
		wantGuard(t, err, code)
		d.wantLog("")

		p, err := d.Preview(context.Background(), o)
		if err != nil || p.Guard == nil || p.Guard.Code != code {
			t.Errorf("Preview says %v, %v", p.Guard, err)
		}
		review := o
		review.Effect = ban.Review
		_, err = d.Create(d.ctx, review)
		wantGuard(t, err, code)
		shadow := o
		shadow.Shadow = true
		_, err = d.Create(d.ctx, shadow)
		wantGuard(t, err, code)

		o.Force = true
		d.create(o)
	})
}

func TestAnExceptionIsGuardedForItsWidthOnly(t *testing.T) {
	eachGuarded(t, func(t *testing.T, code string, o ban.CreateOptions) {
		d := guardedDesk(t)
		o.Effect = ban.Allow
		_, err := d.Create(d.ctx, o)
		if code == ban.GuardNonPublicAddress || code == ban.GuardProtected {
			if err != nil {
				t.Error(err)
			}
			return
		}
		wantGuard(t, err, code)
	})
}

func TestGuardsLetThrough(t *testing.T) {
	for kind, values := range unguarded {
		for _, v := range values {
			t.Run(kind.String()+"/"+v, func(t *testing.T) {
				d := guardedDesk(t)
				if _, err := d.Create(d.ctx, ban.CreateOptions{Kind: kind, Value: v}); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

func TestGuardsOfAnUpdate(t *testing.T) {
	gmail := ban.CreateOptions{Kind: ban.KindDomain, Value: "gmail.com", Force: true}
	with := func(change func(*ban.CreateOptions)) ban.CreateOptions {
		o := gmail
		change(&o)
		return o
	}
	for _, tt := range []struct {
		rule  string
		ban   ban.CreateOptions
		patch ban.Patch
		code  string // "" if it passes
	}{
		{"another value", spam(), ban.Patch{Value: new("gmail.com")}, ban.GuardProtected},
		{"another kind", ban.CreateOptions{Kind: ban.KindName, Value: "com"}, ban.Patch{Kind: new(ban.KindDomain)}, ban.GuardPublicSuffix},
		{"an exception becomes a ban", with(func(o *ban.CreateOptions) { o.Effect = ban.Allow }), ban.Patch{Effect: new(ban.Deny)}, ban.GuardProtected},
		{"a shadow is promoted", with(func(o *ban.CreateOptions) { o.Shadow = true }), ban.Patch{Shadow: new(false)}, ban.GuardProtected},
		{"a ban becomes a shadow", gmail, ban.Patch{Shadow: new(true)}, ""},
		{"a ban becomes an exception", gmail, ban.Patch{Effect: new(ban.Allow)}, ""},
		{"the reason of a forced ban", gmail, ban.Patch{Reason: new("x")}, ""},
		{"the same value in another spelling", gmail, ban.Patch{Value: new("GMAIL.com")}, ""},
	} {
		t.Run(tt.rule, func(t *testing.T) {
			overEachStore(t, func(t *testing.T, d *desk) {
				b := d.create(tt.ban)
				_, err := d.Update(d.ctx, b.ID, tt.patch)
				if tt.code == "" {
					if err != nil {
						t.Error(err)
					}
					return
				}
				wantGuard(t, err, tt.code)
				d.wantLog("create")
				forced := tt.patch
				forced.Force = true
				d.update(b, forced)
			})
		})
	}
}

func TestReinstatingAForcedBanNeedsNoForce(t *testing.T) {
	d := guardedDesk(t)
	b := d.create(ban.CreateOptions{Kind: ban.KindDomain, Value: "gmail.com", Force: true})
	d.revoke(b.ID)
	if _, err := d.Reinstate(d.ctx, b.ID); err != nil {
		t.Error(err)
	}
}

func TestDefaultProtected(t *testing.T) {
	t.Run("are guarded, each", func(t *testing.T) {
		d := newDesk(t, memstore.New(), ban.AdminOptions{})
		for _, v := range ban.DefaultProtected() {
			_, err := d.Create(d.ctx, ban.CreateOptions{Kind: ban.KindDomain, Value: v})
			wantGuard(t, err, ban.GuardProtected)
		}
	})
	t.Run("can be left out", func(t *testing.T) {
		d := newDesk(t, memstore.New(), ban.AdminOptions{NoDefaultProtected: true})
		d.create(ban.CreateOptions{Kind: ban.KindDomain, Value: "gmail.com"})
	})
	t.Run("are the caller's to change", func(t *testing.T) {
		clear(ban.DefaultProtected())
		if ban.DefaultProtected()[0] == "" {
			t.Error("changed for all")
		}
	})
}

func TestNewAdminRefuses(t *testing.T) {
	if _, err := ban.NewAdmin(nil, ban.AdminOptions{}); err == nil {
		t.Error("no store: no error")
	} else {
		wantValueError(t, err, "store", ban.CodeEmpty)
	}
	_, err := ban.NewAdmin(memstore.New(), ban.AdminOptions{Protected: []string{"1.2.3.4/33"}})
	wantValueError(t, err, "ip", ban.CodeRange)
}

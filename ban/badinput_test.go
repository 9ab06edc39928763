package ban_test

import (
	"context"
	"strings"
	"testing"

	"example.com/ostraka/ban"
	"example.com/ostraka/memstore"
)

// long has one character too many, and huge ten megabytes.
var (
	long = strings.Repeat("ä", 256)
	huge = strings.Repeat("a", 10<<20)
)

func TestTextsThatPeopleWrite(t *testing.T) {
	fields := map[string]func(*ban.CreateOptions, string) string{
		"reason":        func(o *ban.CreateOptions, s string) string { o.Reason = s; return "alice" },
		"public_reason": func(o *ban.CreateOptions, s string) string { o.PublicReason = s; return "alice" },
		"actor":         func(_ *ban.CreateOptions, s string) string { return s },
	}
	for _, tt := range []struct {
		rule, text, code string
	}{
		{"255 letters pass", strings.Repeat("a", 255), ""},
		{"255 characters of four bytes pass", strings.Repeat("😀", 255), ""},
		{"256 letters are too long", strings.Repeat("a", 256), ban.CodeTooLong},
		{"256 characters of two bytes are too long", long, ban.CodeTooLong},
		{"ten megabytes are too long", huge, ban.CodeTooLong},
		{"what is not UTF-8 is refused", "a\xff", ban.CodeInvalidUTF8},
		{"a NUL is refused", "a\x00b", ban.CodeControl},
		{"an escape is refused", "a\x1b[31m", ban.CodeControl},
		{"a C1 control is refused", "a\u0085b", ban.CodeControl},
	} {
		t.Run(tt.rule, func(t *testing.T) {
			for field, set := range fields {
				d := newDesk(t, memstore.New(), ban.AdminOptions{})
				o := spam()
				actor := set(&o, tt.text)
				if _, err := d.Create(as(actor), o); tt.code != "" {
					wantValueError(t, err, field, tt.code)
					d.wantLog("")
				} else if err != nil {
					t.Error(field, err)
				}
			}
		})
	}
	t.Run("an actor is one line", func(t *testing.T) {
		d := newDesk(t, memstore.New(), ban.AdminOptions{})
		_, err := d.Create(as("alice\nbob"), spam())
		wantValueError(t, err, "actor", ban.CodeControl)
	})
}

func TestBadValuesAreRefusedAndWriteNothing(t *testing.T) {
	type bad struct{ what, value, code string }
	common := []bad{
		{"empty", "", ban.CodeEmpty},
		{"white space", " \t ", ban.CodeEmpty},
		{"ten megabytes", huge, ban.CodeTooLong},
		{"not UTF-8", "a\xff", ban.CodeInvalidUTF8},
		{"a NUL", "a\x00b", ban.CodeControl},
		{"a bidirectional control", "a\u202eb", ban.CodeInvisible},
		{"a zero-width space", "a\u200bb", ban.CodeInvisible},
	}
	special := map[ban.Kind][]bad{
		ban.KindEmail: {
			{"two @", "a@b@c.example", ban.CodeSyntax},
			{"no @", "a.example", ban.CodeSyntax},
			{"a star for all", "*@spam.example", ban.CodeWildcard},
		},
		ban.KindDomain: {
			{"an address", "a@spam.example", ban.CodeKind},
			{"a star inside", "a.*.example", ban.CodeWildcard},
			{"an IP address", "192.0.2.1", ban.CodeKind},
		},
		ban.KindIP: {
			{"a prefix too long", "1.2.3.4/33", ban.CodeRange},
			{"a zone", "fe80::1%eth0", ban.CodeSyntax},
			{"a mapped prefix too short", "::ffff:0:0/95", ban.CodeRange},
			{"a host name", "spam.example", ban.CodeSyntax},
		},
		ban.KindName: {
			{"a star alone", "*", ban.CodeWildcard},
			{"a star inside", "a*b", ban.CodeWildcard},
			{"65 characters", strings.Repeat("a", 65), ban.CodeTooLong},
		},
	}
	for kind, own := range special {
		for _, tt := range append(own, common...) {
			t.Run(kind.String()+"/"+tt.what, func(t *testing.T) {
				overEachStore(t, func(t *testing.T, d *desk) {
					o := ban.CreateOptions{Kind: kind, Value: tt.value, Force: true}
					_, err := d.Create(d.ctx, o)
					wantValueError(t, err, kind.String(), tt.code)
					_, _, err = d.Put(d.ctx, o)
					wantValueError(t, err, kind.String(), tt.code)
					_, err = d.Preview(context.Background(), o)
					wantValueError(t, err, kind.String(), tt.code)
					d.wantLog("")
				})
			})
		}
	}
}

func TestOptionsOutOfRangeAreRefused(t *testing.T) {
	for _, tt := range []struct {
		rule        string
		change      func(*ban.CreateOptions)
		field, code string
	}{
		{"no kind", func(o *ban.CreateOptions) { o.Kind = 0 }, "kind", ban.CodeUnknown},
		{"an unknown kind", func(o *ban.CreateOptions) { o.Kind = 5 }, "kind", ban.CodeUnknown},
		{"an unknown effect", func(o *ban.CreateOptions) { o.Effect = 3 }, "effect", ban.CodeUnknown},
		{"an unknown action in the scope", func(o *ban.CreateOptions) { o.Scope = 1 << 5 }, "scope", ban.CodeUnknown},
		{"a negative prefix length", func(o *ban.CreateOptions) { o.IPv6Prefix = -1 }, "ipv6_prefix", ban.CodeRange},
		{"a prefix length of 129", func(o *ban.CreateOptions) { o.IPv6Prefix = 129 }, "ipv6_prefix", ban.CodeRange},
	} {
		t.Run(tt.rule, func(t *testing.T) {
			overEachStore(t, func(t *testing.T, d *desk) {
				o := spam()
				o.Force = true
				tt.change(&o)
				_, err := d.Create(d.ctx, o)
				wantValueError(t, err, tt.field, tt.code)
				d.wantLog("")
			})
		})
	}
}

func TestIPv6Prefix(t *testing.T) {
	for _, tt := range []struct {
		rule, value string
		bits        int
		want        string
	}{
		{"widens an address", "2001:db8:1:2:3::4", 64, "2001:db8:1:2::/64"},
		{"of 128 changes nothing", "2001:db8::1", 128, "2001:db8::1"},
		{"of 0 changes nothing", "2001:db8::1", 0, "2001:db8::1"},
		{"widens a /128, which is an address", "2001:db8::1/128", 64, "2001:db8::/64"},
		{"leaves a longer CIDR alone", "2001:db8::/80", 64, "2001:db8::/80"},
		{"leaves a shorter CIDR alone", "2001:db8::/48", 64, "2001:db8::/48"},
		{"leaves IPv4 alone", "203.0.113.7", 64, "203.0.113.7"},
		{"leaves a mapped address alone", "::ffff:203.0.113.7", 64, "203.0.113.7"},
	} {
		t.Run(tt.rule, func(t *testing.T) {
			d := newDesk(t, memstore.New(), ban.AdminOptions{})
			b := d.create(ban.CreateOptions{Kind: ban.KindIP, Value: tt.value, IPv6Prefix: tt.bits})
			if b.Value != tt.want || b.KeyText != tt.want {
				t.Errorf("banned %s (key %s), want %s", b.Value, b.KeyText, tt.want)
			}
		})
	}
	t.Run("is ignored for other kinds", func(t *testing.T) {
		d := newDesk(t, memstore.New(), ban.AdminOptions{})
		o := spam()
		o.IPv6Prefix = 64
		d.create(o)
	})
	t.Run("is guarded as the prefix that it makes", func(t *testing.T) {
		d := newDesk(t, memstore.New(), ban.AdminOptions{})
		_, err := d.Create(d.ctx, ban.CreateOptions{Kind: ban.KindIP, Value: "2001:db8::1", IPv6Prefix: 18})
		wantGuard(t, err, ban.GuardPrefixTooShort)
	})
}

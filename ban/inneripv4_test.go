package ban_test

import (
	"testing"

	"example.com/ostraka/ban"
	"example.com/ostraka/memstore"
)

// An IPv6 address that stands for an IPv4 host is also that.
func TestAnIPv4BanReachesTheHostBehindIPv6(t *testing.T) {
	deny := func(v string) ban.CreateOptions { return ban.CreateOptions{Kind: ban.KindIP, Value: v, Force: true} }
	allow := func(v string) ban.CreateOptions {
		return ban.CreateOptions{Kind: ban.KindIP, Value: v, Effect: ban.Allow, Force: true}
	}
	for _, c := range []struct {
		rule  string
		bans  []ban.CreateOptions
		ip    string
		want  ban.Verdict
		apart ban.Verdict // with SeparateIPv4
	}{
		{"NAT64", []ban.CreateOptions{deny("203.0.113.7")}, "64:ff9b::203.0.113.7", ban.Denied, ban.Allowed},
		{"NAT64 in hexadecimal", []ban.CreateOptions{deny("203.0.113.7")}, "64:FF9B:0:0:0:0:cb00:7107", ban.Denied, ban.Allowed},
		{"NAT64, a prefix", []ban.CreateOptions{deny("203.0.113.0/24")}, "64:ff9b::203.0.113.9", ban.Denied, ban.Allowed},
		{"NAT64, a neighbour", []ban.CreateOptions{deny("203.0.113.7")}, "64:ff9b::203.0.113.8", ban.Allowed, ban.Allowed},
		{"a NAT64 prefix of a network's own", []ban.CreateOptions{deny("203.0.113.7")}, "64:ff9b:1::203.0.113.7", ban.Allowed, ban.Allowed},
		{"6to4", []ban.CreateOptions{deny("203.0.113.7")}, "2002:cb00:7107::1", ban.Denied, ban.Allowed},
		{"6to4, any host behind it", []ban.CreateOptions{deny("203.0.113.0/24")}, "2002:cb00:7107:1:2:3:4:5", ban.Denied, ban.Allowed},
		{"IPv4-compatible", []ban.CreateOptions{deny("203.0.113.7")}, "::203.0.113.7", ban.Denied, ban.Allowed},
		{"the loopback address is none", []ban.CreateOptions{deny("0.0.0.1")}, "::1", ban.Allowed, ban.Allowed},
		{"IPv4-mapped, always", []ban.CreateOptions{deny("203.0.113.7")}, "::ffff:203.0.113.7", ban.Denied, ban.Denied},
		{"a ban of the IPv6 form is of that", []ban.CreateOptions{deny("64:ff9b::203.0.113.7")}, "203.0.113.7", ban.Allowed, ban.Allowed},
		{"a ban of the gateway", []ban.CreateOptions{deny("64:ff9b::/96")}, "64:ff9b::203.0.113.7", ban.Denied, ban.Denied},
		{"an exception from a ban of the gateway", []ban.CreateOptions{deny("64:ff9b::/96"), allow("203.0.113.0/24")}, "64:ff9b::203.0.113.7", ban.Allowed, ban.Denied},
		{"an exception for the gateway", []ban.CreateOptions{allow("64:ff9b::/96"), deny("203.0.113.0/24")}, "64:ff9b::203.0.113.7", ban.Denied, ban.Allowed},
		{"an exception for one address of it", []ban.CreateOptions{allow("64:ff9b::203.0.113.7"), deny("203.0.113.0/24")}, "64:ff9b::203.0.113.7", ban.Allowed, ban.Allowed},
		{"of one length, the exception", []ban.CreateOptions{allow("64:ff9b::203.0.113.0/120"), deny("203.0.113.0/24")}, "64:ff9b::203.0.113.7", ban.Allowed, ban.Allowed},
		{"6to4, a longer prefix of IPv6", []ban.CreateOptions{allow("2002:cb00:7107::/64"), deny("203.0.113.7")}, "2002:cb00:7107::1", ban.Allowed, ban.Allowed},
	} {
		t.Run(c.rule, func(t *testing.T) {
			st := memstore.New()
			a := must(ban.NewAdmin(st, ban.AdminOptions{Actor: "test"}))(t)
			for _, o := range c.bans {
				must(a.Create(t.Context(), o))(t)
			}
			for _, mirror := range []bool{false, true} {
				for _, separate := range []bool{false, true} {
					checker := must(ban.NewChecker(st, ban.CheckerOptions{Mirror: mirror, SeparateIPv4: separate}))(t)
					want := c.want
					if separate {
						want = c.apart
					}
					for range 2 { // cold and warm
						if d := must(checker.Check(t.Context(), ban.Subject{IP: c.ip}))(t); d.Verdict != want {
							t.Errorf("mirror %v, separate %v: %v, want %v", mirror, separate, d.Verdict, want)
						}
					}
					if tr := must(checker.Explain(t.Context(), ban.Subject{IP: c.ip}))(t); tr.Decision.Verdict != want {
						t.Errorf("mirror %v, separate %v: Explain says %v, want %v", mirror, separate, tr.Decision.Verdict, want)
					}
					if err := checker.Close(); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
}

// must returns the value, or ends the test with the error.
func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

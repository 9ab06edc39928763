package ban_test

import (
	"errors"
	"fmt"
	"testing"

	"example.com/ostraka/ban"
	"example.com/ostraka/memstore"
)

func TestBansMadeTogetherDenyNoMoreThanTheGuardLets(t *testing.T) {
	wide := func(n int) (all []ban.CreateOptions) { // a /11 of IPv6 has 256 of /19
		for i := range n {
			all = append(all, ban.CreateOptions{Kind: ban.KindIP, Value: fmt.Sprintf("%x:%x::/19", 0x2400+i/8, i%8<<13)})
		}
		return all
	}
	halves := func(n int) (all []ban.CreateOptions) { // a /8 has 256
		for i := range n {
			all = append(all, ban.CreateOptions{Kind: ban.KindIP, Value: fmt.Sprintf("%d.%d.0.0/16", 20+i/256, i%256)})
		}
		return all
	}
	with := func(all []ban.CreateOptions, change func(*ban.CreateOptions)) []ban.CreateOptions {
		for i := range all {
			change(&all[i])
		}
		return all
	}
	inner := append(halves(256), ban.CreateOptions{Kind: ban.KindIP, Value: "20.0.7.0/24"}, ban.CreateOptions{Kind: ban.KindIP, Value: "20.0.7.9"})
	for name, c := range map[string]struct {
		all     []ban.CreateOptions
		guarded bool
	}{
		"a /8":                         {halves(256), false},
		"an address more":              {append(halves(256), ban.CreateOptions{Kind: ban.KindIP, Value: "21.0.0.1"}), true},
		"what is covered counts once":  {inner, false},
		"by force":                     {with(halves(300), func(o *ban.CreateOptions) { o.Force = true }), false},
		"shadows":                      {with(halves(300), func(o *ban.CreateOptions) { o.Shadow = true }), false},
		"exceptions":                   {with(halves(300), func(o *ban.CreateOptions) { o.Effect = ban.Allow }), false},
		"many":                         {halves(1000), true},
		"a /11 of IPv6":                {wide(256), false},
		"an address of IPv6 more":      {append(wide(256), ban.CreateOptions{Kind: ban.KindIP, Value: "2a00::1"}), true},
		"both, each as much as may be": {append(halves(256), wide(256)...), false},
		"IPv6 beside some of IPv4":     {append(wide(300), halves(1)...), true},
		"many networks of one host":    {with(wide(300), func(o *ban.CreateOptions) { o.Value = "2a00:1:2:3::/64" }), false},
	} {
		t.Run(name, func(t *testing.T) {
			a := must(ban.NewAdmin(memstore.New(), ban.AdminOptions{Actor: "test"}))(t)
			_, err := a.CreateMany(t.Context(), c.all)
			guard, guarded := errors.AsType[*ban.GuardError](err)
			if guarded != c.guarded || !guarded && err != nil || guarded && guard.Code != ban.GuardTooManyAddresses {
				t.Errorf("the error is %v, want guarded: %v", err, c.guarded)
			}
			if n := must(a.Count(t.Context(), ban.Filter{}))(t); guarded && n != 0 {
				t.Errorf("%d bans were made", n)
			}
		})
	}
}

package storetest

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

var cascadeFlaws = []flaw{
	{"counts aliases that are off", func(o *override) {
		o.affected = func(ctx context.Context, sel store.Selector, sample int) (store.Affected, error) {
			a, err := o.Store.Affected(ctx, sel, sample)
			all, listErr := o.Store.ListAliases(ctx, store.AliasFilter{}, store.Page{Limit: store.MaxPageLimit})
			a.Aliases = 0
			for i := range all {
				if sel.Alias(&all[i]) {
					a.Aliases++
				}
			}
			return a, errors.Join(err, listErr)
		}
	}, []string{"Affected counts accounts, addresses and active aliases", "Affected selects what the selector selects"}},

	{"counts an account for each of its addresses", func(o *override) {
		o.affected = func(ctx context.Context, sel store.Selector, sample int) (store.Affected, error) {
			a, err := o.Store.Affected(ctx, sel, sample)
			a.Accounts = max(a.Accounts, a.Addresses)
			return a, err
		}
	}, []string{"Affected counts accounts, addresses and active aliases", "Affected selects what the selector selects"}},

	{"takes domains for suffixes", func(o *override) {
		o.affected = func(ctx context.Context, sel store.Selector, sample int) (store.Affected, error) {
			if sel.Key.Kind == store.KindDomain && !sel.Key.Wildcard() {
				suffix, test := sel.Key.Text, sel.Test
				sel.Key = store.WildcardKey(store.KindDomain)
				sel.Test = func(what store.Kind, text string) bool {
					return strings.HasSuffix(text, suffix) && (test == nil || test(what, text))
				}
			}
			return o.Store.Affected(ctx, sel, sample)
		}
	}, []string{"Affected counts accounts, addresses and active aliases", "Affected selects what the selector selects"}},

	{"ignores the Test", func(o *override) {
		o.affected = func(ctx context.Context, sel store.Selector, sample int) (store.Affected, error) {
			sel.Test = nil
			return o.Store.Affected(ctx, sel, sample)
		}
	}, []string{"Affected selects what the selector selects", "A Test is asked of what is in the range alone"}},

	{"asks the Test of everything", func(o *override) {
		o.affected = func(ctx context.Context, sel store.Selector, sample int) (store.Affected, error) {
			if sel.Test != nil {
				sel.Test(store.KindName, "anything")
			}
			return o.Store.Affected(ctx, sel, sample)
		}
	}, []string{"A Test is asked of what is in the range alone"}},

	{"samples without a limit", func(o *override) {
		o.affected = func(ctx context.Context, sel store.Selector, sample int) (store.Affected, error) {
			return o.Store.Affected(ctx, sel, max(sample, 1))
		}
	}, []string{"Affected selects what the selector selects", "Affected counts accounts, addresses and active aliases"}},

	{"takes every rule for an exception", func(o *override) {
		o.exceptions = o.Store.Scan
	}, []string{"Exceptions yields the rules that do not deny"}},

	{"finds exceptions where there are none", func(o *override) {
		o.exceptions = func(ctx context.Context, _ store.Kind) iter.Seq2[store.Rule, error] {
			return func(yield func(store.Rule, error) bool) { yield(store.Rule{Effect: store.Allow}, nil) }
		}
	}, []string{"Exceptions of an empty store yields nothing, and may be stopped"}},

	{"takes the caller's word for how many aliases were turned off", func(o *override) {
		o.createBan = func(ctx context.Context, b store.Ban, c store.Change) (store.Ban, error) {
			n := b.AliasesDisabled
			b, err := o.Store.CreateBan(ctx, b, c)
			b.AliasesDisabled = n
			return b, err
		}
		o.updateBan = func(ctx context.Context, b store.Ban, c store.Change) (store.Ban, error) {
			n := b.AliasesDisabled
			b, err := o.Store.UpdateBan(ctx, b, c)
			b.AliasesDisabled = n
			return b, err
		}
	}, []string{"AliasesDisabled stays until a ban turns aliases off anew"}},

	{"makes bans that leave aliases on", func(o *override) {
		o.createBanDisabling = func(ctx context.Context, b store.Ban, _ store.Selector, c store.Change) (store.Ban, error) {
			return o.Store.CreateBan(ctx, b, c)
		}
		o.updateBanDisabling = func(ctx context.Context, b store.Ban, _ store.Selector, c store.Change) (store.Ban, error) {
			return o.Store.UpdateBan(ctx, b, c)
		}
	}, []string{
		"CreateBanDisabling creates the ban and turns off what the selector selects",
		"UpdateBanDisabling updates the ban and turns off what the selector selects",
		"The change of a ban counts the aliases that it turned off",
	}},

	{"turns aliases off one by one", func(o *override) {
		o.createBanDisabling = func(ctx context.Context, b store.Ban, sel store.Selector, c store.Change) (store.Ban, error) {
			b, err := o.Store.CreateBan(ctx, b, c)
			if err != nil {
				return b, err
			}
			b.AliasesDisabled, err = turnOff(ctx, o.Store, sel, b.ID, c)
			return b, err
		}
	}, []string{"The change of a ban counts the aliases that it turned off"}},

	{"turns aliases off whatever comes of the ban", func(o *override) {
		o.createBanDisabling = func(ctx context.Context, b store.Ban, sel store.Selector, c store.Change) (store.Ban, error) {
			if _, err := turnOff(ctx, o.Store, sel, b.ID, c); err != nil {
				return b, err
			}
			return o.Store.CreateBanDisabling(ctx, b, sel, c)
		}
	}, []string{
		"A ban that is refused turns nothing off",
		"CreateBanDisabling creates the ban and turns off what the selector selects",
	}},

	{"forgets which ban turned an alias off", func(o *override) {
		o.listAliases = func(ctx context.Context, f store.AliasFilter, p store.Page) ([]store.MailAlias, error) {
			all, err := o.Store.ListAliases(ctx, f, p)
			for i := range all {
				all[i].DisabledBan = uuid.Nil
			}
			return all, err
		}
	}, []string{
		"CreateBanDisabling creates the ban and turns off what the selector selects",
		"UpdateBanDisabling updates the ban and turns off what the selector selects",
		"The bans of a write turn off aliases",
	}},

	{"leaves rules of expired bans when aliases are turned off", func(o *override) {
		o.createBanDisabling = func(ctx context.Context, b store.Ban, sel store.Selector, c store.Change) (store.Ban, error) {
			value := b.Value
			b.Value += "x"
			b, err := o.Store.CreateBanDisabling(ctx, b, sel, c)
			b.Value = value
			return b, err
		}
	}, []string{"CreateBanDisabling creates the ban and turns off what the selector selects"}},

	{"updates a ban by its value", func(o *override) {
		o.updateBanDisabling = func(ctx context.Context, b store.Ban, sel store.Selector, c store.Change) (store.Ban, error) {
			bans, err := o.Store.ListBans(ctx, store.BanFilter{Contains: b.Value}, store.Page{})
			if i := slices.IndexFunc(bans, func(x store.Ban) bool { return x.Value == b.Value && x.ID != b.ID }); i >= 0 {
				b.ID, b.Version = bans[i].ID, bans[i].Version
			}
			if err != nil {
				return b, err
			}
			return o.Store.UpdateBanDisabling(ctx, b, sel, c)
		}
	}, []string{"A ban that is refused turns nothing off"}},
}

// turnOff turns off what the selector selects, by UpdateAlias.
func turnOff(ctx context.Context, s store.Store, sel store.Selector, ban uuid.UUID, c store.Change) (n int64, err error) {
	all, err := s.ListAliases(ctx, store.AliasFilter{Active: new(true)}, store.Page{Limit: store.MaxPageLimit})
	for _, a := range all {
		if err == nil && sel.Alias(&a) {
			a.Active, a.DisabledBan = false, ban
			a.UpdatedAt = c.At
			_, err = s.UpdateAlias(ctx, a, c)
			n++
		}
	}
	return n, err
}

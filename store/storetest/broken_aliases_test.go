package storetest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

var aliasFlaws = []flaw{
	{"forgets the owner of an alias", func(o *override) {
		aliasAs(o, func(a *store.MailAlias) { a.Owner = uuid.Nil })
	}, []string{"CreateAlias returns the alias as stored", "An active alias has an owner with its destination"}},

	{"keeps times of aliases in seconds", func(o *override) {
		aliasAs(o, func(a *store.MailAlias) { a.UpdatedAt = a.UpdatedAt.Truncate(time.Second) })
	}, []string{"CreateAlias returns the alias as stored", "UpdateAlias replaces the alias"}},

	{"numbers aliases with the accounts", func(o *override) {
		o.createAlias = func(ctx context.Context, a store.MailAlias, c store.Change) (store.MailAlias, error) {
			a, err := o.Store.CreateAlias(ctx, a, c)
			n, countErr := o.CountAccounts(ctx, store.AccountFilter{})
			a.Seq += n
			return a, errors.Join(err, countErr)
		}
	}, []string{"Seq numbers aliases from 1 and is not reused"}},

	{"gives away the address of an alias that is off", func(o *override) {
		o.createAlias = func(ctx context.Context, a store.MailAlias, c store.Change) (store.MailAlias, error) {
			if there, err := o.Store.AliasByAddress(ctx, a.Local, a.Domain); err == nil && !there.Active {
				if _, err := o.Store.DeleteAlias(ctx, there.ID, c); err != nil {
					return a, err
				}
			}
			return o.Store.CreateAlias(ctx, a, c)
		}
	}, []string{
		"An alias is refused for an ID or an address that is taken",
		"DeleteAccount takes the credentials along and turns the aliases off",
	}},

	{"makes aliases for those who are suspended", func(o *override) {
		o.createAlias = func(ctx context.Context, a store.MailAlias, c store.Change) (store.MailAlias, error) {
			got, err := o.Store.CreateAlias(ctx, a, c)
			if owner, readErr := o.Store.Account(ctx, a.Owner); errors.Is(err, store.ErrConflict) && readErr == nil && owner.HasEmail(a.Destination) {
				return a, nil
			}
			return got, err
		}
	}, []string{"An active alias has an owner with its destination"}},

	{"turns an alias on whoever owns it", func(o *override) {
		o.updateAlias = func(ctx context.Context, a store.MailAlias, c store.Change) (store.MailAlias, error) {
			got, err := o.Store.UpdateAlias(ctx, a, c)
			if old, readErr := o.Store.Alias(ctx, a.ID); errors.Is(err, store.ErrConflict) && readErr == nil && old.Version == a.Version {
				return a, nil
			}
			return got, err
		}
	}, []string{"An active alias has an owner with its destination"}},

	{"finds no alias without an error", func(o *override) {
		o.aliasByAddress = func(ctx context.Context, local, domain string) (store.MailAlias, error) {
			a, err := o.Store.AliasByAddress(ctx, local, domain)
			if errors.Is(err, store.ErrNotFound) {
				err = nil
			}
			return a, err
		}
	}, []string{"What alias is not there is ErrNotFound", "UpdateAlias replaces the alias"}},

	{"overwrites an alias whatever its version", func(o *override) {
		o.updateAlias = func(ctx context.Context, a store.MailAlias, c store.Change) (store.MailAlias, error) {
			if now, err := o.Store.Alias(ctx, a.ID); err == nil {
				a.Version = now.Version
			}
			return o.Store.UpdateAlias(ctx, a, c)
		}
	}, []string{"UpdateAlias refuses another version of the alias"}},

	{"turns an alias off instead of deleting it", func(o *override) {
		o.deleteAlias = func(ctx context.Context, id uuid.UUID, c store.Change) (store.MailAlias, error) {
			a, err := o.Store.Alias(ctx, id)
			if err != nil {
				return a, err
			}
			off := a
			off.Active = false
			_, err = o.Store.UpdateAlias(ctx, off, c)
			return a, err
		}
	}, []string{"DeleteAlias removes the alias and frees its address", "What alias is not there is ErrNotFound"}},

	{"logs aliases as records of nothing", func(o *override) {
		logAs(o, func(log []store.Change) []store.Change {
			for i := range log {
				if strings.HasPrefix(string(log[i].Action), "alias.") {
					log[i].Target = uuid.Nil
				}
			}
			return log
		})
	}, []string{"Every mutation of an alias logs one change"}},

	{"has no default limit of aliases", func(o *override) {
		o.listAliases = func(ctx context.Context, f store.AliasFilter, p store.Page) ([]store.MailAlias, error) {
			if p.Limit <= 0 {
				p.Limit = store.MaxPageLimit
			}
			return o.Store.ListAliases(ctx, f, p)
		}
	}, []string{"ListAliases returns the pages that were asked for"}},

	{"lists the aliases of subdomains too", func(o *override) {
		o.listAliases = func(ctx context.Context, f store.AliasFilter, p store.Page) ([]store.MailAlias, error) {
			domain := f.Domain
			f.Domain = ""
			all, err := o.Store.ListAliases(ctx, f, p)
			return slices.DeleteFunc(all, func(a store.MailAlias) bool { return !strings.HasSuffix(a.Domain, domain) }), err
		}
	}, []string{"ListAliases and CountAliases select what the filter matches"}},

	{"counts aliases whatever turned them off", func(o *override) {
		o.countAliases = func(ctx context.Context, f store.AliasFilter) (int64, error) {
			f.DisabledBan = uuid.Nil
			return o.Store.CountAliases(ctx, f)
		}
	}, []string{"ListAliases and CountAliases select what the filter matches"}},

	{"folds the case of local parts", func(o *override) {
		o.createAlias = func(ctx context.Context, a store.MailAlias, c store.Change) (store.MailAlias, error) {
			a.Local = strings.ToLower(a.Local)
			return o.Store.CreateAlias(ctx, a, c)
		}
		o.aliasByAddress = func(ctx context.Context, local, domain string) (store.MailAlias, error) {
			return o.Store.AliasByAddress(ctx, strings.ToLower(local), domain)
		}
	}, []string{"Local parts and domains are bytes"}},
}

// aliasAs lets spoil change every alias that is written.
func aliasAs(o *override, spoil func(*store.MailAlias)) {
	o.createAlias = func(ctx context.Context, a store.MailAlias, c store.Change) (store.MailAlias, error) {
		spoil(&a)
		return o.Store.CreateAlias(ctx, a, c)
	}
	o.updateAlias = func(ctx context.Context, a store.MailAlias, c store.Change) (store.MailAlias, error) {
		spoil(&a)
		return o.Store.UpdateAlias(ctx, a, c)
	}
}

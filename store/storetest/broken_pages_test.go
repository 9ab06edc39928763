package storetest

import (
	"context"
	"slices"
	"strings"

	"example.com/ostraka/store"
)

var pageFlaws = []flaw{
	{"counts After in", func(o *override) {
		o.listBans = func(ctx context.Context, f store.BanFilter, p store.Page) ([]store.Ban, error) {
			p.After--
			return o.Store.ListBans(ctx, f, p)
		}
	}, []string{"ListBans returns the pages that were asked for"}},

	{"counts Before in", func(o *override) {
		o.listBans = func(ctx context.Context, f store.BanFilter, p store.Page) ([]store.Ban, error) {
			if p.Before > 0 && p.Before < 1<<62 {
				p.Before++
			}
			return o.Store.ListBans(ctx, f, p)
		}
	}, []string{"ListBans returns the pages that were asked for"}},

	{"knows no offset", func(o *override) {
		o.listBans = func(ctx context.Context, f store.BanFilter, p store.Page) ([]store.Ban, error) {
			p.Offset = 0
			return o.Store.ListBans(ctx, f, p)
		}
	}, []string{"ListBans returns the pages that were asked for", "ListBans and CountBans select what the filter matches"}},

	{"takes the offset off the page", func(o *override) {
		o.listBans = func(ctx context.Context, f store.BanFilter, p store.Page) ([]store.Ban, error) {
			skip := max(p.Offset, 0)
			p.Offset = 0
			bans, err := o.Store.ListBans(ctx, f, p)
			return bans[min(int64(len(bans)), skip):], err
		}
	}, []string{"ListBans returns the pages that were asked for", "ListBans and CountBans select what the filter matches"}},

	{"takes the wrong end of a page", func(o *override) {
		o.listBans = func(ctx context.Context, f store.BanFilter, p store.Page) ([]store.Ban, error) {
			p.OldestFirst = !p.OldestFirst
			bans, err := o.Store.ListBans(ctx, f, p)
			slices.Reverse(bans)
			return bans, err
		}
	}, []string{"ListBans returns the pages that were asked for", "ListBans returns the newest 50 by default"}},

	{"has no upper limit", func(o *override) {
		o.listBans = func(ctx context.Context, f store.BanFilter, p store.Page) ([]store.Ban, error) {
			bans, err := o.Store.ListBans(ctx, f, p)
			if p.Limit > store.MaxPageLimit && len(bans) == store.MaxPageLimit {
				bans = append(bans, bans...)
			}
			return bans, err
		}
	}, []string{"ListBans bounds the limit"}},

	{"cuts the page before it filters", func(o *override) {
		o.listBans = func(ctx context.Context, f store.BanFilter, p store.Page) ([]store.Ban, error) {
			bans, err := o.Store.ListBans(ctx, store.BanFilter{}, p)
			return slices.DeleteFunc(bans, func(b store.Ban) bool { return !f.Match(&b) }), err
		}
	}, []string{"A page of a filter counts only what the filter selects", "ListBans and CountBans select what the filter matches"}},

	{"searches as LIKE does", func(o *override) {
		o.listBans = func(ctx context.Context, f store.BanFilter, p store.Page) ([]store.Ban, error) {
			sub := strings.ToLower(f.Contains)
			f.Contains = ""
			bans, err := o.Store.ListBans(ctx, f, p)
			return slices.DeleteFunc(bans, func(b store.Ban) bool {
				return !strings.Contains(strings.ToLower(b.Value), sub)
			}), err
		}
	}, []string{"Contains is a substring byte for byte"}},

	{"forgets the bans of a value that were followed by another", func(o *override) {
		o.listBans = func(ctx context.Context, f store.BanFilter, p store.Page) ([]store.Ban, error) {
			bans, err := o.Store.ListBans(ctx, f, p)
			if f.Value != "" && len(bans) > 2 {
				bans = bans[:2]
			}
			return bans, err
		}
	}, []string{"ListBans of a value gives all its bans"}},

	{"takes the value for a part of one", func(o *override) {
		o.listBans = func(ctx context.Context, f store.BanFilter, p store.Page) ([]store.Ban, error) {
			if f.Value != "" && f.Contains == "" {
				f.Value, f.Contains = "", f.Value
			}
			return o.Store.ListBans(ctx, f, p)
		}
	}, []string{"ListBans of a value gives all its bans"}},

	{"takes a percent sign for any text", func(o *override) {
		o.listBans = func(ctx context.Context, f store.BanFilter, p store.Page) ([]store.Ban, error) {
			if f.Contains == "%" {
				f.Contains = ""
			}
			return o.Store.ListBans(ctx, f, p)
		}
	}, []string{"Contains is a substring byte for byte"}},

	{"takes the scope for one that must be equal", func(o *override) {
		o.listBans = func(ctx context.Context, f store.BanFilter, p store.Page) ([]store.Ban, error) {
			bans, err := o.Store.ListBans(ctx, f, p)
			return slices.DeleteFunc(bans, func(b store.Ban) bool { return f.Scope != 0 && b.Scope != f.Scope }), err
		}
	}, []string{"ListBans and CountBans select what the filter matches"}},
}

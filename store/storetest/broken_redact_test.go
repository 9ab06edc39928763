package storetest

import (
	"context"

	"example.com/ostraka/store"
)

// redactAll redacts every ban of a key, of whatever kind.
func redactAll(ctx context.Context, s store.Store, text, by string, c store.Change) error {
	bans, err := s.ListBans(ctx, store.BanFilter{}, store.Page{OldestFirst: true})
	for _, b := range bans {
		if err == nil && b.KeyText == text {
			_, err = s.RedactBan(ctx, hashedAs(b, by), c)
		}
	}
	return err
}

var redactFlaws = []flaw{
	{"redacts a ban and nothing else", func(o *override) {
		inner := o.Store
		o.redactBan = inner.UpdateBan
	}, []string{
		"RedactBan leaves no text of before", "RedactBan redacts the other bans of the value or the key",
		"RedactBan is refused beside an active ban", "RedactBan logs a change whose keys are not known",
	}},
	{"redacts the value of a ban and not its key", func(o *override) {
		inner := o.Store
		o.redactBan = func(ctx context.Context, b store.Ban, c store.Change) (store.Ban, error) {
			was, err := inner.Ban(ctx, b.ID)
			if err != nil {
				return store.Ban{}, err
			}
			b.KeyText = was.KeyText
			return inner.RedactBan(ctx, b, c)
		}
	}, []string{"RedactBan replaces the value and the key of a ban", "RedactBan leaves no text of before"}},
	{"redacts what has the same text", func(o *override) {
		inner := o.Store
		o.redactBan = func(ctx context.Context, b store.Ban, c store.Change) (store.Ban, error) {
			was, err := inner.Ban(ctx, b.ID)
			if err == nil {
				err = redactAll(ctx, inner, was.KeyText, b.KeyText, c)
			}
			if err != nil {
				return store.Ban{}, err
			}
			return inner.Ban(ctx, b.ID)
		}
	}, []string{"RedactBan leaves alone what is not of the ban"}},
	{"removes an account and redacts nothing", func(o *override) {
		removeAs(o, func(r *store.AccountRemoval) { r.Redact = nil })
	}, []string{
		"RemoveAccount with Redact leaves no text of the account", "RemoveAccount with Redact puts the ID for the name of who did something",
		"RemoveAccount with Redact keeps the addresses of aliases if told to", "RemoveAccount with Redact leaves one active ban of a hash",
	}},
	{"keeps aliases that are to go", func(o *override) {
		removeAs(o, func(r *store.AccountRemoval) {
			if r.Redact != nil {
				how := *r.Redact
				how.KeepAliases = true
				r.Redact = &how
			}
		})
	}, []string{"RemoveAccount with Redact leaves no text of the account", "RemoveAccount with Redact keeps the addresses of aliases if told to"}},
	{"redacts bans before it removes the account", func(o *override) {
		inner := o.Store
		o.removeAccount = func(ctx context.Context, r store.AccountRemoval, c store.Change) (store.AccountWritten, error) {
			if r.Redact != nil {
				for key, by := range r.Redact.Hashes {
					if err := redactAll(ctx, inner, key.Text, by, c); err != nil {
						return store.AccountWritten{}, err
					}
				}
			}
			return inner.RemoveAccount(ctx, r, c)
		}
	}, []string{"A removal with Redact that fails has changed nothing"}},
}

package storetest

import (
	"context"
	"time"

	"example.com/ostraka/store"
)

// accountCalls are the calls that are about accounts and what bans do to them.
func accountCalls(r records) []call {
	fresh := newAccount("fresh")
	wildcard := store.Selector{Key: store.WildcardKey(store.KindName)}
	return []call{
		{"CreateAccount", func(ctx context.Context, s store.Store) error {
			_, err := s.CreateAccount(ctx, fresh, change(store.AccountCreate))
			return err
		}},
		{"Account", func(ctx context.Context, s store.Store) error {
			_, err := s.Account(ctx, r.account.ID)
			return err
		}},
		{"AccountBySeq", func(ctx context.Context, s store.Store) error {
			_, err := s.AccountBySeq(ctx, r.account.Seq)
			return err
		}},
		{"AccountByHandleKey", func(ctx context.Context, s store.Store) error {
			_, err := s.AccountByHandleKey(ctx, r.account.HandleKeys[0])
			return err
		}},
		{"AccountByEmail", func(ctx context.Context, s store.Store) error {
			_, err := s.AccountByEmail(ctx, r.account.Emails[0].Address)
			return err
		}},
		{"ListAccounts", func(ctx context.Context, s store.Store) error {
			_, err := s.ListAccounts(ctx, store.AccountFilter{}, store.Page{})
			return err
		}},
		{"CountAccounts", func(ctx context.Context, s store.Store) error {
			_, err := s.CountAccounts(ctx, store.AccountFilter{})
			return err
		}},
		{"UpdateAccount", func(ctx context.Context, s store.Store) error {
			w := store.AccountWrite{Account: r.account, RevokeCredentials: true, DisableAliases: true}
			_, err := s.UpdateAccount(ctx, w, change(store.AccountUpdate))
			return err
		}},
		{"DeleteAccount", func(ctx context.Context, s store.Store) error {
			_, err := s.DeleteAccount(ctx, r.account.ID, change(store.AccountDelete))
			return err
		}},
		{"ActiveAccountTexts", func(ctx context.Context, s store.Store) error {
			_, err := s.ActiveAccountTexts(ctx, 0, 0)
			return err
		}},
		{"SharedMailboxes", func(ctx context.Context, s store.Store) error {
			_, err := s.SharedMailboxes(ctx, "", 0)
			return err
		}},
		{"RemoveAccount", func(ctx context.Context, s store.Store) error {
			_, err := s.RemoveAccount(ctx, store.AccountRemoval{ID: r.account.ID}, change(store.AccountReject))
			return err
		}},
		{"RemoveAccount with Redact", func(ctx context.Context, s store.Store) error {
			removal := store.AccountRemoval{ID: r.account.ID, Redact: &store.AccountRedaction{
				Hashes: map[store.Key]string{r.ban.Key(): hashed},
			}}
			_, err := s.RemoveAccount(ctx, removal, change(store.AccountDelete))
			return err
		}},
		{"Affected", func(ctx context.Context, s store.Store) error {
			_, err := s.Affected(ctx, wildcard, 1)
			return err
		}},
		{"Exceptions", func(ctx context.Context, s store.Store) (err error) {
			for _, err = range s.Exceptions(ctx, 0) {
			}
			return err
		}},
		{"CreateBanDisabling", func(ctx context.Context, s store.Store) error {
			_, err := s.CreateBanDisabling(ctx, domainBan("disabling.example"), wildcard, change(store.BanCreate))
			return err
		}},
		{"UpdateBanDisabling", func(ctx context.Context, s store.Store) error {
			_, err := s.UpdateBanDisabling(ctx, r.ban, wildcard, change(store.BanUpdate))
			return err
		}},
	}
}

// credentialCalls are the calls that are about credentials.
func credentialCalls(r records) []call {
	session, token := newSession(r.account), newToken(r.account)
	return []call{
		{"CreateSession", func(ctx context.Context, s store.Store) error {
			_, err := s.CreateSession(ctx, session, r.account.Version)
			return err
		}},
		{"CreateToken", func(ctx context.Context, s store.Store) error {
			_, err := s.CreateToken(ctx, token, r.account.Version, change(store.TokenCreate))
			return err
		}},
		{"CredentialByHash", func(ctx context.Context, s store.Store) error {
			_, _, err := s.CredentialByHash(ctx, r.session.Hash)
			return err
		}},
		{"ListCredentials", func(ctx context.Context, s store.Store) error {
			_, err := s.ListCredentials(ctx, store.CredentialFilter{}, store.Page{})
			return err
		}},
		{"UseCredential", func(ctx context.Context, s store.Store) error {
			return s.UseCredential(ctx, r.session.ID, after(time.Hour))
		}},
		{"RevokeCredentials", func(ctx context.Context, s store.Store) error {
			_, err := s.RevokeCredentials(ctx, store.CredentialFilter{Account: r.account.ID}, change(store.CredentialsRevoke))
			return err
		}},
		{"RevokeCredentials of nobody", func(ctx context.Context, s store.Store) error {
			_, err := s.RevokeCredentials(ctx, store.CredentialFilter{Account: session.ID}, change(store.CredentialsRevoke))
			return err
		}},
		{"TrimSessions", func(ctx context.Context, s store.Store) error {
			_, err := s.TrimSessions(ctx, r.account.ID, 0)
			return err
		}},
		{"PurgeCredentials", func(ctx context.Context, s store.Store) error {
			_, err := s.PurgeCredentials(ctx, after(1000*day))
			return err
		}},
	}
}

// aliasCalls are the calls that are about aliases.
func aliasCalls(r records) []call {
	fresh := newAlias("fresh", r.account)
	return []call{
		{"CreateAlias", func(ctx context.Context, s store.Store) error {
			_, err := s.CreateAlias(ctx, fresh, change(store.AliasCreate))
			return err
		}},
		{"Alias", func(ctx context.Context, s store.Store) error {
			_, err := s.Alias(ctx, r.alias.ID)
			return err
		}},
		{"AliasBySeq", func(ctx context.Context, s store.Store) error {
			_, err := s.AliasBySeq(ctx, r.alias.Seq)
			return err
		}},
		{"AliasByAddress", func(ctx context.Context, s store.Store) error {
			_, err := s.AliasByAddress(ctx, r.alias.Local, r.alias.Domain)
			return err
		}},
		{"ListAliases", func(ctx context.Context, s store.Store) error {
			_, err := s.ListAliases(ctx, store.AliasFilter{}, store.Page{})
			return err
		}},
		{"CountAliases", func(ctx context.Context, s store.Store) error {
			_, err := s.CountAliases(ctx, store.AliasFilter{})
			return err
		}},
		{"UpdateAlias", func(ctx context.Context, s store.Store) error {
			_, err := s.UpdateAlias(ctx, r.alias, change(store.AliasUpdate))
			return err
		}},
		{"DeleteAlias", func(ctx context.Context, s store.Store) error {
			_, err := s.DeleteAlias(ctx, r.alias.ID, change(store.AliasDelete))
			return err
		}},
	}
}

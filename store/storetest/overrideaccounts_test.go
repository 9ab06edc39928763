package storetest

import (
	"context"
	"iter"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

// accountOverrides are the methods about accounts that behave otherwise in an
// [override].
type accountOverrides struct {
	createAccount      func(context.Context, store.Account, store.Change) (store.Account, error)
	account            func(context.Context, uuid.UUID) (store.Account, error)
	accountByHandleKey func(context.Context, string) (store.Account, error)
	accountByEmail     func(context.Context, string) (store.Account, error)
	listAccounts       func(context.Context, store.AccountFilter, store.Page) ([]store.Account, error)
	countAccounts      func(context.Context, store.AccountFilter) (int64, error)
	updateAccount      func(context.Context, store.AccountWrite, store.Change) (store.AccountWritten, error)
	deleteAccount      func(context.Context, uuid.UUID, store.Change) (store.AccountWritten, error)
	removeAccount      func(context.Context, store.AccountRemoval, store.Change) (store.AccountWritten, error)
	activeAccountTexts func(context.Context, int64, int) ([]store.AccountTexts, error)
	sharedMailboxes    func(context.Context, string, int) ([]store.SharedMailbox, error)
	createSession      func(context.Context, store.Credential, int64) (store.Credential, error)
	createToken        func(context.Context, store.Credential, int64, store.Change) (store.Credential, error)
	credentialByHash   func(context.Context, store.SecretHash) (store.Credential, store.Account, error)
	listCredentials    func(context.Context, store.CredentialFilter, store.Page) ([]store.Credential, error)
	useCredential      func(context.Context, uuid.UUID, time.Time) error
	revokeCredentials  func(context.Context, store.CredentialFilter, store.Change) (int64, error)
	trimSessions       func(context.Context, uuid.UUID, int) (int64, error)
	purgeCredentials   func(context.Context, time.Time) (int64, error)
	createAlias        func(context.Context, store.MailAlias, store.Change) (store.MailAlias, error)
	alias              func(context.Context, uuid.UUID) (store.MailAlias, error)
	aliasByAddress     func(context.Context, string, string) (store.MailAlias, error)
	listAliases        func(context.Context, store.AliasFilter, store.Page) ([]store.MailAlias, error)
	countAliases       func(context.Context, store.AliasFilter) (int64, error)
	updateAlias        func(context.Context, store.MailAlias, store.Change) (store.MailAlias, error)
	deleteAlias        func(context.Context, uuid.UUID, store.Change) (store.MailAlias, error)
	affected           func(context.Context, store.Selector, int) (store.Affected, error)
	createBanDisabling func(context.Context, store.Ban, store.Selector, store.Change) (store.Ban, error)
	exceptions         func(context.Context, store.Kind) iter.Seq2[store.Rule, error]
	updateBanDisabling func(context.Context, store.Ban, store.Selector, store.Change) (store.Ban, error)
}

func (o *override) CreateAccount(ctx context.Context, a store.Account, c store.Change) (store.Account, error) {
	if o.createAccount != nil {
		return o.createAccount(ctx, a, c)
	}
	return o.Store.CreateAccount(ctx, a, c)
}

func (o *override) Account(ctx context.Context, id uuid.UUID) (store.Account, error) {
	if o.account != nil {
		return o.account(ctx, id)
	}
	return o.Store.Account(ctx, id)
}

func (o *override) AccountByHandleKey(ctx context.Context, key string) (store.Account, error) {
	if o.accountByHandleKey != nil {
		return o.accountByHandleKey(ctx, key)
	}
	return o.Store.AccountByHandleKey(ctx, key)
}

func (o *override) AccountByEmail(ctx context.Context, address string) (store.Account, error) {
	if o.accountByEmail != nil {
		return o.accountByEmail(ctx, address)
	}
	return o.Store.AccountByEmail(ctx, address)
}

func (o *override) ListAccounts(ctx context.Context, f store.AccountFilter, p store.Page) ([]store.Account, error) {
	if o.listAccounts != nil {
		return o.listAccounts(ctx, f, p)
	}
	return o.Store.ListAccounts(ctx, f, p)
}

func (o *override) CountAccounts(ctx context.Context, f store.AccountFilter) (int64, error) {
	if o.countAccounts != nil {
		return o.countAccounts(ctx, f)
	}
	return o.Store.CountAccounts(ctx, f)
}

func (o *override) UpdateAccount(ctx context.Context, w store.AccountWrite, c store.Change) (store.AccountWritten, error) {
	if o.updateAccount != nil {
		return o.updateAccount(ctx, w, c)
	}
	return o.Store.UpdateAccount(ctx, w, c)
}

func (o *override) DeleteAccount(ctx context.Context, id uuid.UUID, c store.Change) (store.AccountWritten, error) {
	if o.deleteAccount != nil {
		return o.deleteAccount(ctx, id, c)
	}
	return o.Store.DeleteAccount(ctx, id, c)
}

func (o *override) RemoveAccount(ctx context.Context, r store.AccountRemoval, c store.Change) (store.AccountWritten, error) {
	if o.removeAccount != nil {
		return o.removeAccount(ctx, r, c)
	}
	return o.Store.RemoveAccount(ctx, r, c)
}

func (o *override) ActiveAccountTexts(ctx context.Context, after int64, limit int) ([]store.AccountTexts, error) {
	if o.activeAccountTexts != nil {
		return o.activeAccountTexts(ctx, after, limit)
	}
	return o.Store.ActiveAccountTexts(ctx, after, limit)
}

func (o *override) SharedMailboxes(ctx context.Context, after string, limit int) ([]store.SharedMailbox, error) {
	if o.sharedMailboxes != nil {
		return o.sharedMailboxes(ctx, after, limit)
	}
	return o.Store.SharedMailboxes(ctx, after, limit)
}

func (o *override) CreateSession(ctx context.Context, session store.Credential, version int64) (store.Credential, error) {
	if o.createSession != nil {
		return o.createSession(ctx, session, version)
	}
	return o.Store.CreateSession(ctx, session, version)
}

func (o *override) CreateToken(ctx context.Context, token store.Credential, version int64, c store.Change) (store.Credential, error) {
	if o.createToken != nil {
		return o.createToken(ctx, token, version, c)
	}
	return o.Store.CreateToken(ctx, token, version, c)
}

func (o *override) CredentialByHash(ctx context.Context, hash store.SecretHash) (store.Credential, store.Account, error) {
	if o.credentialByHash != nil {
		return o.credentialByHash(ctx, hash)
	}
	return o.Store.CredentialByHash(ctx, hash)
}

func (o *override) ListCredentials(ctx context.Context, f store.CredentialFilter, p store.Page) ([]store.Credential, error) {
	if o.listCredentials != nil {
		return o.listCredentials(ctx, f, p)
	}
	return o.Store.ListCredentials(ctx, f, p)
}

func (o *override) UseCredential(ctx context.Context, id uuid.UUID, at time.Time) error {
	if o.useCredential != nil {
		return o.useCredential(ctx, id, at)
	}
	return o.Store.UseCredential(ctx, id, at)
}

func (o *override) RevokeCredentials(ctx context.Context, f store.CredentialFilter, c store.Change) (int64, error) {
	if o.revokeCredentials != nil {
		return o.revokeCredentials(ctx, f, c)
	}
	return o.Store.RevokeCredentials(ctx, f, c)
}

func (o *override) TrimSessions(ctx context.Context, account uuid.UUID, keep int) (int64, error) {
	if o.trimSessions != nil {
		return o.trimSessions(ctx, account, keep)
	}
	return o.Store.TrimSessions(ctx, account, keep)
}

func (o *override) PurgeCredentials(ctx context.Context, before time.Time) (int64, error) {
	if o.purgeCredentials != nil {
		return o.purgeCredentials(ctx, before)
	}
	return o.Store.PurgeCredentials(ctx, before)
}

func (o *override) CreateAlias(ctx context.Context, a store.MailAlias, c store.Change) (store.MailAlias, error) {
	if o.createAlias != nil {
		return o.createAlias(ctx, a, c)
	}
	return o.Store.CreateAlias(ctx, a, c)
}

func (o *override) Alias(ctx context.Context, id uuid.UUID) (store.MailAlias, error) {
	if o.alias != nil {
		return o.alias(ctx, id)
	}
	return o.Store.Alias(ctx, id)
}

func (o *override) AliasByAddress(ctx context.Context, local, domain string) (store.MailAlias, error) {
	if o.aliasByAddress != nil {
		return o.aliasByAddress(ctx, local, domain)
	}
	return o.Store.AliasByAddress(ctx, local, domain)
}

func (o *override) ListAliases(ctx context.Context, f store.AliasFilter, p store.Page) ([]store.MailAlias, error) {
	if o.listAliases != nil {
		return o.listAliases(ctx, f, p)
	}
	return o.Store.ListAliases(ctx, f, p)
}

func (o *override) CountAliases(ctx context.Context, f store.AliasFilter) (int64, error) {
	if o.countAliases != nil {
		return o.countAliases(ctx, f)
	}
	return o.Store.CountAliases(ctx, f)
}

func (o *override) UpdateAlias(ctx context.Context, a store.MailAlias, c store.Change) (store.MailAlias, error) {
	if o.updateAlias != nil {
		return o.updateAlias(ctx, a, c)
	}
	return o.Store.UpdateAlias(ctx, a, c)
}

func (o *override) DeleteAlias(ctx context.Context, id uuid.UUID, c store.Change) (store.MailAlias, error) {
	if o.deleteAlias != nil {
		return o.deleteAlias(ctx, id, c)
	}
	return o.Store.DeleteAlias(ctx, id, c)
}

func (o *override) Affected(ctx context.Context, sel store.Selector, sample int) (store.Affected, error) {
	if o.affected != nil {
		return o.affected(ctx, sel, sample)
	}
	return o.Store.Affected(ctx, sel, sample)
}

func (o *override) CreateBanDisabling(ctx context.Context, b store.Ban, sel store.Selector, c store.Change) (store.Ban, error) {
	if o.createBanDisabling != nil {
		return o.createBanDisabling(ctx, b, sel, c)
	}
	return o.Store.CreateBanDisabling(ctx, b, sel, c)
}

func (o *override) UpdateBanDisabling(ctx context.Context, b store.Ban, sel store.Selector, c store.Change) (store.Ban, error) {
	if o.updateBanDisabling != nil {
		return o.updateBanDisabling(ctx, b, sel, c)
	}
	return o.Store.UpdateBanDisabling(ctx, b, sel, c)
}

func (o *override) Exceptions(ctx context.Context, kind store.Kind) iter.Seq2[store.Rule, error] {
	if o.exceptions != nil {
		return o.exceptions(ctx, kind)
	}
	return o.Store.Exceptions(ctx, kind)
}

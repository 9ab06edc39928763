package main

import (
	"context"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

func (s *timedStore) CreateAccount(ctx context.Context, account store.Account, change store.Change) (store.Account, error) {
	defer s.time("create_account")()
	return s.Store.CreateAccount(ctx, account, change)
}

func (s *timedStore) Account(ctx context.Context, id uuid.UUID) (store.Account, error) {
	defer s.time("account")()
	return s.Store.Account(ctx, id)
}

func (s *timedStore) AccountBySeq(ctx context.Context, seq int64) (store.Account, error) {
	defer s.time("account_by_seq")()
	return s.Store.AccountBySeq(ctx, seq)
}

func (s *timedStore) AccountByHandleKey(ctx context.Context, key string) (store.Account, error) {
	defer s.time("account_by_handle_key")()
	return s.Store.AccountByHandleKey(ctx, key)
}

func (s *timedStore) AccountByEmail(ctx context.Context, address string) (store.Account, error) {
	defer s.time("account_by_email")()
	return s.Store.AccountByEmail(ctx, address)
}

func (s *timedStore) ListAccounts(ctx context.Context, filter store.AccountFilter, page store.Page) ([]store.Account, error) {
	defer s.time("list_accounts")()
	return s.Store.ListAccounts(ctx, filter, page)
}

func (s *timedStore) CountAccounts(ctx context.Context, filter store.AccountFilter) (int64, error) {
	defer s.time("count_accounts")()
	return s.Store.CountAccounts(ctx, filter)
}

func (s *timedStore) UpdateAccount(ctx context.Context, write store.AccountWrite, change store.Change) (store.AccountWritten, error) {
	defer s.time("update_account")()
	return s.Store.UpdateAccount(ctx, write, change)
}

func (s *timedStore) DeleteAccount(ctx context.Context, id uuid.UUID, change store.Change) (store.AccountWritten, error) {
	defer s.time("delete_account")()
	return s.Store.DeleteAccount(ctx, id, change)
}

func (s *timedStore) ActiveAccountTexts(ctx context.Context, after int64, limit int) ([]store.AccountTexts, error) {
	defer s.time("active_account_texts")()
	return s.Store.ActiveAccountTexts(ctx, after, limit)
}

func (s *timedStore) SharedMailboxes(ctx context.Context, after string, limit int) ([]store.SharedMailbox, error) {
	defer s.time("shared_mailboxes")()
	return s.Store.SharedMailboxes(ctx, after, limit)
}

func (s *timedStore) RemoveAccount(ctx context.Context, removal store.AccountRemoval, change store.Change) (store.AccountWritten, error) {
	defer s.time("remove_account")()
	return s.Store.RemoveAccount(ctx, removal, change)
}

func (s *timedStore) CreateSession(ctx context.Context, session store.Credential, accountVersion int64) (store.Credential, error) {
	defer s.time("create_session")()
	return s.Store.CreateSession(ctx, session, accountVersion)
}

func (s *timedStore) CreateToken(ctx context.Context, token store.Credential, accountVersion int64, change store.Change) (store.Credential, error) {
	defer s.time("create_token")()
	return s.Store.CreateToken(ctx, token, accountVersion, change)
}

func (s *timedStore) CredentialByHash(ctx context.Context, hash store.SecretHash) (store.Credential, store.Account, error) {
	defer s.time("credential_by_hash")()
	return s.Store.CredentialByHash(ctx, hash)
}

func (s *timedStore) ListCredentials(ctx context.Context, filter store.CredentialFilter, page store.Page) ([]store.Credential, error) {
	defer s.time("list_credentials")()
	return s.Store.ListCredentials(ctx, filter, page)
}

func (s *timedStore) UseCredential(ctx context.Context, id uuid.UUID, at time.Time) error {
	defer s.time("use_credential")()
	return s.Store.UseCredential(ctx, id, at)
}

func (s *timedStore) RevokeCredentials(ctx context.Context, filter store.CredentialFilter, change store.Change) (int64, error) {
	defer s.time("revoke_credentials")()
	return s.Store.RevokeCredentials(ctx, filter, change)
}

func (s *timedStore) TrimSessions(ctx context.Context, account uuid.UUID, keep int) (int64, error) {
	defer s.time("trim_sessions")()
	return s.Store.TrimSessions(ctx, account, keep)
}

func (s *timedStore) PurgeCredentials(ctx context.Context, before time.Time) (int64, error) {
	defer s.time("purge_credentials")()
	return s.Store.PurgeCredentials(ctx, before)
}

func (s *timedStore) CreateAlias(ctx context.Context, alias store.MailAlias, change store.Change) (store.MailAlias, error) {
	defer s.time("create_alias")()
	return s.Store.CreateAlias(ctx, alias, change)
}

func (s *timedStore) Alias(ctx context.Context, id uuid.UUID) (store.MailAlias, error) {
	defer s.time("alias")()
	return s.Store.Alias(ctx, id)
}

func (s *timedStore) AliasBySeq(ctx context.Context, seq int64) (store.MailAlias, error) {
	defer s.time("alias_by_seq")()
	return s.Store.AliasBySeq(ctx, seq)
}

func (s *timedStore) AliasByAddress(ctx context.Context, local, domain string) (store.MailAlias, error) {
	defer s.time("alias_by_address")()
	return s.Store.AliasByAddress(ctx, local, domain)
}

func (s *timedStore) ListAliases(ctx context.Context, filter store.AliasFilter, page store.Page) ([]store.MailAlias, error) {
	defer s.time("list_aliases")()
	return s.Store.ListAliases(ctx, filter, page)
}

func (s *timedStore) CountAliases(ctx context.Context, filter store.AliasFilter) (int64, error) {
	defer s.time("count_aliases")()
	return s.Store.CountAliases(ctx, filter)
}

func (s *timedStore) UpdateAlias(ctx context.Context, alias store.MailAlias, change store.Change) (store.MailAlias, error) {
	defer s.time("update_alias")()
	return s.Store.UpdateAlias(ctx, alias, change)
}

func (s *timedStore) DeleteAlias(ctx context.Context, id uuid.UUID, change store.Change) (store.MailAlias, error) {
	defer s.time("delete_alias")()
	return s.Store.DeleteAlias(ctx, id, change)
}

package changelog

import "example.com/ostraka/store"

// Account returns the change that logs one account's going from before to
// after, as [Ban] does, with the counts that are not 0.
func Account(change store.Change, before, after *store.Account, counts map[string]int64) (store.Change, error) {
	c := bare(change)
	if before != nil {
		c.Target = before.ID
	}
	if after != nil {
		c.Target = after.ID
	}
	setCounts(&c, counts)
	return withRecords(c, "account", before, after)
}

// Written returns the counts of the change that logs a write to an account.
func Written(w *store.AccountWritten) map[string]int64 {
	return map[string]int64{
		"credentials_revoked": w.CredentialsRevoked,
		"aliases_disabled":    w.AliasesDisabled,
		"bans_created":        int64(len(w.BansCreated)),
		"bans_revoked":        int64(len(w.BansRevoked)),
	}
}

// Alias returns the change that logs one alias's going from before to after, as
// [Ban] does.
func Alias(change store.Change, before, after *store.MailAlias) (store.Change, error) {
	c := bare(change)
	if before != nil {
		c.Target = before.ID
	}
	if after != nil {
		c.Target = after.ID
	}
	return withRecords(c, "alias", before, after)
}

// Token returns the change that logs the creation of an API token.
func Token(change store.Change, token *store.Credential) (store.Change, error) {
	c := bare(change)
	c.Target = token.ID
	return withRecords(c, "token", nil, token)
}

// Revoked returns the change that logs that so many credentials that the filter
// selects were revoked.
func Revoked(change store.Change, filter *store.CredentialFilter, revoked int64) store.Change {
	c := bare(change)
	c.Target = filter.Account
	if filter.ID != (store.CredentialFilter{}).ID {
		c.Target = filter.ID
	}
	setCounts(&c, map[string]int64{"credentials_revoked": revoked})
	return c
}

// WithAliases adds to the change of a ban how many aliases it turned off.
func WithAliases(c store.Change, disabled int64) store.Change {
	setCounts(&c, map[string]int64{"aliases_disabled": disabled})
	return c
}

// setCounts gives the change the counts that are not 0.
func setCounts(c *store.Change, counts map[string]int64) {
	for verb, n := range counts {
		if n == 0 {
			continue
		}
		if c.Counts == nil {
			c.Counts = make(map[string]int64)
		}
		c.Counts[verb] = n
	}
}

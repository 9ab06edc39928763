package account

import (
	"context"
	"fmt"
	"strings"

	"example.com/ostraka/ban"
	"example.com/ostraka/store"
)

// forget deletes an account so that nothing names the person any more, but for bans
// that are hashed.
func (a *Admin) forget(ctx context.Context, acc *Account, o DeleteOptions, c Change) (Deleted, error) {
	removal := store.AccountRemoval{ID: acc.ID, Version: acc.Version, Redact: &store.AccountRedaction{KeepAliases: o.KeepAliasAddresses}}
	var err error
	if removal.Redact.Hashes, removal.CreateBans, err = a.hashedBans(ctx, acc, o, c); err != nil {
		return Deleted{}, err
	}
	w, err := a.store.RemoveAccount(ctx, removal, c)
	if err != nil {
		return Deleted{}, fmt.Errorf("delete account %s: %w", acc.ID, err)
	}
	return Deleted{
		Account: w.Account, CredentialsRevoked: w.CredentialsRevoked, AliasesDisabled: w.AliasesDisabled,
		BansCreated: w.BansCreated, BansExisting: w.BansExisting,
	}, nil
}

// hashedBans returns what takes the place of the values of the bans that there are of an
// account, and the bans to make: one of each mailbox, unless there is one.
func (a *Admin) hashedBans(ctx context.Context, acc *Account, o DeleteOptions, c Change) (hashes map[store.Key]string, bans []store.BanDisabling, err error) {
	if !a.planner.Hashes() {
		return nil, nil, ban.NewValueError("keep_hashed_ban", "true", ban.CodeNotSupported, "there is no key to hash under: give AdminOptions.Keys")
	}
	if err := o.Check(acc); err != nil {
		return nil, nil, err
	}
	if hashes, err = a.hashes(ctx, acc); err != nil {
		return nil, nil, err
	}
	made := make(map[string]struct{})
	for i := range acc.Emails {
		planned, err := a.planner.Plan(ctx, a.store, ban.CreateOptions{
			Kind: ban.KindEmail, Value: ban.Literal(acc.Emails[i].Address), Hashed: true, Label: o.Label,
		}, c)
		if err != nil {
			return nil, nil, err
		}
		if _, twice := made[planned.Ban.KeyText]; twice {
			continue
		}
		made[planned.Ban.KeyText] = struct{}{}
		planned.Ban.Rivals = keepingOut(planned.Ban.Rivals)
		bans = append(bans, planned)
	}
	return hashes, bans, nil
}

// keepingOut selects of rivals those that keep somebody out who is gone: hashes that deny
// everything.
func keepingOut(r *store.Rivals) *store.Rivals {
	if r == nil {
		return nil
	}
	return &store.Rivals{Keys: r.Keys, Test: func(b *ban.Ban) bool {
		return b.Hashed() && !b.Shadow && b.Effect == ban.Deny && b.Scope == 0
	}}
}

// hashes returns what takes the place of the values of the bans that there are of an
// account.
func (a *Admin) hashes(ctx context.Context, acc *Account) (map[store.Key]string, error) {
	hashes := make(map[store.Key]string)
	for i := range acc.Emails {
		v, err := a.tables.Parse(ban.KindEmail, ban.Literal(acc.Emails[i].Address))
		if err != nil {
			return nil, err
		}
		hashed, err := a.planner.Hash(v)
		if err != nil {
			return nil, err
		}
		text := hashed.Key().Text
		hashes[v.Key()] = text
		hashes[store.Key{Kind: ban.KindEmail, Text: acc.Emails[i].Mailbox}] = text // by the tables that the store has
	}
	return hashes, a.hashName(ctx, acc, hashes)
}

// hashName adds what takes the place of the handle in bans of it. One that lets the
// handle in stays: its hash would let in what looks like it, too.
func (a *Admin) hashName(ctx context.Context, acc *Account, hashes map[store.Key]string) error {
	v, err := ban.ParseName(ban.Literal(acc.HandleFold))
	if err != nil {
		return nil // no ban can be of it
	}
	rules, err := a.store.Lookup(ctx, []store.Key{v.Key()})
	if err != nil {
		return fmt.Errorf("bans of the handle: %w", err)
	}
	for i := range rules {
		if rules[i].Effect == ban.Allow {
			return nil
		}
	}
	hashed, err := a.planner.Hash(v)
	if err != nil {
		return err
	}
	hashes[v.Key()] = hashed.Key().Text
	return nil
}

// tellsNothing refuses a label that names the account.
func tellsNothing(acc *Account, label string) error {
	if err := ban.CheckText("label", label); err != nil {
		return err
	}
	folded := strings.ToLower(label)
	names := []string{acc.HandleFold}
	for i := range acc.Emails {
		names = append(names, acc.Emails[i].Address, acc.Emails[i].Mailbox)
	}
	for _, name := range names {
		if name != "" && strings.Contains(folded, name) {
			return ban.NewValueError("label", "", ban.CodeConflict, "leave out who is banned: only a hash is kept")
		}
	}
	return nil
}

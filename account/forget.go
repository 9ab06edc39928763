package account

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"example.com/ostraka/ban"
	"example.com/ostraka/store"
)

// hashing is how an Admin keeps the bans of accounts that are forgotten.
type hashing struct {
	ring ban.KeyRing
	id   string // of the key that new bans are hashed under; empty: there is none
}

func newHashing(ring ban.KeyRing, id string) (hashing, error) {
	if err := ring.Check(); err != nil {
		return hashing{}, err
	}
	id, err := ring.Newest(id)
	if err != nil {
		return hashing{}, err
	}
	kept := make(ban.KeyRing, len(ring))
	for id, secret := range ring {
		kept[id] = slices.Clone(secret)
	}
	return hashing{kept, id}, nil
}

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
	if a.hashing.id == "" {
		return nil, nil, ban.NewValueError("keep_hashed_ban", "true", ban.CodeNotSupported, "there is no key to hash under: give AdminOptions.Keys")
	}
	if err := tellsNothing(acc, o.Label); err != nil {
		return nil, nil, err
	}
	hashes = make(map[store.Key]string)
	made := make(map[string]struct{})
	for i := range acc.Emails {
		v, err := a.tables.Parse(ban.KindEmail, ban.Literal(acc.Emails[i].Address))
		if err != nil {
			return nil, nil, err
		}
		hashed, err := a.hashing.ring.Hash(a.hashing.id, v)
		if err != nil {
			return nil, nil, err
		}
		text := hashed.Key().Text
		hashes[v.Key()] = text
		hashes[store.Key{Kind: ban.KindEmail, Text: acc.Emails[i].Mailbox}] = text // by the tables that the store has
		there, err := a.bannedAs(ctx, v, c)
		if err != nil {
			return nil, nil, err
		}
		if _, twice := made[text]; there || twice {
			continue
		}
		made[text] = struct{}{}
		planned, err := ban.Plan(ctx, a.store, a.tables, ban.CreateOptions{Kind: ban.KindEmail, Value: text, Label: o.Label}, c)
		if err != nil {
			return nil, nil, err
		}
		bans = append(bans, planned)
	}
	return hashes, bans, a.hashName(ctx, acc, hashes)
}

// bannedAs reports whether an active ban of a hash of the value denies, under whatever key.
func (a *Admin) bannedAs(ctx context.Context, v ban.Value, c Change) (bool, error) {
	var keys []store.Key
	for id := range a.hashing.ring {
		hashed, err := a.hashing.ring.Hash(id, v)
		if err != nil {
			return false, err
		}
		keys = append(keys, hashed.Key())
	}
	rules, err := a.store.Lookup(ctx, keys)
	for i := range rules {
		r := &rules[i]
		if r.Origin == store.OriginBan && r.InForce(c.At) && !r.Shadow && r.Effect == ban.Deny && r.Scope == 0 {
			return true, nil
		}
	}
	return false, err
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
	hashed, err := a.hashing.ring.Hash(a.hashing.id, v)
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

package sqlbackend

import (
	"context"
	"encoding/json"

	"github.com/google/uuid"

	"example.com/ostraka/internal/changelog"
	"example.com/ostraka/store"
)

// RedactBan implements [store.Redactions].
func (o Operations) RedactBan(ctx context.Context, ban store.Ban, change store.Change) (store.Ban, error) {
	const doing = "redact a ban"
	var redacted store.Ban
	err := changelog.WithSearch(func(found *changelog.Search) error {
		return o.db.Forget(ctx, doing, o.writer(func(t writer) error {
			redacted = ban
			return t.redactBan(ctx, &redacted, change, found)
		}))
	}, o.searchLog(ctx, doing))
	if err != nil {
		return store.Ban{}, err
	}
	return redacted, nil
}

func (t writer) redactBan(ctx context.Context, ban *store.Ban, change store.Change, found *changelog.Search) error {
	before, err := t.byID(ctx, ban.ID)
	if err != nil {
		return err
	}
	history, err := t.logOf(ctx, ban.ID)
	if err != nil {
		return err
	}
	r := &redacting{changelog.ForBan(&before, ban, history), t, found, 0}
	others, err := r.bans(ctx, &before)
	if err != nil {
		return err
	}
	for i := range others {
		if others[i].Active(change.At) && before.Version == ban.Version {
			return &store.ExistsError{Existing: others[i]}
		}
	}
	for i := range others {
		r.ReplaceBan(&others[i], ban.KeyText)
	}
	if before.Version == ban.Version { // else it fails now
		if err := r.start(ctx); err != nil {
			return err
		}
	}
	logged, err := t.updateBan(ctx, ban, nil, change)
	if err != nil {
		return err
	}
	for i := range others {
		if err := r.replace(ctx, &others[i], ban.Value, ban.KeyText); err != nil {
			return err
		}
	}
	if err := r.run(ctx); err != nil {
		return err
	}
	all, err := r.Log(int64(len(others)), true, logged)
	if err != nil {
		return err
	}
	return t.logAll(ctx, all)
}

func (t writer) logAll(ctx context.Context, all []store.Change) error {
	for _, c := range all {
		if err := t.Log(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

// logOf returns what the log has of a record.
func (t writer) logOf(ctx context.Context, id uuid.UUID) ([]store.Change, error) {
	return Collect(ctx, t, scanChange, `SELECT `+ChangeColumns+` FROM @changes WHERE target = ? ORDER BY seq`, id)
}

// redacting is a redaction within its transaction.
type redacting struct {
	*changelog.Redaction
	t       writer
	found   *changelog.Search // in the log, before the transaction,
	through int64             // up to there
}

// bans returns the bans whose keys are to be replaced, in the order of their Seq; and,
// if of is not nil, those of its value, but not itself.
func (r *redacting) bans(ctx context.Context, of *store.Ban) (found []store.Ban, err error) {
	seen := map[int64]bool{}
	if of != nil {
		seen[of.Seq] = true
	}
	add := func(where string, kind store.Kind, text string) error {
		some, err := Collect(ctx, r.t, scanBan, `SELECT seq, `+BanColumns+` FROM @bans WHERE kind = ? AND `+where+` ORDER BY seq`, int64(kind), text)
		for _, b := range some {
			if !seen[b.Seq] {
				seen[b.Seq] = true
				found = append(found, b)
			}
		}
		return err
	}
	for _, key := range r.OldKeys() {
		if err := add(`key_text = ?`, key.Kind, key.Text); err != nil {
			return nil, err
		}
	}
	if of != nil {
		err = add(`value = ?`, of.Kind, of.Value)
	}
	return found, err
}

// replace gives a ban, and its rule if it has one, another value and key.
func (r *redacting) replace(ctx context.Context, b *store.Ban, value, keyText string) error {
	err := r.t.Exec(ctx, `UPDATE @bans SET value = ?, key_text = ?, version = version + 1 WHERE seq = ?`, value, keyText, b.Seq)
	if err != nil {
		return err
	}
	return r.t.moveRule(ctx, &keyedRow{ID: b.ID, Key: b.Key(), Value: value}, store.Key{Kind: b.Kind, Text: keyText})
}

// account redacts what is left of an account that goes: its bans, its aliases and the
// rest. It returns how many bans.
func (r *redacting) account(ctx context.Context, u *accountUpdate, keepAliases bool) (redacted int64, err error) {
	bans, err := r.bans(ctx, nil)
	if err != nil {
		return 0, err
	}
	for i := range bans {
		r.ReplaceBan(&bans[i], r.Key(bans[i].Key()).Text)
	}
	if err := r.start(ctx); err != nil {
		return 0, err
	}
	for i := range bans {
		by := r.Key(bans[i].Key()).Text
		if err := r.replace(ctx, &bans[i], by, by); err != nil {
			return 0, err
		}
	}
	if err := r.overrule(ctx, u); err != nil {
		return 0, err
	}
	if err := r.aliases(ctx, keepAliases); err != nil {
		return 0, err
	}
	return int64(len(bans)), r.run(ctx)
}

// overrule revokes what is active beside the ban that decides.
func (r *redacting) overrule(ctx context.Context, u *accountUpdate) error {
	for _, key := range r.NewKeys() {
		bans, err := Collect(ctx, r.t, scanBan, `SELECT seq, `+BanColumns+` FROM @bans WHERE kind = ? AND value = ? AND ruled = @true ORDER BY seq`, int64(key.Kind), key.Text)
		if err != nil {
			return err
		}
		for _, b := range changelog.Overruled(bans, u.change.At) {
			u.write.RevokeBans = append(u.write.RevokeBans, b.ID)
		}
	}
	return u.revokeBans(ctx)
}

// aliases takes the aliases of the account away, or all of them but their addresses.
func (r *redacting) aliases(ctx context.Context, keep bool) error {
	conditions := []string{`owner = ?`}
	args := []any{r.Gone()}
	for _, name := range r.Names() {
		conditions, args = append(conditions, `destination = ?`), append(args, name)
	}
	for i, where := range conditions { // each has an index
		query := `DELETE FROM @aliases WHERE ` + where
		if keep {
			var bare store.MailAlias
			query = `UPDATE @aliases SET active = @false, owner = NULL, disabled_ban = NULL, destination = '', mailbox = '',
				destination_host = '` + HostKey(bare.Destination) + `', version = version + 1 WHERE ` + where
		}
		if err := r.t.Exec(ctx, query, args[i]); err != nil {
			return err
		}
	}
	return nil
}

// run redacts the holds of accounts, the names of who did something, and the log.
func (r *redacting) run(ctx context.Context) error {
	return inOrder(ctx, r.holds, r.actors, r.subscriptions, r.log, r.keptKeys)
}

// held is the hold of an account.
type held struct {
	seq  int64
	hold store.Hold
}

func (r *redacting) holds(ctx context.Context) error {
	all, err := Collect(ctx, r.t, func(row Row) (h held, err error) {
		return h, row.Scan(&h.seq, FromJSON[store.Hold]{&h.hold})
	}, `SELECT seq, hold FROM @accounts WHERE hold_since IS NOT NULL`)
	if err != nil {
		return err
	}
	for _, h := range all {
		if !r.Hold(&h.hold) {
			continue
		}
		text, err := json.Marshal(h.hold)
		if err == nil {
			err = r.t.Exec(ctx, `UPDATE @accounts SET hold = ?, version = version + 1 WHERE seq = ?`, string(text), h.seq)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// actorColumns are those that name who did something, with what else is set where one
// is changed.
var actorColumns = []struct{ table, column, also string }{
	{"@bans", "created_by", ", version = version + 1"},
	{"@bans", "revoked_by", ", version = version + 1"},
	{"@blocks", "created_by", ""},
	{"@accounts", "created_by", ", version = version + 1"},
	{"@accounts", "suspended_by", ", version = version + 1"},
	{"@aliases", "created_by", ", version = version + 1"},
	{"@lists", "synced_by", ", version = version + 1, writer = NULL"},
	{"@lists", "previous_synced_by", ", version = version + 1, writer = NULL"},
}

func (r *redacting) actors(ctx context.Context) error {
	if len(r.Names()) == 0 {
		return nil
	}
	for _, c := range actorColumns {
		names, err := r.distinct(ctx, c.table, c.column)
		if err != nil {
			return err
		}
		for _, name := range names {
			by := r.Actor(name)
			if by == name {
				continue
			}
			err := r.t.Exec(ctx, `UPDATE `+c.table+` SET `+c.column+` = ?`+c.also+` WHERE `+c.column+` = ?`, by, name)
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// distinct returns the texts of a column, each once.
func (r *redacting) distinct(ctx context.Context, table, column string) ([]string, error) {
	return Collect(ctx, r.t, scanText, `SELECT DISTINCT `+column+` FROM `+table+` WHERE `+column+` <> ''`)
}

func (r *redacting) subscriptions(ctx context.Context) error {
	if len(r.Names()) == 0 {
		return nil
	}
	all, err := Collect(ctx, r.t, func(row Row) (store.Subscription, error) {
		return scanSubscription(row.Scan)
	}, selectSubscription+`true`)
	if err != nil {
		return err
	}
	for i := range all {
		sub := &all[i]
		by := r.Actor(sub.UpdatedBy)
		if by == sub.UpdatedBy {
			continue
		}
		sub.UpdatedBy = by
		sub.Version++
		settings, _, err := subscriptionTexts(sub)
		if err == nil {
			err = r.t.Exec(ctx, `UPDATE @subscriptions SET settings = ?, version = ? WHERE list = ?`, settings, sub.Version, sub.List)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *redacting) entry(ctx context.Context, c *store.Change) error {
	if changed, err := r.Change(c); err != nil || !changed {
		return err
	}
	keys, err := JSONArg(c.Keys, len(c.Keys))
	if err != nil {
		return err
	}
	return r.t.Exec(ctx, `UPDATE @changes SET actor = ?, keys = ?, before = ?, after = ? WHERE seq = ?`,
		c.Actor, keys, TextArg(c.Before), TextArg(c.After), c.Seq)
}

// keptKeys redacts the keys that are kept of bulk changes.
func (r *redacting) keptKeys(ctx context.Context) error {
	for _, key := range r.OldKeys() {
		from, err := RuleKey(key)
		if err != nil {
			return err
		}
		to, err := RuleKey(r.Key(key))
		if err != nil {
			return err
		}
		err = r.t.ReplaceKeptKey(ctx, from, to)
		if err != nil {
			return err
		}
	}
	return nil
}

package memstore

import (
	"context"
	"math"
	"slices"

	"github.com/google/uuid"

	"example.com/ostraka/internal/changelog"
	"example.com/ostraka/store"
)

// RedactBan implements [store.Redactions].
func (s *Store) RedactBan(ctx context.Context, ban store.Ban, change store.Change) (store.Ban, error) {
	asked := ban
	err := changelog.WithSearch(func(found *changelog.Search) error {
		return s.transact(ctx, func(tx *transaction) error {
			ban = asked
			return s.redactBan(tx, &ban, change, found)
		})
	}, s.search(ctx))
	return orNone(ban, err)
}

func (s *Store) redactBan(tx *transaction, ban *store.Ban, change store.Change, found *changelog.Search) error {
	r := s.bans[ban.ID]
	if r == nil {
		return missing(ban.ID)
	}
	before := r.ban
	redaction := changelog.ForBan(&before, ban, s.logOf(ban.ID))
	others := s.bansOf(redaction, func(o *record) bool { return o != r && o.ban.Kind == before.Kind && o.ban.Value == before.Value })
	others = slices.DeleteFunc(others, func(o *record) bool { return o == r })
	for _, o := range others {
		if o.ban.Active(change.At) && before.Version == ban.Version {
			return &store.ExistsError{Existing: o.ban}
		}
	}
	logged, err := s.rewriteBan(tx, ban, nil, change)
	if err != nil {
		return err
	}
	for _, o := range others {
		redaction.ReplaceBan(&o.ban, ban.KeyText)
		s.redactRecord(tx, o, ban.Value, ban.KeyText)
	}
	if err := s.redact(tx, redaction, found); err != nil {
		return err
	}
	all, err := redaction.Log(int64(len(others)), true, logged)
	if err != nil {
		return err
	}
	tx.log(all...)
	return nil
}

// logOf returns what the log has of a record.
func (s *Store) logOf(id uuid.UUID) (log []store.Change) {
	for i := range s.log {
		if s.log[i].Target == id {
			log = append(log, s.log[i].Change)
		}
	}
	return log
}

// bansOf returns the bans whose keys are to be replaced, and those that also says.
func (s *Store) bansOf(r *changelog.Redaction, also func(*record) bool) (found []*record) {
	for _, o := range s.order {
		if r.Key(o.ban.Key()) != o.ban.Key() || also(o) {
			found = append(found, o)
		}
	}
	return found
}

// redactRecord gives a ban another value and key.
func (s *Store) redactRecord(tx *transaction, r *record, value, keyText string) {
	before, after := r.ban, r.ban
	after.Value, after.KeyText = value, keyText
	after.Version++
	s.rewrite(r, after)
	tx.onAbort(func() { s.rewrite(r, before) })
}

// redact redacts the holds of accounts and the log, and in records who did something.
func (s *Store) redact(tx *transaction, r *changelog.Redaction, found *changelog.Search) error {
	through, err := found.Start(r, func(seq, at int64) (bool, error) {
		i, there := position(s.log, seq)
		return there && s.log[i].At.UnixMicro() == at, nil
	})
	if err != nil {
		return err
	}
	for _, a := range s.accounts.order {
		s.redactAccount(tx, r, a)
	}
	if len(r.Names()) > 0 {
		s.redactActors(tx, r)
	}
	entries := s.concerned(r, through, math.MaxInt64)
	if through > 0 {
		entries = append(slices.Clip(found.Entries), entries...)
	}
	for _, seq := range entries {
		if i, there := position(s.log, seq); there {
			if err := s.redactEntry(tx, r, i); err != nil {
				return err
			}
		}
	}
	return nil
}

// searchPage is how many entries of the log are looked at before others may write.
const searchPage = 1000

// search returns what finds the entries of the log that a redaction concerns, while others
// write.
func (s *Store) search(ctx context.Context) func(*changelog.Redaction) (*changelog.Search, error) {
	return func(r *changelog.Redaction) (*changelog.Search, error) {
		found := new(changelog.Search)
		var after int64
		err := s.read(ctx, func() error {
			if n := len(s.log); n > 0 {
				after = s.log[0].Seq - 1
				found.Through, found.At = s.log[n-1].Seq, s.log[n-1].At.UnixMicro()
			}
			return nil
		})
		for ; err == nil && after < found.Through; after += searchPage {
			err = s.read(ctx, func() error {
				found.Entries = append(found.Entries, s.concerned(r, after, min(after+searchPage, found.Through))...)
				return nil
			})
		}
		return found, err
	}
}

// concerned returns the Seqs of entries of the log, those after one and through another,
// that may have anything to be forgotten.
func (s *Store) concerned(r *changelog.Redaction, after, through int64) (seqs []int64) {
	finder := r.Finder()
	named := func(k store.Key) bool { return r.Key(k) != k }
	first, _ := position(s.log, after+1)
	for _, e := range s.log[first:] {
		if e.Seq > through {
			break
		}
		if finder.Find(e.Actor, e.Before, e.After) || slices.ContainsFunc(e.Keys, named) || slices.ContainsFunc(e.known, named) {
			seqs = append(seqs, e.Seq)
		}
	}
	return seqs
}

func (s *Store) redactAccount(tx *transaction, r *changelog.Redaction, a *accountRecord) {
	before, after := a.account, a.account
	changed := r.Hold(&after.Hold)
	for _, name := range []*string{&after.CreatedBy, &after.SuspendedBy} {
		changed = rename(r, name) || changed
	}
	if changed {
		after.Version++
		a.account = after
		tx.onAbort(func() { a.account = before })
	}
}

// rename replaces a name of who did something, and reports whether it did.
func rename(r *changelog.Redaction, name *string) bool {
	was := *name
	*name = r.Actor(was)
	return *name != was
}

// redactActors does so in all records but accounts.
func (s *Store) redactActors(tx *transaction, r *changelog.Redaction) {
	for _, b := range s.order {
		before := b.ban
		created, revoked := rename(r, &b.ban.CreatedBy), rename(r, &b.ban.RevokedBy)
		if created || revoked {
			b.ban.Version++
			tx.onAbort(func() { b.ban = before })
		}
	}
	for _, b := range s.blocks.order {
		before := b.block
		if rename(r, &b.block.CreatedBy) {
			tx.onAbort(func() { b.block = before })
		}
	}
	for _, a := range s.aliases.order {
		before := a.alias
		if rename(r, &a.alias.CreatedBy) {
			a.alias.Version++
			tx.onAbort(func() { a.alias = before })
		}
	}
	for _, l := range s.lists.ordered {
		s.redactList(tx, r, l)
	}
	for name, sub := range s.subscriptions {
		before := sub
		if rename(r, &sub.UpdatedBy) {
			sub.Version++
			s.subscriptions[name] = sub
			tx.onAbort(func() { s.subscriptions[name] = before })
		}
	}
}

// redactList does so for a list, whose versions are never changed but replaced.
func (s *Store) redactList(tx *transaction, r *changelog.Redaction, l *list) {
	before := *l
	current := renamed(r, l.current)
	undo := l.undo
	if undo != nil {
		undo = &step{before: renamed(r, undo.before), after: current, added: undo.added, removed: undo.removed}
	}
	if current == l.current && (undo == nil || undo.before == l.undo.before) {
		return
	}
	l.current, l.undo = current, undo
	rename(r, &l.info.SyncedBy)
	l.info.Version++
	tx.onAbort(func() { *l = before })
}

func renamed(r *changelog.Redaction, v *version) *version {
	after := *v
	if !rename(r, &after.syncedBy) {
		return v
	}
	return &after
}

// redactEntry redacts an entry of the log with the keys that are kept of it.
func (s *Store) redactEntry(tx *transaction, r *changelog.Redaction, i int) error {
	before, after := s.log[i], s.log[i]
	changed, err := r.Change(&after.Change)
	if err != nil {
		return err
	}
	known := make([]store.Key, len(after.known))
	for n, k := range after.known {
		known[n] = r.Key(k)
		changed = changed || known[n] != k
	}
	if changed {
		if after.known != nil {
			after.known = known
		}
		s.log[i] = after
		tx.onAbort(func() { s.log[i] = before })
	}
	return nil
}

// redactGone redacts what is left of an account that goes: its bans, its aliases and
// the rest. It returns how many bans it redacted, and the changes of those that it
// revoked.
func (s *Store) redactGone(
	tx *transaction, r *changelog.Redaction, found *changelog.Search, keepAliases bool, written *store.AccountWritten, change store.Change,
) (redacted int64, logged []store.Change, err error) {
	for _, o := range s.bansOf(r, func(*record) bool { return false }) {
		by := r.Key(o.ban.Key()).Text
		r.ReplaceBan(&o.ban, by)
		s.redactRecord(tx, o, by, by)
		redacted++
	}
	var over []uuid.UUID
	for _, key := range r.NewKeys() {
		var bans []store.Ban
		for _, o := range s.order {
			if o.ban.Key() == key {
				bans = append(bans, o.ban)
			}
		}
		over = append(over, idsOf(changelog.Overruled(bans, change.At))...)
	}
	if logged, err = s.writeBans(tx, &store.AccountWrite{RevokeBans: over}, written, change); err != nil {
		return 0, nil, err
	}
	for _, m := range slices.Clone(s.aliases.order) {
		if r.Alias(&m.alias) {
			s.redactAlias(tx, m, keepAliases)
		}
	}
	return redacted, logged, s.redact(tx, r, found)
}

// redactAlias takes an alias away, or all of it but its address.
func (s *Store) redactAlias(tx *transaction, m *aliasRecord, keep bool) {
	before := m.alias
	s.aliases.unindex(m)
	if keep {
		changelog.Bury(&m.alias)
		s.aliases.index(m)
		tx.onAbort(func() {
			s.aliases.unindex(m)
			m.alias = before
			s.aliases.index(m)
		})
		return
	}
	delete(s.aliases.byID, before.ID)
	i, _ := position(s.aliases.order, before.Seq)
	s.aliases.order = slices.Delete(s.aliases.order, i, i+1)
	tx.onAbort(func() {
		s.aliases.order = slices.Insert(s.aliases.order, i, m)
		s.aliases.byID[before.ID] = m
		s.aliases.index(m)
	})
}

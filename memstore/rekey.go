package memstore

import (
	"context"
	"fmt"
	"strings"

	"example.com/ostraka/internal/changelog"
	"example.com/ostraka/store"
)

// KeyTables implements [store.Keys].
func (s *Store) KeyTables(ctx context.Context) (tables string, err error) {
	err = s.read(ctx, func() error {
		tables = s.keyTables
		return nil
	})
	return tables, err
}

// SetKeyTables implements [store.Keys].
func (s *Store) SetKeyTables(ctx context.Context, from, to string, change store.Change) error {
	return s.write(ctx, func() (*store.Change, error) {
		switch s.keyTables {
		case to:
			return nil, nil
		case from:
			s.keyTables = to
			logged := changelog.Bare(change)
			logged.KeyTables = ""
			return &logged, nil
		}
		return nil, fmt.Errorf("keys are made by the tables %q, not %q: %w", s.keyTables, from, store.ErrConflict)
	})
}

// noteTables compares the tables of changes that are to be logged with those of
// the store. It returns what is to be logged.
func (s *Store) noteTables(changes []store.Change) []store.Change {
	for i := range changes {
		c := &changes[i]
		tables := c.KeyTables
		c.KeyTables = ""
		switch {
		case tables == "" || store.MadeBy(tables, s.keyTables):
		case s.lastLogged == 0 && i == 0:
			s.keyTables = tables
		case s.keyTables != "":
			s.keyTables = ""
			changes = append(changes, changelog.Mixed(*c))
		}
	}
	return changes
}

// The parts of the records that keys are made of, in order.
const (
	rekeyBans     = 'b'
	rekeyLists    = 'l'
	rekeyAccounts = 'a'
	rekeyAliases  = 'm'

	rekeyParts = "blam"
)

// Rekey implements [store.Keys]. It takes a list with all its entries at once.
func (s *Store) Rekey(ctx context.Context, page store.RekeyPage, maker store.KeyMaker, change store.Change) (result store.RekeyResult, err error) {
	place, err := changelog.ParsePlace(page.After, rekeyParts[0])
	if err != nil {
		return store.RekeyResult{}, fmt.Errorf("memstore: %w", err)
	}
	err = s.transact(ctx, func(tx *transaction) error {
		r := rekeying{store: s, tx: tx, maker: maker, size: page.Size()}
		next, err := r.part(place)
		if err != nil {
			return err
		}
		if result = r.result; next != nil {
			result.Next = next.String()
		} else if next, last := place.After(rekeyParts); !last {
			result.Next = next.String()
		}
		if result.Moved > 0 {
			tx.log(changelog.Rekeyed(change, result.Moved, r.keys))
		}
		return nil
	})
	if err != nil {
		return store.RekeyResult{}, err
	}
	return result, nil
}

// rekeying is one call of Rekey.
type rekeying struct {
	store  *Store
	tx     *transaction // takes back what was done, should the maker panic
	maker  store.KeyMaker
	size   int
	result store.RekeyResult
	keys   []store.Key // of rules, old and new
}

// part makes the keys of a page. It returns the place of the next one in the
// same part; nil: there is none.
func (r *rekeying) part(place changelog.Place) (*changelog.Place, error) {
	if place.Part == rekeyLists {
		return r.list(place), nil
	}
	seq, err := place.Seq()
	if err != nil {
		return nil, err
	}
	switch place.Part {
	case rekeyBans:
		return records(r, place, seq, r.store.order, r.ban), nil
	case rekeyAccounts:
		return records(r, place, seq, r.store.accounts.order, r.account), nil
	case rekeyAliases:
		return records(r, place, seq, r.store.aliases.order, r.alias), nil
	}
	return nil, fmt.Errorf("no page of keys: %.64q", place.String())
}

// records calls rekey for the records of a page.
func records[R numbered](r *rekeying, place changelog.Place, after int64, all []R, rekey func(R)) *changelog.Place {
	some := stretch(all, store.Page{After: after})
	more := len(some) > r.size
	if more {
		some = some[:r.size]
	}
	for _, record := range some {
		r.result.Seen++
		rekey(record)
	}
	if !more {
		return nil
	}
	next := place.AtSeq(some[len(some)-1].seq())
	return &next
}

func (r *rekeying) move(from, to store.Key) {
	r.result.Moved++
	r.keys = append(r.keys, from, to)
}

func (r *rekeying) ban(b *record) {
	if changelog.Hashed(b.ban.Kind, b.ban.Value) {
		r.result.Hashed++
	}
	key, moved := changelog.RuleKey(b.ban.Key(), b.ban.Value, r.maker)
	if !moved {
		return
	}
	r.move(b.ban.Key(), key)
	before, after := b.ban, b.ban
	after.KeyText = key.Text
	after.Version++
	r.store.rewrite(b, after)
	r.tx.onAbort(func() { r.store.rewrite(b, before) })
}

// rewrite gives a record a content of the same life: it has a rule if it had one.
func (s *Store) rewrite(r *record, b store.Ban) {
	if r.ruled {
		s.replace(r, b)
	} else {
		r.ban = b
	}
}

func (r *rekeying) account(a *accountRecord) {
	after := a.account.Clone()
	moved, spare, _ := changelog.AccountKeys(&after, r.maker, func(key string) (bool, error) {
		other := r.store.accounts.byKey[key]
		return other != nil && other != a, nil
	})
	if spare {
		r.result.Spare++
	}
	if moved {
		r.result.Moved++
		before := a.account
		r.store.accounts.replace(a, after)
		r.tx.onAbort(func() { r.store.accounts.replace(a, before) })
	}
}

func (r *rekeying) alias(a *aliasRecord) {
	before, after := a.alias, a.alias
	if changelog.AliasKeys(&after, r.maker) {
		r.result.Moved++
		a.alias = after
		r.tx.onAbort(func() { a.alias = before })
	}
}

// list makes the keys of the first list behind the place.
func (r *rekeying) list(place changelog.Place) *changelog.Place {
	for _, l := range r.store.lists.ordered {
		if l.info.Name > place.At {
			r.entries(l)
			return &changelog.Place{Part: rekeyLists, At: l.info.Name}
		}
	}
	return nil
}

// entries makes the keys of the entries of a list, those of the version before
// too. Versions are never changed: they are replaced.
func (r *rekeying) entries(l *list) {
	moved := make(map[*store.Entry]*store.Entry)
	seen := make(map[*store.Entry]struct{})
	look := func(entries []*store.Entry) {
		for _, e := range entries {
			if _, again := seen[e]; again {
				continue
			}
			seen[e] = struct{}{}
			r.result.Seen++
			if key, ok := changelog.RuleKey(e.Key, e.Value, r.maker); ok {
				r.move(e.Key, key)
				after := *e
				after.Key, after.Value = key, strings.Clone(e.Value)
				moved[e] = &after
			}
		}
	}
	look(l.current.entries)
	if l.undo != nil {
		look(l.undo.before.entries)
	}
	if len(moved) == 0 {
		return
	}
	current := l.current.with(moved)
	if l.undo != nil {
		l.undo = &step{
			before: l.undo.before.with(moved), after: current,
			added: replaced(l.undo.added, moved), removed: replaced(l.undo.removed, moved),
		}
	}
	l.current = current
	l.info.Version++
	for before, after := range moved {
		if t := l.hits[before.ID]; t != nil {
			t.key = after.Key
		}
	}
}

// with returns the version with the entries that others take the place of.
func (v *version) with(moved map[*store.Entry]*store.Entry) *version {
	after := *v
	after.entries = replaced(v.entries, moved)
	after.index()
	return &after
}

func replaced(entries []*store.Entry, moved map[*store.Entry]*store.Entry) []*store.Entry {
	after := make([]*store.Entry, len(entries))
	for i, e := range entries {
		if after[i] = e; moved[e] != nil {
			after[i] = moved[e]
		}
	}
	return after
}

package ban

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"example.com/ostraka/ban/value"
	"example.com/ostraka/store"
)

// RekeyOptions configures [Rekey]. The zero value is the default.
type RekeyOptions struct {
	// Tables are those to make keys by: the same as of the Checkers and Admins of
	// the store. Default: those that package value bundles.
	Tables *value.Tables

	// Actor is in whose name changes are logged where the context names nobody.
	// Default "ostraka".
	Actor string

	// Progress, if not nil, is called now and then, from the goroutine of Rekey, with
	// how far it is.
	Progress func(RekeyProgress)

	// Now is the clock. Default [time.Now].
	Now func() time.Time
}

// RekeyProgress says how far a [Rekey] is.
type RekeyProgress struct {
	Seen  int64 // records whose keys were looked at
	Total int64 // how many there are, roughly; 0: the store does not say
	Moved int64 // records among those seen whose keys were made anew
}

// RekeyResult says what [Rekey] did.
type RekeyResult struct {
	// From and To name the tables before and after, as the store has them; From is
	// empty for a store from before there were names, and for a new one. Where Seen is
	// 0, nothing had to be done.
	From, To string
	// Newer: the keys were made by bundled tables that are newer than ours, by a
	// program that is newer than this one. They were left as they are.
	Newer bool

	Seen  int64 // records whose keys were looked at
	Moved int64 // records whose keys were made anew
	// Lookalikes are accounts whose handles look like those of older accounts, which
	// they did not by the tables before. They stay, and log in as before.
	Lookalikes int64
	// Hashed are bans that are kept as hashes. Nobody can make those anew without what was
	// hashed: they keep out whoever has the mailbox, or the looks, by the tables of when
	// they were made.
	Hashed int64
}

// RekeyStore is what Rekey needs of a store. Every [store.Store] is one.
type RekeyStore interface {
	store.Keys
	store.Changes
}

// rekeyRounds is how often Rekey goes through all records, if others write keys that
// other tables make meanwhile.
const rekeyRounds = 4

// Rekey makes the keys of all bans, entries of lists, accounts and aliases in a store
// anew, if they were made by other tables than those of the options: after an upgrade
// of this module, or when a host has other rows of its own. A program calls it when
// it has opened its store, before or while it serves; where nothing is to be done it
// is one short read.
//
// Checks are right before, during and after it. It works in short steps, beside
// other readers and writers, and several processes may do it at once. If it is cut
// off, what is done stays done, and the next call goes on. An error that matches
// [ErrConflict] says that another process kept making keys by other tables, an older
// program say: end it, and call Rekey again.
func Rekey(ctx context.Context, st RekeyStore, o RekeyOptions) (RekeyResult, error) {
	if st == nil {
		return RekeyResult{}, NewValueError("store", "", CodeEmpty, "give a store, for example memstore.New()")
	}
	if o.Actor == "" {
		o.Actor = "ostraka"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	r := &rekeying{store: st, o: o, version: o.Tables.Version()}
	err := r.run(ctx)
	if err != nil {
		err = fmt.Errorf("make keys anew: %w", err)
	}
	return r.result, err
}

// rekeying is one call of Rekey.
type rekeying struct {
	store   RekeyStore
	o       RekeyOptions
	version value.TablesVersion
	total   int64
	result  RekeyResult
}

func (r *rekeying) run(ctx context.Context) error {
	have, err := r.store.KeyTables(ctx)
	if err != nil {
		return err
	}
	to := r.version.String()
	r.result.From, r.result.To = have, to
	if v, ok := value.ParseTablesVersion(strings.TrimPrefix(have, store.RekeyMark)); ok && v.Compare(r.version) > 0 {
		r.result.To, r.result.Newer = have, true
		return nil
	}
	if have == "" {
		// To a new store, the first change will tell.
		if last, err := r.store.LastChange(ctx); err != nil || last == 0 {
			return err
		}
	}
	if have != to {
		r.total = countRecords(ctx, r.store)
	}
	for range rekeyRounds {
		if have == to {
			return nil
		}
		if err = r.set(ctx, have, store.RekeyMark+to); err == nil {
			if err = r.all(ctx); err == nil {
				err = r.set(ctx, store.RekeyMark+to, to)
			}
		}
		if err != nil && !errors.Is(err, ErrConflict) {
			return err
		}
		if have, err = r.store.KeyTables(ctx); err != nil {
			return err
		}
	}
	if have != to {
		return fmt.Errorf("the keys are made by %q again and again: %w", have, ErrConflict)
	}
	return nil
}

func (r *rekeying) change(ctx context.Context, action store.ChangeAction) (store.Change, error) {
	return NewChange(ctx, action, r.o.Now(), r.o.Actor)
}

func (r *rekeying) set(ctx context.Context, from, to string) error {
	c, err := r.change(ctx, store.KeysTables)
	if err != nil {
		return err
	}
	return r.store.SetKeyTables(ctx, from, to, c)
}

// all goes through all records, and again while a handle has its turn behind one
// that gave up a key.
func (r *rekeying) all(ctx context.Context) error {
	for range rekeyRounds {
		moved := r.result.Moved
		if err := r.once(ctx); err != nil {
			return err
		}
		if r.result.Lookalikes == 0 || r.result.Moved == moved {
			break
		}
	}
	return nil
}

func (r *rekeying) once(ctx context.Context) error {
	r.result.Seen, r.result.Lookalikes, r.result.Hashed = 0, 0, 0
	var page store.RekeyPage
	for {
		c, err := r.change(ctx, store.KeysRewrite)
		if err != nil {
			return err
		}
		done, err := r.store.Rekey(ctx, page, r.o.Tables, c)
		if err != nil {
			return err
		}
		r.result.Seen += done.Seen
		r.result.Moved += done.Moved
		r.result.Lookalikes += done.Spare
		r.result.Hashed += done.Hashed
		page.After = done.Next
		if page.After == "" {
			r.total = r.result.Seen
		}
		if r.o.Progress != nil {
			r.o.Progress(RekeyProgress{r.result.Seen, max(r.total, r.result.Seen), r.result.Moved})
		}
		if page.After == "" {
			return nil
		}
	}
}

// countRecords asks a store that can tell how many records have keys, roughly; 0 if it
// does not say.
func countRecords(ctx context.Context, st store.Keys) (n int64) {
	counts, ok := st.(interface {
		CountBans(context.Context, store.BanFilter) (int64, error)
		CountAccounts(context.Context, store.AccountFilter) (int64, error)
		CountAliases(context.Context, store.AliasFilter) (int64, error)
		Lists(context.Context) ([]store.List, error)
	})
	if !ok {
		return 0
	}
	bans, err := counts.CountBans(ctx, store.BanFilter{})
	accounts, errAccounts := counts.CountAccounts(ctx, store.AccountFilter{})
	aliases, errAliases := counts.CountAliases(ctx, store.AliasFilter{})
	lists, errLists := counts.Lists(ctx)
	if errors.Join(err, errAccounts, errAliases, errLists) != nil {
		return 0
	}
	for _, l := range lists {
		n += l.Entries
	}
	return n + bans + accounts + aliases
}

package lab

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"example.com/ostraka/sqlitestore"
	"example.com/ostraka/store"
)

// asIs are members of records that change without an entry in the log.
var asIs = []string{"hits", "last_hit_at", "last_login_at"}

// replay plays the change log, which nobody has pruned, and compares what comes
// of it with the tables: bans, blocks, lists, accounts and aliases that are in one
// and not in the other, or differ. It returns the differences, and how many entries
// it played.
func replay(ctx context.Context, st *sqlitestore.Store) (wrong []string, played int, err error) {
	records := map[uuid.UUID]json.RawMessage{} // as the log says
	kinds := map[uuid.UUID]string{}
	for after := int64(0); ; {
		changes, err := st.Changes(ctx, after, store.MaxPageLimit)
		if err != nil {
			return nil, played, err
		}
		if len(changes) == 0 {
			break
		}
		for _, c := range changes {
			after, played = c.Seq, played+1
			kind, _, _ := strings.Cut(string(c.Action), ".")
			if c.Target == uuid.Nil || kind == "token" || kind == "credentials" {
				continue
			}
			if d := differ(c.Before, records[c.Target]); d != "" && kind != "alias" {
				wrong = append(wrong, fmt.Sprintf("change %d, %s of %s: before it the log had another record: %s", c.Seq, c.Action, c.Target, d))
			}
			records[c.Target], kinds[c.Target] = c.After, kind
			if c.After == nil {
				delete(records, c.Target)
			}
		}
	}
	tables, err := contents(ctx, st)
	if err != nil {
		return nil, played, err
	}
	for id, record := range tables {
		logged, ok := records[id]
		switch {
		case !ok:
			wrong = append(wrong, fmt.Sprintf("%s is in a table, and not in the log: %s", id, record))
		case kinds[id] == "alias": // what a ban turned off is counted, not logged
		default:
			if d := differ(logged, record); d != "" {
				wrong = append(wrong, fmt.Sprintf("%s %s differs: %s", kinds[id], id, d))
			}
		}
	}
	for id, record := range records {
		if _, ok := tables[id]; !ok {
			wrong = append(wrong, fmt.Sprintf("%s %s is in the log, and in no table: %s", kinds[id], id, record))
		}
	}
	return wrong, played, nil
}

// differ returns how two records differ, in words, or "".
func differ(a, b json.RawMessage) string {
	if a, b := bare(a), bare(b); !bytes.Equal(a, b) {
		return fmt.Sprintf("%s, and %s", a, b)
	}
	return ""
}

// bare returns a record without what changes unlogged, its members in order.
func bare(record json.RawMessage) []byte {
	if record == nil {
		return nil
	}
	var members map[string]any
	if err := json.Unmarshal(record, &members); err != nil {
		return record
	}
	for _, name := range asIs {
		delete(members, name)
	}
	out, _ := json.Marshal(members) // it was JSON
	return out
}

// contents returns the records of all tables.
func contents(ctx context.Context, st *sqlitestore.Store) (map[uuid.UUID]json.RawMessage, error) {
	all := map[uuid.UUID]json.RawMessage{}
	for _, read := range []func() error{
		func() error {
			return pages(all, func(p store.Page) ([]store.Ban, error) { return st.ListBans(ctx, store.BanFilter{}, p) },
				func(b store.Ban) (uuid.UUID, int64) { return b.ID, b.Seq })
		},
		func() error {
			return pages(all, func(p store.Page) ([]store.Block, error) {
				return st.ListBlocks(ctx, store.BlockFilter{}, store.BlocksBySeq, p)
			},
				func(b store.Block) (uuid.UUID, int64) { return b.ID, b.Seq })
		},
		func() error {
			return pages(all, func(p store.Page) ([]store.Account, error) { return st.ListAccounts(ctx, store.AccountFilter{}, p) },
				func(a store.Account) (uuid.UUID, int64) { return a.ID, a.Seq })
		},
		func() error {
			return pages(all, func(p store.Page) ([]store.MailAlias, error) { return st.ListAliases(ctx, store.AliasFilter{}, p) },
				func(a store.MailAlias) (uuid.UUID, int64) { return a.ID, a.Seq })
		},
		func() error {
			lists, err := st.Lists(ctx)
			for _, l := range lists {
				if all[l.ID], err = json.Marshal(l); err != nil {
					break
				}
			}
			return err
		},
	} {
		if err := read(); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// pages reads all records of a sort.
func pages[T any](all map[uuid.UUID]json.RawMessage, list func(store.Page) ([]T, error), name func(T) (uuid.UUID, int64)) error {
	page := store.Page{OldestFirst: true, Limit: store.MaxPageLimit}
	for {
		found, err := list(page)
		if err != nil || len(found) == 0 {
			return err
		}
		for _, r := range found {
			var id uuid.UUID
			id, page.After = name(r)
			if all[id], err = json.Marshal(r); err != nil {
				return err
			}
		}
	}
}

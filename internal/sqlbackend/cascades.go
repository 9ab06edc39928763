package sqlbackend

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/store"
)

// scope is a condition on the rows of a table, for the range of a selector. The
// zero value selects nothing.
type scope struct {
	where string
	args  []any
}

func (s *scope) empty() bool { return s.where == "" }

// hostIn says that a column of hosts has a domain, or one below it.
func hostIn(column, domain string) scope {
	from, below := HostsBelow(domain)
	return scope{column + ` >= ? AND ` + column + ` < ?`, []any{from, below}}
}

// addressScope is the selector's range of @account_emails.
func addressScope(key store.Key) scope {
	switch {
	case key.Kind != store.KindEmail && key.Kind != store.KindDomain:
		return scope{}
	case key.Wildcard():
		return scope{where: `true`}
	case key.Kind == store.KindEmail:
		return scope{`mailbox = ?`, []any{key.Text}}
	}
	return hostIn(`host`, key.Text)
}

// aliasScope is the selector's range of the active ones of @aliases.
func aliasScope(key store.Key) scope {
	switch {
	case key.Kind != store.KindEmail && key.Kind != store.KindDomain && key.Kind != store.KindName:
		return scope{}
	case key.Wildcard():
		return scope{where: `true`}
	case key.Kind == store.KindEmail:
		return scope{`mailbox = ?`, []any{key.Text}}
	case key.Kind == store.KindName:
		return scope{`local_key = ?`, []any{key.Text}}
	}
	// An OR would read the table.
	const active = `SELECT seq FROM @aliases WHERE active = @true AND `
	at, to := hostIn(`host`, key.Text), hostIn(`destination_host`, key.Text)
	return scope{`seq IN (` + active + at.where + ` UNION ALL ` + active + to.where + `)`, slices.Concat(at.args, to.args)}
}

// disableSelected turns off, for a ban, the active aliases that the selector
// selects, and says how many.
func (t writer) disableSelected(ctx context.Context, selector *store.Selector, ban uuid.UUID, at time.Time) (int64, error) {
	in := aliasScope(selector.Key)
	switch {
	case in.empty():
		return 0, nil
	case selector.Test == nil:
		return t.disableAliases(ctx, ban, at, in.where, in.args...)
	}
	selected, err := t.selectedAliases(ctx, selector, in)
	if err != nil {
		return 0, err
	}
	var disabled int64
	for batch := range slices.Chunk(selected, t.db.StepRows()) {
		n, err := t.disableAliases(ctx, ban, at, t.db.Dialect().In(`seq`), batch)
		if err != nil {
			return 0, err
		}
		disabled += n
	}
	return disabled, nil
}

// selectedAliases returns the Seqs of the active aliases that a selector with a
// Test selects. All are tested before any is written.
func (t writer) selectedAliases(ctx context.Context, selector *store.Selector, in scope) (selected []int64, err error) {
	err = t.Each(ctx, func(row Row) error {
		var a store.MailAlias
		if err := row.Scan(testedDest(&a)...); err != nil {
			return err
		}
		if selector.Alias(&a) {
			selected = append(selected, a.Seq)
		}
		return nil
	}, `SELECT `+testedColumns+` FROM @aliases WHERE active = @true AND (`+in.where+`)`, in.args...)
	return selected, err
}

// testedColumns are what a selector with a Test must see of an alias.
const testedColumns = `seq, local, local_key, domain, destination, mailbox`

func testedDest(a *store.MailAlias) []any {
	return []any{&a.Seq, &a.Local, &a.LocalKey, &a.Domain, &a.Destination, &a.Mailbox}
}

package sqlbackend

import (
	"context"
	"math"
	"slices"

	"example.com/ostraka/internal/changelog"
)

// searchPage is how many entries of the log are looked at in one statement, whose time is
// bounded, and beside which others may tidy up.
const searchPage = 10_000

// searchLog returns what finds the entries of the log that a redaction concerns, while others
// write.
func (o Operations) searchLog(ctx context.Context, doing string) func(*changelog.Redaction) (*changelog.Search, error) {
	return func(r *changelog.Redaction) (*changelog.Search, error) {
		found := new(changelog.Search)
		var first int64
		err := o.db.Read(ctx, doing, func(q Querier) error {
			return q.Row(ctx, []any{&first, &found.Through, &found.At}, `SELECT coalesce((SELECT min(seq) FROM @changes), 0),
				coalesce((SELECT max(seq) FROM @changes), 0), coalesce((SELECT at FROM @changes ORDER BY seq DESC LIMIT 1), 0)`)
		})
		if err != nil || found.Through == 0 {
			return found, err
		}
		pages := func(fn func(q Querier, after, through int64) error) error {
			for after := first - 1; after < found.Through; after += searchPage {
				err := o.db.Read(ctx, doing, func(q Querier) error { return fn(q, after, min(after+searchPage, found.Through)) })
				if err != nil {
					return err
				}
			}
			return nil
		}
		if len(r.Names()) > 0 {
			err = pages(func(q Querier, after, through int64) error {
				names, err := spellings(ctx, q, r, after, through)
				found.Actors = append(found.Actors, names...)
				return err
			})
		}
		if err == nil {
			err = pages(func(q Querier, after, through int64) error {
				page, err := o.db.FindEntries(ctx, q, r, each(found.Actors), after, through)
				found.Entries = append(found.Entries, page...)
				return err
			})
		}
		return found, err
	}
}

// spellings returns the names of the account that goes as those entries have them, whose
// actors are the only ones that name it in other cases of letters.
func spellings(ctx context.Context, q Querier, r *changelog.Redaction, after, through int64) ([]string, error) {
	all, err := Collect(ctx, q, scanText, `SELECT DISTINCT actor FROM @changes WHERE seq > ? AND seq <= ? AND actor <> ''`, after, through)
	return slices.DeleteFunc(all, func(name string) bool { return r.Actor(name) == name }), err
}

func scanText(row Row) (text string, err error) { return text, row.Scan(&text) }

// each returns the names, each once.
func each(names []string) []string { return slices.Compact(slices.Sorted(slices.Values(names))) }

// start finds out what of the log is known already.
func (r *redacting) start(ctx context.Context) (err error) {
	r.through, err = r.found.Start(r.Redaction, func(seq, at int64) (bool, error) {
		var n int64
		err := r.t.Row(ctx, []any{&n}, `SELECT count(*) FROM @changes WHERE seq = ? AND at = ?`, seq, at)
		return n > 0, err
	})
	return err
}

// log redacts the entries of the log: those that were found, and those that came since.
func (r *redacting) log(ctx context.Context) error {
	var known changelog.Search
	if r.through > 0 {
		known = *r.found
	}
	names := known.Actors
	if len(r.Names()) > 0 {
		more, err := spellings(ctx, r.t, r.Redaction, r.through, math.MaxInt64)
		if err != nil {
			return err
		}
		names = append(slices.Clip(names), more...)
	}
	seqs, err := r.t.db.FindEntries(ctx, r.t, r.Redaction, each(names), r.through, math.MaxInt64)
	if err != nil {
		return err
	}
	for some := range slices.Chunk(append(slices.Clip(known.Entries), seqs...), r.t.db.StepRows()) {
		entries, err := Collect(ctx, r.t, scanChange,
			`SELECT `+ChangeColumns+` FROM @changes WHERE `+r.t.db.Dialect().In(`seq`)+` ORDER BY seq`, some)
		if err != nil {
			return err
		}
		for i := range entries {
			if err := r.entry(ctx, &entries[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

package sqlitestore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"example.com/ostraka/internal/sqlbackend"
	"example.com/ostraka/store"
)

const (
	// defaultStepRows is how many rows one step of writing a list touches. More
	// would make other writers wait longer, fewer would commit more often.
	defaultStepRows = 10_000
	// batchRows is how many entries one statement inserts. Beyond this, larger
	// statements are no faster.
	batchRows = 50
)

// ApplyList implements [store.Lists]. While the entries are written, which
// takes most of the time, other writers get in between.
func (s *Store) ApplyList(ctx context.Context, delta store.ListDelta, change store.Change) (store.List, error) {
	doing := fmt.Sprintf("apply the list %.64q", delta.List.Name)
	a := listApply{staging: s.newStaging(doing), change: change}
	if err := s.mutate(ctx, doing, func() ([]store.Change, error) { return a.run(ctx, &delta) }); err != nil {
		if !errors.Is(err, store.ErrBusy) { // or the caller would wait once more, most likely in vain
			a.abandon(ctx)
		}
		return store.List{}, err
	}
	s.tidy(ctx, doing, func() error { return s.forgetVersions(ctx, doing, a.list.Seq) })
	return a.result, nil
}

// listApply is one call of ApplyList.
type listApply struct {
	*staging
	delta   *sqlbackend.Delta
	change  store.Change
	written int
	result  store.List
}

func (a *listApply) run(ctx context.Context, delta *store.ListDelta) (_ []store.Change, err error) {
	if a.delta, err = sqlbackend.NewDelta(delta); err != nil {
		return nil, explain(ctx, a.doing, err)
	}
	if err := a.begin(ctx, &a.delta.List); err != nil {
		return nil, err
	}
	if err := a.dropOrphans(ctx); err != nil {
		return nil, err
	}
	if err := a.dropLeftovers(ctx); err != nil {
		return nil, err
	}
	if err := a.inSteps(ctx, a.delta.Remove, a.removeEntries); err != nil {
		return nil, err
	}
	if err := a.fits(ctx); err != nil {
		return nil, explain(ctx, a.doing, err)
	}
	if err := a.inSteps(ctx, a.delta.Add, a.addEntries); err != nil {
		return nil, err
	}
	return a.transact(ctx, func(t *tx) error {
		if err := a.held(ctx, t); err != nil {
			return err
		}
		return a.enforce(ctx, t)
	})
}

// abandonTime bounds how long an ApplyList that failed removes what it wrote.
const abandonTime = 10 * time.Second

// abandon removes what was written in vain, whatever has become of the caller's
// context. What it does not get to, the next ApplyList of the list removes.
func (a *listApply) abandon(ctx context.Context) {
	if a.list.Seq == 0 {
		return // it never began
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abandonTime)
	defer cancel()
	a.store.tidy(ctx, a.doing, func() error {
		if a.list.Version > 0 {
			return a.dropLeftovers(ctx)
		}
		// Without their list the entries are orphans.
		err := a.step(ctx, func(t *tx) error {
			return t.exec(ctx, `DELETE FROM ostraka_lists WHERE seq = ? AND version = 0`, a.list.Seq)
		})
		if err != nil {
			return err
		}
		return a.dropOrphans(ctx)
	})
}

// inSteps writes entries of the next version, and reports progress between two
// steps.
func (a *listApply) inSteps(ctx context.Context, entries []*store.Entry, write func(context.Context, *tx, []*store.Entry) error) error {
	for chunk := range slices.Chunk(entries, a.store.stepRows) {
		if err := a.step(ctx, func(t *tx) error { return write(ctx, t, chunk) }); err != nil {
			return err
		}
		a.progress(ctx, len(chunk))
	}
	return nil
}

func (a *listApply) progress(ctx context.Context, written int) {
	a.written += written
	if a.delta.Progress != nil {
		a.delta.Progress(a.written)
	}
	if a.written < len(a.delta.Add)+len(a.delta.Remove) {
		pause(ctx)
	}
}

func (a *listApply) removeEntries(ctx context.Context, t *tx, entries []*store.Entry) error {
	for _, e := range entries {
		key, err := sqlbackend.RuleKey(e.Key)
		if err != nil {
			return err
		}
		n, err := t.affect(ctx, `UPDATE ostraka_rules SET until = ? WHERE key = ? AND id = ? AND value IS ?
			AND list = ? AND until IS NULL`, a.list.content+1, key, e.ID[:], sqlbackend.ValueArg(e.Value, e.Key), a.list.Seq)
		if err != nil {
			return err
		}
		if n != 1 {
			return fmt.Errorf("%w: %.64q, to be removed, is not in the list", store.ErrConflict, e.Value)
		}
	}
	return nil
}

// addEntries counts their prefix lengths with them: a length must be known
// before the first of its rules is seen.
func (a *listApply) addEntries(ctx context.Context, t *tx, entries []*store.Entry) error {
	rules := t.ruleWriter()
	for batch := range slices.Chunk(entries, batchRows) {
		keys := make([]any, len(batch))
		for i, e := range batch {
			key, err := sqlbackend.RuleKey(e.Key)
			if err != nil {
				return err
			}
			keys[i] = key
			rules.lengths.Count(e.Key, 1)
		}
		if err := a.insert(ctx, t, batch, keys); err != nil {
			return err
		}
	}
	return rules.finish(ctx)
}

func (a *listApply) insert(ctx context.Context, t *tx, batch []*store.Entry, keys []any) error {
	// What is the same in all rows is spared the binding.
	row := fmt.Sprintf(`(?, ?, %d, %d, ?, ?, ?, ?, ?, %d, '', '')`, a.list.content+1, a.list.Seq, sqlbackend.OriginEntry)
	args := make([]any, 0, 7*len(batch))
	for i, e := range batch {
		args = append(args, keys[i], e.ID[:], int64(e.Line), sqlbackend.ValueArg(e.Value, e.Key), int64(e.Effect), int64(e.Scope), e.Shadow)
	}
	return t.exec(ctx, `INSERT INTO ostraka_rules (key, id, since, list, line, value, effect, scope, shadow, origin, reason, public_reason)
		VALUES `+row+strings.Repeat(`, `+row, len(batch)-1), args...)
}

// enforce puts the new version into force.
func (a *listApply) enforce(ctx context.Context, t *tx) error {
	after := a.delta.Applied(a.list.List, a.change)
	err := t.exec(ctx, `UPDATE ostraka_lists SET source = ?, reason = ?, public_reason = ?, version = ?, entries = ?,
		content = content + 1, synced_at = ?, synced_by = ?, writer = NULL,
		previous_entries = entries, previous_synced_at = synced_at, previous_synced_by = synced_by,
		previous_source = iif(version > 0, source, ''), previous_reason = iif(version > 0, reason, ''),
		previous_public_reason = iif(version > 0, public_reason, ''), digest = ?, previous_digest = digest
		WHERE seq = ?`, after.Source, after.Reason, after.PublicReason, after.Version, after.Entries,
		sqlbackend.TimeArg(after.SyncedAt), after.SyncedBy, after.Digest, after.Seq)
	if err != nil {
		return err
	}
	if err := a.moveHits(ctx, t); err != nil {
		return err
	}
	a.result = after
	c, err := a.delta.Change(a.change, &a.list.List, &after, func() ([]store.Key, error) {
		return t.changedKeys(ctx, &a.list.List, &after, a.list.content+1)
	})
	if err != nil {
		return err
	}
	return t.log(ctx, c)
}

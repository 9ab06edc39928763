package pgstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"example.com/ostraka/internal/sqlbackend"
	"example.com/ostraka/store"
)

// defaultStepRows is how many rows one step of writing a list touches. More would
// keep those longer waiting who must be alone, fewer would commit more often.
const defaultStepRows = 20_000

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
	s.tidy(ctx, doing, func() error {
		if err := s.analyze(ctx, int64(len(delta.Add)+len(delta.Remove))); err != nil {
			return err
		}
		return s.forgetVersions(ctx, doing, a.list.Seq)
	})
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
	return a.transact(ctx, alone, func(t *tx) error {
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
			return t.exec(ctx, `DELETE FROM @lists WHERE seq = ? AND version = 0`, a.list.Seq)
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
		a.progress(len(chunk))
	}
	return nil
}

func (a *listApply) progress(written int) {
	a.written += written
	if a.delta.Progress != nil {
		a.delta.Progress(a.written)
	}
}

// removeEntries marks entries, in one statement, as gone from the next version on.
func (a *listApply) removeEntries(ctx context.Context, t *tx, entries []*store.Entry) error {
	keys, ids, values := make([]string, len(entries)), make([]uuid.UUID, len(entries)), make([]pgtype.Text, len(entries))
	for i, e := range entries {
		var err error
		if keys[i], err = sqlbackend.RuleKey(e.Key); err != nil {
			return err
		}
		ids[i], values[i] = e.ID, pgtype.Text{String: e.Value, Valid: e.Value != e.Key.Text}
	}
	n, err := t.affect(ctx, `UPDATE @rules r SET until = ?1 FROM unnest(CAST(?2 AS text[]), CAST(?3 AS uuid[]), CAST(?4 AS text[])) AS gone (key, id, value)
		WHERE r.key = gone.key AND r.id = gone.id AND r.value IS NOT DISTINCT FROM gone.value AND r.list = ?5 AND r.until IS NULL`,
		a.list.content+1, keys, uids(ids), values, a.list.Seq)
	if err == nil && n != int64(len(entries)) {
		err = fmt.Errorf("%w: of %d entries to be removed, %d are in the list", store.ErrConflict, len(entries), n)
	}
	return err
}

// copied are the columns of entries that are copied; the others have defaults.
var copied = []string{"key", "id", "since", "list", "line", "value", "effect", "scope", "shadow", "origin", "reason", "public_reason"}

// addEntries copies entries into the table. It counts their prefix lengths with
// them: a length must be known before the first of its rules is seen.
func (a *listApply) addEntries(ctx context.Context, t *tx, entries []*store.Entry) error {
	rules := t.ruleWriter()
	table := pgx.Identifier{t.store.options.Schema, "rules"}
	since := a.list.content + 1
	bounded, cancel := t.querier().bound(ctx)
	defer cancel()
	_, err := t.conn.Conn().CopyFrom(bounded, table, copied, pgx.CopyFromSlice(len(entries), func(i int) ([]any, error) {
		e := entries[i]
		key, err := sqlbackend.RuleKey(e.Key)
		if err != nil {
			return nil, err
		}
		rules.lengths.Count(e.Key, 1)
		return []any{key, uid(e.ID), since, a.list.Seq, int64(e.Line), sqlbackend.ValueArg(e.Value, e.Key),
			int16(e.Effect), int16(e.Scope), e.Shadow, int16(sqlbackend.OriginEntry), "", ""}, nil
	}))
	if err != nil {
		return heard(bounded, err)
	}
	return rules.finish(ctx)
}

// enforce puts the new version into force.
func (a *listApply) enforce(ctx context.Context, t *tx) error {
	after := a.delta.Applied(a.list.List, a.change)
	err := t.exec(ctx, `UPDATE @lists SET source = ?, reason = ?, public_reason = ?, version = ?, entries = ?,
		content = content + 1, synced_at = ?, synced_by = ?, writer = NULL,
		previous_entries = entries, previous_synced_at = synced_at, previous_synced_by = synced_by,
		previous_source = CASE WHEN version > 0 THEN source ELSE '' END, previous_reason = CASE WHEN version > 0 THEN reason ELSE '' END,
		previous_public_reason = CASE WHEN version > 0 THEN public_reason ELSE '' END, digest = ?, previous_digest = digest
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
	return t.log(c)
}

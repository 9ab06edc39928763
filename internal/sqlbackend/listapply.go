package sqlbackend

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"example.com/ostraka/store"
)

// ApplyList implements [store.Lists]. While the entries are written, which
// takes most of the time, other writers get in between.
func (o Operations) ApplyList(ctx context.Context, delta store.ListDelta, change store.Change) (store.List, error) {
	doing := fmt.Sprintf("apply the list %.64q", delta.List.Name)
	a := listApply{staging: o.newStaging(doing), change: change}
	if err := o.db.Mutate(ctx, doing, func() ([]store.Change, error) { return a.run(ctx, &delta) }); err != nil {
		if !errors.Is(err, store.ErrBusy) { // or the caller would wait once more, most likely in vain
			a.abandon(ctx)
		}
		return store.List{}, err
	}
	o.db.Tidy(ctx, doing, func() error {
		if err := o.db.RulesChanged(ctx, int64(len(delta.Add)+len(delta.Remove))); err != nil {
			return err
		}
		return o.forgetVersions(ctx, doing, a.list.Seq)
	})
	return a.result, nil
}

// listApply is one call of ApplyList.
type listApply struct {
	*staging
	delta   *Delta
	change  store.Change
	written int
	result  store.List
}

func (a *listApply) run(ctx context.Context, delta *store.ListDelta) (_ []store.Change, err error) {
	if a.delta, err = newDelta(delta); err != nil {
		return nil, a.o.db.Explain(ctx, a.doing, err)
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
	if err := a.inSteps(ctx, a.delta.Remove, Tx.RemoveEntries); err != nil {
		return nil, err
	}
	if err := a.fits(ctx); err != nil {
		return nil, a.o.db.Explain(ctx, a.doing, err)
	}
	if err := a.inSteps(ctx, a.delta.Add, Tx.AddEntries); err != nil {
		return nil, err
	}
	return a.transact(ctx, func(t writer) error {
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
	a.o.db.Tidy(ctx, a.doing, func() error {
		if a.list.Version > 0 {
			return a.dropLeftovers(ctx)
		}
		// Without their list the entries are orphans.
		err := a.step(ctx, func(t writer) error {
			return t.Exec(ctx, `DELETE FROM @lists WHERE seq = ? AND version = 0`, a.list.Seq)
		})
		if err != nil {
			return err
		}
		return a.dropOrphans(ctx)
	})
}

// inSteps writes entries of the next version, and reports progress between two
// steps.
func (a *listApply) inSteps(ctx context.Context, entries []*store.Entry, write func(Tx, context.Context, *ListRow, []*store.Entry) error) error {
	for chunk := range slices.Chunk(entries, a.o.db.StepRows()) {
		if err := a.step(ctx, func(t writer) error { return write(t, ctx, &a.list, chunk) }); err != nil {
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
		a.o.db.Pause(ctx)
	}
}

// fits fails if an entry that stays has the ID or the value of one to add. Entries
// to be removed are marked by now, and nobody else writes to the list.
func (a *listApply) fits(ctx context.Context) error {
	if len(a.delta.Add) == 0 || a.list.Entries == 0 {
		return nil
	}
	coming, err := a.delta.Newcomers()
	if err != nil {
		return err
	}
	return a.o.db.Fits(ctx, &a.list, a.delta, coming)
}

// enforce puts the new version into force.
func (a *listApply) enforce(ctx context.Context, t writer) error {
	after := a.delta.Applied(a.list.List, a.change)
	err := t.Exec(ctx, `UPDATE @lists SET source = ?, reason = ?, public_reason = ?, version = ?, entries = ?,
		content = content + 1, synced_at = ?, synced_by = ?, writer = NULL,
		previous_entries = entries, previous_synced_at = synced_at, previous_synced_by = synced_by,
		previous_source = CASE WHEN version > 0 THEN source ELSE '' END, previous_reason = CASE WHEN version > 0 THEN reason ELSE '' END,
		previous_public_reason = CASE WHEN version > 0 THEN public_reason ELSE '' END, digest = ?, previous_digest = digest
		WHERE seq = ?`, after.Source, after.Reason, after.PublicReason, after.Version, after.Entries,
		TimeArg(after.SyncedAt), after.SyncedBy, after.Digest, after.Seq)
	if err != nil {
		return err
	}
	if err := a.moveHits(ctx, t); err != nil {
		return err
	}
	a.result = after
	c, err := a.delta.Change(a.change, &a.list.List, &after, func() ([]store.Key, error) {
		return t.changedKeys(ctx, &a.list.List, &after, a.list.Content+1)
	})
	if err != nil {
		return err
	}
	return t.Log(ctx, c)
}

// moveHits keeps what entries caught with those that the delta gives another
// key, which are few.
func (a *listApply) moveHits(ctx context.Context, t writer) error {
	for e := range a.delta.Moved() {
		key, err := RuleKey(e.Key)
		if err != nil {
			return err
		}
		if err := t.Exec(ctx, `UPDATE @hit_totals SET key = ? WHERE rule_id = ?`, key, e.ID); err != nil {
			return err
		}
	}
	return nil
}

// moveHitsBack does so for the entries that come back when the content of the
// row is undone.
func (t writer) moveHitsBack(ctx context.Context, row *ListRow) error {
	return t.Exec(ctx, `UPDATE @hit_totals AS h SET key = r.key FROM @rules r
		WHERE r.list = ? AND r.until = ? AND h.rule_id = r.id AND h.key <> r.key
			AND EXISTS (SELECT 1 FROM @hit_totals)`, row.Seq, row.Content)
}

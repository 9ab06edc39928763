package sqlitestore

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/internal/sqlbackend"
	"example.com/ostraka/store"
)

// rowPage is how many rows Scan reads at a time. Between two pages it holds no
// connection, so that the loop's body may use the store even if there is only one.
const rowPage = 4000

// rowColumns are what Scan reads of ostraka_rules. Lists are read beside them, once a
// page: joined, their texts would be made anew for every rule. A driver takes longer
// for a column than SQLite for a sum, and less long for NULL than for an empty text:
// so what has few values is one number.
const rowColumns = `key, id, since, until, list, line, value, effect + (scope << 8) + (shadow << 16) + (origin << 17), expires_at,
	CASE WHEN list IS NULL THEN reason END, CASE WHEN list IS NULL THEN public_reason END, label`

const (
	columnSince = iota
	columnUntil
	columnList
	columnLine
	columnValue
	columnSmall // effect, scope, shadow and origin
	columnExpires
	columnReason
	columnPublicReason
	columnLabel
	rowValues // how many there are behind key and id
)

// Scan implements [store.Rules].
func (s *Store) Scan(ctx context.Context, kind store.Kind) iter.Seq2[store.Rule, error] {
	return func(yield func(store.Rule, error) bool) {
		from, below, ok := sqlbackend.KeyRange(kind)
		if !ok {
			return
		}
		r := rowReader{key: from, below: below, id: make([]byte, len(uuid.Nil))}
		r.dest = append(r.dest, &r.key, &r.rawID)
		for i := range r.values {
			r.dest = append(r.dest, &r.values[i])
		}
		for more := true; more; {
			err := s.view(ctx, "scan rules", func(q querier) (err error) {
				more, err = r.page(ctx, q)
				return err
			})
			if err != nil {
				yield(store.Rule{}, err)
				return
			}
			for _, rule := range r.rules {
				if !yield(rule, nil) {
					return
				}
			}
		}
	}
}

// rowReader reads all rules, page by page, in the order of key, id and since.
type rowReader struct {
	key   string // of the row that was read last
	rawID sql.RawBytes
	id    []byte
	since int64
	below string // the first key that is not to be read

	values [rowValues]any
	dest   []any
	last   store.Rule // that was found last
	rules  []store.Rule

	lists map[int64]listInForce
}

// listInForce is a list as far as its entries have to do with it.
type listInForce struct {
	content int64
	common  store.Rule // what their rules have in common
}

// page reads a page, and reports whether there may be more. It may be called again
// after an error.
func (r *rowReader) page(ctx context.Context, q querier) (more bool, err error) {
	if err := r.readLists(ctx, q); err != nil {
		return false, err
	}
	rows, err := q.QueryContext(ctx, `SELECT `+rowColumns+` FROM ostraka_rules
		WHERE (key, id, since) > (?, ?, ?) AND key < ? ORDER BY key, id, since LIMIT ?`, r.key, r.id, r.since, r.below, rowPage)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	n := 0
	r.rules = r.rules[:0]
	for ; rows.Next(); n++ {
		if err := rows.Scan(r.dest...); err != nil {
			return false, err
		}
		if err := r.take(); err != nil {
			return false, err
		}
	}
	return n == rowPage, rows.Err()
}

// readLists reads the lists, of which there are few.
func (r *rowReader) readLists(ctx context.Context, q querier) error {
	lists := make(map[int64]listInForce)
	err := each(ctx, q, func(rows *sql.Rows) error {
		var row listRow
		if err := rows.Scan(row.dest()...); err != nil {
			return err
		}
		l := listInForce{row.content, new(store.Entry).Rule(&row.List)}
		if before, ok := r.lists[row.Seq]; ok && before.common == l.common {
			l.common = before.common // so that all rules share its texts
		}
		lists[row.Seq] = l
		return nil
	}, selectLists)
	r.lists = lists
	return err
}

// take adds the rule of the row that was scanned, if it is in force.
func (r *rowReader) take() (err error) {
	if len(r.rawID) != len(uuid.Nil) {
		return fmt.Errorf("%w: a rule with an id of %d bytes", ErrCorrupt, len(r.rawID))
	}
	r.id = append(r.id[:0], r.rawID...)
	v := &r.values
	since, ok := v[columnSince].(int64)
	if !ok {
		return fmt.Errorf("%w: a rule since %v", ErrCorrupt, v[columnSince])
	}
	r.since = since
	small := number(v[columnSmall])
	var rule store.Rule
	if list, ok := v[columnList].(int64); ok {
		l, there := r.lists[list]
		until, ends := v[columnUntil].(int64)
		if !there || since > l.content || ends && until <= l.content {
			return nil
		}
		rule = l.common
	} else {
		if rule.Origin, err = sqlbackend.NumberedOrigin(int(small >> 17)); err != nil {
			return err
		}
		rule.Reason, _ = v[columnReason].(string)
		rule.PublicReason, _ = v[columnPublicReason].(string)
		rule.Label, _ = v[columnLabel].(string)
	}
	if rule.Key, err = sqlbackend.ParseRuleKey(r.key); err != nil {
		return err
	}
	rule.ID = uuid.UUID(r.id)
	if r.last.ID == rule.ID && r.last.Key == rule.Key {
		return nil // it has changed between two pages
	}
	if rule.Value, ok = v[columnValue].(string); !ok {
		rule.Value = rule.Key.Text
	}
	rule.Effect, rule.Scope, rule.Shadow = store.Effect(small), store.Scope(small>>8), small>>16&1 != 0
	rule.Line = int(number(v[columnLine]))
	if at, ok := v[columnExpires].(int64); ok {
		rule.ExpiresAt = time.UnixMicro(at).UTC()
	}
	r.last = rule
	r.rules = append(r.rules, rule)
	return nil
}

// number returns the number that a driver gives; those of STRICT tables are int64.
func number(v any) int64 {
	n, _ := v.(int64)
	return n
}

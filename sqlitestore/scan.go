package sqlitestore

import (
	"context"
	"database/sql"
	"database/sql/driver"
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
const rowColumns = `key, id, since, until, list, line, value, effect + 256 * (scope + 256 * (shadow + 2 * origin)), expires_at,
	CASE WHEN list IS NULL THEN reason END, CASE WHEN list IS NULL THEN public_reason END, label`

const (
	columnKey = iota
	columnID
	columnSince
	columnUntil
	columnList
	columnLine
	columnValue
	columnSmall // effect, scope, shadow and origin
	columnExpires
	columnReason
	columnPublicReason
	columnLabel
)

// A page begins with what is left of the key that the page before it ended in: mostly
// nothing. As one condition, (key, id, since) > (?, ?, ?), SQLite would compare every
// row of the page with all three.
const (
	rowsOfKey    = `SELECT ` + rowColumns + ` FROM ostraka_rules WHERE key = ? AND (id, since) > (?, ?) ORDER BY id, since LIMIT ?`
	rowsBehindIt = `SELECT ` + rowColumns + ` FROM ostraka_rules WHERE key > ? AND key < ? ORDER BY key, id, since LIMIT ?`
)

// Scan implements [store.Rules].
func (s *Store) Scan(ctx context.Context, kind store.Kind) iter.Seq2[store.Rule, error] {
	return func(yield func(store.Rule, error) bool) {
		from, below, ok := sqlbackend.KeyRange(kind)
		if !ok {
			return
		}
		r := rowReader{key: from, below: below, id: make([]byte, len(uuid.Nil))}
		for more := true; more; {
			err := s.viewConn(ctx, "scan rules", func(conn *sql.Conn) (err error) {
				more, err = r.page(ctx, conn)
				return err
			})
			if err != nil {
				yield(store.Rule{}, err)
				return
			}
			for i := range r.rules {
				if !yield(r.rules[i], nil) {
					return
				}
			}
			r.rules = r.rules[:0]
		}
	}
}

// rowReader reads all rules, page by page, in the order of key, id and since.
type rowReader struct {
	key   string // of the row that was read last, or what is before all
	id    []byte
	since int64
	below string // the first key that is not to be read

	last  identity     // of the rule that was found last
	rules []store.Rule // that are to be yielded

	lists map[int64]listInForce
}

// identity tells rules apart.
type identity struct {
	key store.Key
	id  uuid.UUID
}

// listInForce is a list as far as its entries have to do with it.
type listInForce struct {
	content int64
	common  store.Rule // what their rules have in common
}

// page reads a page, and reports whether there may be more. It may be called again
// after an error: it goes on behind the rules that it has.
func (r *rowReader) page(ctx context.Context, conn *sql.Conn) (more bool, err error) {
	if err := r.readLists(ctx, conn); err != nil {
		return false, err
	}
	n, err := eachRow(ctx, conn, r.take, rowsOfKey, r.key, r.id, r.since, int64(rowPage))
	if err != nil {
		return false, err
	}
	behind, err := eachRow(ctx, conn, r.take, rowsBehindIt, r.key, r.below, int64(rowPage-n))
	return n+behind == rowPage, err
}

// readLists reads the lists, of which there are few.
func (r *rowReader) readLists(ctx context.Context, q querier) error {
	lists := make(map[int64]listInForce)
	err := each(ctx, q, func(rows *sql.Rows) error {
		var row sqlbackend.ListRow
		if err := (sharedRow{rows}).Scan(row.Dest()...); err != nil {
			return err
		}
		l := listInForce{row.Content, new(store.Entry).Rule(&row.List)}
		if before, ok := r.lists[row.Seq]; ok && before.common == l.common {
			l.common = before.common // so that all rules share its texts
		}
		lists[row.Seq] = l
		return nil
	}, dialect.Query(sqlbackend.SelectLists))
	r.lists = lists
	return err
}

// take adds the rule of a row, if it is in force.
func (r *rowReader) take(row []driver.Value) (err error) {
	if r.key, r.id, r.since, err = readPlace(row, r.id); err != nil {
		return err
	}
	small, ok := row[columnSmall].(int64)
	if !ok { // SQLite makes a sum that is too large a fraction
		return fmt.Errorf("%w: the rule of %.64q has an effect, a scope or an origin that is none", ErrCorrupt, r.key)
	}
	var rule store.Rule
	if list, ok := row[columnList].(int64); ok {
		l, there := r.lists[list]
		until, ends := row[columnUntil].(int64)
		if !there || r.since > l.content || ends && until <= l.content {
			return nil
		}
		rule = l.common
	} else {
		if rule.Origin, err = sqlbackend.NumberedOrigin(int(small >> 17)); err != nil {
			return err
		}
		rule.Reason, _ = row[columnReason].(string)
		rule.PublicReason, _ = row[columnPublicReason].(string)
		rule.Label, _ = row[columnLabel].(string)
	}
	if rule.Key, err = sqlbackend.ParseRuleKey(r.key); err != nil {
		return err
	}
	rule.ID = uuid.UUID(r.id)
	if this := (identity{rule.Key, rule.ID}); this != r.last {
		r.last = this
	} else {
		return nil // it has changed between two pages
	}
	if value, ok := row[columnValue].(string); ok {
		rule.Value = value
	} else {
		rule.Value = rule.Key.Text
	}
	rule.Effect, rule.Scope, rule.Shadow = store.Effect(small), store.Scope(small>>8), small>>16&1 != 0
	rule.Line = int(number(row[columnLine]))
	if at, ok := row[columnExpires].(int64); ok {
		rule.ExpiresAt = time.UnixMicro(at).UTC()
	}
	r.rules = append(r.rules, rule)
	return nil
}

// readPlace returns where a row is in the order, its id in room.
func readPlace(row []driver.Value, room []byte) (key string, id []byte, since int64, err error) {
	key, isText := row[columnKey].(string)
	id, isBlob := row[columnID].([]byte)
	since, isNumber := row[columnSince].(int64)
	if !isText || !isBlob || !isNumber || len(id) != len(uuid.Nil) {
		return "", room, 0, fmt.Errorf("%w: a rule of key %.64v and id %x since %v", ErrCorrupt, row[columnKey], row[columnID], row[columnSince])
	}
	return key, append(room[:0], id...), since, nil
}

// number returns the number that a driver gives; those of STRICT tables are int64.
func number(v any) int64 {
	n, _ := v.(int64)
	return n
}

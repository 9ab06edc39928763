package pgstore

import (
	"context"
	"iter"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"example.com/ostraka/internal/sqlbackend"
	"example.com/ostraka/store"
)

// scanPage is how many rows are read at a time where they are read page by page.
// Between two pages no connection is held.
const scanPage = 5000

// scanPages is how many pages Scan reads before it streams. A loop that ends early, as
// that of a preview does after 10,000 rules, is over by then: of a stream the server
// would have begun to send the whole table, over a connection that is lost with it.
const scanPages = 3

// Scan implements [store.Rules]. It reads a few pages as any other query does. If
// there is more, it streams the rest over a connection that it takes out of the pool
// for that: the loop's body may need others, however few the pool has.
func (s *Store) Scan(ctx context.Context, kind store.Kind) iter.Seq2[store.Rule, error] {
	return s.scanRules(ctx, kind, ``)
}

// Exceptions implements [store.Cascades]. They have an index of their own.
func (s *Store) Exceptions(ctx context.Context, kind store.Kind) iter.Seq2[store.Rule, error] {
	return s.scanRules(ctx, kind, ` AND r.effect <> 0`)
}

// scanRules yields the rules of a kind for which one more condition holds, if there is one.
func (s *Store) scanRules(ctx context.Context, kind store.Kind, condition string) iter.Seq2[store.Rule, error] {
	return func(yield func(store.Rule, error) bool) {
		from, below, ok := sqlbackend.KeyRange(kind)
		if !ok {
			return
		}
		r := ruleScan{store: s, where: onPrimary + condition, every: kind == 0, key: from, below: below}
		more, err := true, error(nil)
		for n := 0; n < scanPages && more && err == nil; n++ {
			var page []store.Rule
			page, err = r.page(ctx)
			for _, rule := range page {
				if !yield(rule, nil) {
					return
				}
			}
			more = len(page) == scanPage
		}
		if err == nil && more {
			err = r.rest(ctx, yield)
		}
		if err != nil {
			yield(store.Rule{}, err)
		}
	}
}

// ruleScan is one run of Scan.
type ruleScan struct {
	store  *Store
	reader ruleReader
	where  string    // conditions, to which others are added
	every  bool      // of all kinds
	key    string    // of the rule that was read last, or one that is before all
	id     uuid.UUID // of that rule
	below  string    // the first key that is not to be read
}

const doingScan = "scan rules"

// page reads the rules that follow, in the order of key and id.
func (r *ruleScan) page(ctx context.Context) (page []store.Rule, err error) {
	err = r.store.read(ctx, doingScan, func(q querier) error {
		rows, err := q.query(ctx, `SELECT `+ruleColumns+ruleListColumns+rulesInForce+` AND `+r.where+`
			AND (r.key, r.id) > (?, ?) AND r.key < ? ORDER BY r.key, r.id LIMIT ?`, r.key, r.id, r.below, scanPage)
		if err != nil {
			return err
		}
		page, err = r.reader.appendRules(page[:0], rows)
		return err
	})
	if err != nil || len(page) == 0 {
		return nil, err
	}
	last := &page[len(page)-1]
	r.key, err = sqlbackend.RuleKey(last.Key)
	r.id = last.ID
	return page, err
}

// rest yields the rules that follow in that order, in whatever order they lie in the
// table. It returns no error after yield has returned false.
func (r *ruleScan) rest(ctx context.Context, yield func(store.Rule, error) bool) error {
	s := r.store
	if err := s.begin(ctx, doingScan); err != nil {
		return err
	}
	defer s.life.Leave()
	conn, err := s.takeConn(ctx)
	if err != nil {
		return explain(ctx, doingScan, err)
	}
	defer closeConn(conn)
	bounded, vigil, end := keepVigil(ctx, s.options.patience())
	defer end()
	stopped := false
	err = r.stream(bounded, conn, func(rule store.Rule) bool {
		vigil.turn()
		stopped = !yield(rule, nil)
		vigil.turn()
		return !stopped
	})
	if stopped {
		return nil
	}
	return explain(ctx, doingScan, heard(bounded, err))
}

// stream yields the rules as they come.
func (r *ruleScan) stream(ctx context.Context, conn *pgx.Conn, yield func(store.Rule) bool) error {
	if err := r.snapshot(ctx, conn); err != nil {
		return err
	}
	rows, err := r.query(ctx, conn)
	if err != nil {
		return err
	}
	reader := streamReader{lists: r.reader.lists, key: r.key, id: r.id}
	_, err = eachRule(rows, reader.rule, yield)
	return err
}

// query reads the table, or what its index has of a kind. What the reader can decide as
// well, the server is not asked: it would take longer for it than the reading.
func (r *ruleScan) query(ctx context.Context, conn *pgx.Conn) (pgx.Rows, error) {
	query := `SELECT ` + streamColumns + ` FROM @rules r WHERE ` + r.where
	if r.every {
		return conn.Query(ctx, r.store.sql(query))
	}
	return conn.Query(ctx, r.store.sql(query+` AND r.key >= ? AND r.key < ?`), r.key, r.below)
}

// snapshot begins a transaction that sees one moment, and reads the lists, so that
// their texts need not come with each of their entries.
func (r *ruleScan) snapshot(ctx context.Context, conn *pgx.Conn) error {
	b := new(pgx.Batch)
	b.Queue(`BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`)
	b.Queue(`SET LOCAL statement_timeout = 0`) // the reading takes as long as the loop's body does
	b.Queue(r.store.sql(`SELECT seq, content, name, source, reason, public_reason FROM @lists`)).Query(func(rows pgx.Rows) error {
		return drain(rows, func(rows pgx.Rows) error {
			var seq int64
			var t listTexts
			err := rows.Scan(&seq, &t.content, &t.name, &t.source, &t.reason, &t.publicReason)
			r.reader.keep(seq, t.content, t.name, t.source, t.reason, t.publicReason)
			return err
		})
	})
	return conn.SendBatch(ctx, b).Close()
}

// takeConn takes a connection out of the pool, which may make another one in its
// place.
func (s *Store) takeConn(ctx context.Context) (*pgx.Conn, error) {
	conn, err := s.acquire(ctx, time.Now().Add(s.options.patience()))
	if err != nil {
		return nil, err
	}
	return conn.Hijack(), nil
}

// closeConn closes a connection that takeConn took, at once: what the server still
// sends is not waited for.
func closeConn(conn *pgx.Conn) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_ = conn.Close(ctx)
}

package sqlitestore

import (
	"context"
	"database/sql"
	"iter"
	"math/bits"
	"slices"
	"strings"

	"example.com/ostraka/internal/sqlbackend"
	"example.com/ostraka/store"
)

// ruleColumns are what is read of rulesInForce.
const ruleColumns = `r.key, r.id, r.value, r.effect, r.scope, r.shadow, r.expires_at, r.origin,
	coalesce(l.reason, r.reason), coalesce(l.public_reason, r.public_reason), r.line, l.name, l.source, coalesce(r.label, '')`

// rulesInForce selects rules, to which more conditions are added. Entries are
// seen in the content of their list that is in force, which is NULL for a list
// that is gone.
const rulesInForce = ` FROM ostraka_rules r` + inForce

const inForce = ` LEFT JOIN ostraka_lists l ON l.seq = r.list
	WHERE (r.list IS NULL OR r.since <= l.content AND (r.until IS NULL OR r.until > l.content))`

// ruleScanner scans rows of ruleColumns, each into the same place. The zero value
// is ready.
type ruleScanner struct {
	key          string
	value        sql.NullString
	origin       small
	list, source sql.NullString
	rule         store.Rule
	dest         []any
	texts        sqlbackend.ListTexts
}

func (r *ruleScanner) init() {
	r.dest = []any{
		&r.key, (*id)(&r.rule.ID), &r.value, (*small)(&r.rule.Effect), (*small)(&r.rule.Scope), &r.rule.Shadow,
		(*micros)(&r.rule.ExpiresAt), &r.origin, &r.rule.Reason, &r.rule.PublicReason,
		&r.rule.Line, &r.list, &r.source, &r.rule.Label,
	}
}

func (r *ruleScanner) scan(rows *sql.Rows) (store.Rule, error) {
	if err := rows.Scan(r.dest[:]...); err != nil {
		return store.Rule{}, err
	}
	var err error
	if r.rule.Key, err = sqlbackend.ParseRuleKey(r.key); err != nil {
		return store.Rule{}, err
	}
	r.rule.Source = ""
	if r.list.Valid {
		r.texts.Share(&r.rule, r.list.String, r.source.String)
	} else if r.rule.Origin, err = sqlbackend.NumberedOrigin(int(r.origin)); err != nil {
		return store.Rule{}, err
	}
	r.rule.Value = r.rule.Key.Text
	if r.value.Valid {
		r.rule.Value = r.value.String
	}
	return r.rule, nil
}

// appendRules appends the rules of all rows, and closes rows.
func (r *ruleScanner) appendRules(to []store.Rule, rows *sql.Rows) ([]store.Rule, error) {
	defer rows.Close()
	if r.dest == nil {
		r.init()
	}
	for rows.Next() {
		rule, err := r.scan(rows)
		if err != nil {
			return to, err
		}
		to = append(to, rule)
	}
	return to, rows.Err()
}

// Lookups are prepared for 1, 2, 4, … maxLookup keys.
const (
	lookupSizes = 9
	maxLookup   = 1 << (lookupSizes - 1)
)

func lookupQuery(keys int) string {
	return `SELECT ` + ruleColumns + rulesInForce + ` AND r.key IN (?` + strings.Repeat(`, ?`, keys-1) + `)`
}

// lookupArgs returns the keys as arguments, filled up to the next prepared size
// with NULL, which matches nothing and costs nothing to bind. Keys of a kind
// that no rule can have are left out.
func lookupArgs(keys []store.Key) []any {
	args := make([]any, 0, 1<<bits.Len(uint(max(len(keys), 1)-1)))
	for _, k := range keys {
		if text, err := sqlbackend.RuleKey(k); err == nil {
			args = append(args, text)
		}
	}
	return args[:cap(args)]
}

// Lookup implements [store.Rules].
func (s *Store) Lookup(ctx context.Context, keys []store.Key) ([]store.Rule, error) {
	const doing = "look up rules"
	switch {
	case len(keys) == 0:
		return nil, s.nothing(ctx, doing)
	case len(keys) > maxLookup:
		return s.lookupMany(ctx, doing, keys)
	}
	args := lookupArgs(keys)
	var rules []store.Rule
	err := s.read(ctx, doing, func(querier) error {
		stmt, err := s.lookups[bits.Len(uint(len(args)-1))].get(ctx, s.readDB, func() string { return lookupQuery(len(args)) })
		if err != nil {
			return err
		}
		rows, err := stmt.QueryContext(ctx, args...)
		if err != nil {
			return err
		}
		rules, err = new(ruleScanner).appendRules(rules[:0], rows)
		return err
	})
	if err != nil {
		return nil, err
	}
	return rules, nil
}

// lookupMany looks up more keys than one statement takes, in one view.
func (s *Store) lookupMany(ctx context.Context, doing string, keys []store.Key) ([]store.Rule, error) {
	seen := make(map[store.Key]bool, len(keys))
	keys = slices.DeleteFunc(slices.Clone(keys), func(k store.Key) bool {
		again := seen[k]
		seen[k] = true
		return again
	})
	slices.SortFunc(keys, sqlbackend.CompareKeys)
	var rules []store.Rule
	err := s.view(ctx, doing, func(q querier) error {
		rules = rules[:0]
		stmt, err := q.PrepareContext(ctx, lookupQuery(maxLookup))
		if err != nil {
			return err
		}
		defer stmt.Close()
		scanner := new(ruleScanner)
		args := make([]any, maxLookup)
		for chunk := range slices.Chunk(keys, maxLookup) {
			clear(args)
			copy(args, lookupArgs(chunk))
			rows, err := stmt.QueryContext(ctx, args...)
			if err != nil {
				return err
			}
			if rules, err = scanner.appendRules(rules, rows); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return rules, nil
}

// PrefixLengths implements [store.Rules].
func (s *Store) PrefixLengths(ctx context.Context) ([]store.PrefixLen, error) {
	return readAll(ctx, s, "list the prefix lengths in use", func(rows *sql.Rows) (l store.PrefixLen, err error) {
		return l, rows.Scan(&l.IPv6, (*small)(&l.Bits))
	}, `SELECT ipv6, bits FROM ostraka_prefix_lengths WHERE rules > 0`)
}

// hashedKeys finds one key for each secret that rules are hashed under, and a few that
// are of no hashed value: of the keys that begin so it looks at one, and goes on behind
// all that have the same text before the hash.
const hashedKeys = `WITH RECURSIVE
	one (key, below) AS (
		SELECT (SELECT min(key) FROM ostraka_rules WHERE key > b.above AND key < b.below), b.below
		FROM (SELECT 'e:h:' AS above, 'e:h;' AS below UNION ALL SELECT 'n:h:', 'n:h;') b
		UNION ALL
		SELECT (SELECT min(key) FROM ostraka_rules WHERE key < one.below
			AND key > iif(substr(one.key, length(one.key) - 43, 1) = ':', substr(one.key, 1, length(one.key) - 44) || ';', one.key)), one.below
		FROM one WHERE one.key IS NOT NULL)
	SELECT key FROM one WHERE key IS NOT NULL`

// HashKeysInUse implements [store.Rules].
func (s *Store) HashKeysInUse(ctx context.Context) ([]store.HashKey, error) {
	var keys sqlbackend.HashKeys
	err := s.read(ctx, "list the hash keys in use", func(q querier) error {
		keys = nil
		return each(ctx, q, func(rows *sql.Rows) error {
			var key string
			if err := rows.Scan(&key); err != nil {
				return err
			}
			return keys.Add(key)
		}, hashedKeys)
	})
	return keys, err
}

// scanPage is how many rules Scan reads at a time. Between two pages it holds
// no connection, so that the loop's body may use the store even if there is
// only one.
const scanPage = 2000

// Exceptions implements [store.Cascades]. They have an index of their own.
func (s *Store) Exceptions(ctx context.Context, kind store.Kind) iter.Seq2[store.Rule, error] {
	return s.scanRules(ctx, kind, ` FROM ostraka_rules r INDEXED BY ostraka_rules_exceptions`+inForce+` AND r.effect <> 0`)
}

// scanRules yields the rules of a kind that a query selects, a page at a time.
func (s *Store) scanRules(ctx context.Context, kind store.Kind, selected string) iter.Seq2[store.Rule, error] {
	return func(yield func(store.Rule, error) bool) {
		from, below, ok := sqlbackend.KeyRange(kind)
		if !ok {
			return
		}
		lastID := make([]byte, 16)
		var page []store.Rule
		scanner := new(ruleScanner)
		for {
			var err error
			if page, err = s.rulePage(ctx, scanner, page[:0], selected, from, lastID, below); err != nil {
				yield(store.Rule{}, err)
				return
			}
			for _, rule := range page {
				if !yield(rule, nil) {
					return
				}
			}
			if len(page) < scanPage {
				return
			}
			last := &page[len(page)-1]
			from, _ = sqlbackend.RuleKey(last.Key) // it was parsed from one
			lastID = last.ID[:]
		}
	}
}

// rulePage appends one page of rules that follow a key and id, in that order.
func (s *Store) rulePage(ctx context.Context, scanner *ruleScanner, to []store.Rule, selected, from string, id []byte, below string) ([]store.Rule, error) {
	page := to
	err := s.read(ctx, "scan rules", func(q querier) error {
		rows, err := q.QueryContext(ctx, `SELECT `+ruleColumns+selected+`
			AND (r.key, r.id) > (?, ?) AND r.key < ? ORDER BY r.key, r.id LIMIT ?`, from, id, below, scanPage)
		if err != nil {
			return err
		}
		page, err = scanner.appendRules(to, rows)
		return err
	})
	return page, err
}

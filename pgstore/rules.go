package pgstore

import (
	"context"

	"github.com/jackc/pgx/v5"

	"example.com/ostraka/internal/sqlbackend"
	"example.com/ostraka/store"
)

// ruleColumns are what is read of rules, as [ruleReader] takes them.
const ruleColumns = `r.key, r.id, r.value, r.effect, r.scope, r.shadow, r.expires_at, r.origin,
	r.reason, r.public_reason, r.label, r.line, r.list`

// ruleListColumns are read with them where the lists are not known yet.
const ruleListColumns = `, l.name, l.source, l.reason, l.public_reason`

// rulesInForce selects rules, to which more conditions are added. Entries are
// seen in the content of their list that is in force, which is NULL for a list
// that is gone.
const rulesInForce = ` FROM @rules r` + inForce

const inForce = ` LEFT JOIN @lists l ON l.seq = r.list
	WHERE (r.list IS NULL OR r.since <= l.content AND (r.until IS NULL OR r.until > l.content))`

// lookupRules selects the rules of keys. Behind a SELECT of its own the list of keys
// is the same to the planner whatever is in it. So PostgreSQL plans the statement once
// a connection; the keys themselves would have it plan anew for each look-up, which
// takes longer than looking up.
const lookupRules = `SELECT ` + ruleColumns + ruleListColumns + rulesInForce + `
	AND r.key = ANY (CAST((SELECT CAST(? AS text[])) AS text[])) AND ` + onPrimary

// Lookup implements [store.Rules].
func (s *Store) Lookup(ctx context.Context, keys []store.Key) ([]store.Rule, error) {
	const doing = "look up rules"
	texts := make([]string, 0, len(keys))
	for _, k := range keys {
		if text, err := sqlbackend.RuleKey(k); err == nil { // a rule cannot be of another kind
			texts = append(texts, text)
		}
	}
	if len(texts) == 0 {
		return nil, s.nothing(ctx, doing)
	}
	var rules []store.Rule
	err := s.lookup(ctx, doing, func(q querier) error {
		rows, err := q.query(ctx, lookupRules, texts)
		if err != nil {
			return err
		}
		rules, err = new(ruleReader).appendRules(rules[:0], rows)
		return err
	})
	if err != nil {
		return nil, err
	}
	return rules, nil
}

// PrefixLengths implements [store.Rules].
func (s *Store) PrefixLengths(ctx context.Context) ([]store.PrefixLen, error) {
	return readAll(ctx, s, "list the prefix lengths in use", func(rows pgx.Rows) (l store.PrefixLen, err error) {
		return l, rows.Scan(&l.IPv6, (*small)(&l.Bits))
	}, `SELECT ipv6, bits FROM @prefix_lengths WHERE rules > 0 AND `+onPrimary)
}

// hashedKeys finds one key for each secret that rules are hashed under, and a few that
// are of no hashed value: of the keys that begin so it looks at one, and goes on behind
// all that have the same text before the hash.
const hashedKeys = `WITH RECURSIVE
	one (key, below) AS (
		SELECT (SELECT min(key) FROM @rules WHERE key > b.above AND key < b.below), b.below
		FROM (VALUES ('e:h:', 'e:h;'), ('n:h:', 'n:h;')) b (above, below) WHERE ` + onPrimary + `
		UNION ALL
		SELECT (SELECT min(key) FROM @rules WHERE key < one.below
			AND key > CASE WHEN substr(one.key, length(one.key) - 43, 1) = ':' THEN substr(one.key, 1, length(one.key) - 44) || ';' ELSE one.key END), one.below
		FROM one WHERE one.key IS NOT NULL)
	SELECT key FROM one WHERE key IS NOT NULL`

// HashKeysInUse implements [store.Rules].
func (s *Store) HashKeysInUse(ctx context.Context) ([]store.HashKey, error) {
	var keys sqlbackend.HashKeys
	err := s.lookup(ctx, "list the hash keys in use", func(q querier) error {
		keys = nil
		rows, err := q.query(ctx, hashedKeys)
		if err != nil {
			return err
		}
		return drain(rows, func(rows pgx.Rows) error {
			var key string
			if err := rows.Scan(&key); err != nil {
				return err
			}
			return keys.Add(key)
		})
	})
	return keys, err
}

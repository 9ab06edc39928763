package pgstore

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"example.com/ostraka/internal/sqlbackend"
	"example.com/ostraka/store"
)

// ruleColumns are what is read of rulesInForce.
const ruleColumns = `r.key, r.id, r.value, r.effect, r.scope, r.shadow, r.expires_at, r.origin,
	coalesce(l.reason, r.reason), coalesce(l.public_reason, r.public_reason), r.line, l.name, l.source`

// rulesInForce selects rules, to which more conditions are added. Entries are
// seen in the content of their list that is in force, which is NULL for a list
// that is gone.
const rulesInForce = ` FROM @rules r` + inForce

const inForce = ` LEFT JOIN @lists l ON l.seq = r.list
	WHERE (r.list IS NULL OR r.since <= l.content AND (r.until IS NULL OR r.until > l.content))`

// ruleScanner scans rows of ruleColumns, each into the same place. The zero value
// is ready.
type ruleScanner struct {
	key          string
	value        pgtype.Text
	origin       small
	list, source pgtype.Text
	rule         store.Rule
	dest         []any
	texts        sqlbackend.ListTexts
}

func (r *ruleScanner) init() {
	r.dest = []any{
		&r.key, (*id)(&r.rule.ID), &r.value, (*small)(&r.rule.Effect), (*small)(&r.rule.Scope), &r.rule.Shadow,
		(*micros)(&r.rule.ExpiresAt), &r.origin, &r.rule.Reason, &r.rule.PublicReason,
		&r.rule.Line, &r.list, &r.source,
	}
}

func (r *ruleScanner) scan(rows pgx.Rows) (store.Rule, error) {
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

// each calls fn with the rules of all rows, and closes rows. It reports false if fn
// did.
func (r *ruleScanner) each(rows pgx.Rows, fn func(store.Rule) bool) (all bool, err error) {
	defer rows.Close()
	if r.dest == nil {
		r.init()
	}
	for rows.Next() {
		rule, err := r.scan(rows)
		if err != nil {
			return false, err
		}
		if !fn(rule) {
			return false, nil
		}
	}
	return true, rows.Err()
}

// appendRules appends the rules of all rows, and closes rows.
func (r *ruleScanner) appendRules(to []store.Rule, rows pgx.Rows) ([]store.Rule, error) {
	_, err := r.each(rows, func(rule store.Rule) bool {
		to = append(to, rule)
		return true
	})
	return to, err
}

const lookupRules = `SELECT ` + ruleColumns + rulesInForce + ` AND r.key = ANY (?) AND ` + onPrimary

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
	err := s.read(ctx, doing, func(q querier) error {
		rows, err := q.query(ctx, lookupRules, texts)
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

// PrefixLengths implements [store.Rules].
func (s *Store) PrefixLengths(ctx context.Context) ([]store.PrefixLen, error) {
	return readAll(ctx, s, "list the prefix lengths in use", func(rows pgx.Rows) (l store.PrefixLen, err error) {
		return l, rows.Scan(&l.IPv6, (*small)(&l.Bits))
	}, `SELECT ipv6, bits FROM @prefix_lengths WHERE rules > 0 AND `+onPrimary)
}

package sqlitestore

import (
	"context"
	"fmt"
	"strings"

	"example.com/ostraka/internal/sqlbackend"
	"example.com/ostraka/store"
)

// invariants are queries that count what must not be. Those about rules hold
// because a record and its rule are written in one transaction.
var invariants = []struct{ what, query string }{
	{"bans without their rule", `SELECT count(*) FROM ostraka_bans b WHERE ruled = 1 AND NOT EXISTS (
		SELECT 1 FROM ostraka_rules r WHERE r.key = ` + banKey + ` || b.key_text AND r.id = b.id AND r.origin = 0
			AND coalesce(r.value, b.key_text) = b.value AND r.effect = b.effect AND r.scope = b.scope
			AND r.shadow = b.shadow AND r.expires_at IS b.expires_at
			AND r.reason = b.reason AND r.public_reason = b.public_reason AND coalesce(r.label, '') = b.label)`},
	{"bans whose rule was retired, that never expire", `SELECT count(*) FROM ostraka_bans
		WHERE ruled = 0 AND revoked_at IS NULL AND expires_at IS NULL`},
	{"rules without a ban", `SELECT count(*) FROM ostraka_rules r WHERE origin = 0 AND NOT EXISTS (
		SELECT 1 FROM ostraka_bans b WHERE b.id = r.id AND b.ruled = 1 AND r.key = ` + banKey + ` || b.key_text)`},
	{"blocks without their rule", `SELECT count(*) FROM ostraka_blocks b WHERE NOT EXISTS (
		SELECT 1 FROM ostraka_rules r WHERE r.key = 'd:' || b.key_text AND r.id = b.id AND r.origin = 1
			AND coalesce(r.value, b.key_text) = b.domain AND r.effect = b.effect AND r.scope = b.scope
			AND r.shadow = 0 AND r.expires_at IS NULL
			AND r.reason = b.reason AND r.public_reason = b.public_reason)`},
	{"rules without a block", `SELECT count(*) FROM ostraka_rules r WHERE origin = 1 AND NOT EXISTS (
		SELECT 1 FROM ostraka_blocks b WHERE b.id = r.id AND r.key = 'd:' || b.key_text)`},
	// Of a list whose writing is not finished there may be entries that are in
	// no content: of the next one, or of that after it if one was undone.
	{"entries of contents to come", `SELECT count(*) FROM ostraka_rules r JOIN ostraka_lists l ON l.seq = r.list
		WHERE max(r.since, coalesce(r.until, 0)) > l.content + iif(l.writer IS NULL, 0, 2)`},
	{"entries of lists to come", `SELECT count(*) FROM ostraka_rules WHERE list > coalesce((
		SELECT seq FROM sqlite_sequence WHERE name = 'ostraka_lists'), 0)`},
	{"lists with another number of entries than they say", `SELECT count(*) FROM ostraka_lists l WHERE entries <> (
		SELECT count(*) FROM ostraka_rules r WHERE r.list = l.seq
			AND r.since <= l.content AND (r.until IS NULL OR r.until > l.content))`},
	{"lists whose content before has another number of entries than they say", `SELECT count(*) FROM ostraka_lists l
		WHERE previous_entries <> (
			SELECT count(*) FROM ostraka_rules r WHERE r.list = l.seq
				AND r.since <= l.content - 1 AND (r.until IS NULL OR r.until > l.content - 1))`},
	{"days of hits without a record", `SELECT count(*) FROM ostraka_hits WHERE rule_id NOT IN (
		SELECT id FROM ostraka_bans UNION ALL SELECT id FROM ostraka_rules)`},
	{"hit totals without a record", `SELECT count(*) FROM ostraka_hit_totals h WHERE NOT EXISTS (
		SELECT 1 FROM ostraka_rules r WHERE r.key = h.key AND r.id = h.rule_id AND r.origin <> 0)`},
	{"handle keys without an account", `SELECT count(*) FROM ostraka_handle_keys
		WHERE account NOT IN (SELECT seq FROM ostraka_accounts)`},
	{"accounts whose handle keys are not numbered from 0", numberedFromZero("ostraka_handle_keys")},
	{"addresses without an account", `SELECT count(*) FROM ostraka_account_emails
		WHERE account NOT IN (SELECT seq FROM ostraka_accounts)`},
	{"accounts whose addresses are not numbered from 0", numberedFromZero("ostraka_account_emails")},
	{"credentials without an account", `SELECT count(*) FROM ostraka_credentials
		WHERE account NOT IN (SELECT id FROM ostraka_accounts)`},
	{"active aliases that forward to no address of their owner", `SELECT count(*) FROM ostraka_aliases l
		WHERE active = 1 AND owner IS NOT NULL AND NOT EXISTS (
			SELECT 1 FROM ostraka_accounts a JOIN ostraka_account_emails e ON e.account = a.seq
			WHERE a.id = l.owner AND e.address = l.destination)`},
	{"changes missing inside the log", `SELECT coalesce(max(seq) - min(seq) + 1, 0) - count(*) FROM ostraka_changes`},
}

// numberedFromZero counts the accounts whose rows of a table have gaps in their
// positions.
func numberedFromZero(table string) string {
	return `SELECT count(*) FROM (SELECT 1 FROM ` + table + ` GROUP BY account HAVING max(position) <> count(*) - 1)`
}

// banKey is the beginning of the key of the ban b.
var banKey = func() string {
	var sb strings.Builder
	sb.WriteString("CASE b.kind")
	for _, kind := range store.Kinds() {
		key, _ := sqlbackend.RuleKey(store.Key{Kind: kind}) // which all kinds have
		fmt.Fprintf(&sb, " WHEN %d THEN '%s'", kind, key)
	}
	sb.WriteString(" END")
	return sb.String()
}()

// contradictions returns where the records of an intact file contradict each
// other.
func contradictions(ctx context.Context, q querier) ([]string, error) {
	var problems []string
	for _, inv := range invariants {
		var n int64
		if err := q.QueryRowContext(ctx, inv.query).Scan(&n); err != nil {
			return nil, err
		}
		if n != 0 {
			problems = append(problems, fmt.Sprintf("%d %s", n, inv.what))
		}
	}
	for _, compare := range []func(context.Context, querier) ([]string, error){wrongPrefixLengths, wrongHosts} {
		wrong, err := compare(ctx, q)
		if err != nil {
			return nil, err
		}
		problems = append(problems, wrong...)
	}
	return problems, nil
}

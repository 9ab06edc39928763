package pgstore

import (
	"bytes"

	"github.com/google/uuid"

	"example.com/ostraka/internal/sqlbackend"
	"example.com/ostraka/store"
)

// streamColumns are what a stream reads of rows in force or not, where it is decided
// here which are: joining each of a million with its list would take the server longer
// than reading them. To write a column out takes it as long as four sums, and NULL next to
// nothing: so what has few values is one number, and what entries have of their list is
// left out.
const streamColumns = `r.key, r.id, r.list, r.since, r.until, r.line, r.value,
	r.effect | (r.scope::integer << 8) | (r.shadow::integer << 16) | (r.origin::integer << 17), r.expires_at,
	CASE WHEN r.list IS NULL THEN r.reason END, CASE WHEN r.list IS NULL THEN r.public_reason END, r.label`

// streamReader makes rules of rows of streamColumns: of those in force in the lists, that
// come after one place.
type streamReader struct {
	lists map[int64]listTexts // by Seq
	key   string              // as the column has it
	id    uuid.UUID           // among those of the key
}

// rule returns the rule of a row, whose bytes it does not keep, and false if it is not
// wanted.
func (r *streamReader) rule(row [][]byte, binary bool) (rule store.Rule, ok bool, err error) {
	c := columns{row: row, binary: binary}
	key := c.take()
	rule.ID = c.uuid()
	if string(key) < r.key || string(key) == r.key && bytes.Compare(rule.ID[:], r.id[:]) <= 0 {
		return rule, false, c.err
	}
	list, isEntry := c.integerOrNull()
	since := c.integer()
	until, ends := c.integerOrNull()
	if isEntry {
		texts, there := r.lists[list]
		if !there || since > texts.content || ends && until <= texts.content {
			return rule, false, c.err
		}
		rule.Origin, rule.Source, rule.Reason, rule.PublicReason = texts.origin, texts.source, texts.reason, texts.publicReason
	}
	if rule.Key, err = sqlbackend.ParseRuleKey(string(key)); err != nil {
		return rule, false, err
	}
	rule.Line = int(c.integer())
	rule.Value = c.textOr(rule.Key.Text)
	small := c.integer()
	rule.Effect, rule.Scope, rule.Shadow = store.Effect(small), store.Scope(small>>8), small>>16&1 != 0
	rule.ExpiresAt = c.time()
	if isEntry {
		return rule, true, c.err
	}
	rule.Reason, rule.PublicReason, rule.Label = c.text(), c.text(), c.textOr("")
	if rule.Origin, err = sqlbackend.NumberedOrigin(int(small >> 17)); err != nil {
		return rule, false, err
	}
	return rule, true, c.err
}

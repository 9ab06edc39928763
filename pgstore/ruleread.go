package pgstore

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"example.com/ostraka/internal/sqlbackend"
	"example.com/ostraka/store"
)

// ruleReader makes rules of rows of ruleColumns, alone or with ruleListColumns. It
// decodes by hand: of a million rules, scanning them column by
// column would take longer than reading them. The zero value is ready.
type ruleReader struct {
	lists map[int64]listTexts // by Seq
}

// listTexts are what all rules of a list have in common, kept once for all of
// those that are read together.
type listTexts struct {
	origin                             store.Origin
	name, source, reason, publicReason string
	content                            int64 // that is in force; known only to streams
}

// rule returns the rule of a row, whose bytes it does not keep.
func (r *ruleReader) rule(row [][]byte, binary bool) (rule store.Rule, ok bool, err error) {
	c := columns{row: row, binary: binary}
	if rule.Key, err = sqlbackend.ParseRuleKey(c.text()); err != nil {
		return rule, false, err
	}
	rule.ID = c.uuid()
	rule.Value = c.textOr(rule.Key.Text)
	rule.Effect, rule.Scope = store.Effect(c.small()), store.Scope(c.small())
	rule.Shadow = c.bool()
	rule.ExpiresAt = c.time()
	origin := int(c.small())
	rule.Reason, rule.PublicReason = c.text(), c.text()
	rule.Label = c.textOr("")
	rule.Line = int(c.integer())
	if list, ok := c.integerOrNull(); ok {
		texts := r.lists[list]
		if len(c.row) > c.next {
			texts = r.shared(list, texts, c.row[c.next:])
		}
		rule.Origin, rule.Source = texts.origin, texts.source
		rule.Reason, rule.PublicReason = texts.reason, texts.publicReason
	} else if rule.Origin, err = sqlbackend.NumberedOrigin(origin); err != nil {
		return rule, false, err
	}
	return rule, true, c.err
}

// shared returns the texts of a list that a row has: those kept, unless the list has
// changed since.
func (r *ruleReader) shared(list int64, kept listTexts, row [][]byte) listTexts {
	if len(row) == 4 && kept.name == string(row[0]) && kept.source == string(row[1]) &&
		kept.reason == string(row[2]) && kept.publicReason == string(row[3]) && kept.origin != "" {
		return kept
	}
	c := columns{row: row}
	return r.keep(list, 0, c.text(), c.text(), c.text(), c.text())
}

// keep keeps the texts of a list.
func (r *ruleReader) keep(list, content int64, name, source, reason, publicReason string) listTexts {
	if r.lists == nil {
		r.lists = make(map[int64]listTexts)
	}
	texts := listTexts{store.OriginList(name), name, source, reason, publicReason, content}
	r.lists[list] = texts
	return texts
}

// eachRule calls fn with the rules that decode makes of rows, which it is told the format
// of, and closes rows. It reports false if fn did.
func eachRule(rows pgx.Rows, decode func(row [][]byte, binary bool) (rule store.Rule, ok bool, err error), fn func(store.Rule) bool) (all bool, err error) {
	defer rows.Close()
	binary := false
	for i, f := range rows.FieldDescriptions() {
		binary = binary || i == idColumn && f.Format == pgx.BinaryFormatCode
	}
	for rows.Next() {
		rule, ok, err := decode(rows.RawValues(), binary)
		if err != nil {
			return false, err
		}
		if ok && !fn(rule) {
			return false, nil
		}
	}
	return true, rows.Err()
}

// appendRules appends the rules of all rows, and closes rows.
func (r *ruleReader) appendRules(to []store.Rule, rows pgx.Rows) ([]store.Rule, error) {
	_, err := eachRule(rows, r.rule, func(rule store.Rule) bool {
		to = append(to, rule)
		return true
	})
	return to, err
}

// idColumn is the place of the id in ruleColumns and in streamColumns. Its format, which is that of all
// numbers beside it, depends on the mode of the connection.
const idColumn = 1

// columns takes the columns of a row one after the other, in PostgreSQL's binary format
// or in that of texts. A column that is not what is asked for ends it with an error.
type columns struct {
	row    [][]byte
	binary bool
	next   int
	err    error
}

// take returns the next column, nil for NULL.
func (c *columns) take() []byte {
	if c.next >= len(c.row) {
		c.fail(nil)
		return nil
	}
	c.next++
	return c.row[c.next-1]
}

func (c *columns) fail(v []byte) {
	if c.err == nil {
		c.err = fmt.Errorf("%w: column %d of a rule is %.64q", sqlbackend.ErrCorrupt, c.next, v)
	}
}

func (c *columns) text() string {
	v := c.take()
	if v == nil {
		c.fail(v)
	}
	return string(v)
}

// textOr returns what is given for NULL.
func (c *columns) textOr(null string) string {
	if v := c.take(); v != nil {
		return string(v)
	}
	return null
}

func (c *columns) uuid() (id uuid.UUID) {
	v := c.take()
	var err error
	if !c.binary {
		id, err = uuid.ParseBytes(v)
	} else {
		id, err = uuid.FromBytes(v)
	}
	if err != nil {
		c.fail(v)
	}
	return id
}

func (c *columns) bool() bool {
	v := c.take()
	if len(v) != 1 {
		c.fail(v)
		return false
	}
	return v[0] == 1 || v[0] == 't'
}

// integer returns a number of any size.
func (c *columns) integer() (n int64) {
	v := c.take()
	switch {
	case !c.binary:
		var err error
		if n, err = strconv.ParseInt(string(v), 10, 64); err != nil {
			c.fail(v)
		}
	case len(v) == 8:
		n = int64(binary.BigEndian.Uint64(v))
	case len(v) == 4:
		n = int64(int32(binary.BigEndian.Uint32(v)))
	case len(v) == 2:
		n = int64(int16(binary.BigEndian.Uint16(v)))
	default:
		c.fail(v)
	}
	return n
}

// integerOrNull reports false for NULL.
func (c *columns) integerOrNull() (int64, bool) {
	if c.next < len(c.row) && c.row[c.next] == nil {
		c.next++
		return 0, false
	}
	return c.integer(), true
}

// small returns a number that fits a byte.
func (c *columns) small() uint8 {
	n := c.integer()
	if n < 0 || n > math.MaxUint8 {
		c.fail(c.row[c.next-1])
	}
	return uint8(n)
}

// time returns a time that [micros] scans too.
func (c *columns) time() time.Time {
	if n, ok := c.integerOrNull(); ok {
		return time.UnixMicro(n).UTC()
	}
	return time.Time{}
}

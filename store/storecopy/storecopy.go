// Package storecopy moves everything that a store has to another backend: records with
// their Seqs and Versions, both contents of lists, hits, credentials, the log, and what
// numbers were given.
//
//	draft, err := pgstore.OpenDraft(ctx, dsn, pgstore.Options{}, origin)
//	if err != nil {
//		return err
//	}
//	defer draft.Close()
//	result, err := storecopy.Copy(ctx, from, draft, storecopy.Options{Change: store.Change{At: now, Actor: "alice"}})
//
// What is written is a draft, which takes its place as a whole once it has been compared
// with what it is a copy of. A copy that was cut off, at whatever moment, is gone on with
// by calling Copy again with a draft of the same place and [Origin].
//
// Nobody may write to the store that is copied meanwhile. That its log has grown is
// noticed, and what else has changed is found by the comparison.
//
// The backends keep their rows in tables of the same names and columns; a row is what
// both have in common.
package storecopy

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"example.com/ostraka/store"
)

// Table describes a table of a store.
type Table struct {
	Name    string
	Columns []string // first those of the key, in its order, and then the others by name
	Key     int      // how many columns the key has
}

// Row has the values of a row in the order of [Table.Columns]: each is nil, an int64, a
// string or a []byte. Truth is 0 or 1, a UUID its 16 bytes, JSON a text.
type Row []any

// State is what a store has beside rows.
type State struct {
	// KeyTables is as [store.Keys] has it.
	KeyTables string
	// Given has, by the name of a table, the highest Seq that was ever given there; of
	// "changes" it is the end of the log. A table of which none was given may be missing.
	Given map[string]int64
}

// Source is a store that can be copied. [example.com/ostraka/sqlitestore] has it, and
// so has pgstore.
type Source interface {
	// CopyTables returns the tables, each after those that it refers to.
	CopyTables(ctx context.Context) ([]Table, error)
	// CopyRows returns at most limit rows of a table, those whose keys follow that of
	// the row after, or the first ones if that is nil, in the order of the key.
	CopyRows(ctx context.Context, table Table, after Row, limit int) ([]Row, error)
	// CopyState returns what there is beside the rows.
	CopyState(ctx context.Context) (State, error)
}

// Draft is a store in the making, which nobody opens as one.
type Draft interface {
	Source
	// Last returns the row with the last key of a table, or nil if it has none.
	Last(ctx context.Context, table Table) (Row, error)
	// Add adds rows, all or none.
	Add(ctx context.Context, table Table, rows []Row) error
	// Publish puts the draft in its place, with that state and one more change in its
	// log. The place is empty, or else it is left alone.
	Publish(ctx context.Context, state State, change store.Change) error
}

// Errors of a copy.
var (
	// ErrChanged: the source has been written to since the copy began.
	ErrChanged = errors.New("what is copied has been written to meanwhile")
	// ErrNotEmpty: there is something at the place of the copy.
	ErrNotEmpty = errors.New("there is something at the place of the copy")
	// ErrOtherDraft: the draft at the place is one of another copy, or of the source as
	// it was before.
	ErrOtherDraft = errors.New("the unfinished copy there is one of something else, or of what was there before")
	// ErrDone: what is at the place of the copy is a copy of the source already.
	ErrDone = errors.New("it is copied already")
	// ErrDiffers: what was written is not what was read.
	ErrDiffers = errors.New("the copy differs")
	// ErrLayout: the two stores are not laid out alike.
	ErrLayout = errors.New("the stores have different tables")
)

// Options adjusts [Copy].
type Options struct {
	// Change gives At and Actor of the entry by which the log of the copy says so.
	Change store.Change
	// Progress, if not nil, is told of what was done so far: rows written, and then
	// rows compared.
	Progress func(table string, rows int64)
}

// Sum says what a table has.
type Sum struct {
	Table string `json:"table"`
	Rows  int64  `json:"rows"`
	Hash  string `json:"sha256"` // of all rows in their order
}

// pageRows is how many rows are in memory at a time.
const pageRows = 1000

// Copy writes what the draft lacks of the source, compares the two, and publishes the
// draft. It returns what was copied.
func Copy(ctx context.Context, from Source, to Draft, o Options) ([]Sum, error) {
	origin, err := Origin(ctx, from)
	if err != nil {
		return nil, err
	}
	state, tables, err := begin(ctx, from, to)
	if err != nil {
		return nil, err
	}
	finished, err := isFinished(ctx, to, origin)
	if err != nil {
		return nil, err
	}
	for _, t := range tables {
		if err := copyTable(ctx, from, to, t, o); err != nil {
			return nil, fmt.Errorf("copy %s: %w", t.Name, err)
		}
	}
	sums, err := Sums(ctx, from, o.Progress)
	if err != nil {
		return nil, err
	}
	copied, err := Sums(ctx, to, o.Progress)
	if err != nil {
		return nil, err
	}
	if now, err := Origin(ctx, from); err != nil {
		return nil, err
	} else if now != origin {
		return nil, ErrChanged
	}
	for i, s := range sums {
		if finished && s.Table == changes && copied[i].Rows == s.Rows+1 {
			continue // it has the change that says so, and was compared before
		}
		if s != copied[i] {
			return nil, fmt.Errorf("%w, or was written to meanwhile: of %s there are %d rows with the hash %.12s…, and %d with %.12s… in the copy",
				ErrDiffers, s.Table, s.Rows, s.Hash, copied[i].Rows, copied[i].Hash)
		}
	}
	change, err := logged(o.Change, origin, sums)
	if err != nil {
		return nil, err
	}
	return sums, to.Publish(ctx, state, change)
}

// isFinished reports whether all of the source was written to a draft and compared, so
// that only its place is missing: whoever did that was killed in between.
func isFinished(ctx context.Context, draft Draft, origin string) (bool, error) {
	switch err := Place(ctx, draft, origin); {
	case err == nil, errors.Is(err, ErrNotEmpty):
		return false, nil
	case errors.Is(err, ErrDone):
		return true, nil
	default:
		return false, err
	}
}

func begin(ctx context.Context, from Source, to Draft) (State, []Table, error) {
	state, err := from.CopyState(ctx)
	if err != nil {
		return State{}, nil, err
	}
	tables, err := from.CopyTables(ctx)
	if err != nil {
		return State{}, nil, err
	}
	others, err := to.CopyTables(ctx)
	if err != nil {
		return State{}, nil, err
	}
	alike := func(a, b Table) bool {
		return a.Name == b.Name && a.Key == b.Key && slices.Equal(a.Columns, b.Columns)
	}
	if !slices.EqualFunc(tables, others, alike) {
		return State{}, nil, fmt.Errorf("%w: migrate both with one version of the program", ErrLayout)
	}
	return state, tables, nil
}

func copyTable(ctx context.Context, from Source, to Draft, t Table, o Options) error {
	after, err := to.Last(ctx, t)
	if err != nil {
		return err
	}
	var written int64
	for {
		rows, err := from.CopyRows(ctx, t, after, pageRows)
		if err != nil || len(rows) == 0 {
			return err
		}
		if err := to.Add(ctx, t, rows); err != nil {
			return err
		}
		written += int64(len(rows))
		if o.Progress != nil {
			o.Progress(t.Name, written)
		}
		after = rows[len(rows)-1]
	}
}

// logged returns the change that tells of the copy.
func logged(c store.Change, origin string, sums []Sum) (store.Change, error) {
	c.Action, c.Bulk, c.Counts = store.StoreCopy, true, make(map[string]int64)
	for _, s := range sums {
		if s.Rows > 0 {
			c.Counts[s.Table] = s.Rows
		}
	}
	var err error
	c.After, err = json.Marshal(copied{origin})
	return c, err
}

// copied is what the change says of the source.
type copied struct {
	Origin string `json:"origin"`
}

// Origin names what is in a store, as far as its newest change and the numbers that it
// gave tell: a copy may be gone on with while it is the same.
func Origin(ctx context.Context, of Source) (string, error) {
	s, err := of.CopyState(ctx)
	if err != nil {
		return "", err
	}
	tables, err := of.CopyTables(ctx)
	if err != nil {
		return "", err
	}
	_, newest, err := newestChange(ctx, of, tables, s)
	if err != nil {
		return "", err
	}
	h := newHash()
	h.add(newest)
	for _, name := range slices.Sorted(maps.Keys(s.Given)) {
		if n := s.Given[name]; n > 0 {
			h.add(Row{name, n})
		}
	}
	h.add(Row{s.KeyTables})
	return "copy:" + hex.EncodeToString(h.Sum(nil)), nil
}

// Place says what is at the place of a copy, or in a draft: nil if there is nothing, else
// [ErrDone] if it ends with the entry of a copy from the origin, and [ErrNotEmpty] if not.
func Place(ctx context.Context, at Source, origin string) error {
	state, err := at.CopyState(ctx)
	if err != nil {
		return err
	}
	tables, err := at.CopyTables(ctx)
	if err != nil {
		return err
	}
	switch is, err := isCopy(ctx, at, tables, state, origin); {
	case err != nil:
		return err
	case is:
		return ErrDone
	}
	for _, t := range tables {
		rows, err := at.CopyRows(ctx, t, nil, 1)
		if err != nil {
			return err
		}
		if len(rows) > 0 || state.Given[t.Name] > 0 {
			return ErrNotEmpty
		}
	}
	return nil
}

// isCopy reports whether the newest change is that of a copy from the origin.
func isCopy(ctx context.Context, at Source, tables []Table, state State, origin string) (bool, error) {
	t, row, err := newestChange(ctx, at, tables, state)
	if err != nil || row == nil {
		return false, err
	}
	value := func(column string) string {
		text, _ := row[slices.Index(t.Columns, column)].(string)
		return text
	}
	var from copied
	return value("action") == string(store.StoreCopy) && json.Unmarshal([]byte(value("after")), &from) == nil && from.Origin == origin, nil
}

// newestChange returns the row of the newest change, or nil if there is none any more.
func newestChange(ctx context.Context, at Source, tables []Table, state State) (Table, Row, error) {
	i := slices.IndexFunc(tables, func(t Table) bool { return t.Name == changes })
	last := state.Given[changes]
	if i < 0 || last == 0 {
		return Table{}, nil, nil
	}
	rows, err := at.CopyRows(ctx, tables[i], Row{last - 1}, 1)
	if err != nil || len(rows) == 0 {
		return Table{}, nil, err
	}
	return tables[i], rows[0], nil
}

// changes is the table of the log.
const changes = "changes"

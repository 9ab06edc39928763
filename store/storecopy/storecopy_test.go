package storecopy_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"example.com/ostraka/store"
	"example.com/ostraka/store/storecopy"
)

// shelf is a store of two tables in memory, and a draft.
type shelf struct {
	tables    []storecopy.Table
	rows      map[string][]storecopy.Row // in the order of their keys
	state     storecopy.State
	published *store.Change
	lose      bool // what is added first is lost
}

func newShelf() *shelf {
	return &shelf{
		tables: []storecopy.Table{{Name: "bans", Columns: []string{"seq", "value"}, Key: 1}, {Name: "changes", Columns: []string{"seq", "action", "after"}, Key: 1}},
		rows:   map[string][]storecopy.Row{}, state: storecopy.State{Given: map[string]int64{}},
	}
}

func filledShelf(n int64) *shelf {
	s := newShelf()
	for i := range n {
		s.rows["bans"] = append(s.rows["bans"], storecopy.Row{i + 1, fmt.Sprint("value", i)})
		s.rows["changes"] = append(s.rows["changes"], storecopy.Row{i + 1, "ban.create", nil})
	}
	s.state.Given["bans"], s.state.Given["changes"], s.state.KeyTables = n+5, n, "tables"
	return s
}

func (s *shelf) CopyTables(context.Context) ([]storecopy.Table, error) { return s.tables, nil }
func (s *shelf) CopyState(context.Context) (storecopy.State, error)    { return s.state, nil }
func (s *shelf) CopyRows(_ context.Context, t storecopy.Table, after storecopy.Row, limit int) ([]storecopy.Row, error) {
	rows := s.rows[t.Name]
	if after != nil {
		i, found := slices.BinarySearchFunc(rows, after[0].(int64), func(r storecopy.Row, k int64) int { return cmp.Compare(r[0].(int64), k) })
		if found {
			i++
		}
		rows = rows[i:]
	}
	return rows[:min(limit, len(rows))], nil
}

func (s *shelf) Last(_ context.Context, t storecopy.Table) (storecopy.Row, error) {
	if rows := s.rows[t.Name]; len(rows) > 0 {
		return rows[len(rows)-1], nil
	}
	return nil, nil
}

func (s *shelf) Add(_ context.Context, t storecopy.Table, rows []storecopy.Row) error {
	if s.lose {
		s.lose, rows = false, rows[1:]
	}
	s.rows[t.Name] = append(s.rows[t.Name], rows...)
	return nil
}

func (s *shelf) Publish(_ context.Context, state storecopy.State, c store.Change) error {
	s.state, s.published = state, &c
	return nil
}

var options = storecopy.Options{Change: store.Change{At: time.Unix(0, 0), Actor: "alice"}}

func TestACopyIsPublishedWithItsStateAndAChange(t *testing.T) {
	for _, n := range []int64{0, 1, 999, 1000, 1001, 2500} {
		from, to := filledShelf(n), newShelf()
		sums, err := storecopy.Copy(t.Context(), from, to, options)
		if err != nil || to.published == nil || sums[0].Rows != n {
			t.Fatalf("%d rows: %v, %v", n, sums, err)
		}
		if c := to.published; c.Action != store.StoreCopy || !c.Bulk || c.Actor != "alice" || c.Counts["bans"] != n {
			t.Errorf("%d rows: %+v", n, c)
		}
		if to.state.KeyTables != from.state.KeyTables || to.state.Given["bans"] != from.state.Given["bans"] {
			t.Errorf("%d rows: %+v, want %+v", n, to.state, from.state)
		}
	}
}

func TestWhatWasWrittenBeforeIsNotWrittenAgain(t *testing.T) {
	from, to := filledShelf(1500), newShelf()
	to.rows["bans"] = slices.Clone(from.rows["bans"][:700])
	if _, err := storecopy.Copy(t.Context(), from, to, options); err != nil {
		t.Fatal(err)
	}
	if n := len(to.rows["bans"]); n != 1500 {
		t.Errorf("%d rows", n)
	}
}

// Who finishes a draft writes the change into it that says so, and may be killed before
// it stands at its place.
func TestAFinishedDraftIsPublished(t *testing.T) {
	from := filledShelf(10)
	origin, err := storecopy.Origin(t.Context(), from)
	if err != nil {
		t.Fatal(err)
	}
	finished := func() *shelf {
		to := filledShelf(10)
		to.state.Given["changes"]++
		to.rows["changes"] = append(to.rows["changes"], storecopy.Row{to.state.Given["changes"], string(store.StoreCopy), `{"origin":"` + origin + `"}`})
		return to
	}
	to := finished()
	if _, err := storecopy.Copy(t.Context(), from, to, options); err != nil || to.published == nil {
		t.Errorf("%v, published: %v", err, to.published)
	}
	spoilt := finished()
	spoilt.rows["bans"] = spoilt.rows["bans"][1:]
	if _, err := storecopy.Copy(t.Context(), from, spoilt, options); !errors.Is(err, storecopy.ErrDiffers) || spoilt.published != nil {
		t.Errorf("one that lacks a row: %v, published: %v", err, spoilt.published)
	}
}

func TestACopyThatDiffersIsNotPublished(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(from, to *shelf) storecopy.Options
		want  error
	}{
		"a row is lost": {func(_, to *shelf) storecopy.Options { to.lose = true; return options }, storecopy.ErrDiffers},
		"a row of before was another": {func(_, to *shelf) storecopy.Options {
			to.rows["bans"] = []storecopy.Row{{int64(1), "x"}}
			return options
		}, storecopy.ErrDiffers},
		"a table is laid out otherwise": {func(_, to *shelf) storecopy.Options { to.tables = slices.Clone(to.tables[:1]); return options }, storecopy.ErrLayout},
		"the log grows meanwhile": {func(from, _ *shelf) storecopy.Options {
			o := options
			o.Progress = func(string, int64) { from.state.Given = map[string]int64{"bans": 15, "changes": 11} }
			return o
		}, storecopy.ErrChanged},
	} {
		t.Run(name, func(t *testing.T) {
			from, to := filledShelf(10), newShelf()
			o := c.spoil(from, to)
			if _, err := storecopy.Copy(t.Context(), from, to, o); !errors.Is(err, c.want) || to.published != nil {
				t.Errorf("%v, published: %v, want %v", err, to.published, c.want)
			}
		})
	}
}

func TestPlaceSaysWhatIsThere(t *testing.T) {
	from := filledShelf(3)
	origin, err := storecopy.Origin(t.Context(), from)
	if err != nil {
		t.Fatal(err)
	}
	copied := filledShelf(3)
	copied.state.Given["changes"] = 4
	copied.rows["changes"] = append(copied.rows["changes"], storecopy.Row{int64(4), string(store.StoreCopy), `{"origin":"` + origin + `"}`})
	emptied := newShelf()
	emptied.state.Given["bans"] = 1
	for name, c := range map[string]struct {
		at   *shelf
		want error
	}{
		"nothing": {newShelf(), nil}, "something": {filledShelf(1), storecopy.ErrNotEmpty},
		"what had something once": {emptied, storecopy.ErrNotEmpty}, "a copy": {copied, storecopy.ErrDone},
	} {
		if err := storecopy.Place(t.Context(), c.at, origin); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	if other, _ := storecopy.Origin(t.Context(), filledShelf(4)); other == origin {
		t.Error("two stores have one origin")
	}
	if err := storecopy.Place(t.Context(), copied, "copy:other"); !errors.Is(err, storecopy.ErrNotEmpty) {
		t.Errorf("a copy of something else: %v", err)
	}
}

func Example() {
	from, draft := filledShelf(3), newShelf()
	sums, err := storecopy.Copy(context.Background(), from, draft, options)
	fmt.Println(sums[0].Table, sums[0].Rows, err)
	// Output: bans 3 <nil>
}

package blocklist

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"example.com/ostraka/ban"
	"example.com/ostraka/store"
)

// MaxName is the length of the name of a list.
const MaxName = 64

// checkName checks the name of a list: lower-case ASCII letters, digits, dots,
// hyphens and underscores, beginning with a letter or digit.
func checkName(name string) error {
	fail := func(code, hint string) error {
		return ban.NewValueError("list", name, code, hint)
	}
	const letters = "abcdefghijklmnopqrstuvwxyz0123456789"
	switch {
	case name == "":
		return fail(ban.CodeEmpty, "give the list a name")
	case len(name) > MaxName:
		return fail(ban.CodeTooLong, fmt.Sprintf("use at most %d characters", MaxName))
	case strings.Trim(name, letters+"._-") != "" || !strings.Contains(letters, name[:1]):
		return fail(ban.CodeCharacter, "use lower-case letters, digits, and after the first of them . _ -")
	}
	return nil
}

// Lists returns all lists, by name, each with its Subscription, if it has one. One
// that is subscribed and was never fetched is among them: of Version 0, without an ID.
func (a *Admin) Lists(ctx context.Context) ([]List, error) {
	lists, err := a.store.Lists(ctx)
	var subscriptions []Subscription
	if err == nil {
		subscriptions, err = a.store.Subscriptions(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("lists: %w", err)
	}
	for i := range subscriptions {
		s := &subscriptions[i]
		at, found := slices.BinarySearchFunc(lists, s.List, func(l List, name string) int { return strings.Compare(l.Name, name) })
		if !found {
			lists = slices.Insert(lists, at, List{Name: s.List, CreatedAt: s.CreatedAt})
		}
		lists[at].Subscription = s
	}
	return lists, nil
}

// GetList returns a list with its Subscription, if it has one, or [ErrNotFound].
func (a *Admin) GetList(ctx context.Context, name string) (List, error) {
	l, err := a.store.List(ctx, name)
	var s Subscription
	if err == nil {
		if s, err = a.store.Subscription(ctx, name); err == nil {
			l.Subscription = &s
		} else if errors.Is(err, ErrNotFound) {
			err = nil
		}
	}
	if err != nil {
		return List{}, fmt.Errorf("list %q: %w", name, err)
	}
	return l, nil
}

// Entries yields the entries of a list, in no particular order, which may be another
// the next time. The error is
// [ErrNotFound] if there is no such list, and [ErrConflict] if it changes
// meanwhile; then nothing more is yielded.
func (a *Admin) Entries(ctx context.Context, name string) iter.Seq2[Entry, error] {
	return a.store.ListEntries(ctx, name)
}

// Undo puts the version that a list had before the last Sync back into force: its
// entries with their effects and lines, its source and its reasons. Of a list that
// was synced once an empty one without texts is left. Only one version is kept: an Undo after an Undo gives
// [ErrNothingToUndo], one of a list that does not exist [ErrNotFound].
//
// The version comes back whole: no guard is asked, and nothing is parsed again. It was in
// force already, and without some of its entries it would be one that nobody has seen. Keys
// are those of today's tables, if [ban.Rekey] has made them so. Where the guards have
// changed since, Plan says what of a file they would refuse now.
func (a *Admin) Undo(ctx context.Context, name string) (List, error) {
	return a.UndoVersion(ctx, name, 0)
}

// UndoVersion is Undo of the Version that somebody has looked at: if another one is in
// force by now, which a Sync has brought or an Undo, nothing is changed, and the error is
// a [*ChangedError]. Version 0 is whatever is in force.
func (a *Admin) UndoVersion(ctx context.Context, name string, version int64) (List, error) {
	c, err := a.change(ctx, store.ListUndo)
	if err != nil {
		return List{}, err
	}
	l, err := a.store.UndoList(ctx, name, version, c)
	if errors.Is(err, ErrConflict) {
		err = a.undoConflict(ctx, name, version)
	}
	if err != nil {
		return List{}, fmt.Errorf("undo the last sync of list %q: %w", name, err)
	}
	return l, nil
}

// undoConflict returns which of the conflicts it was that kept a version from being undone.
func (a *Admin) undoConflict(ctx context.Context, name string, version int64) error {
	if version == 0 {
		return ErrNothingToUndo
	}
	now, err := a.store.List(ctx, name)
	switch {
	case err != nil:
		return err
	case now.Version != version:
		return &ChangedError{List: name, Base: version, Version: now.Version}
	}
	return ErrNothingToUndo
}

// Drop removes a list with all its entries, and returns it as it was, or
// [ErrNotFound]. Its subscription ends before.
func (a *Admin) Drop(ctx context.Context, name string) (List, error) {
	c, err := a.change(ctx, store.ListDrop)
	if err != nil {
		return List{}, err
	}
	if _, err := a.Unsubscribe(ctx, name); err != nil && !errors.Is(err, ErrNotFound) {
		return List{}, err
	}
	l, err := a.store.DropList(ctx, name, c)
	if err != nil {
		return List{}, fmt.Errorf("drop list %q: %w", name, err)
	}
	return l, nil
}

// Export writes the entries of a list in a format that [Parse] reads, sorted by
// kind and value, so that two exports of the same entries are the same bytes. An
// entry that the format cannot say is an error, as in [Write]; CSV and JSON can
// say all. FormatAuto is CSV.
func (a *Admin) Export(ctx context.Context, name string, w io.Writer, f Format) error {
	if f == FormatAuto {
		f = FormatCSV
	}
	var lines []Line
	for e, err := range a.store.ListEntries(ctx, name) {
		if err != nil {
			return fmt.Errorf("export list %q: %w", name, err)
		}
		v, err := a.tables.Parse(e.Key.Kind, e.Value)
		if err != nil {
			return fmt.Errorf("export list %q: %w", name, err)
		}
		lines = append(lines, Line{Number: e.Line, Value: v, Effect: e.Effect, Scope: e.Scope, Shadow: e.Shadow})
	}
	slices.SortFunc(lines, func(a, b Line) int {
		return cmp.Or(cmp.Compare(a.Value.Kind(), b.Value.Kind()), strings.Compare(a.Value.String(), b.Value.String()))
	})
	if err := Write(w, f, withoutErrors(lines)); err != nil {
		return fmt.Errorf("export list %q: %w", name, err)
	}
	return nil
}

func withoutErrors(lines []Line) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		for _, l := range lines {
			if !yield(l, nil) {
				return
			}
		}
	}
}

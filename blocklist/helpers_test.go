package blocklist_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist"
	"example.com/ostraka/internal/sqlitetest"
	"example.com/ostraka/memstore"
	"example.com/ostraka/sqlitestore"
	"example.com/ostraka/store"
)

// as returns a context to change things in.
func as(actor string) context.Context { return ban.WithActor(context.Background(), actor) }

// overEachStore runs a test over each backend.
func overEachStore(t *testing.T, test func(t *testing.T, st store.Store)) {
	t.Run("memstore", func(t *testing.T) { test(t, memstore.New()) })
	t.Run("sqlitestore", func(t *testing.T) { test(t, openSQLite(t)) })
}

func openSQLite(t testing.TB) *sqlitestore.Store {
	t.Helper()
	st, err := sqlitestore.Open(context.Background(), sqlitetest.File(t), sqlitestore.Options{Synchronous: sqlitestore.SyncNormal})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	return st
}

func newAdmin(t testing.TB, st blocklist.Store) *blocklist.Admin {
	t.Helper()
	a, err := blocklist.NewAdmin(st, blocklist.AdminOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func newChecker(t testing.TB, st store.Store) *ban.Checker {
	t.Helper()
	c, err := ban.NewChecker(st, ban.CheckerOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func check(t testing.TB, c *ban.Checker, s ban.Subject) ban.Decision {
	t.Helper()
	d, err := c.Check(context.Background(), s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// domains returns a list of n domains.
func domains(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "d%d.example\n", i)
	}
	return b.String()
}

// trySync syncs a list with a text.
func trySync(a *blocklist.Admin, name, text string, o blocklist.SyncOptions) (blocklist.Result, error) {
	return a.Sync(as("alice"), name, blocklist.Parse(strings.NewReader(text), blocklist.ParseOptions{}), o)
}

func sync(t testing.TB, a *blocklist.Admin, name, text string, o blocklist.SyncOptions) blocklist.Result {
	t.Helper()
	r, err := trySync(a, name, text, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// counts returns what a Result counts, in short.
func counts(r blocklist.Result) string {
	return fmt.Sprintf("+%d ~%d -%d =%d !%d", r.Added, r.Changed, r.Removed, r.Unchanged, r.Rejected)
}

// values returns the values of a list with their effects, sorted.
func values(t testing.TB, a *blocklist.Admin, name string) string {
	t.Helper()
	all := make(map[string]bool)
	for e, err := range a.Entries(context.Background(), name) {
		if err != nil {
			t.Fatal(err)
		}
		text := e.Value
		if e.Effect != ban.Deny {
			text = e.Effect.String() + ":" + text
		}
		if e.Shadow {
			text = "shadow:" + text
		}
		if all[text] {
			t.Errorf("the list has %s twice", text)
		}
		all[text] = true
	}
	return strings.Join(slices.Sorted(maps.Keys(all)), " ")
}

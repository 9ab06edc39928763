package sqlitestore

import (
	"context"
	"errors"
	"path/filepath"
	"reflect"
	"testing"

	"example.com/ostraka/store"
	"example.com/ostraka/store/storecopy"
)

func TestACopyThatWasCutOffGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	from := openTemp(t)
	if _, err := from.CreateBans(ctx, domainBans(2500), by(store.BanCreateMany)); err != nil {
		t.Fatal(err)
	}
	acc := mustAccount(t, from, newAccount("ann", "ann@one.example", "ann@two.example"))
	mustAlias(t, from, newAlias(acc, "shop", "alias.example", "ann@two.example"))
	mustApply(t, from, newList("list", domainEntry("d.example"), domainEntry("e.example")))
	origin, err := storecopy.Origin(ctx, from)
	if err != nil {
		t.Fatal(err)
	}
	place := filepath.Join(t.TempDir(), "copy.db")
	open := func() *Draft {
		t.Helper()
		d, err := OpenDraft(ctx, place, origin, Options{})
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	o := storecopy.Options{Change: store.Change{At: at, Actor: "alice"}}

	draft := open()
	cut, cancel := context.WithCancel(ctx)
	o.Progress = func(table string, rows int64) {
		if table == "bans" && rows >= 1000 {
			cancel()
		}
	}
	if _, err := storecopy.Copy(cut, from, draft, o); !errors.Is(err, context.Canceled) {
		t.Fatalf("a copy that is cut off: %v", err)
	}
	if n := mustCount(t, draft.Store); n != 1000 {
		t.Fatalf("it had %d bans, want 1000", n)
	}
	if err := draft.Close(); err != nil {
		t.Fatal(err)
	}

	var again int64
	o.Progress = func(table string, rows int64) {
		if table == "bans" && again == 0 {
			again = rows
		}
	}
	if _, err := storecopy.Copy(ctx, from, open(), o); err != nil {
		t.Fatal(err)
	}
	if again != 1000 {
		t.Errorf("it went on with %d rows, want the second 1000", again)
	}
	to := openAt(t, place, Options{})
	mustCheck(t, to)
	page := store.Page{Limit: store.MaxPageLimit, OldestFirst: true}
	for n := 0; n < 2500; {
		want, err := from.ListBans(ctx, store.BanFilter{}, page)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := to.ListBans(ctx, store.BanFilter{}, page); err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("after %d bans the copy has others (%v)", n, err)
		}
		n += len(want)
		page.After = want[len(want)-1].Seq
	}
	if got, err := to.Account(ctx, acc.ID); err != nil || !reflect.DeepEqual(got, acc) {
		t.Errorf("the account in the copy is %+v, %v", got, err)
	}
	if b := mustCreate(t, to, "new.example"); b.Seq != 2501 {
		t.Errorf("the copy gives the number %d", b.Seq)
	}
}

package backend_test

import (
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist"
	"example.com/ostraka/examples/internal/backend"
	"example.com/ostraka/examples/internal/backend/backendtest"
	"example.com/ostraka/pgstore/pgtest"
	"example.com/ostraka/store"
	"example.com/ostraka/store/sketch"
	"example.com/ostraka/store/storecopy"
)

// open opens a database for a test, until it ends.
func open(t testing.TB, a backend.Address, m backend.Mode) *backend.DB {
	t.Helper()
	db, err := backend.Open(t.Context(), a, backend.Options{Mode: m})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// file is the address of a file in a folder of the test.
func file(t testing.TB) backend.Address {
	return backend.File(filepath.Join(t.TempDir(), "ostraka.db"))
}

// fill puts something of everything into a store, and a list of so many entries.
func fill(t testing.TB, st store.Store, entries int) {
	t.Helper()
	ctx := ban.WithActor(t.Context(), "filler")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	bans, err := ban.NewAdmin(st, ban.AdminOptions{})
	must(err)
	lists, err := blocklist.NewAdmin(st, blocklist.AdminOptions{})
	must(err)
	accounts, err := account.NewAdmin(st, account.AdminOptions{Passwords: account.PasswordOptions{Memory: 64, Time: 1}})
	must(err)
	auth, err := account.NewAuth(st, account.AuthOptions{})
	must(err)

	alice, err := accounts.Create(ctx, account.CreateOptions{Handle: "alice", Email: "alice@example.org", Admin: true, Password: "correct horse"})
	must(err)
	_, err = accounts.Create(ctx, account.CreateOptions{Handle: "böb", Email: "b.ob+x@gmail.com"})
	must(err)
	_, err = auth.CreateToken(ctx, alice.ID, account.TokenOptions{Name: "t", Scopes: []string{"admin:read"}})
	must(err)
	for i, o := range []ban.CreateOptions{
		{Kind: ban.KindDomain, Value: "spam.example", Reason: "line\none", ExpiresAt: time.Now().Add(time.Hour)},
		{Kind: ban.KindIP, Value: "192.0.2.0/24", Shadow: true},
		{Kind: ban.KindIP, Value: "2001:db8::/48", Effect: ban.Review, Scope: ban.ScopeOf(ban.Mail)},
		{Kind: ban.KindName, Value: "ädmin*"},
		{Kind: ban.KindEmail, Value: "x@example.com"},
	} {
		b, err := bans.Create(ctx, o)
		must(err)
		must(st.AddHits(ctx, []store.Hit{{
			RuleID: b.ID, Key: b.Key(), Day: store.Day(time.Now()), Uses: int64(i + 1), Last: time.Now(), Clients: clients(t),
		}}))
		if i == 4 {
			_, err = bans.Revoke(ctx, b.ID, "over")
			must(err)
			_, err = bans.Delete(ctx, b.ID)
			must(err)
		}
	}
	_, err = lists.Create(ctx, blocklist.CreateOptions{Domain: "blocked.example"})
	must(err)
	for version := range 2 {
		var text strings.Builder
		for i := range entries {
			fmt.Fprintf(&text, "d%d.test\n", i+version*entries/10)
		}
		input := blocklist.Parse(strings.NewReader(text.String()), blocklist.ParseOptions{Format: blocklist.FormatPlain})
		_, err = lists.Sync(ctx, "feed", input, blocklist.SyncOptions{Source: fmt.Sprint("v", version)})
		must(err)
	}
}

func clients(t testing.TB) []byte {
	t.Helper()
	var s sketch.Sketch
	s.Add(netip.MustParseAddr("192.0.2.7"))
	return s.Bytes()
}

func sums(t testing.TB, db *backend.DB) []storecopy.Sum {
	t.Helper()
	all, err := storecopy.Sums(t.Context(), db.Store.(storecopy.Source), nil)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func change() backend.CopyOptions {
	return backend.CopyOptions{Change: store.Change{At: time.Now(), Actor: "mover"}}
}

func TestACopyHasEverythingOnEveryBackend(t *testing.T) {
	first := file(t)
	fill(t, open(t, first, backend.Make).Store, 3000)
	from := first
	for _, to := range []backend.Address{backendtest.Server(t), backendtest.Server(t), file(t), file(t)} {
		before := sums(t, open(t, from, backend.Existing))
		copied, err := backend.Copy(t.Context(), from, to, change())
		if err != nil {
			t.Fatalf("%v to %v: %v", from, to, err)
		}
		if fmt.Sprint(copied) != fmt.Sprint(before) {
			t.Errorf("%v has %v, of %v was copied %v", from, before, to, copied)
		}
		db := open(t, to, backend.Existing)
		for i, s := range sums(t, db) {
			if s != before[i] && s.Table != "changes" {
				t.Errorf("%v: %v, want %v", to, s, before[i])
			}
			if s.Table == "changes" && s.Rows != before[i].Rows+1 {
				t.Errorf("%v has %d changes, want one more than %d", to, s.Rows, before[i].Rows)
			}
		}
		log, err := db.Store.ListChanges(t.Context(), [16]byte{}, store.Page{Limit: 1})
		if err != nil || log[0].Action != store.StoreCopy || log[0].Actor != "mover" || !log[0].Bulk || log[0].Counts["bans"] != 4 {
			t.Errorf("the newest change is %+v, %v", log, err)
		}
		if _, err := backend.Copy(t.Context(), from, to, change()); !errors.Is(err, storecopy.ErrDone) {
			t.Errorf("once more: %v", err)
		}
		from = to
	}
	live(t, open(t, from, backend.Existing).Store)
}

// live checks that a store that went through all backends can be written to.
func live(t *testing.T, st store.Store) {
	t.Helper()
	ctx := ban.WithActor(t.Context(), "test")
	bans, err := ban.NewAdmin(st, ban.AdminOptions{})
	if err != nil {
		t.Fatal(err)
	}
	b, err := bans.Create(ctx, ban.CreateOptions{Kind: ban.KindDomain, Value: "new.example"})
	if err != nil || b.Seq != 6 {
		t.Errorf("the next ban is #%d, %v: the number of one that was deleted is given again", b.Seq, err)
	}
	lists, err := blocklist.NewAdmin(st, blocklist.AdminOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lists.Undo(ctx, "feed"); err != nil {
		t.Error("the version before is gone:", err)
	}
	rules, err := st.Lookup(ctx, []store.Key{{Kind: ban.KindDomain, Text: "d1.test"}})
	if err != nil || len(rules) != 1 || rules[0].Source != "v0" {
		t.Errorf("%+v, %v", rules, err)
	}
}

func TestACopyThatWasCutOffIsGoneOnWith(t *testing.T) {
	from := file(t)
	db := open(t, from, backend.Make)
	fill(t, db.Store, 2500)
	want := fmt.Sprint(sums(t, db))
	for name, to := range map[string]backend.Address{"a server": backendtest.Server(t), "a file": file(t)} {
		t.Run(name, func(t *testing.T) {
			for cut := 1; ; cut++ {
				if cut > 200 {
					t.Fatal("it does not come to an end")
				}
				o, told := change(), 0
				stop := errors.New("cut off")
				o.Progress = func(string, int64) {
					if told++; told == 2 {
						panic(stop) // as abrupt as it can be within the process
					}
				}
				copied, err := func() (copied []storecopy.Sum, err error) {
					defer func() {
						if r := recover(); r != nil {
							err = stop
						}
					}()
					return backend.Copy(t.Context(), from, to, o)
				}()
				if err == stop && told == 2 && cut < 8 {
					continue
				}
				o.Progress = nil
				if err != nil {
					copied, err = backend.Copy(t.Context(), from, to, o)
				}
				if err != nil || fmt.Sprint(copied) != want {
					t.Fatalf("%v, %v, want %v", copied, err, want)
				}
				return
			}
		})
	}
}

func TestWhatIsNotCopied(t *testing.T) {
	from := file(t)
	fill(t, open(t, from, backend.Make).Store, 10)
	other := file(t)
	fill(t, open(t, other, backend.Make).Store, 20)
	server := backendtest.Server(t)
	if _, err := backend.Copy(t.Context(), other, server, change()); err != nil {
		t.Fatal(err)
	}
	s := pgtest.Shared(t)
	foreign := pgtest.Schema()
	exec(t, s, `CREATE SCHEMA `+foreign, `CREATE TABLE `+foreign+`.guests (name text)`)
	crowded, err := backend.Named("TO", s.DSN()+"&schema="+foreign)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		from, to backend.Address
		piece    string
	}{
		"a database onto itself":                  {from, from, "same database"},
		"onto a file that has something":          {from, other, "something at the place"},
		"onto a server that has something":        {from, server, "something at the place"},
		"into a schema that has something else":   {from, crowded, "other things"},
		"what is not there":                       {file(t), file(t), "no such database"},
		"a server without tables":                 {backendtest.Server(t), file(t), "banctl migrate"},
		"onto a server that is not there":         {from, away(t), "is the server up"},
		"onto a file in a folder that is not one": {from, backend.File(filepath.Join(t.TempDir(), "no", "x.db")), "no such file"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := backend.Copy(t.Context(), c.from, c.to, change())
			if err == nil || !strings.Contains(err.Error(), c.piece) {
				t.Errorf("%v, want %q", err, c.piece)
			}
		})
	}
	exec(t, s, `SELECT * FROM `+foreign+`.guests`)
}

func away(t *testing.T) backend.Address {
	t.Helper()
	a, err := backend.Named("TO", "postgres://postgres@127.0.0.1:1/app")
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestACopyOfWhatIsWrittenToIsNotPublished(t *testing.T) {
	from := file(t)
	db := open(t, from, backend.Make)
	fill(t, db.Store, 1500)
	for name, to := range map[string]backend.Address{"a server": backendtest.Server(t), "a file": file(t)} {
		t.Run(name, func(t *testing.T) {
			o, written := change(), false
			o.Progress = func(string, int64) {
				if !written {
					written = true
					fillMore(t, db.Store, name)
				}
			}
			_, err := backend.Copy(t.Context(), from, to, o)
			if !errors.Is(err, storecopy.ErrChanged) && !errors.Is(err, storecopy.ErrDiffers) {
				t.Fatal(err)
			}
			if _, err := backend.Open(t.Context(), to, backend.Options{}); err == nil {
				t.Error("it is published")
			}
			o.Progress = nil
			if _, err := backend.Copy(t.Context(), from, to, o); !errors.Is(err, storecopy.ErrOtherDraft) || !strings.Contains(err.Error(), "--restart") {
				t.Errorf("gone on with: %v", err)
			}
			o.Restart = true
			if _, err := backend.Copy(t.Context(), from, to, o); err != nil {
				t.Error("begun anew:", err)
			}
		})
	}
}

func fillMore(t *testing.T, st store.Store, value string) {
	t.Helper()
	bans, err := ban.NewAdmin(st, ban.AdminOptions{Actor: "test"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bans.Create(t.Context(), ban.CreateOptions{Kind: ban.KindName, Value: strings.ReplaceAll(value, " ", "")}); err != nil {
		t.Fatal(err)
	}
}

func TestACopyKeepsWhoMayUseTheSchema(t *testing.T) {
	s := pgtest.Shared(t)
	exec(t, s, `CREATE ROLE user_of_copies LOGIN`)
	to := backendtest.Server(t)
	if _, err := backend.Migrate(t.Context(), to, "user_of_copies"); err != nil {
		t.Fatal(err)
	}
	from := file(t)
	fill(t, open(t, from, backend.Make).Store, 10)
	if _, err := backend.Copy(t.Context(), from, to, change()); err != nil {
		t.Fatal(err)
	}
	a, err := backend.Named("-db", strings.Replace(s.DSN(), "postgres@", "user_of_copies@", 1)+"&schema="+to.Schema())
	if err != nil {
		t.Fatal(err)
	}
	live(t, open(t, a, backend.Serve).Store)
	exec(t, s, `SELECT `+to.Schema()+`.analyze_rules()`) // whose text has the name of the schema
}

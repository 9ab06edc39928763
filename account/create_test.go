package account_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

func TestHandles(t *testing.T) {
	h := newHouse(t, openSQLite(t))
	for _, c := range []struct {
		rule, handle string
		code         string // "" where it is taken
	}{
		{"64 characters pass", strings.Repeat("a", 64), ""},
		{"64 characters beyond ASCII pass", strings.Repeat("é", 64), ""},
		{"65 characters fail", strings.Repeat("b", 65), ban.CodeTooLong},
		{"65 characters beyond ASCII fail", strings.Repeat("ü", 65), ban.CodeTooLong},
		{"one character passes", "x", ""},
		{"none fails", " ", ban.CodeEmpty},
		{"parts with a space between pass", "John Doe", ""},
		{"an @ fails, which tells addresses from handles", "a@b.example", ban.CodeCharacter},
		{"what looks like an id fails", "0193a5f0-0000-7000-8000-000000000000", ban.CodeSyntax},
		{"invisible characters fail", "ad\u200bmin", ban.CodeInvisible},
		{"control characters fail", "ad\nmin", ban.CodeControl},
		{"stars are letters like others", "st*r", ""},
	} {
		t.Run(c.rule, func(t *testing.T) {
			a, err := h.admin.Create(as("root"), account.CreateOptions{Handle: c.handle})
			if c.code != "" {
				wantValueError(t, err, "handle", c.code)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if a.Handle != c.handle {
				t.Errorf("the handle is shown as %q, want %q", a.Handle, c.handle)
			}
			if found, err := h.admin.ByHandle(context.Background(), strings.ToUpper(c.handle)); err != nil || found.ID != a.ID {
				t.Errorf("ByHandle in capitals: %v, %v", found.ID, err)
			}
		})
	}
}

func TestHandlesThatLookAlikeConflict(t *testing.T) {
	for _, c := range []struct{ rule, first, second string }{
		{"case does not tell two apart", "Alice", "alice"},
		{"a Cyrillic letter does not tell two apart", "admin", "аdmin"},
		{"nor the other way round", "аdmin", "admin"},
		{"a capital I is the l that it looks like", "paypal", "PaypaI"},
		{"nor the other way round, capital I", "PaypaI", "paypal"},
		{"full width is no difference", "bob", "ｂｏｂ"},
		{"rn is the m that it looks like", "modern", "modem"},
	} {
		t.Run(c.rule, func(t *testing.T) {
			overEachStore(t, func(t *testing.T, h *house) {
				first := h.create(t, "someone")
				renamed := must(h.admin.Update(as("root"), first.ID, account.Patch{Handle: &c.first}))(t)
				_, err := h.admin.Create(as("root"), account.CreateOptions{Handle: c.second})
				exists, ok := errors.AsType[*account.ExistsError](err)
				if !ok || exists.Field != "handle" || exists.Existing != renamed.Account.ID {
					t.Fatalf("the error is %v, want an *ExistsError about the handle of %s", err, renamed.Account.ID)
				}
				if _, err := h.admin.ByHandle(context.Background(), "somebody else"); !errors.Is(err, account.ErrNotFound) {
					t.Errorf("ByHandle of nobody: %v", err)
				}
			})
		})
	}
}

func TestByHandleFindsNoTwin(t *testing.T) {
	h := newHouse(t, openSQLite(t))
	h.create(t, "admin")
	_, err := h.admin.ByHandle(context.Background(), "аdmin")
	wantError(t, "ByHandle of the Cyrillic twin", err, account.ErrNotFound)
}

func TestAddressesConflict(t *testing.T) {
	overEachStore(t, func(t *testing.T, h *house) {
		alice := h.create(t, "alice")
		for _, address := range []string{"alice@example.org", "ALICE@Example.ORG."} {
			_, err := h.admin.Create(as("root"), account.CreateOptions{Handle: "other", Email: address})
			exists, ok := errors.AsType[*account.ExistsError](err)
			if !ok || exists.Field != "email" || exists.Existing != alice.ID {
				t.Errorf("Create with %q: the error is %v, want an *ExistsError about the address", address, err)
			}
		}
	})
}

func TestPasswordsAreCountedInCharacters(t *testing.T) {
	h := newHouse(t, openSQLite(t))
	for i, c := range []struct {
		rule, password string
		code           string
	}{
		{"7 fail", "1234567", ban.CodeRange},
		{"8 pass", "12e45f79", ""},
		{"the most common ones fail", "12345678", account.CodeCommon},
		{"also in another case", "PassWord1", account.CodeCommon},
		{"what only looks like one passes", "ｐａｓｓｗｏｒｄ１", ""},
		{"8 characters of 3 bytes pass", strings.Repeat("鍵", 8), ""},
		{"4 letters with an accent each, typed as 8, fail", strings.Repeat("e\u0301", 4), ban.CodeRange},
		{"8 letters with an accent each pass", strings.Repeat("e\u0301x\u0302", 4), ""},
		{"7 characters of 3 bytes fail", strings.Repeat("鍵", 7), ban.CodeRange},
		{"128 pass", strings.Repeat("x", 128), ""},
		{"128 characters of 4 bytes pass", strings.Repeat("🔑", 128), ""},
		{"129 fail", strings.Repeat("x", 129), ban.CodeTooLong},
		{"129 characters of 4 bytes fail", strings.Repeat("🔑", 129), ban.CodeTooLong},
		{"what is not UTF-8 fails", "12345678\xff", ban.CodeInvalidUTF8},
		{"spaces and symbols pass", "a b c ✓ 🔑", ""},
		{"what cannot be typed fails", "12345678\x00", ban.CodeCharacter},
	} {
		t.Run(c.rule, func(t *testing.T) {
			handle := "user" + string(rune('a'+i))
			_, err := h.admin.Create(as("root"), account.CreateOptions{Handle: handle, Password: c.password})
			if c.code != "" {
				wantValueError(t, err, "password", c.code)
				if strings.Contains(err.Error(), c.password) {
					t.Error("the error repeats the password")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if _, err := h.auth.Authenticate(context.Background(), handle, c.password); err != nil {
				t.Errorf("Authenticate with it: %v", err)
			}
		})
	}
}

func TestWhatDoesNotFitAnAccountIsRefused(t *testing.T) {
	h := newHouse(t, openSQLite(t))
	many := make([]account.Link, account.MaxLinks+1)
	for _, c := range []struct {
		rule        string
		set         func(*account.CreateOptions)
		field, code string
	}{
		{"an address that is none", func(o *account.CreateOptions) { o.Email = "nobody" }, "email", ban.CodeSyntax},
		{"a name that is too long", func(o *account.CreateOptions) { o.Name = strings.Repeat("n", 256) }, "name", ban.CodeTooLong},
		{"a bio that is too long", func(o *account.CreateOptions) { o.Bio = strings.Repeat("b", account.MaxBio+1) }, "bio", ban.CodeTooLong},
		{"a bio with control characters", func(o *account.CreateOptions) { o.Bio = "\x1b[2J" }, "bio", ban.CodeControl},
		{"a link that runs a script", func(o *account.CreateOptions) { o.Links = []account.Link{{URL: "javascript:alert(1)"}} }, "links", ban.CodeSyntax},
		{"a link that leaves its attribute", func(o *account.CreateOptions) { o.Links = []account.Link{{URL: `https://x"onclick=y`}} }, "links", ban.CodeSyntax},
		{"a link that is not UTF-8", func(o *account.CreateOptions) { o.Links = []account.Link{{URL: "https://x/\xff"}} }, "links", ban.CodeSyntax},
		{"too many links", func(o *account.CreateOptions) { o.Links = many }, "links", ban.CodeRange},
		{"meta that is no object", func(o *account.CreateOptions) { o.Meta = json.RawMessage(`[1]`) }, "meta", ban.CodeSyntax},
		{"meta that is null", func(o *account.CreateOptions) { o.Meta = json.RawMessage(`null`) }, "meta", ban.CodeSyntax},
		{"meta that is cut off", func(o *account.CreateOptions) { o.Meta = json.RawMessage(`{"a":`) }, "meta", ban.CodeSyntax},
		{"having joined tomorrow", func(o *account.CreateOptions) { o.JoinedAt = h.clock.now.Add(24 * time.Hour) }, "joined_at", ban.CodeRange},
		{"having joined before there were years", func(o *account.CreateOptions) { o.JoinedAt = time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC) }, "joined_at", ban.CodeRange},
		{"a role of a year that JSON cannot write", func(o *account.CreateOptions) {
			o.Roles = []account.Role{{ID: "a", CreatedAt: time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)}}
		}, "roles", ban.CodeRange},
	} {
		t.Run(c.rule, func(t *testing.T) {
			o := account.CreateOptions{Handle: "somebody"}
			c.set(&o)
			_, err := h.admin.Create(as("root"), o)
			wantValueError(t, err, c.field, c.code)
		})
	}
	if n := must(h.admin.Count(context.Background(), account.Filter{}))(t); n != 0 {
		t.Errorf("%d accounts were made", n)
	}
}

func TestEveryMutationWantsAnActor(t *testing.T) {
	h := newHouse(t, openSQLite(t))
	a := h.create(t, "alice")
	alias := must(h.aliases.Create(as("root"), account.AliasOptions{Address: "a@y.example", Owner: a.ID}))(t)
	ctx, name := context.Background(), "new"
	for what, do := range map[string]func() error{
		"Create":    func() error { _, err := h.admin.Create(ctx, account.CreateOptions{Handle: "x"}); return err },
		"Update":    func() error { _, err := h.admin.Update(ctx, a.ID, account.Patch{Name: &name}); return err },
		"Suspend":   func() error { _, err := h.admin.Suspend(ctx, a.ID, account.SuspendOptions{}); return err },
		"Reinstate": func() error { _, err := h.admin.Reinstate(ctx, a.ID, account.ReinstateOptions{}); return err },
		"Delete":    func() error { _, err := h.admin.Delete(ctx, a.ID, account.DeleteOptions{}); return err },
		"AddEmail":  func() error { _, err := h.admin.AddEmail(ctx, a.ID, "x@example.org", true); return err },
		"CreateToken": func() error {
			_, err := h.auth.CreateToken(ctx, a.ID, account.TokenOptions{Scopes: []string{"x"}})
			return err
		},
		"RevokeAll": func() error { _, err := h.auth.RevokeAll(ctx, a.ID, a.ID); return err },
		"alias": func() error {
			_, err := h.aliases.Create(ctx, account.AliasOptions{Address: "x@y.example", Owner: a.ID})
			return err
		},
		"Hold":        func() error { return failed(h.admin.Hold(ctx, a.ID, account.HoldOptions{})) },
		"Approve":     func() error { return failed(h.admin.Approve(ctx, a.ID, account.ApproveOptions{})) },
		"Reject":      func() error { return failed(h.admin.Reject(ctx, a.ID, account.RejectOptions{})) },
		"ActOnSweep":  func() error { return failed(h.admin.ActOnSweep(ctx, h.checker, account.ActOptions{})) },
		"Revoke":      func() error { return h.auth.Revoke(ctx, a.ID) },
		"SetActive":   func() error { return failed(h.aliases.SetActive(ctx, alias.ID, false)) },
		"of an alias": func() error { return failed(h.aliases.Delete(ctx, alias.ID)) },
	} {
		t.Run(what, func(t *testing.T) { wantValueError(t, do(), "actor", ban.CodeEmpty) })
	}
}

func TestNothingIsMadeWithoutAStore(t *testing.T) {
	h := newHouse(t, memstore.New())
	for what, do := range map[string]func() error{
		"Admin":   func() error { return failed(account.NewAdmin(nil, account.AdminOptions{})) },
		"Auth":    func() error { return failed(account.NewAuth(nil, account.AuthOptions{})) },
		"Aliases": func() error { return failed(account.NewAliases(nil, h.checker, account.AliasesOptions{})) },
	} {
		t.Run(what, func(t *testing.T) { wantValueError(t, do(), "store", ban.CodeEmpty) })
	}
	wantValueError(t, failed(account.NewAliases(h.store, nil, account.AliasesOptions{})), "checker", ban.CodeEmpty)
}

func TestNoSecretIsLogged(t *testing.T) {
	overEachStore(t, func(t *testing.T, h *house) {
		a := h.create(t, "alice")
		h.login(t, "alice")
		token := must(h.auth.CreateToken(as("root"), a.ID, account.TokenOptions{Name: "ci", Scopes: []string{"admin:read"}}))(t)
		must(h.admin.Suspend(as("root"), a.ID, account.SuspendOptions{}))(t)
		hash := must(h.store.Account(context.Background(), a.ID))(t).PasswordHash
		if hash == "" {
			t.Fatal("the account has no password hash")
		}
		changes := must(h.store.Changes(context.Background(), 0, store.MaxPageLimit))(t)
		text := string(must(json.Marshal(changes))(t))
		for what, secret := range map[string]string{"password": password, "password hash": "argon2id", "token": token.Secret} {
			if strings.Contains(text, secret) {
				t.Errorf("the log has the %s", what)
			}
		}
	})
}

func TestAnAccountCanBeginSuspended(t *testing.T) {
	h := newHouse(t, memstore.New())
	a := must(h.admin.Create(as("root"), account.CreateOptions{Handle: "bob", Password: password, Suspended: true}))(t)
	if a.Active() || !a.SuspendedAt.Equal(h.clock.Now()) || a.SuspendedBy != "root" {
		t.Errorf("suspended at %v by %q", a.SuspendedAt, a.SuspendedBy)
	}
	_, err := h.auth.Login(context.Background(), "bob", password)
	wantError(t, "a login", err, account.ErrSuspended)
	must(h.admin.Reinstate(as("root"), a.ID, account.ReinstateOptions{}))(t)
	h.login(t, "bob")
}

func TestIsActor(t *testing.T) {
	h := newHouse(t, memstore.New())
	a := h.create(t, "Bob")
	for actor, want := range map[string]bool{
		"bob": true, " BOB": true, "BOB@example.org": true, a.ID.String(): true, strings.ToUpper(a.ID.String()): true,
		"b0b": false, "alice": false, "": false, "bob@example.com": false, "1": false,
	} {
		if got := account.IsActor(&a, actor); got != want {
			t.Errorf("%q names bob: %t, want %t", actor, got, want)
		}
	}
}

package main

import (
	"strings"
	"testing"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/sqlitestore"
)

// withAccounts makes the accounts ann and bob, past the program, and returns what
// lets people in.
func (c *cli) withAccounts() *account.Auth {
	c.Helper()
	st, err := sqlitestore.Open(c.Context(), c.db, sqlitestore.Options{})
	if err != nil {
		c.Fatal(err)
	}
	c.Cleanup(func() { st.Close() })
	admin, err1 := account.NewAdmin(st, account.AdminOptions{})
	auth, err2 := account.NewAuth(st, account.AuthOptions{})
	if err1 != nil || err2 != nil {
		c.Fatal(err1, err2)
	}
	for _, handle := range []string{"ann", "bob"} {
		o := account.CreateOptions{Handle: handle, Email: handle + "@example.org", Password: "correct horse"}
		if _, err := admin.Create(ban.WithActor(c.Context(), "root"), o); err != nil {
			c.Fatal(err)
		}
	}
	return auth
}

func TestTokensAreMadeListedAndEnded(t *testing.T) {
	c := newCLI(t)
	auth := c.withAccounts()
	session, err := auth.Login(t.Context(), "ann", "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	made := c.json("token", "ann@example.org", "--scope", "admin:read:metrics,admin:read:check", "--name", "prometheus", "--expires", "90d")
	secret, _ := made["token"].(string)
	token, err := auth.Token(t.Context(), secret)
	if err != nil || !token.Allows("admin:read:check") || token.Allows("admin:read") || token.Account.Handle != "ann" || token.Credential.ExpiresAt.IsZero() {
		t.Fatalf("%v: %+v, %v", made, token, err)
	}
	for args, want := range map[string]string{
		"credentials ann":                            "2 sessions and tokens of ann",
		"credentials #1":                             "prometheus",
		"credentials bob":                            "0 sessions and tokens of bob",
		"credentials ann --state ended":              "0 sessions",
		"logout ann --dry-run":                       "dry run, would be ended: 2 sessions and tokens of ann",
		"token bob --scope a --expires 1h --dry-run": "dry run, would be created: API token of bob",
	} {
		out := c.ok(strings.Fields(args)...)
		if !strings.Contains(out, want) || strings.Contains(out, "ostraka_") {
			t.Errorf("%s prints %q, want %q and no secret", args, out, want)
		}
	}
	c.ok("logout", "ann", token.Credential.ID.String())
	if _, err := auth.Token(t.Context(), secret); err == nil {
		t.Error("a token that was ended lets in")
	}
	if _, err := auth.Session(t.Context(), session.Secret); err != nil {
		t.Errorf("the session: %v", err)
	}
	if out := c.ok("logout", "ann"); !strings.Contains(out, "ended: 1 session or token of ann") {
		t.Errorf("logout prints %q", out)
	}
	if _, err := auth.Session(t.Context(), session.Secret); err == nil {
		t.Error("a session that was ended lets in")
	}
}

func TestATokenWithoutAnEndIsWarnedOf(t *testing.T) {
	c := newCLI(t)
	c.withAccounts()
	if r := c.run("token", "ann", "--scope", "admin:read"); r.code != 0 || !strings.Contains(r.errors, "does not end") {
		t.Errorf("%+v", r)
	}
}

func TestWhatNoCredentialIs(t *testing.T) {
	c := newCLI(t)
	c.withAccounts()
	for args, want := range map[string]string{
		"token ann": codeValue,
		"token ann --scope x --expires 2001-01-01T00:00:00Z": codeValue,
		"token nobody --scope x":                             codeNotFound,
		"credentials #99":                                    codeNotFound,
		"logout nobody@example.org":                          codeNotFound,
		"logout ann 1":                                       codeUsage,
		"logout ann 01900000-0000-7000-8000-000000000001":    codeNotFound,
	} {
		r := c.run(append(strings.Fields(args), "--json")...)
		e, _ := document(t, r.errors)["error"].(map[string]any)
		if r.code != statusTrouble || e["code"] != want || r.out != "" {
			t.Errorf("%s: %d %s%s, want %s", args, r.code, r.out, r.errors, want)
		}
	}
}

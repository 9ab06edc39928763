package console_test

import (
	"strings"
	"testing"
	"time"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
)

// withKeys gives the host of the pages a key for hashed bans.
func (w *world) withKeys() {
	w.t.Helper()
	ring := ban.KeyRing{"k": make([]byte, 32)}
	now := func() time.Time { return today }
	var err error
	if w.parts.Bans, err = ban.NewAdmin(w.store, ban.AdminOptions{Now: now, Keys: ring}); err != nil {
		w.t.Fatal(err)
	}
	if w.parts.Checker, err = ban.NewChecker(w.store, ban.CheckerOptions{Now: now, PollInterval: -1, Keys: ring}); err != nil {
		w.t.Fatal(err)
	}
	checker := w.parts.Checker
	w.t.Cleanup(func() { checker.Close() })
	if w.parts.Accounts, err = account.NewAdmin(w.store, account.AdminOptions{Now: now, Keys: ring}); err != nil {
		w.t.Fatal(err)
	}
	w.remake()
}

func TestAHashIsOfferedWhereTheHostHasAKey(t *testing.T) {
	w := newWorld(t)
	w.get("moderator", "/ban").want(200, `!name="hashed"`)
	w.withKeys()
	w.get("moderator", "/ban").want(200, `name="hashed"`, `name="label"`)
	w.post("moderator", "/ban", "value", "spam.example", "hashed", "1", "step", "save").want(422, `id="hashed-fault"`)
	w.post("moderator", "/ban", "value", "eve@mail.example", "hashed", "1", "label", "eve@mail.example", "step", "save").want(422, `id="label-fault"`)
}

// No page shows what is banned once it is hashed: they show the label and the hash.
func TestPagesShowTheLabelOfAHashedBan(t *testing.T) {
	w := newWorld(t)
	w.withKeys()
	made := w.post("moderator", "/ban", "value", "Zen.Obia+1@gmail.com", "hashed", "1", "label", "case 7", "step", "save").want(303)
	where := made.header.Get("Location")
	where = where[strings.Index(where, "/bans/"):]
	id, _, _ := strings.Cut(where[len("/bans/"):], "?")
	if strings.Contains(strings.ToLower(where), "obia") {
		t.Errorf("the answer leads to %s", where)
	}
	w.post("moderator", "/ban", "value", "zenobia@gmail.com", "hashed", "1", "step", "save").want(409, "banned already")
	for _, path := range []string{where, "/bans", "/bans?q=h:", "/log", "/", "/ban?id=" + id} {
		page := w.get("moderator", path).want(200)
		if text := strings.ToLower(page.body); strings.Contains(text, "obia") {
			t.Errorf("%s shows who is banned", path)
		}
		if (path == where || path == "/bans") && !strings.Contains(page.body, "case 7") {
			t.Errorf("%s does not show the label", path)
		}
	}
	w.get("moderator", "/ask?email=zeno.bia@gmail.com").want(200, "h:k:")
	b, err := w.parts.Bans.GetSeq(t.Context(), 1)
	if err != nil || b.Label != "case 7" || !b.Hashed() {
		t.Errorf("the ban is %+v, %v", b, err)
	}
}

func TestABanCanBeTurnedIntoItsHash(t *testing.T) {
	w := newWorld(t)
	plain := w.ban(ban.CreateOptions{Kind: ban.KindEmail, Value: "zenobia+1@gmail.com", Reason: "spam"})
	named := w.ban(ban.CreateOptions{Kind: ban.KindName, Value: "zenobia", Reason: "zenobia sells links"})
	domain := w.ban(ban.CreateOptions{Kind: ban.KindDomain, Value: "spam.example"})
	page := func(b ban.Ban) string { return "/bans/" + b.ID.String() }
	w.get("moderator", page(plain)).want(200, "!bans/hash")
	w.withKeys()
	w.get("moderator", page(plain)).want(200, "bans/hash")
	w.get("reader", page(plain)).want(200, "!bans/hash")
	w.get("moderator", page(domain)).want(200, "!bans/hash")
	w.post("reader", "/bans/hash", "one", "1", "id", plain.ID.String(), "label", "").want(403)
	w.post("moderator", "/bans/hash", "one", "1", "id", plain.ID.String(), "label", "zenobia@gmail.com").want(422, `id="label-fault"`)
	w.post("moderator", "/bans/hash", "one", "1", "id", named.ID.String(), "label", "x").want(422, "Nothing was changed", "Reason: ")
	w.post("moderator", "/bans/hash", "one", "1", "id", plain.ID.String(), "label", "case 9").want(303)
	for _, path := range []string{page(plain), page(plain) + "?done=hashed", "/log?record=" + plain.ID.String(), "/ban?id=" + plain.ID.String()} {
		got := w.get("moderator", path).want(200, "h:k:", "!zenobia+1", "!bans/hash")
		if path == page(plain) && !strings.Contains(got.body, "case 9") {
			t.Errorf("%s does not show the label", path)
		}
	}
	w.get("reader", "/log").want(200, "ban turned into its hash")
}

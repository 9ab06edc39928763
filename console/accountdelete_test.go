package console_test

import (
	"bytes"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/sqlitestore"
)

// logging has the pages log to a buffer.
func (w *world) logging() *bytes.Buffer {
	b := new(bytes.Buffer)
	w.options.Logger = slog.New(slog.NewTextHandler(b, &slog.HandlerOptions{Level: slog.LevelDebug}))
	w.remake()
	return b
}

// zenobia makes an account that pages must not name once it is deleted.
func (w *world) zenobia() account.Account {
	w.t.Helper()
	a, err := w.parts.Accounts.Create(actor(w.t), account.CreateOptions{Handle: "Zenobia", Email: "zen.obia@gmail.com"})
	if err == nil {
		a, err = w.parts.Accounts.AddEmail(actor(w.t), a.ID, "zenobia@palmyra.example", false)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return a
}

// wantNowhere wants no page and no line of the log to have a text.
func (w *world) wantNowhere(log *bytes.Buffer, texts ...string) {
	w.t.Helper()
	for _, path := range []string{"/", "/bans", "/bans?state=all", "/accounts", "/accounts?q=zeno", "/waiting", "/log", "/log?kind=account"} {
		page := strings.ToLower(w.get("moderator", path).body)
		for _, text := range texts {
			if strings.Contains(strings.ReplaceAll(page, `value="zeno"`, ""), text) {
				w.t.Errorf("%s still has %q", path, text)
			}
		}
	}
	for _, text := range texts {
		if strings.Contains(strings.ToLower(log.String()), text) {
			w.t.Errorf("the log has %q:\n%s", text, log.String())
		}
	}
}

func TestDeletingIsOfferedWhereTheHostHasAKey(t *testing.T) {
	w := newWorld(t)
	a := w.zenobia()
	page := "/accounts/" + a.ID.String()
	w.get("moderator", page).want(200, "!/delete", `!name="hashed"`)
	w.get("moderator", page+"/delete").want(404)
	w.post("moderator", page+"/delete", "keep", "hashed").want(404)
	w.post("moderator", page+"/delete", "keep", "log", "step", "force", "confirmed", "log").want(404)
	w.withKeys()
	w.get("moderator", page).want(200, page[1:]+"/delete", `name="hashed"`)
	w.get("reader", page).want(200, "!/delete")
	w.get("reader", page+"/delete").want(200, "!<form method=\"post\" action=\"accounts")
	w.post("reader", page+"/delete", "keep", "hashed", "step", "force", "confirmed", "hashed").want(403)
	w.get("moderator", page).want(200, "Zenobia")
}

func TestAnAccountIsDeletedInTwoSteps(t *testing.T) {
	w := newWorld(t)
	log := w.logging()
	plain := w.ban(ban.CreateOptions{Kind: ban.KindEmail, Value: "zenobia+1@gmail.com", Reason: "sold links"})
	w.withKeys()
	a := w.zenobia()
	page := "/accounts/" + a.ID.String()
	form := page + "/delete"
	w.get("moderator", form).want(200, `name="keep"`, `name="label"`, `name="keep_aliases"`, "!Delete it for good")
	w.post("moderator", form, "keep", "hashed", "label", "case 7").want(200,
		"Nothing was deleted yet", "What goes", "What stays", "2 hashed bans", "2 addresses", "case 7", plain.ID.String(), "Delete it for good")
	w.post("moderator", form, "keep", "hashed", "label", "zenobia").want(422, `id="label-fault"`, "!Delete it for good")
	w.post("moderator", form, "keep", "log").want(200, "with its addresses", "!hashed bans, one", `name="confirmed" value="log"`)
	// Whoever has changed the choice since has to look again.
	w.post("moderator", form, "keep", "hashed", "step", "force", "confirmed", "log").want(200, "Nothing was deleted yet")
	w.post("moderator", form, "keep", "hashed", "step", "force").want(200, "Nothing was deleted yet")
	w.get("moderator", page).want(200)

	w.post("moderator", form, "keep", "nonsense").want(400)
	w.post("moderator", form).want(400)
	for _, label := range []string{"was zenobia", "ZEN.OBIA@gmail.com", strings.Repeat("x", 256), "a\nb"} {
		w.post("moderator", form, "keep", "hashed", "label", label, "step", "force", "confirmed", "hashed").want(422, `id="label-fault"`)
	}
	w.post("moderator", "/accounts/nonsense/delete", "keep", "hashed").want(404)
	w.get("moderator", page).want(200)

	made := w.post("moderator", form, "keep", "hashed", "label", "case 7", "step", "force", "confirmed", "hashed").want(303)
	where := made.header.Get("Location")
	if !strings.HasSuffix(where, "/accounts?done=account-forgotten") {
		t.Errorf("it goes on at %s", where)
	}
	w.get("moderator", "/accounts?done=account-forgotten").want(200, "Nothing says who it was")
	w.get("moderator", page).want(404)
	w.get("moderator", form).want(404)
	w.post("moderator", form, "keep", "hashed", "step", "force", "confirmed", "hashed").want(404)
	w.wantNowhere(log, "zenobia", "zen.obia", "palmyra")
	w.get("moderator", "/bans").want(200, "case 7", "h:k:")
	w.get("moderator", "/bans/"+plain.ID.String()).want(200, "!obia", "h:k:", "sold links")
	changes, err := w.parts.Accounts.Log(t.Context(), a.ID, account.Page{})
	if err != nil || changes[0].Action != account.ActionDelete || changes[0].Actor != "mona" {
		t.Errorf("the log has %+v, %v", changes, err)
	}
}

func TestAnAccountMayBeDeletedPlainly(t *testing.T) {
	w := newWorld(t)
	w.withKeys()
	a := w.zenobia()
	w.post("moderator", "/accounts/"+a.ID.String()+"/delete", "keep", "log", "label", "zenobia", "step", "force", "confirmed", "log").want(303)
	w.get("moderator", "/accounts?done=account-deleted").want(200, "The log keeps what it was")
	if n, err := w.parts.Bans.Count(t.Context(), ban.Filter{Kind: ban.KindEmail}); err != nil || n != 0 {
		t.Errorf("%d bans of addresses were made, %v", n, err)
	}
}

func TestSuspendingWithHashedBans(t *testing.T) {
	w := newWorld(t)
	a := w.zenobia()
	suspend := "/accounts/" + a.ID.String() + "/suspend"
	w.post("moderator", suspend, "ban_emails", "1", "hashed", "1").want(422, `id="hashed-fault"`, "there is no key to hash under")
	w.withKeys()
	w.post("moderator", suspend, "hashed", "1").want(422, `id="hashed-fault"`)
	w.post("moderator", suspend, "ban_emails", "1", "hashed", "1", "label", "zenobia").want(422, `id="label-fault"`, `name="hashed" value="1" checked`)
	w.post("moderator", suspend, "ban_emails", "1", "hashed", "1", "reason", "zenobia@gmail.com").want(422, `id="reason-fault"`)
	w.post("moderator", suspend, "ban_emails", "1", "ban_name", "1", "hashed", "1", "label", "case 7", "reason", "spam").want(303)
	w.get("moderator", "/bans").want(200, "case 7", "h:k:", "!obia")
	w.get("moderator", "/accounts/"+a.ID.String()).want(200, "case 7", "lift_bans")
	w.post("moderator", "/accounts/"+a.ID.String()+"/reinstate", "lift_bans", "1").want(303)
	yes := true
	if n, err := w.parts.Bans.Count(t.Context(), ban.Filter{Active: &yes, At: today}); err != nil || n != 0 {
		t.Errorf("%d bans are in force, %v", n, err)
	}
}

func TestRejectingWithHashedBans(t *testing.T) {
	w := newWorld(t)
	w.withKeys()
	log := w.logging()
	a := w.zenobia()
	if _, err := w.parts.Accounts.Hold(actor(t), a.ID, account.HoldOptions{}); err != nil {
		t.Fatal(err)
	}
	w.ban(ban.CreateOptions{Kind: ban.KindDomain, Value: "palmyra.example", Effect: ban.Review})
	signUp := func(name string) string {
		s, err := w.parts.Accounts.SignUp(actor(t), w.parts.Checker, account.SignUpOptions{
			Account: account.CreateOptions{Handle: name, Email: name + "@palmyra.example"},
		})
		if err != nil {
			t.Fatal(err)
		}
		return s.Account.ID.String()
	}
	one, two := signUp("odaenathus"), signUp("vaballathus")
	w.get("moderator", "/waiting").want(200, `name="hashed"`, `name="label"`)
	w.post("moderator", "/waiting/reject", "id", one, "hashed", "1").want(422, `id="hashed-fault"`)
	w.post("moderator", "/waiting/reject", "id", one, "ban_emails", "1", "hashed", "1", "label", "odaenathus").want(409, "was not decided about", "Leave out who is banned")
	w.post("moderator", "/waiting/reject", "all", "1", "newest", "9", "ban_emails", "1", "hashed", "1", "label", "case 7").want(200,
		"Nothing was decided yet", `type="hidden" name="hashed" value="1"`, `type="hidden" name="label" value="case 7"`)
	made := w.post("moderator", "/waiting/reject", "id", one, "id", two, "ban_emails", "1", "ban_name", "1", "hashed", "1", "label", "case 7").want(303)
	if where := made.header.Get("Location"); strings.Contains(where, "athus") {
		t.Errorf("it goes on at %s", where)
	}
	w.wantNowhere(log, "odaenathus", "vaballathus")
	w.get("moderator", "/waiting").want(200, "Zenobia")
	w.get("moderator", "/bans").want(200, "case 7", "h:k:")
	for _, id := range []string{one, two} {
		w.get("moderator", "/log?id="+id).want(200, "!athus")
	}
}

// After accounts were forgotten through the pages, no file of the database has who they
// were: not its write-ahead log, nor a backup that is made then.
func TestForgottenAccountsAreInNoFile(t *testing.T) {
	dir := t.TempDir()
	path, backup := filepath.Join(dir, "bans.db"), filepath.Join(dir, "backup.db")
	st, err := sqlitestore.Open(t.Context(), path, sqlitestore.Options{Synchronous: sqlitestore.SyncNormal})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	w := newWorldOver(t, st)
	log := w.logging()
	w.withKeys()
	w.ban(ban.CreateOptions{Kind: ban.KindDomain, Value: "palmyra.example", Effect: ban.Review})
	s, err := w.parts.Accounts.SignUp(actor(t), w.parts.Checker, account.SignUpOptions{
		Account: account.CreateOptions{Handle: "Odaenathus", Email: "odaenathus@palmyra.example"},
	})
	if err != nil {
		t.Fatal(err)
	}
	a := w.zenobia()
	page := "/accounts/" + a.ID.String()
	w.post("moderator", page+"/suspend", "ban_emails", "1", "ban_name", "1", "hashed", "1", "label", "case 6").want(303)
	if _, err := w.parts.Checker.Check(t.Context(), ban.Subject{Email: "zenobia@gmail.com", Name: "zen0bia", IP: "192.0.2.7"}); err != nil {
		t.Fatal(err)
	}
	w.post("moderator", page+"/delete", "keep", "hashed", "label", "zenobia", "step", "force", "confirmed", "hashed").want(422)
	w.post("moderator", page+"/delete", "keep", "hashed", "label", "case 7", "step", "force", "confirmed", "hashed").want(303)
	w.post("moderator", "/waiting/reject", "id", s.Account.ID.String(), "ban_emails", "1", "ban_name", "1", "hashed", "1", "label", "case 8").want(303)
	secrets := []string{"zenobia", "zen.obia", "zen0bia", "odaenathus"}
	w.wantNowhere(log, secrets...)
	if err := w.parts.Checker.Close(); err != nil { // it writes its hits
		t.Fatal(err)
	}
	if err := st.Backup(t.Context(), backup); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{path, path + "-wal", path + "-shm", backup} {
		data, err := os.ReadFile(file)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		text := strings.ToLower(string(data))
		for _, secret := range secrets {
			if at := strings.Index(text, secret); at >= 0 {
				t.Errorf("%s has %q: …%q…", filepath.Base(file), secret, text[max(0, at-60):min(len(text), at+60)])
			}
		}
		if file == backup && !strings.Contains(text, "case 6") {
			t.Error("the backup has not the hashed bans")
		}
	}
}

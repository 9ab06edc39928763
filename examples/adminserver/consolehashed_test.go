package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
)

// TestConsoleForgetsAnAccount: somebody is deleted so that only hashed bans stay, and no
// page says who it was.
func TestConsoleForgetsAnAccount(t *testing.T) {
	keys := filepath.Join(t.TempDir(), "ostraka.keys")
	if err := os.WriteFile(keys, []byte("2026 "+strings.Repeat("A", 43)+"=\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	b, _, people := newTasks(t, "-key-file", keys)
	a, err := people.Create(ban.WithActor(t.Context(), "mona"), account.CreateOptions{Handle: "zenobia", Email: "zenobia@palmyra.example"})
	if err != nil {
		t.Fatal(err)
	}
	page := "accounts/" + a.ID.String()
	b.visit(page)
	b.checkPage("account")
	b.visit("waiting")
	b.checkPage("waiting")
	b.visit(page + "/delete")
	b.checkPage("delete")
	b.fill("#label", "it was zenobia")
	b.press(`form[action$="/delete"] button.second`)
	b.want("Leave out who is banned")
	b.checkPage("delete-refused")
	b.fill("#label", "case 7")
	b.press(`form[action$="/delete"] button.second`)
	b.want("Nothing was deleted yet", "What goes", "zenobia", "What stays", "1 hashed ban")
	b.checkPage("delete-look")
	b.press(`button[value=force]`)
	b.want("Nothing says who it was")
	for _, path := range []string{"", "accounts", "log", "bans"} {
		b.visit(path)
		if strings.Contains(b.text(), "palmyra") {
			t.Errorf("the page %q says who it was", path)
		}
	}
	b.want("case 7", "h:2026:")
	b.press(`a[href^="bans/"]`)
	b.checkPage("hashed-ban")
	if all := b.Complaints(); len(all) > 0 {
		t.Errorf("the browser complains: %q", all)
	}
}

package console_test

import (
	"strings"
	"testing"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
)

func TestAccountsAreFoundSuspendedAndReinstated(t *testing.T) {
	w := newWorld(t)
	w.get("reader", "/accounts").want(200, "There is no account yet")
	people := map[string]account.Account{}
	for handle, admin := range map[string]bool{"ann": true, "eve": false} {
		a, err := w.parts.Accounts.Create(actor(t), account.CreateOptions{Handle: handle, Email: handle + "@mail.example", Password: "correct horse", Admin: admin, Name: "<i>" + handle})
		if err != nil {
			t.Fatal(err)
		}
		people[handle] = a
	}
	w.ban(ban.CreateOptions{Kind: ban.KindDomain, Value: "mail.example", Effect: ban.Review})
	session, err := w.parts.Auth.Login(t.Context(), "eve", "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	w.get("reader", "/accounts").want(200, "2 accounts", "ann", "eve")
	w.get("reader", "/accounts?q=EVE").want(200, "1 account<", "eve", "!ann@")
	w.get("reader", "/accounts?q=ann@mail").want(200, "ann", "!eve@")
	w.get("reader", "/accounts?state=suspended").want(200, "No account is like that")
	w.get("reader", "/accounts?state=admin").want(200, "ann", "!eve@")

	eve := "/accounts/" + people["eve"].ID.String()
	w.get("reader", eve).want(200, "&lt;i&gt;eve", "!<i>eve", "domain mail.example", "Session", "!Suspend it", "!End it")
	w.get("moderator", eve).want(200, "Suspend it", "End it")
	w.post("moderator", eve+"/end", "credential", session.Credential.ID.String()).want(303)
	w.post("moderator", eve+"/end", "credential", "x").want(400)
	w.get("moderator", eve).want(200, "!End it")

	w.post("reader", eve+"/suspend").want(403)
	w.post("moderator", eve+"/suspend", "reason", string(make([]byte, 300))).want(422, `id="reason-fault"`)
	w.post("moderator", eve+"/suspend", "reason", "spam", "ban_emails", "1").want(303)
	w.get("moderator", eve).want(200, "suspended", "spam", "Made with the suspension", "eve@mail.example", "Reinstate it", "!Suspend it")
	w.get("moderator", eve+"?done=suspended").want(200, "The account is suspended.")
	w.get("moderator", eve).want(200, `value="1" checked> Revoke the bans`, "keep out", "matches <span")
	if a := w.post("moderator", eve+"/reinstate").want(303); !strings.HasSuffix(a.header.Get("Location"), "done=restored-only") {
		t.Errorf("bans that are left are not told: %s", a.header.Get("Location"))
	}
	w.get("moderator", eve+"?done=restored-only").want(200, "are still in force")
	w.post("moderator", eve+"/suspend", "reason", "spam", "ban_name", "1").want(303)
	w.post("moderator", eve+"/reinstate", "lift_bans", "1").want(303)
	w.get("moderator", eve).want(200, "active", "!Reinstate it")
	if n, err := w.parts.Bans.Count(t.Context(), ban.Filter{Kind: ban.KindName, Active: new(true), At: today}); err != nil || n != 0 {
		t.Errorf("%d bans are left, %v", n, err)
	}
	w.post("moderator", "/accounts/"+people["ann"].ID.String()+"/suspend").want(409, "the last admin")
	w.get("moderator", "/accounts/x").want(404)
}

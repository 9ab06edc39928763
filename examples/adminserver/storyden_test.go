package main

import (
	"strings"
	"testing"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
)

const suspensionsAPI = "/storyden/api/admin/bans"

// TestStorydenContract has a row for each line of the documents, and of what they
// leave open. Each row builds on those before.
func TestStorydenContract(t *testing.T) {
	const suspended, nobody = `"suspended":"`, `{"error":"not_found","message":"There is no such account.","suggested":"Check the handle.","metadata":{}}`
	rows := []row{
		{"suspended, by handle", "POST " + suspensionsAPI + "/bob", "", 200, has(`"handle":"bob"`, `"deletedAt":"`, suspended, `"kind":"human"`, `"auth_services":["password"]`, `"roles":[]`)},
		{"once more", "POST " + suspensionsAPI + "/BOB", "", 200, has(suspended)},
		{"reinstated", "DELETE " + suspensionsAPI + "/bob", "", 200, has(`"handle":"bob"`)},
		{"once more, with bans that there are not", "DELETE " + suspensionsAPI + "/bob?lift_bans=1", "", 200, has(`"handle":"bob"`)},
		{"with what is no boolean", "DELETE " + suspensionsAPI + "/bob?lift_bans=perhaps", "", 400, has(`"error":"invalid_params"`, `"metadata":{"field":"lift_bans"`)},
		{"nobody", "POST " + suspensionsAPI + "/nobody", "", 404, has(nobody)},
		{"nobody, reinstated", "DELETE " + suspensionsAPI + "/nobody", "", 404, has(nobody)},
		{"a number, which is no handle", "POST " + suspensionsAPI + "/3", "", 404, has(nobody)},
		{"oneself", "POST " + suspensionsAPI + "/alice", "", 400, has(`"error":"own_account"`)},
		{"another admin", "POST " + suspensionsAPI + "/carol", "", 200, has(suspended)},
		{"the last admin, who is oneself", "POST " + suspensionsAPI + "/alice", "", 409, has(`"error":"cannot_disable_last_admin"`)},
		{"by force", "POST " + suspensionsAPI + "/alice?force=1", "", 409, has(`"error":"cannot_disable_last_admin"`)},
		{"no such method", "PUT " + suspensionsAPI + "/bob", "", 405, has(`"error":"method_not_allowed"`)},
		{"no such route", "POST /storyden/api/admin/access_keys", "", 404, has(`"error":"not_found"`)},
	}
	onEveryBackend(t, func(t *testing.T, p *program) {
		alice, bob := p.signIn("alice", dayPassword), p.signIn("bob", dayPassword)
		p.check(t, alice, rows)
		p.check(t, login{}, []row{{"no session", "POST " + suspensionsAPI + "/bob", "", 401, has(`"error":"unauthenticated"`)}})
		p.check(t, bob, []row{{"the session that ended", "POST " + suspensionsAPI + "/bob", "", 401, has(`"error":"unauthenticated"`)}})
		p.check(t, p.signIn("bob", dayPassword), []row{{"who is no admin", "POST " + suspensionsAPI + "/alice", "", 403, has(`"error":"forbidden"`)}})

		a := p.send("POST", suspensionsAPI+"/nobody", "", alice, "Accept", "application/json, application/problem+json")
		a.want(t, 404, `{"type":"about:blank","title":"Not Found","status":404,"detail":"There is no such account.","error":"not_found"`)
		if got := a.header.Get("Content-Type"); got != "application/problem+json" {
			t.Errorf("the problem is of type %q", got)
		}
		p.bansOfASuspension(t, alice)
	})
}

// bansOfASuspension: they stay when the account comes back, and are named; or go too.
func (p *program) bansOfASuspension(t *testing.T, who login) {
	t.Helper()
	suspend := func() {
		t.Helper()
		bob, err := p.parts.accounts.ByHandle(t.Context(), "bob")
		if err != nil {
			t.Fatal(err)
		}
		done, err := p.parts.accounts.Suspend(ban.WithActor(t.Context(), "alice"), bob.ID, account.SuspendOptions{BanEmails: true, BanName: true})
		if err != nil || len(done.BansCreated) != 2 {
			t.Fatalf("%+v, %v", done, err)
		}
	}
	checked := func(verdict string) {
		t.Helper()
		p.send("POST", "/api/check", `{"email":"bob@example.net"}`, who).want(t, 200, `"`+verdict+`"`)
	}
	suspend()
	checked("denied")
	a := p.send("DELETE", suspensionsAPI+"/bob", "", who)
	a.want(t, 200, `"bans_left":["`)
	if strings.Contains(a.body, "bans_lifted") {
		t.Errorf("%s", a.body)
	}
	checked("denied")
	p.check(t, who, []row{
		{"they are lifted by hand", "PATCH /api/admin/bans/1", `{"revoked":1}`, 200, nil},
		{"both", "PATCH /api/admin/bans/2", `{"revoked":1}`, 200, nil},
	})
	suspend()
	checked("denied")
	a = p.send("DELETE", suspensionsAPI+"/bob?lift_bans=yes", "", who)
	a.want(t, 200, `"bans_lifted":["`)
	if strings.Contains(a.body, "bans_left") {
		t.Errorf("%s", a.body)
	}
	checked("allowed")
	p.signIn("bob", dayPassword)
}

package accounthttp_test

import (
	"context"
	"errors"
	"example.com/ostraka/internal/web/webtest"
	"fmt"
	"strings"
	"testing"

	"example.com/ostraka/account"
	"example.com/ostraka/store"
)

const storydenBans = "/storyden/api/admin/bans/"

func TestContractOfSuspensions(t *testing.T) {
	const failure = `{"error":%q,"message":%q,"suggested":%q,"metadata":%s}`
	const besideAnother = "oneself, beside another admin"
	notFound := fmt.Sprintf(failure, "not_found", "There is no such account.", "Check the handle.", "{}")
	tests := []struct {
		name, target string
		status       int
		want         string // the whole body; "" for an account
		suspended    bool   // whether bob then is
	}{
		{"by handle", "POST bob", 200, "", true},
		{"by handle in another case", "POST BOB", 200, "", true},
		{"by id", "POST {id}", 200, "", true},
		{"by the number of the account, which is no handle", "POST 2", 404, notFound, false},
		{"by what only looks like the handle", "POST b\u043eb", 404, notFound, false},
		{"by a handle that nobody can have", "POST a@b", 404, notFound, false},
		{"an id of nobody", "POST " + noAccount, 404, notFound, false},
		{"reinstate who is active", "DELETE bob", 200, "", false},
		{"reinstate, bans and all, who has none", "DELETE bob?lift_bans=1", 200, "", false},
		{"reinstate, and leave bans", "DELETE bob?lift_bans=no", 200, "", false},
		{"reinstate, with what is no boolean", "DELETE bob?lift_bans=x", 400, fmt.Sprintf(failure, "invalid_params", "The request is not well-formed.", "give 1 or 0", `{"field":"lift_bans","reason":"bad_syntax"}`), false},
		{"reinstate nobody, bans and all", "DELETE eve?lift_bans=1", 404, notFound, false},
		{"reinstate nobody", "DELETE eve", 404, notFound, false},
		{"oneself, who is the last admin", "POST alice", 409,
			fmt.Sprintf(failure, "cannot_disable_last_admin", "This is the last active administrator.", "Make somebody else an administrator first.", "{}"), false},
		{besideAnother, "POST alice", 400, fmt.Sprintf(failure, "own_account", "This is your own account.", "Add ?force=1 to suspend it anyway.", "{}"), false},
		{"oneself, who is the last admin, by force", "POST alice?force=1", 409,
			fmt.Sprintf(failure, "cannot_disable_last_admin", "This is the last active administrator.", "Make somebody else an administrator first.", "{}"), false},
		{"half forced", "POST bob?force=x", 400, fmt.Sprintf(failure, "invalid_params", "The request is not well-formed.", "give 1 or 0", `{"field":"force","reason":"bad_syntax"}`), false},
		{"no handle", "POST ", 404, fmt.Sprintf(failure, "not_found", "There is nothing here.", "Check the address.", "{}"), false},
		{"no such method", "PUT bob", 405, fmt.Sprintf(failure, "method_not_allowed", "This cannot be done here.", "Use POST to suspend and DELETE to reinstate.", "{}"), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newSite(t, siteOptions{})
			s.createAdmin(t, "alice")
			bob := s.create(t, account.CreateOptions{Handle: "bob"})
			if tt.name == besideAnother {
				s.createAdmin(t, "carol")
			}
			cookies := s.login(t, "alice")
			method, mark, _ := strings.Cut(tt.target, " ")
			w := s.do(request{target: method + " " + storydenBans + strings.ReplaceAll(mark, "{id}", bob.ID.String()), header: cookies})
			if tt.want != "" {
				webtest.WantAnswer(t, w, tt.status, tt.want)
			} else if w.Code != tt.status || !strings.Contains(w.Body.String(), bob.ID.String()) {
				t.Errorf("%d %s, want %d and bob", w.Code, w.Body, tt.status)
			}
			if now := must(s.admin.Get(t.Context(), bob.ID))(t); now.Active() == tt.suspended {
				t.Errorf("bob is active: %t", now.Active())
			}
		})
	}
}

func TestASuspensionLocksOutAndChangesNothingElse(t *testing.T) {
	overEachStore(t, func(t *testing.T, open func() store.Store) { testASuspension(t, open()) })
}

func testASuspension(t *testing.T, st store.Store) {
	s := newSite(t, siteOptions{store: st})
	s.createAdmin(t, "alice")
	bob := s.createAdmin(t, "bob")
	alices, bobs := s.login(t, "alice"), s.login(t, "bob")
	tokens := s.token(t, bob, "admin:read")
	for _, h := range []map[string]string{bobs, tokens} {
		if w := s.do(request{target: "GET /api/v1/admin/email_domain_blocks", header: h}); (w.Code == 200) != (h["Authorization"] != "") {
			t.Fatalf("before: %d", w.Code)
		}
	}
	before := must(s.admin.Get(t.Context(), bob.ID))(t)
	first := s.do(request{target: "POST " + storydenBans + "bob", header: alices})
	if first.Code != 200 {
		t.Fatal(first.Code, first.Body)
	}
	if w := s.do(request{target: "GET /api/admin/users", header: bobs}); w.Code != 401 {
		t.Errorf("the session gives %d", w.Code)
	}
	if w := s.do(request{target: "GET /api/v1/admin/email_domain_blocks", header: tokens}); w.Code != 403 {
		t.Errorf("the token gives %d", w.Code)
	}
	webtest.WantAnswer(t, s.do(request{target: "POST /api/auth/sign-in", body: `{"login":"bob","password":"` + password + `"}`}), 403,
		`{"error":"Forbidden","message":"This account is suspended","code":403,"reason":"account_suspended"}`)
	after := must(s.admin.Get(t.Context(), bob.ID))(t)
	if after.Name != before.Name || after.Handle != before.Handle || len(after.Emails) != len(before.Emails) || after.SuspendedBy != "alice" || !after.Admin {
		t.Errorf("before %+v\nafter %+v", before, after)
	}

	// Once more, later: 200, and nothing changes.
	changes := s.changes(t)
	s.clock.advance(1e9)
	second := s.do(request{target: "POST " + storydenBans + "bob", header: alices})
	if second.Code != 200 || second.Body.String() != first.Body.String() || s.changes(t) != changes {
		t.Errorf("%d %s\nwant %s", second.Code, second.Body, first.Body)
	}

	if w := s.do(request{target: "DELETE " + storydenBans + "bob", header: alices}); w.Code != 200 || strings.Contains(w.Body.String(), "suspended") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := s.do(request{target: "GET /api/admin/users", header: bobs}); w.Code != 401 {
		t.Errorf("the old session gives %d after the reinstatement", w.Code)
	}
	s.login(t, "bob")
}

func TestHooksThatFailAreLogged(t *testing.T) {
	for _, in := range []request{
		{target: "POST " + storydenBans + "bob"},
		{target: "PATCH /api/admin/users/2", body: `{"is_active":0}`},
	} {
		s := newSite(t, siteOptions{authorize: letIn, onSuspend: func(context.Context, account.Suspended) error { return errors.New("cache is down") }})
		s.createAdmin(t, "alice")
		s.create(t, account.CreateOptions{Handle: "bob"})
		if w := s.do(in); w.Code != 200 || strings.Contains(w.Body.String(), "cache") {
			t.Errorf("%s: %d %s", in.target, w.Code, w.Body)
		}
		if !strings.Contains(s.log.String(), "cache is down") {
			t.Errorf("%s: the log has %q", in.target, s.log)
		}
	}
}

func TestWhoeverInvitedMayBeGone(t *testing.T) {
	s := newSite(t, siteOptions{authorize: letIn})
	s.createAdmin(t, "alice")
	carol := s.create(t, account.CreateOptions{Handle: "carol"})
	s.create(t, account.CreateOptions{Handle: "bob", InvitedBy: carol.ID})
	if w := s.do(request{target: "POST " + storydenBans + "bob"}); !strings.Contains(w.Body.String(), `"invited_by":{"id":"`+carol.ID.String()) {
		t.Errorf("%s", w.Body)
	}
	must(s.admin.Delete(as("alice"), carol.ID, account.DeleteOptions{}))(t)
	if w := s.do(request{target: "POST " + storydenBans + "bob"}); w.Code != 200 || strings.Contains(w.Body.String(), "invited_by") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// TestReinstatingNamesTheBansOfTheSuspension and lifts them if it is told to.
func TestReinstatingNamesTheBansOfTheSuspension(t *testing.T) {
	for query, want := range map[string]string{"": `"bans_left":["`, "?lift_bans=1": `"bans_lifted":["`} {
		s := newSite(t, siteOptions{authorize: letIn})
		s.createAdmin(t, "alice")
		bob := s.create(t, account.CreateOptions{Handle: "bob"})
		done := must(s.admin.Suspend(as("alice"), bob.ID, account.SuspendOptions{BanName: true}))(t)
		w := s.do(request{target: "DELETE " + storydenBans + "bob" + query})
		if w.Code != 200 || !strings.Contains(w.Body.String(), want+done.BansCreated[0].ID.String()) {
			t.Errorf("%q: %d %s", query, w.Code, w.Body)
		}
		left := must(s.store.Ban(t.Context(), done.BansCreated[0].ID))(t)
		if lifted := !left.RevokedAt.IsZero(); lifted != (query != "") {
			t.Errorf("%q: the ban is lifted: %t", query, lifted)
		}
	}
}

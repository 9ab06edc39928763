package console_test

import (
	"fmt"
	"html"
	"strings"
	"testing"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
)

// TestWaiting: a queue is decided about one by one and many at once, and who is late is
// told that somebody was quicker.
func TestWaiting(t *testing.T) {
	w := newWorld(t)
	w.get("moderator", "/waiting").want(200, "Nobody waits.")
	w.ban(ban.CreateOptions{Kind: ban.KindDomain, Value: "odd.example", Effect: ban.Review})
	var ids []string
	for i := range 4 {
		s, err := w.parts.Accounts.SignUp(actor(t), w.parts.Checker, account.SignUpOptions{
			Account: account.CreateOptions{Handle: fmt.Sprintf("user%d", i), Email: fmt.Sprintf("u%d@odd.example", i), Password: "correct horse"}, IP: "198.51.100.7",
		})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, s.Account.ID.String())
	}
	w.get("reader", "/waiting").want(200, "4 accounts wait", "user0", "odd.example", "198.51.100.0/24", "ask?email=u0%40odd.example", "!Approve")
	w.get("reader", "/").want(200, "4 accounts wait for a decision")
	w.get("moderator", "/waiting").want(200, "<button disabled hidden>")
	w.get("moderator", "/waiting?domain=other.example").want(200, "Nobody who waits is like that.")
	w.get("moderator", "/waiting?network=nonsense").want(422, `id="network-fault"`)
	w.post("moderator", "/waiting/approve", "id", ids[0], "reason", strings.Repeat("x", 256)).want(422, `id="reason-fault"`, "checked")
	w.post("moderator", "/waiting/approve", "id", ids[0], "reason", "known").want(303)
	w.get("reader", "/log?what=account.approve").want(200, "Reason: <bdi>known")
	w.post("moderator", "/waiting/reject", "id", ids[0], "id", ids[1], "ban_emails", "1").want(409, "1 account was not decided about, 1 was", "somebody was quicker")
	w.post("moderator", "/waiting/reject", "id", ids[2], "id", ids[3]).want(303)
	w.get("moderator", "/waiting").want(200, "Nobody waits.")
	w.get("reader", "/").want(200, "!for a decision")
	if n, err := w.parts.Bans.Count(t.Context(), ban.Filter{Contains: "u1@odd.example"}); err != nil || n != 1 {
		t.Errorf("%d bans of the rejected address, %v", n, err)
	}
	if a, err := w.parts.Accounts.ByHandle(t.Context(), "user0"); err != nil || !a.Active() {
		t.Errorf("the approved account: %+v, %v", a, err)
	}
}

// TestTheQueueByWhatHolds: accounts are shown, and decided about, by the rule that holds
// them; what came after the page was made is not decided about unseen.
func TestTheQueueByWhatHolds(t *testing.T) {
	w := newWorld(t)
	rule := w.ban(ban.CreateOptions{Kind: ban.KindName, Value: "held*", Effect: ban.Review})
	w.ban(ban.CreateOptions{Kind: ban.KindDomain, Value: "slow.example", Effect: ban.Review})
	signUp := func(handle, email string) {
		t.Helper()
		if _, err := w.parts.Accounts.SignUp(actor(t), w.parts.Checker, account.SignUpOptions{Account: account.CreateOptions{Handle: handle, Email: email}}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 60 {
		signUp(fmt.Sprintf("held%d", i), fmt.Sprintf("h%d@q.example", i))
	}
	signUp("slow", "x@slow.example")
	w.get("moderator", "/waiting").want(200, "61 accounts wait", "waiting?rule="+rule.ID.String(), "All 61 that the filter shows")
	w.get("moderator", "/waiting?rule=nonsense").want(422, `id="rule-fault"`)
	page := w.get("moderator", "/waiting?rule="+rule.ID.String()).want(200, "60 accounts wait", "!x@slow.example")
	signUp("held99", "late@q.example")

	fields := []string{"all", "1", "reason", "a wave", "back", "rule=" + rule.ID.String()}
	before := w.changes()
	again := w.post("moderator", "/waiting/reject", append(fields, "newest", fieldValue(page.body, "newest"))...).want(200, "Nothing was decided yet", "61 accounts are meant", "Reject them all", `value="a wave"`)
	if w.changes() != before {
		t.Error("the first step changes something")
	}
	w.post("moderator", "/waiting/reject", append(fields, "step", "force", "newest", "none")...).want(400)
	w.post("moderator", "/waiting/approve", append(fields, "step", "force", "newest", fieldValue(page.body, "newest"))...).want(303)
	w.get("moderator", "/waiting").want(200, "2 accounts wait", "held99", "x@slow.example")
	w.post("moderator", "/waiting/reject", append(fields, "step", "force", "newest", fieldValue(again.body, "newest"))...).want(303)
	w.get("moderator", "/waiting").want(200, "1 account waits", "x@slow.example")
	w.post("moderator", "/waiting/approve", "reason", "as typed").want(422, "Nothing was chosen", `value="as typed"`)
}

// fieldValue returns the value of a hidden field.
func fieldValue(body, name string) string {
	_, after, _ := strings.Cut(body, `name="`+name+`" value="`)
	value, _, _ := strings.Cut(after, `"`)
	return html.UnescapeString(value)
}

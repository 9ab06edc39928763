package account_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
)

// queue fills the queue: six of one domain, three of another.
func (h *house) queue(t testing.TB) (one, other ban.Ban) {
	t.Helper()
	one, other = h.review(t, "one.example"), h.review(t, "other.example")
	for i := range 6 {
		h.heldSignUp(t, fmt.Sprint("a", i), []string{"one.example", "mail.one.example"}[i%2], fmt.Sprint("192.0.2.", i))
	}
	for i := range 3 {
		h.heldSignUp(t, fmt.Sprint("b", i), "other.example", "2001:db8:5:6::7")
	}
	return one, other
}

func handles(accounts []account.Account) string {
	var all []string
	for i := range accounts {
		all = append(all, accounts[i].Handle)
	}
	return strings.Join(all, " ")
}

func TestTheQueueIsOldestFirstAndFiltered(t *testing.T) {
	overEachStore(t, func(t *testing.T, h *house) {
		one, other := h.queue(t)
		for _, c := range []struct {
			rule   string
			filter account.PendingFilter
			want   string
		}{
			{"all", account.PendingFilter{}, "a0 a1 a2 a3 a4 a5 b0 b1 b2"},
			{"by rule", account.PendingFilter{Rule: one.ID}, "a0 a1 a2 a3 a4 a5"},
			{"by another rule", account.PendingFilter{Rule: other.ID}, "b0 b1 b2"},
			{"by domain", account.PendingFilter{Domain: "Mail.One.example."}, "a1 a3 a5"},
			{"by a domain above", account.PendingFilter{Domain: "one.example"}, "a0 a1 a2 a3 a4 a5"},
			{"by the domain of a website", account.PendingFilter{Domain: "www.b1.example"}, "b1"},
			{"not by a part of a label", account.PendingFilter{Domain: "ne.example"}, ""},
			{"by address of a client", account.PendingFilter{Network: "192.0.2.200"}, "a0 a1 a2 a3 a4 a5"},
			{"by network", account.PendingFilter{Network: "192.0.0.0/16"}, "a0 a1 a2 a3 a4 a5"},
			{"by another network", account.PendingFilter{Network: "192.0.3.0/24"}, ""},
			{"by IPv6 network", account.PendingFilter{Network: "2001:db8:5:ffff::/64"}, "b0 b1 b2"},
			{"all must hold", account.PendingFilter{Rule: one.ID, Network: "2001:db8::/32"}, ""},
		} {
			got := must(h.admin.Pending(t.Context(), c.filter, account.Page{}))(t)
			if handles(got) != c.want {
				t.Errorf("%s: %s, want %s", c.rule, handles(got), c.want)
			}
			if n := must(h.admin.CountPending(t.Context(), c.filter))(t); n != int64(len(got)) {
				t.Errorf("%s: counted %d, want %d", c.rule, n, len(got))
			}
		}
		page := account.Page{Limit: 4}
		first := must(h.admin.Pending(t.Context(), account.PendingFilter{}, page))(t)
		page.After = first[3].Seq
		if next := must(h.admin.Pending(t.Context(), account.PendingFilter{}, page))(t); handles(next) != "a4 a5 b0 b1" {
			t.Errorf("the second page: %s", handles(next))
		}
		_, err := h.admin.Pending(t.Context(), account.PendingFilter{Domain: "no domain"}, page)
		wantValueError(t, err, "domain", ban.CodeCharacter)
		_, err = h.admin.CountPending(t.Context(), account.PendingFilter{Network: "300.1.1.1"})
		wantValueError(t, err, "network", ban.CodeSyntax)
	})
}

func TestManyAreDecidedAboutAtOnce(t *testing.T) {
	overEachStore(t, func(t *testing.T, h *house) {
		one, _ := h.queue(t)
		seen := must(h.admin.Pending(t.Context(), account.PendingFilter{Rule: one.ID}, account.Page{}))(t)
		h.heldSignUp(t, "late", "one.example", "") // that the moderator has not seen
		s := account.Selection{Filter: account.PendingFilter{Rule: one.ID}, UpTo: seen[len(seen)-1].Seq, Limit: 4}
		before := must(h.store.LastChange(t.Context()))(t)
		done := must(h.admin.ApproveMany(as("alice"), s, account.ApproveOptions{Reason: "known"}))(t)
		if handles(done.Accounts) != "a0 a1 a2 a3" || done.Next != seen[3].Seq {
			t.Fatalf("approved %s, next %d", handles(done.Accounts), done.Next)
		}
		log := must(h.store.Changes(t.Context(), before, 0))(t)
		if len(log) != 4 || slices.ContainsFunc(log, func(c account.Change) bool { return c.Action != account.ActionApprove || c.Reason != "known" }) {
			t.Errorf("the log has %+v", log)
		}
		s.After = done.Next
		done = must(h.admin.RejectMany(as("alice"), s, account.RejectOptions{BanName: true}))(t)
		if handles(done.Accounts) != "a4 a5" || done.Next != 0 || len(done.Bans) != 2 {
			t.Errorf("rejected %s, next %d, bans %d", handles(done.Accounts), done.Next, len(done.Bans))
		}
		rest := must(h.admin.Pending(t.Context(), account.PendingFilter{}, account.Page{}))(t)
		if handles(rest) != "b0 b1 b2 late" {
			t.Errorf("there wait %s", handles(rest))
		}
		ids := []uuid.UUID{seen[0].ID, rest[0].ID, uuid.New(), rest[1].ID}
		done = must(h.admin.ApproveMany(as("bob"), account.Selection{IDs: ids}, account.ApproveOptions{}))(t)
		if handles(done.Accounts) != "b0 b1" || len(done.Failed) != 2 {
			t.Fatalf("approved %s, failed %v", handles(done.Accounts), done.Failed)
		}
		if late, ok := errors.AsType[*account.PendingError](done.Failed[0]); !ok || late.By != "alice" {
			t.Errorf("the first failed with %v", done.Failed[0])
		}
		wantError(t, "nobody's ID", done.Failed[1], account.ErrNotFound)
		done = must(h.admin.ApproveMany(as("bob"), account.Selection{All: true}, account.ApproveOptions{}))(t)
		if handles(done.Accounts) != "b2 late" || n(t, h) != 0 {
			t.Errorf("approved %s", handles(done.Accounts))
		}
	})
}

func TestASelectionSaysWhat(t *testing.T) {
	h := newHouse(t, openSQLite(t))
	for _, c := range []struct {
		rule        string
		s           account.Selection
		field, code string
	}{
		{"nothing", account.Selection{}, "filter", ban.CodeEmpty},
		{"ids and a filter", account.Selection{IDs: []uuid.UUID{{1}}, Filter: account.PendingFilter{Rule: uuid.UUID{1}}}, "ids", ban.CodeConflict},
		{"ids and all", account.Selection{IDs: []uuid.UUID{{1}}, All: true}, "ids", ban.CodeConflict},
		{"too many ids", account.Selection{IDs: make([]uuid.UUID, account.MaxDecisions+1)}, "ids", ban.CodeRange},
		{"too many at a time", account.Selection{All: true, Limit: account.MaxDecisions + 1}, "limit", ban.CodeRange},
		{"less than none", account.Selection{All: true, Limit: -1}, "limit", ban.CodeRange},
	} {
		t.Run(c.rule, func(t *testing.T) {
			_, err := h.admin.ApproveMany(as("alice"), c.s, account.ApproveOptions{})
			wantValueError(t, err, c.field, c.code)
			_, err = h.admin.RejectMany(as("alice"), c.s, account.RejectOptions{})
			wantValueError(t, err, c.field, c.code)
		})
	}
	_, err := h.admin.ApproveMany(as("alice"), account.Selection{All: true}, account.ApproveOptions{Reason: strings.Repeat("x", 256)})
	wantValueError(t, err, "reason", ban.CodeTooLong)
	_, err = h.admin.ApproveMany(t.Context(), account.Selection{All: true}, account.ApproveOptions{})
	wantValueError(t, err, "actor", ban.CodeEmpty)
}

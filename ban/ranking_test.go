package ban_test

import (
	"errors"
	"testing"
	"time"

	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist"
	"example.com/ostraka/memstore"
)

// TestTopNamesTheRulesThatCaughtMost: of whatever origin, those that have ended too.
func TestTopNamesTheRulesThatCaughtMost(t *testing.T) {
	st := memstore.New()
	now := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	bans, err := ban.NewAdmin(st, ban.AdminOptions{Actor: "mona", Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	blocks, err := blocklist.NewAdmin(st, blocklist.AdminOptions{Actor: "mona", Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	checker, err := ban.NewChecker(st, ban.CheckerOptions{Now: clock, PollInterval: -1})
	if err != nil {
		t.Fatal(err)
	}
	name, err := bans.Create(t.Context(), ban.CreateOptions{Kind: ban.KindName, Value: "eve"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := blocks.Create(t.Context(), blocklist.CreateOptions{Domain: "spam.example"}); err != nil {
		t.Fatal(err)
	}
	for _, s := range []ban.Subject{{Name: "eve"}, {Email: "a@spam.example"}, {Email: "b@spam.example"}} {
		if _, err := checker.Check(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	checker.Close() // writes what was counted
	if _, err := bans.Revoke(t.Context(), name.ID, ""); err != nil {
		t.Fatal(err)
	}
	top, err := bans.Top(t.Context(), 1, 10)
	if err != nil || len(top) != 2 {
		t.Fatalf("%d rules, %v", len(top), err)
	}
	if r := top[0]; r.Rule.Value != "spam.example" || r.Rule.Origin != ban.OriginBlock || r.Uses != 2 || r.Ended {
		t.Errorf("first %+v", r)
	}
	if r := top[1]; r.Rule.ID != name.ID || r.Uses != 1 || !r.Ended || r.Rule.Value != "eve" {
		t.Errorf("second %+v", r)
	}
	now = now.AddDate(0, 0, 1)
	if top, err := bans.Top(t.Context(), 1, 10); err != nil || len(top) != 0 {
		t.Errorf("a day later: %v, %v", top, err)
	}
	if top, err := bans.Top(t.Context(), 2, 1); err != nil || len(top) != 1 {
		t.Errorf("of two days, one rule: %v, %v", top, err)
	}
	for _, days := range []int{0, -1, ban.HitDays + 1} {
		if _, err := bans.Top(t.Context(), days, 1); !isValueError(err, "days") {
			t.Errorf("of %d days: %v", days, err)
		}
	}
}

func isValueError(err error, field string) bool {
	bad, ok := errors.AsType[*ban.ValueError](err)
	return ok && bad.Field == field
}

// TestListByPages: an order is read page by page, by the place of the last ban.
func TestListByPages(t *testing.T) {
	now := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	bans, err := ban.NewAdmin(memstore.New(), ban.AdminOptions{Actor: "mona", Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range []string{"never", "later", "soon", "next"} {
		o := ban.CreateOptions{Kind: ban.KindName, Value: name}
		if i > 0 {
			o.ExpiresAt = now.Add(time.Duration(10-i) * time.Hour)
		}
		if _, err := bans.Create(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for at := (ban.Rank{}); ; {
		page, next, err := bans.ListBy(t.Context(), ban.Filter{}, ban.ByExpiry, at, 3)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		for _, b := range page {
			got = append(got, b.Value)
		}
		at = next
	}
	if want := []string{"next", "soon", "later", "never"}; len(got) != 4 || got[0] != want[0] || got[1] != want[1] || got[2] != want[2] || got[3] != want[3] {
		t.Errorf("%v, want %v", got, want)
	}
	if _, _, err := bans.ListBy(t.Context(), ban.Filter{}, 9, ban.Rank{}, 1); !isValueError(err, "order") {
		t.Errorf("no order: %v", err)
	}
}

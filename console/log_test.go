package console_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist"
)

func TestLogSaysWhoChangedWhat(t *testing.T) {
	w := newWorld(t)
	w.get("reader", "/log").want(200, "Nothing was changed yet")
	b := w.ban(ban.CreateOptions{Kind: ban.KindName, Value: "eve", Reason: "first"})
	second := "second"
	if _, err := w.parts.Bans.Update(ban.WithActor(t.Context(), "mona"), b.ID, ban.Patch{Reason: &second}); err != nil {
		t.Fatal(err)
	}
	lines := blocklist.Parse(strings.NewReader("a.example\nb.example\n"), blocklist.ParseOptions{})
	if _, err := w.parts.Blocks.Sync(actor(t), "mine", lines, blocklist.SyncOptions{}); err != nil {
		t.Fatal(err)
	}
	w.get("reader", "/log").want(200, "ban made", "ban changed", "list synced", "added: 2", "first", "second", "bans/"+b.ID.String())
	w.get("reader", "/log?actor=MONA").want(200, "ban changed", "!ban made", "!list synced")
	w.get("reader", "/log?actor=nobody").want(200, "None of the 3 entries")
	w.get("reader", "/log?record="+b.ID.String()).want(200, "ban changed", "ban made", "!list synced")
	if _, err := w.parts.Bans.Revoke(actor(t), b.ID, "a new owner"); err != nil {
		t.Fatal(err)
	}
	w.get("reader", "/log?what=ban.revoke").want(200, "ban revoked", "Reason: <bdi>a new owner", "!ban made", "!list synced")
	w.get("reader", "/log?what=ban.delete").want(200, "None of the 4 entries")
	w.get("reader", "/bans/"+b.ID.String()).want(200, "by <bdi>setup</bdi>: <bdi>a new owner")
	w.get("reader", "/log?record=x").want(422, "Give the id")
	w.get("reader", "/log?day=yesterday").want(422, "Give a day")
	w.get("reader", "/log?day=2026-11-26").want(200, "No entry is like that")
	w.get("reader", "/log?day=2026-11-27").want(200, "ban made")
}

func TestLogHasPages(t *testing.T) {
	w := newWorld(t)
	for i := range 300 {
		w.ban(ban.CreateOptions{Kind: ban.KindName, Value: fmt.Sprintf("name-%d", i)})
	}
	page := w.get("reader", "/log").want(200, "name-299", "name-250", "!name-249", "Older")
	w.get("reader", page.link("next")).want(200, "name-249", "name-200", "!name-250", "To the first page")
}

// TestLogOfADayEndsWithIt has a change every hour, by a clock of its own.
func TestLogOfADayEndsWithIt(t *testing.T) {
	w := newWorld(t)
	now := today
	admin, err := ban.NewAdmin(w.store, ban.AdminOptions{Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		now = time.Date(2026, 11, 20, i, 30, 0, 0, time.UTC)
		if _, err := admin.Create(actor(t), ban.CreateOptions{Kind: ban.KindName, Value: fmt.Sprintf("name-%d-", i)}); err != nil {
			t.Fatal(err)
		}
	}
	w.get("reader", "/log?day=2026-11-19").want(200, "No entry is like that")
	w.get("reader", "/log?day=2026-11-20").want(200, "name-23-", "name-0-", "!name-24-")
	w.get("reader", "/log?day=2026-11-22").want(200, "name-71-", "!name-72-")
	w.get("reader", "/log?day=2026-12-22").want(200, "name-99-")
	w.get("reader", "/log?from=2026-11-23").want(200, "name-99-", "name-72-", "!name-71-", "!Older")
	w.get("reader", "/log?from=2026-11-21&day=2026-11-21").want(200, "name-47-", "name-24-", "!name-48-", "!name-23-", "!Older")
	w.get("reader", "/log?from=2026-11-25").want(200, "No entry is like that")
	older := w.get("reader", "/log?from=2026-11-20").want(200, "name-99-", "name-50-", "!name-49-", "Older").link("next")
	w.get("reader", older).want(200, "name-49-", "name-0-", "!Older")
	w.get("reader", "/log?from=2026-11-22&day=2026-11-21").want(422, "not after the last one")
	w.get("reader", "/log?from=22.11.").want(422, "Give a day")
	w.get("reader", "/log").want(200, `href="log?from=2026-11-27">Today`, `href="log?from=2026-11-21">The last 7 days`)
}

func TestLogShowsNoMarkupOfStrangers(t *testing.T) {
	w := newWorld(t)
	b := w.ban(ban.CreateOptions{Kind: ban.KindName, Value: "eve", Reason: `<script>alert(1)</script>` + "\u202e"})
	w.get("reader", "/log?record="+b.ID.String()).want(200, "&lt;script&gt;", "!<script>alert", "U+202E")
	w.get("reader", `/log?actor=%22%3E%3Cscript%3E`).want(200, "!<script>alert", `!"><script>`)
}

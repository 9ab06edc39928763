package console_test

import (
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist"
	"example.com/ostraka/sqlitestore"
	"example.com/ostraka/store"
)

const benchBans = 100_000

// BenchmarkPages times every page over a database with 100,000 bans, of which every
// tenth caught something on each of 14 days, 50 lists of 20,000 entries, and 10,000
// accounts that wait.
func BenchmarkPages(b *testing.B) {
	st, err := sqlitestore.Open(b.Context(), filepath.Join(b.TempDir(), "ostraka.db"), sqlitestore.Options{Synchronous: sqlitestore.SyncNormal})
	if err != nil {
		b.Fatal(err)
	}
	defer st.Close()
	w := newWorldOver(b, st)
	var one ban.Ban
	for n := 0; n < benchBans; n += 10_000 {
		var all []ban.CreateOptions
		for i := n; i < n+10_000; i++ {
			o := ban.CreateOptions{Kind: ban.KindDomain, Value: fmt.Sprintf("d%d.w%d.example", i, i%100), Reason: "a wave", Shadow: i%20 == 0}
			switch i % 4 {
			case 1:
				o.Kind, o.Value = ban.KindName, fmt.Sprintf("name%d", i)
			case 2:
				o.Kind, o.Value = ban.KindIP, fmt.Sprintf("198.%d.%d.%d", 20+i/65536, i/256%256, i%256)
				o.ExpiresAt = today.Add(time.Duration(i%1000+1) * time.Hour)
			}
			all = append(all, o)
		}
		if _, err := w.parts.Bans.CreateMany(actor(b), all); err != nil {
			b.Fatal(err)
		}
		bans, err := w.parts.Bans.List(b.Context(), ban.Filter{}, ban.Page{Limit: 1000})
		if err != nil {
			b.Fatal(err)
		}
		var hits []store.Hit
		for i := range bans {
			for day := range ban.HitDays {
				at := today.AddDate(0, 0, -day)
				hits = append(hits, store.Hit{RuleID: bans[i].ID, Key: bans[i].Key(), Day: store.Day(at), Uses: int64(i%50 + 1), Last: at})
			}
		}
		if err := st.AddHits(b.Context(), hits); err != nil {
			b.Fatal(err)
		}
		one = bans[0]
	}
	for n := range 50 {
		var lines strings.Builder
		for i := range 20_000 {
			fmt.Fprintf(&lines, "e%d.l%d.example\n", i, n)
		}
		parsed := blocklist.Parse(strings.NewReader(lines.String()), blocklist.ParseOptions{})
		if _, err := w.parts.Blocks.Sync(actor(b), fmt.Sprintf("list-%d", n), parsed, blocklist.SyncOptions{Source: "a file"}); err != nil {
			b.Fatal(err)
		}
	}
	w.ban(ban.CreateOptions{Kind: ban.KindName, Value: "held*", Effect: ban.Review})
	for i := range 10_000 {
		_, err := w.parts.Accounts.SignUp(actor(b), w.parts.Checker, account.SignUpOptions{
			Account: account.CreateOptions{Handle: fmt.Sprintf("held%d", i), Email: fmt.Sprintf("h%d@q%d.example", i, i%100)}, IP: fmt.Sprintf("192.0.2.%d", i%256),
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	var person account.Account
	for i := range 200 {
		var err error
		if person, err = w.parts.Accounts.Create(actor(b), account.CreateOptions{Handle: fmt.Sprintf("user%d", i), Email: fmt.Sprintf("u%d@d1.w%d.example", i, i%100)}); err != nil {
			b.Fatal(err)
		}
	}
	for _, path := range []string{
		"/ban?kind=domain&value=e7.l7.example", "/ban?kind=domain&value=example", "/ban?kind=domain&effect=allow&value=w4.example",
		"/ban?kind=name&value=" + url.QueryEscape("*name1*"), "/ban?kind=name&value=name77777", "/ban?kind=ip&value=198.20.0.0/16", "/ban?kind=ip&value=198.20.0.2",
		"/ban?kind=email&value=u4@d1.w4.example", "/ban?kind=email&value=" + url.QueryEscape("u*@w4.example"),
		"/", "/ask?email=" + url.QueryEscape("x@d4.w4.example") + "&ip=198.20.0.2&name=name1", "/ban?kind=domain&value=w4.example",
		"/bans", "/bans?sort=hits", "/bans?sort=last", "/bans?sort=end", "/bans?q=d99999", "/bans?kind=ip&state=all", "/bans?state=shadow", "/bans/" + one.ID.String(), "/blocks",
		"/lists", "/lists/list-7", "/waiting", "/waiting?domain=q7.example", "/waiting?network=192.0.2.0/24",
		"/accounts", "/accounts?q=user1", "/accounts?q=u1@d1", "/accounts?state=pending", "/accounts/" + person.ID.String(), "/log", "/log?actor=nobody", "/log?day=2026-11-27",
	} {
		b.Run(path, func(b *testing.B) {
			timed(b, func() {
				if a := w.get("moderator", path); a.status != 200 {
					b.Fatal(a.status)
				}
			})
		})
	}
}

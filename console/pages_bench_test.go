package console_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/ostraka/account"
	"example.com/ostraka/ban"
	"example.com/ostraka/blocklist"
	"example.com/ostraka/internal/sqlitetest"
	"example.com/ostraka/sqlitestore"
	"example.com/ostraka/store"
)

const benchBans = 100_000

// BenchmarkPages times every page, and the forms, over a database with 100,000 bans, of
// which every tenth caught something on each of 14 days, 50 lists of 20,000 entries,
// and 10,000 accounts that wait. cpu-ms/op is what the processor did, whoever else used
// it.
func BenchmarkPages(b *testing.B) {
	st, err := sqlitestore.Open(b.Context(), sqlitetest.File(b), sqlitestore.Options{Synchronous: sqlitestore.SyncNormal})
	if err != nil {
		b.Fatal(err)
	}
	defer st.Close()
	benchPages(b, st)
}

func benchPages(b *testing.B, st store.Store) {
	w := newWorldOver(b, st)
	one, person := w.fillForBench(b)
	for _, path := range []string{
		"/", "/ask?email=" + url.QueryEscape("x@d4.w4.example") + "&ip=198.20.0.2&name=name1", "/ban",
		"/ban?kind=domain&value=w4.example", "/ban?kind=domain&value=e7.l7.example", "/ban?kind=domain&value=example", "/ban?kind=domain&effect=allow&value=w4.example",
		"/ban?kind=name&value=name77777", "/ban?kind=name&value=" + url.QueryEscape("*name1*"), "/ban?kind=ip&value=198.20.0.0/16", "/ban?kind=ip&value=198.20.0.2",
		"/ban?kind=email&value=u4@d1.w4.example", "/ban?kind=email&value=" + url.QueryEscape("u*@w4.example"),
		"/bans", "/bans?sort=hits", "/bans?sort=last", "/bans?sort=end", "/bans?q=d99999", "/bans?kind=ip&state=all", "/bans?state=shadow", "/bans/" + one.ID.String(), "/blocks",
		"/lists", "/lists/list-7", "/lists/list-7/entries", "/lists/list-7/entries?q=e19999.", "/waiting", "/waiting?domain=q7.example", "/waiting?network=192.0.2.0/24",
		"/accounts", "/accounts?q=user1", "/accounts?q=u1@d1", "/accounts?state=pending", "/accounts/" + person.ID.String(),
		"/log", "/log?actor=nobody", "/log?day=2026-11-27", "/log?record=" + one.ID.String(), "/log?what=ban.revoke",
	} {
		b.Run(path, func(b *testing.B) { timed(b, func() { w.get("moderator", path).want(200) }) })
	}
	lines := strings.Replace(benchLines(7), "e0.", "new.", 1)
	n := 0
	for _, form := range []struct {
		path   string
		fields func() []string
	}{
		{"/ban/preview", func() []string { return []string{"value", "w5.example"} }},
		{"/ban", func() []string {
			n++
			return []string{"value", fmt.Sprintf("b%d.other.example", n), "reason", "a wave"}
		}},
		{"/bans/revoke", func() []string { return w.someOf("/bans?q=w7.example") }},
		{"/waiting/approve", func() []string { return w.someOf("/waiting") }},
		{"/waiting/reject", func() []string { return append(w.someOf("/waiting"), "ban_emails", "1") }},
		{"/lists/plan", func() []string {
			return []string{"list", "list-7", "format", "auto", "effect", "deny", "file_name", "a file", "packed", packed(lines)}
		}},
	} {
		b.Run("POST "+form.path, func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				fields := form.fields()
				b.StartTimer()
				began := processorTime()
				if a := w.post("moderator", form.path, fields...); a.status >= 400 {
					b.Fatal(a.status, a.main())
				}
				b.ReportMetric(float64((processorTime()-began).Microseconds())/1000, "cpu-ms/op")
			}
		})
	}
}

// timed times something, and says how much of the processor it took.
func timed(b *testing.B, do func()) {
	began, n := processorTime(), 0
	for b.Loop() {
		do()
		n++
	}
	b.ReportMetric(float64((processorTime()-began).Microseconds())/1000/float64(n), "cpu-ms/op")
}

// processorTime returns how long the processor has worked for this process.
func processorTime() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// benchLines is the file of a list.
func benchLines(n int) string {
	var lines strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&lines, "e%d.l%d.example\n", i, n)
	}
	return lines.String()
}

// fillForBench fills the store, and returns a ban and an account of it.
func (w *world) fillForBench(b *testing.B) (one ban.Ban, person account.Account) {
	for n := 0; n < benchBans; n += 10_000 {
		one = w.fillBans(b, n)
	}
	for n := range 50 {
		parsed := blocklist.Parse(strings.NewReader(benchLines(n)), blocklist.ParseOptions{})
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
	for i := range 200 {
		var err error
		if person, err = w.parts.Accounts.Create(actor(b), account.CreateOptions{Handle: fmt.Sprintf("user%d", i), Email: fmt.Sprintf("u%d@d1.w%d.example", i, i%100)}); err != nil {
			b.Fatal(err)
		}
	}
	for i := range 500 {
		alias := account.AliasOptions{Address: fmt.Sprintf("alias%d@alias.example", i), Destination: person.Emails[0].Address, Owner: person.ID}
		if _, err := w.parts.Aliases.Create(actor(b), alias); err != nil {
			b.Fatal(err)
		}
	}
	return one, person
}

// fillBans makes 10,000 bans, of which a tenth caught something.
func (w *world) fillBans(b *testing.B, n int) ban.Ban {
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
	if err := w.store.AddHits(b.Context(), hits); err != nil {
		b.Fatal(err)
	}
	return bans[0]
}

// someOf returns the fields of the form of a list with all rows of a page of it chosen.
func (w *world) someOf(path string) []string {
	w.t.Helper()
	var fields []string
	for _, found := range rowID.FindAllStringSubmatch(w.get("moderator", path).want(200).body, -1) {
		fields = append(fields, "id", found[1])
	}
	return fields
}

var rowID = regexp.MustCompile(`type="checkbox" name="id" value="([^"]*)"`)

// packed returns a file as the form of a plan has it again.
func packed(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	return base64.StdEncoding.EncodeToString(b.Bytes())
}

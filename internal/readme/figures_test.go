package readme

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"testing"

	_ "modernc.org/sqlite"

	"example.com/ostraka/ban"
	"example.com/ostraka/internal/confusables"
	"example.com/ostraka/memstore"
)

// twentyLines are the bans of a program that has no library for them.
const twentyLines = `
CREATE TABLE bans (
	kind       TEXT NOT NULL,
	value      TEXT NOT NULL,
	expires_at INTEGER,
	revoked    INTEGER NOT NULL DEFAULT 0,
	PRIMARY KEY (kind, value)
)`

// ofTwentyLines asks them; its arguments are the time, email, domain, ip and name.
const ofTwentyLines = `
SELECT count(*) FROM bans
WHERE revoked = 0 AND (expires_at IS NULL OR expires_at > ?1) AND (
	kind = 'email'  AND value = lower(?2) OR
	kind = 'domain' AND (lower(?3) = value OR lower(?3) LIKE '%.' || value) OR
	kind = 'ip'     AND value = ?4 OR
	kind = 'name'   AND value = lower(?5)
)`

// figure is a row of the table in the README: bans, and what should not get past
// them.
type figure struct {
	what  string
	bans  []ban.CreateOptions
	tries []ban.Subject
}

func figures() []figure {
	return []figure{
		{"other spellings of a banned Gmail address: `J.Doe+news@googlemail.com`",
			[]ban.CreateOptions{{Kind: ban.KindEmail, Value: "jdoe@gmail.com"}}, spellings()},
		{"a banned name with one letter that looks the same: `аdmin` with a Cyrillic а",
			[]ban.CreateOptions{{Kind: ban.KindName, Value: "admin"}}, lookAlikes("admin")},
		{"other writings of a banned domain: `ＳＰＡＭ。example`",
			[]ban.CreateOptions{{Kind: ban.KindDomain, Value: "spam.example"}, {Kind: ban.KindDomain, Value: "bücher.example"}}, writings()},
		{"addresses in a banned network, and other writings of a banned address: `::ffff:203.0.113.7`",
			[]ban.CreateOptions{{Kind: ban.KindIP, Value: "2001:db8:bad::/48"}, {Kind: ban.KindIP, Value: "203.0.113.7"}}, addresses()},
		{"new domains of a spammer whose mail host is banned",
			[]ban.CreateOptions{{Kind: ban.KindDomain, Value: "mx.spam.example"}}, newDomains()},
	}
}

// spellings are dots, the other domain, a tag, and capitals; all reach one mailbox.
func spellings() (tries []ban.Subject) {
	for dots := range 8 {
		local := ""
		for i, c := range "jdoe" {
			if i > 0 && dots>>(i-1)&1 == 1 {
				local += "."
			}
			local += string(c)
		}
		for _, tag := range []string{"", "+news"} {
			for _, domain := range []string{"gmail.com", "googlemail.com"} {
				for _, address := range []string{local + tag + "@" + domain, strings.ToUpper(local) + tag + "@" + domain} {
					tries = append(tries, ban.Subject{Email: address})
				}
			}
		}
	}
	return tries
}

// lookAlikes are the name with each of its letters replaced by each character of
// which Unicode says that it looks the same.
func lookAlikes(name string) (tries []ban.Subject) {
	for i, letter := range name {
		looks := confusables.Skeleton(string(letter))
		for r := rune(0x80); r < 0x20000; r++ {
			if confusables.Skeleton(string(r)) == looks {
				tries = append(tries, ban.Subject{Name: name[:i] + string(r) + name[i+1:]})
			}
		}
	}
	return tries
}

func writings() (tries []ban.Subject) {
	for _, domain := range []string{
		"SPAM.example", "spam.example.", "ｓｐａｍ.example", "ＳＰＡＭ。example", "spam．example", "mail.spam.example", "mail.spam.example.",
		"BÜCHER.example", "xn--bcher-kva.example", "XN--BCHER-KVA.example", "bu\u0308cher.example", "www.ｂücher。example",
	} {
		tries = append(tries, ban.Subject{Domain: domain})
	}
	return tries
}

func addresses() (tries []ban.Subject) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 1000 {
		a := netip.MustParseAddr("2001:db8:bad::").As16()
		for i := 6; i < len(a); i++ {
			a[i] = byte(random.Uint32())
		}
		tries = append(tries, ban.Subject{IP: netip.AddrFrom16(a).String()})
	}
	for _, ip := range []string{"203.0.113.7", "::ffff:203.0.113.7", "::ffff:cb00:7107", "::FFFF:CB00:7107", "0:0:0:0:0:ffff:203.0.113.7"} {
		tries = append(tries, ban.Subject{IP: ip})
	}
	return tries
}

func newDomains() (tries []ban.Subject) {
	for i := range 100 {
		tries = append(tries, ban.Subject{Email: fmt.Sprintf("win@prize-%d.example", i)})
	}
	return tries
}

// oneMailHost is a DNS in which all domains have the same mail host.
type oneMailHost struct{}

func (oneMailHost) LookupMX(context.Context, string) ([]*net.MX, error) {
	return []*net.MX{{Host: "mx.spam.example.", Pref: 10}}, nil
}

func (oneMailHost) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	return []netip.Addr{netip.MustParseAddr("192.0.2.25")}, nil
}

// past returns how many tries get past the bans, in SQL and here.
func (f figure) past(t *testing.T) (bySQL, byOstraka int) {
	t.Helper()
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1) // each connection would have a memory of its own
	if _, err := db.Exec(twentyLines); err != nil {
		t.Fatal(err)
	}
	st := memstore.New()
	admin, err := ban.NewAdmin(st, ban.AdminOptions{Actor: "test"})
	if err != nil {
		t.Fatal(err)
	}
	checker, err := ban.NewChecker(st, ban.CheckerOptions{MX: ban.MXOptions{Resolver: oneMailHost{}}})
	if err != nil {
		t.Fatal(err)
	}
	defer checker.Close()
	for _, b := range f.bans {
		if _, err := admin.Create(t.Context(), b); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec("INSERT INTO bans (kind, value) VALUES (?, ?)", b.Kind.String(), b.Value); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range f.tries {
		domain := s.Domain
		if _, after, isEmail := strings.Cut(s.Email, "@"); isEmail {
			domain = after
		}
		var found int
		if err := db.QueryRow(ofTwentyLines, 0, s.Email, domain, s.IP, s.Name).Scan(&found); err != nil {
			t.Fatal(err)
		}
		if found == 0 {
			bySQL++
		}
		d, err := checker.Check(t.Context(), s)
		if _, invalid := errors.AsType[*ban.ValueError](err); err != nil && !invalid {
			t.Fatal(err)
		}
		if d.Verdict != ban.Denied {
			byOstraka++
		}
	}
	return bySQL, byOstraka
}

// badBans are bans that would hit bystanders, each with what is meant by it.
func badBans() (values []string) {
	values = append(ban.DefaultProtected(),
		"co.uk", "github.io", "10.0.0.0/8", "127.0.0.1", "0.0.0.0/0", "::/0", "2001:db8::/16")
	return values
}

// guarded returns how many bans are refused for what they would hit.
func guarded(t *testing.T, values []string) (refused int) {
	t.Helper()
	admin, err := ban.NewAdmin(memstore.New(), ban.AdminOptions{Actor: "test"})
	if err != nil {
		t.Fatal(err)
	}
	for _, value := range values {
		v, err := ban.ParseAny(value)
		if err != nil {
			t.Fatal(err)
		}
		_, err = admin.Create(t.Context(), ban.CreateOptions{Kind: v.Kind(), Value: value})
		if _, ok := errors.AsType[*ban.GuardError](err); ok {
			refused++
		} else if err != nil {
			t.Fatal(err)
		}
	}
	return refused
}

var (
	figuresTable = regexp.MustCompile(`(?s)<!-- begin: figures -->\n(.*?)<!-- end: figures -->`)
	benchRow     = regexp.MustCompile(`(?m)^\| four queries of a handler by hand \| (\d+) \| (\d+) \| ns \|`)
)

// TestFiguresOfTheReadme counts what the README's table says.
func TestFiguresOfTheReadme(t *testing.T) {
	var want strings.Builder
	want.WriteString("| what arrives | tries | get past the SQL | get past ostraka |\n|---|---|---|---|\n")
	for _, f := range figures() {
		bySQL, byOstraka := f.past(t)
		fmt.Fprintf(&want, "| %s | %d | %d | %d |\n", f.what, len(f.tries), bySQL, byOstraka)
	}
	bad := badBans()
	fmt.Fprintf(&want, "| bans by mistake: of `gmail.com`, `co.uk`, `0.0.0.0/0` | %d | %[1]d | %d |\n", len(bad), len(bad)-guarded(t, bad))

	row := benchRow.FindStringSubmatch(readFile(t, "docs/speed.md"))
	if row == nil {
		t.Fatal("docs/speed.md has no row of queries by hand")
	}
	fmt.Fprintf(&want, "| time of a check, beside 1,000,000 rules | | %s µs | %s µs |\n", micros(t, row[1]), micros(t, row[2]))

	table := figuresTable.FindStringSubmatch(readFile(t, "README.md"))
	if table == nil || table[1] != want.String() {
		t.Errorf("between the marks in README.md should be\n%s", want.String())
	}
}

// micros turns nanoseconds into microseconds of two digits.
func micros(t *testing.T, ns string) string {
	t.Helper()
	n, err := strconv.ParseFloat(ns, 64)
	if err != nil {
		t.Fatal(err)
	}
	return strconv.FormatFloat(n/1000, 'g', 2, 64)
}

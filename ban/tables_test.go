package ban_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/publicsuffix"

	"example.com/ostraka/ban"
	"example.com/ostraka/ban/value"
	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

// A ban of one spelling of a mailbox denies the others: over a cache, and over a
// mirror.
func TestMailboxesOfProviders(t *testing.T) {
	for _, c := range []struct {
		name, banned, asked string
		denied              bool
	}{
		{"iCloud's domains are one", "jdoe@icloud.com", "jdoe@me.com", true},
		{"with a tag", "jdoe@mac.com", "jdoe+x@me.com", true},
		{"and other people are others", "jdoe@icloud.com", "j@mac.com", false},
		{"Fastmail has many domains", "joe@sent.com", "joe+1@sent.com", true},
		{"with users as subdomains", "joe@sent.com", "x@joe.sent.com", true},
		{"each with mailboxes of its own", "joe@sent.com", "joe@fastmail.com", false},
		{"Posteo's domains are one", "joe@posteo.net", "joe@posteo.de", true},
		{"mailbox.org has tags", "joe@mailbox.org", "joe+x@mailbox.org", true},
		{"the Yahoo of Japan has safety addresses", "taro-a@yahoo.co.jp", "taro-b@yahoo.co.jp", true},
		{"Yandex tells dots from hyphens", "ivan.petrov@yandex.ru", "ivan-petrov@ya.ru", false},
		{"the host's own domain", "bob@corp.example", "bob+x@corp.example", true},
		{"the host's own domains", "victim+tag@corp.test", "vic_tim@corp.example", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDesk(t, memstore.New(), ban.AdminOptions{Tables: ownTables})
			d.create(ban.CreateOptions{Kind: ban.KindEmail, Value: c.banned})
			for _, mirror := range []bool{false, true} {
				checker := newChecker(t, d.st, ban.CheckerOptions{Mirror: mirror, Tables: ownTables, Now: d.clock})
				got, err := checker.Check(context.Background(), ban.Subject{Email: c.asked})
				if err != nil || (got.Verdict == ban.Denied) != c.denied {
					t.Errorf("mirror %v: %v, %v, want denied: %v", mirror, got.Verdict, err, c.denied)
				}
			}
		})
	}
}

// newerSuffixes has one public suffix more than the bundled list.
type newerSuffixes struct{}

func (newerSuffixes) String() string { return "newer" }

func (newerSuffixes) PublicSuffix(domain string) string {
	if domain == "pages.example" || strings.HasSuffix(domain, ".pages.example") {
		return "pages.example"
	}
	return publicsuffix.List.PublicSuffix(domain)
}

func TestANewerListOfPublicSuffixesGuards(t *testing.T) {
	tables, err := value.NewTables(value.TablesOptions{PublicSuffixes: newerSuffixes{}})
	if err != nil {
		t.Fatal(err)
	}
	d := newDesk(t, memstore.New(), ban.AdminOptions{Tables: tables})
	for _, suffix := range []string{"pages.example", "co.uk"} {
		_, err := d.Create(d.ctx, ban.CreateOptions{Kind: ban.KindDomain, Value: suffix})
		wantGuard(t, err, ban.GuardPublicSuffix)
	}
	d.create(ban.CreateOptions{Kind: ban.KindDomain, Value: "spam.pages.example"})
	newDesk(t, memstore.New(), ban.AdminOptions{}).create(ban.CreateOptions{Kind: ban.KindDomain, Value: "pages.example"})
}

func TestTheMostCommonMailDomainsAreProtected(t *testing.T) {
	all := ban.DefaultProtected()
	for _, d := range []string{
		"gmail.com", "hotmail.fr", "msn.com", "live.co.uk", "yahoo.co.id", "bigpond.com", "cox.net", "sbcglobal.net", "optonline.net",
		"earthlink.net", "rambler.ru", "bluewin.ch", "windstream.net", "aim.com", "tutanota.com", "hanmail.net", "ukr.net", "posteo.net", "sent.com",
	} {
		if !slices.Contains(all, d) {
			t.Errorf("%s is not protected", d)
		}
	}
	if !slices.IsSorted(all) || len(slices.Compact(slices.Clone(all))) != len(all) {
		t.Error("the list is not sorted, or has something twice")
	}
	for _, d := range all {
		if v, err := ban.ParseDomain(d); err != nil || v.String() != d {
			t.Errorf("%q is not canonical: %v, %v", d, v, err)
		}
	}
}

// What is protected is found among many by its domain and those above, as by
// looking at each.
func TestGuardsFindWhatIsProtectedAbove(t *testing.T) {
	guard, err := ban.NewGuard(ban.GuardOptions{NoDefaultProtected: true, Protected: []string{
		"mail.corp.example", "=www.corp.example", "*.users.example", "me@one.example", "198.51.100.7",
	}})
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{
		"mail.corp.example": true, "=mail.corp.example": true, "corp.example": true, "*.corp.example": true, "=corp.example": false,
		"a.mail.corp.example": false, "*.mail.corp.example": false, "www.corp.example": true,
		"users.example": true, "*.users.example": true, "a.users.example": false,
		"one.example": true, "me@one.example": true, "you@one.example": false, "198.51.100.0/24": true, "198.51.100.8": false,
	} {
		v, err := ban.ParseAny(text)
		if err != nil {
			t.Fatal(err)
		}
		if err := guard.Check(v, store.Deny); (err != nil) != want {
			t.Errorf("%s covers what is protected: %v, want %v", text, err, want)
		}
	}
}

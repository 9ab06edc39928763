package ban_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"example.com/ostraka/ban"
	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

// newChecker returns a Checker over the store that is closed with the test.
func newChecker(t testing.TB, source ban.Source, opts ban.CheckerOptions) *ban.Checker {
	t.Helper()
	c, err := ban.NewChecker(source, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Errorf("close the Checker: %v", err)
		}
	})
	return c
}

// newAdmin returns an Admin over the store.
func newAdmin(t testing.TB, st ban.AdminStore) *ban.Admin {
	t.Helper()
	a, err := ban.NewAdmin(st, ban.AdminOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// create makes a ban, forced.
func create(t testing.TB, a *ban.Admin, o ban.CreateOptions) ban.Ban {
	t.Helper()
	o.Force = true
	b, err := a.Create(as("test"), o)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// check asks, and fails the test if that fails.
func check(t testing.TB, c *ban.Checker, s ban.Subject) ban.Decision {
	t.Helper()
	d, err := c.Check(context.Background(), s)
	if err != nil {
		t.Fatalf("Check(%+v): %v", s, err)
	}
	return d
}

func TestHowRulesMatch(t *testing.T) {
	type rule = ban.CreateOptions
	tests := []struct {
		name    string
		rule    ban.CreateOptions
		subject ban.Subject
		via     ban.Via // 0: no match
	}{
		{"a domain is not matched by a domain that it ends with", rule{Kind: ban.KindDomain, Value: "mail.com"}, ban.Subject{Email: "x@gmail.com"}, 0},
		{"nor the other way round", rule{Kind: ban.KindDomain, Value: "gmail.com"}, ban.Subject{Email: "x@mail.com"}, 0},
		{"a domain covers its subdomains", rule{Kind: ban.KindDomain, Value: "example.com"}, ban.Subject{Email: "x@a.b.Example.com"}, ban.ViaParentDomain},
		{"a domain covers itself", rule{Kind: ban.KindDomain, Value: "example.com"}, ban.Subject{Domain: "EXAMPLE.com."}, ban.ViaExact},
		{"*.domain does not cover itself", rule{Kind: ban.KindDomain, Value: "*.example.com"}, ban.Subject{Domain: "example.com"}, 0},
		{"*.domain covers subdomains", rule{Kind: ban.KindDomain, Value: "*.example.com"}, ban.Subject{Domain: "a.example.com"}, ban.ViaParentDomain},
		{"=domain covers itself", rule{Kind: ban.KindDomain, Value: "=example.com"}, ban.Subject{Domain: "example.com"}, ban.ViaExact},
		{"=domain does not cover subdomains", rule{Kind: ban.KindDomain, Value: "=example.com"}, ban.Subject{Domain: "a.example.com"}, 0},
		{"a domain in Unicode is the one in punycode", rule{Kind: ban.KindDomain, Value: "xn--bcher-kva.example"}, ban.Subject{Domain: "bücher.example"}, ban.ViaExact},
		{"and the other way round", rule{Kind: ban.KindDomain, Value: "BÜCHER.example"}, ban.Subject{Email: "x@xn--bcher-kva.example"}, ban.ViaExact},

		{"an IPv4-mapped address is the IPv4 address", rule{Kind: ban.KindIP, Value: "203.0.113.0/24"}, ban.Subject{IP: "::ffff:203.0.113.7"}, ban.ViaPrefix},
		{"an address outside the prefix", rule{Kind: ban.KindIP, Value: "203.0.113.0/24"}, ban.Subject{IP: "203.0.114.7"}, 0},
		{"one address", rule{Kind: ban.KindIP, Value: "2001:db8::1"}, ban.Subject{IP: "2001:DB8:0::1"}, ban.ViaExact},
		{"all IPv4 is not IPv6", rule{Kind: ban.KindIP, Value: "0.0.0.0/0"}, ban.Subject{IP: "2001:db8::1"}, 0},
		{"the whole /64 of an IPv6 client", rule{Kind: ban.KindIP, Value: "2001:db8::1", IPv6Prefix: 64}, ban.Subject{IP: "2001:db8::ffff"}, ban.ViaPrefix},

		{"Gmail ignores dots, case and what follows a plus", rule{Kind: ban.KindEmail, Value: "jdoe@gmail.com"}, ban.Subject{Email: "J.Doe+x@GoogleMail.com"}, ban.ViaMailbox},
		{"a ban written with dots", rule{Kind: ban.KindEmail, Value: "j.d.oe+spam@gmail.com"}, ban.Subject{Email: "jdoe@gmail.com"}, ban.ViaMailbox},
		{"the same spelling", rule{Kind: ban.KindEmail, Value: "J.Doe@gmail.com"}, ban.Subject{Email: "j.doe@gmail.com"}, ban.ViaExact},
		{"dots count at other providers", rule{Kind: ban.KindEmail, Value: "jdoe@example.org"}, ban.Subject{Email: "j.doe@example.org"}, 0},
		{"plus counts at unknown providers", rule{Kind: ban.KindEmail, Value: "jdoe@example.org"}, ban.Subject{Email: "jdoe+x@example.org"}, 0},
		{"a local part with a wildcard", rule{Kind: ban.KindEmail, Value: "spam*@gmail.com"}, ban.Subject{Email: "s.p.a.mmer@googlemail.com"}, ban.ViaWildcard},
		{"a star in an address is a character", rule{Kind: ban.KindEmail, Value: `a\*b@example.org`}, ban.Subject{Email: "a*b@example.org"}, ban.ViaExact},
		{"an address does not match a domain asked by itself", rule{Kind: ban.KindEmail, Value: "jdoe@example.org"}, ban.Subject{Domain: "example.org"}, 0},

		{"a name in other case", rule{Kind: ban.KindName, Value: "Admin"}, ban.Subject{Name: "aDMIN"}, ban.ViaExact},
		{"a Cyrillic look-alike", rule{Kind: ban.KindName, Value: "admin"}, ban.Subject{Name: "аdmin"}, ban.ViaSkeleton},
		{"rn looks like m", rule{Kind: ban.KindName, Value: "admin"}, ban.Subject{Name: "adrnin"}, ban.ViaSkeleton},
		{"a prefix wildcard", rule{Kind: ban.KindName, Value: "admin*"}, ban.Subject{Name: "administrator"}, ban.ViaWildcard},
		{"a suffix wildcard", rule{Kind: ban.KindName, Value: "*admin"}, ban.Subject{Name: "sysadmin"}, ban.ViaWildcard},
		{"a wildcard by looks", rule{Kind: ban.KindName, Value: "*admin"}, ban.Subject{Name: "sysаdmin"}, ban.ViaWildcard},
		{"a prefix wildcard does not match inside", rule{Kind: ban.KindName, Value: "admin*"}, ban.Subject{Name: "sysadmin"}, 0},
		{"a literal star", rule{Kind: ban.KindName, Value: `admin\*`}, ban.Subject{Name: "administrator"}, 0},
		{"a literal star matches a star", rule{Kind: ban.KindName, Value: `admin\*`}, ban.Subject{Name: "admin*"}, ban.ViaExact},
		{"leet digits are off by default", rule{Kind: ban.KindName, Value: "admin"}, ban.Subject{Name: "4dm1n"}, 0},
		{"a capital I looks like a small l", rule{Kind: ban.KindName, Value: "paypal"}, ban.Subject{Name: "PaypaI"}, ban.ViaSkeleton},
		{"also within a wildcard", rule{Kind: ban.KindName, Value: "*paypal*"}, ban.Subject{Name: "my-paypaI"}, ban.ViaWildcard},
		{"a name in capitals is what it says", rule{Kind: ban.KindName, Value: "all"}, ban.Subject{Name: "ALI"}, 0},
		{"a capital I is still an i", rule{Kind: ban.KindName, Value: "ivan"}, ban.Subject{Name: "Ivan"}, ban.ViaExact},
		{"an exception is not for a capital I", rule{Kind: ban.KindName, Value: "paypal", Effect: ban.Allow}, ban.Subject{Name: "paypaI"}, 0},
		{"m is no rn within a wildcard", rule{Kind: ban.KindName, Value: "*porn*"}, ban.Subject{Name: "pomegranate"}, 0},
		{"rn is an m within a wildcard", rule{Kind: ban.KindName, Value: "*admin*"}, ban.Subject{Name: "sysadrnins"}, ban.ViaWildcard},
		{"an exception by wildcard is not had by adding a tag", rule{Kind: ban.KindEmail, Value: "*.staff@gmail.com", Effect: ban.Allow}, ban.Subject{Email: "mal+.staff@gmail.com"}, 0},
		{"an exception by wildcard is for the mailbox", rule{Kind: ban.KindEmail, Value: "*staff@gmail.com", Effect: ban.Allow}, ban.Subject{Email: "mal.staff+x@gmail.com"}, ban.ViaWildcard},
		{"and at other providers for the address", rule{Kind: ban.KindEmail, Value: "*.staff@example.org", Effect: ban.Allow}, ban.Subject{Email: "mal.staff@example.org"}, ban.ViaWildcard},
		{"an exception is not for look-alikes", rule{Kind: ban.KindName, Value: "admin", Effect: ban.Allow}, ban.Subject{Name: "аdmin"}, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			st := memstore.New()
			b := create(t, newAdmin(t, st), test.rule)
			c := newChecker(t, st, ban.CheckerOptions{})
			for _, temperature := range []string{"cold", "warm"} {
				d := check(t, c, test.subject)
				want := ban.Allowed
				if test.via != 0 && test.rule.Effect == ban.Deny {
					want = ban.Denied
				}
				if d.Verdict != want || d.Match.Via != test.via {
					t.Errorf("%s: %v via %q, want %v via %q", temperature, d.Verdict, d.Match.Via, want, test.via)
				}
				if test.via != 0 && (d.Match.ID != b.ID || d.Match.Matched != b.Value || d.Match.Kind != b.Kind || d.Match.Input == "") {
					t.Errorf("%s: the match does not tell of the ban: %+v", temperature, d.Match)
				}
			}
		})
	}
}

func TestLeetDigits(t *testing.T) {
	tests := []struct {
		name, rule, subject string
		via                 ban.Via
	}{
		{"digits are read as letters", "admin", "4dm1n", ban.ViaLeet},
		{"digits read as letters look alike too", "admin", "4drnin", ban.ViaLeet},
		{"a name with digits is still itself", "4dm1n", "4dm1n", ban.ViaExact},
		{"letters are not read as digits", "4dm1n", "admin", 0},
		{"in wildcards too", "*admin*", "x4dm1nx", ban.ViaWildcard},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			st := memstore.New()
			create(t, newAdmin(t, st), ban.CreateOptions{Kind: ban.KindName, Value: test.rule})
			c := newChecker(t, st, ban.CheckerOptions{Leet: true})
			if d := check(t, c, ban.Subject{Name: test.subject}); d.Match.Via != test.via {
				t.Errorf("via %q, want %q", d.Match.Via, test.via)
			}
		})
	}
}

// ruleList is a source of rules that are what they are: for rules of origins
// that the Admin does not make.
type ruleList struct {
	*memstore.Store
	rules []store.Rule
}

func (l ruleList) Lookup(_ context.Context, keys []store.Key) ([]store.Rule, error) {
	var out []store.Rule
	for _, r := range l.rules {
		for _, k := range keys {
			if r.Key == k {
				out = append(out, r)
			}
		}
	}
	return out, nil
}

func TestAnEmailDomainBlockIsForEmailsOnly(t *testing.T) {
	block := store.Rule{
		Key: store.Key{Kind: ban.KindDomain, Text: "example.com"}, Value: "example.com",
		Origin: store.OriginBlock, ID: uuid.New(),
	}
	c := newChecker(t, ruleList{memstore.New(), []store.Rule{block}}, ban.CheckerOptions{})
	if d := check(t, c, ban.Subject{Email: "x@mx.example.com"}); d.Verdict != ban.Denied || d.Match.Origin != store.OriginBlock {
		t.Errorf("an address in the domain: %+v, want denied by the block", d)
	}
	if d := check(t, c, ban.Subject{Domain: "example.com"}); d.Verdict != ban.Allowed {
		t.Errorf("the domain by itself: %+v, want allowed", d)
	}
}

func TestTiesGoToBansAndThenToTheOlder(t *testing.T) {
	ids := []uuid.UUID{uuid.Must(uuid.NewV7()), uuid.Must(uuid.NewV7()), uuid.Must(uuid.NewV7())}
	rule := func(o store.Origin, id uuid.UUID) store.Rule {
		return store.Rule{Key: store.Key{Kind: ban.KindDomain, Text: "example.com"}, Value: "example.com", Origin: o, ID: id}
	}
	c := newChecker(t, ruleList{memstore.New(), []store.Rule{
		rule(store.OriginBlock, ids[0]), rule(store.OriginBan, ids[2]), rule(store.OriginBan, ids[1]),
	}}, ban.CheckerOptions{})
	if d := check(t, c, ban.Subject{Email: "x@example.com"}); d.Match.ID != ids[1] {
		t.Errorf("decided by %+v, want the older ban %v", d.Match, ids[1])
	}
}

func TestSubjectsThatDoNotParse(t *testing.T) {
	tests := []struct {
		name    string
		subject ban.Subject
		field   string
		code    string
	}{
		{"no field at all", ban.Subject{}, "subject", ban.CodeEmpty},
		{"white space", ban.Subject{Email: "  "}, "email", ban.CodeEmpty},
		{"two @", ban.Subject{Email: "a@b@example.com"}, "email", ban.CodeSyntax},
		{"10 MB", ban.Subject{Domain: strings.Repeat("a.", 5<<20)}, "domain", ban.CodeTooLong},
		{"10 MB of white space", ban.Subject{Name: strings.Repeat(" ", 10<<20)}, "name", ""},
		{"invalid UTF-8", ban.Subject{Name: "adm\xffin"}, "name", ban.CodeInvalidUTF8},
		{"NUL", ban.Subject{Email: "a\x00@example.com"}, "email", ban.CodeControl},
		{"a bidi control", ban.Subject{Name: "nimda\u202e"}, "name", ban.CodeInvisible},
		{"a prefix is no address", ban.Subject{IP: "203.0.113.0/24"}, "ip", ban.CodeSyntax},
		{"1.2.3.4/33", ban.Subject{IP: "1.2.3.4/33"}, "ip", ban.CodeSyntax},
		{"a zone", ban.Subject{IP: "fe80::1%eth0"}, "ip", ban.CodeSyntax},
		{"a mark in a domain", ban.Subject{Domain: "*.example.com"}, "domain", ""},
		{"one good field does not save a bad one", ban.Subject{Email: "x@example.com", IP: "nonsense"}, "ip", ban.CodeSyntax},
		{"an unknown action", ban.Subject{Name: "bob", Action: 99}, "action", ban.CodeUnknown},
	}
	for _, onError := range []ban.OnError{ban.FailClosed, ban.FailOpen} {
		c := newChecker(t, memstore.New(), ban.CheckerOptions{OnError: onError})
		for _, test := range tests {
			t.Run(test.name, func(t *testing.T) {
				d, err := c.Check(context.Background(), test.subject)
				bad, ok := errors.AsType[*ban.ValueError](err)
				if !ok || bad.Field != test.field || test.code != "" && bad.Code != test.code {
					t.Errorf("error %v (%+v), want a ValueError about %s with code %s", err, bad, test.field, test.code)
				}
				if ok && len(bad.Error()) > 1000 {
					t.Errorf("the error is %d bytes long", len(bad.Error()))
				}
				if d.Verdict != ban.Denied {
					t.Errorf("verdict %v, want denied", d.Verdict)
				}
			})
		}
	}
}

func TestWhatStrangersRead(t *testing.T) {
	st := memstore.New()
	a := newAdmin(t, st)
	create(t, a, ban.CreateOptions{Kind: ban.KindDomain, Value: "spam.example", Reason: "ticket 4711", PublicReason: "Spam was sent from there"})
	create(t, a, ban.CreateOptions{Kind: ban.KindDomain, Value: "odd.example", Effect: ban.Review, Reason: "ticket 4712"})
	c := newChecker(t, st, ban.CheckerOptions{})

	d := check(t, c, ban.Subject{Email: "x@spam.example"})
	denied, ok := errors.AsType[*ban.DeniedError](d.Err())
	if !ok {
		t.Fatalf("Err() is %v, want a DeniedError", d.Err())
	}
	if text := denied.Error(); strings.Contains(text, "4711") || !strings.Contains(text, "Spam was sent from there") {
		t.Errorf("the text is %q", text)
	}
	d = check(t, c, ban.Subject{Email: "x@odd.example"})
	if review, ok := errors.AsType[*ban.ReviewError](d.Err()); !ok || strings.Contains(review.Error(), "4712") {
		t.Errorf("Err() is %v, want a ReviewError without the reason", d.Err())
	}
	if d = check(t, c, ban.Subject{Email: "x@fine.example"}); d.Err() != nil {
		t.Errorf("Err() is %v, want nil", d.Err())
	}
	d, _ = c.Check(context.Background(), ban.Subject{Email: "nonsense"})
	if text := d.Err().Error(); strings.Contains(text, "later") {
		t.Errorf("what did not parse: %q, as if waiting helped", text)
	}
	if err := new(ban.Decision).Err(); err == nil {
		t.Error("a Decision that nobody filled in lets people in")
	}
}

func TestOnlyTroubleWithTheStoreFailsOpen(t *testing.T) {
	st := memstore.New()
	create(t, newAdmin(t, st), ban.CreateOptions{Kind: ban.KindName, Value: "mallory"})
	c := newChecker(t, st, ban.CheckerOptions{OnError: ban.FailOpen})
	hungUp, cancel := context.WithCancel(context.Background())
	cancel()
	if d, err := c.Check(hungUp, ban.Subject{Name: "mallory"}); d.Verdict != ban.Denied || !errors.Is(err, context.Canceled) {
		t.Errorf("a caller who hangs up: %v, %v, want denied", d.Verdict, err)
	}
	late, cancel := context.WithTimeout(context.Background(), -1)
	defer cancel()
	if d, err := c.Check(late, ban.Subject{Name: "mallory"}); d.Verdict != ban.Allowed || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a store that takes too long: %v, %v, want allowed", d.Verdict, err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if d, err := c.Check(context.Background(), ban.Subject{Name: "mallory"}); d.Verdict != ban.Denied || !errors.Is(err, ban.ErrClosed) {
		t.Errorf("a Checker that was closed: %v, %v, want denied", d.Verdict, err)
	}
}

func TestWhatDoesNotParseIsRefusedDuringAnOutage(t *testing.T) {
	st := &failing{Store: memstore.New()}
	c, err := ban.NewChecker(st, ban.CheckerOptions{OnError: ban.FailOpen})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	st.cut()
	d, err := c.Check(context.Background(), ban.Subject{IP: "203.0.113.7", Name: "nimda\u202e"})
	wantValueError(t, err, "name", ban.CodeInvisible)
	if d.Verdict != ban.Denied {
		t.Errorf("%v, want denied", d.Verdict)
	}
}

func TestWhiteSpaceDoesNotFillTheCache(t *testing.T) {
	c := newChecker(t, memstore.New(), ban.CheckerOptions{})
	check(t, c, ban.Subject{Name: "bob" + strings.Repeat(" ", 1000)})
	if s := c.Stats(); s.CacheEntries != 0 {
		t.Errorf("%d entries of a name with a thousand spaces", s.CacheEntries)
	}
}

// subscribers counts those of a store.
type subscribers struct {
	*memstore.Store
	n int
}

func (s *subscribers) Subscribe(fn func(store.Change)) (cancel func()) {
	s.n++
	inner := s.Store.Subscribe(fn)
	return func() { s.n--; inner() }
}

func TestAClosedCheckerNoLongerSubscribes(t *testing.T) {
	st := &subscribers{Store: memstore.New()}
	c, err := ban.NewChecker(st, ban.CheckerOptions{})
	if err != nil || st.n != 1 {
		t.Fatal(err, st.n)
	}
	if err := c.Close(); err != nil || st.n != 0 {
		t.Errorf("%v, %d subscriptions left", err, st.n)
	}
}

func TestExplainShowsWhatExpiredOrIsOutOfScope(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := memstore.New()
		a, c := newAdmin(t, st), newChecker(t, st, ban.CheckerOptions{})
		create(t, a, ban.CreateOptions{Kind: ban.KindDomain, Value: "example.com", ExpiresAt: time.Now().Add(time.Minute), Reason: "for a minute"})
		create(t, a, ban.CreateOptions{Kind: ban.KindDomain, Value: "a.example.com", Scope: ban.ScopeOf(ban.Mail)})
		create(t, a, ban.CreateOptions{Kind: ban.KindEmail, Value: "*ob@a.example.com", Effect: ban.Review})
		time.Sleep(time.Hour)
		s := ban.Subject{Email: "bob@a.example.com"}
		d := check(t, c, s)
		trace, err := c.Explain(context.Background(), s)
		if err != nil || trace.Decision.Match != d.Match || trace.Decision.Verdict != ban.NeedsReview {
			t.Fatalf("%v, %v, want what Check says: %+v", trace, err, d)
		}
		want := []ban.Outcome{ban.OutcomeDecided, ban.OutcomeOutOfScope, ban.OutcomeExpired}
		for i, w := range want {
			if i >= len(trace.Considered) || trace.Considered[i].Outcome != w {
				t.Fatalf("%s\nwant %v", trace, want)
			}
		}
		if text := trace.String(); !strings.Contains(text, "for a minute") {
			t.Errorf("%s", text)
		}
	})
}

func TestCheckerOptionsOutOfRangeAreRefused(t *testing.T) {
	tests := map[string]ban.CheckerOptions{
		"CacheSize":     {CacheSize: -1},
		"FlushInterval": {FlushInterval: -time.Second},
		"OnError":       {OnError: 7},
	}
	for field, opts := range tests {
		_, err := ban.NewChecker(memstore.New(), opts)
		if bad, ok := errors.AsType[*ban.ValueError](err); !ok || bad.Field != field {
			t.Errorf("%s: error %v, want a ValueError about it", field, err)
		}
	}
	if _, err := ban.NewChecker(nil, ban.CheckerOptions{}); err == nil {
		t.Error("a Checker over nothing")
	}
}

package postfix_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"example.com/ostraka/ban"
	"example.com/ostraka/ban/postfix"
	"example.com/ostraka/blocklist"
	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

var bans = []ban.CreateOptions{
	{Kind: ban.KindEmail, Value: "eve@gmail.com", Reason: "ticket 4711", PublicReason: "spam"},
	{Kind: ban.KindDomain, Value: "spam.example", Reason: "ticket 4711", PublicReason: "we had spam from there"},
	{Kind: ban.KindIP, Value: "203.0.113.0/24", Reason: "ticket 4711"},
	{Kind: ban.KindIP, Value: "2001:db8::/32", Reason: "ticket 4711"},
	{Kind: ban.KindDomain, Value: "new.example", Effect: ban.Review, Reason: "ticket 4711", PublicReason: "new customer"},
	{Kind: ban.KindEmail, Value: "closed@here.example", PublicReason: "this mailbox is closed"},
	{Kind: ban.KindDomain, Value: "bücher.example"},
	{Kind: ban.KindDomain, Value: "sign-up-only.example", Scope: ban.ScopeOf(ban.SignUp)},
	{Kind: ban.KindEmail, Value: "friend@spam.example", Effect: ban.Allow},
}

// TestPostfixAndOtherServersGetTheSameAnswer has all forms of what a client can say,
// and what each kind of server does.
func TestPostfixAndOtherServersGetTheSameAnswer(t *testing.T) {
	const spam = "REJECT 5.7.1 this mail is not allowed: we had spam from there"
	for rule, c := range map[string]struct {
		sender, recipient, client, helo string
		want                            string
	}{
		"nobody is banned":                 {"ann@good.example", "bob@here.example", "192.0.2.1", "mx.good.example", "DUNNO"},
		"a banned sender":                  {"e.ve+x@googlemail.com", "bob@here.example", "192.0.2.1", "mx.good.example", "REJECT 5.7.1 this mail is not allowed: spam"},
		"a banned domain of the sender":    {"x@mail.spam.example", "bob@here.example", "192.0.2.1", "mx.good.example", spam},
		"a banned client":                  {"ann@good.example", "bob@here.example", "203.0.113.9", "mx.good.example", "REJECT 5.7.1 this mail is not allowed"},
		"a banned client, IPv6":            {"ann@good.example", "bob@here.example", "2001:db8::1", "mx.good.example", "REJECT 5.7.1 this mail is not allowed"},
		"a banned HELO":                    {"ann@good.example", "bob@here.example", "192.0.2.1", "MX.Spam.example", spam},
		"a banned recipient":               {"ann@good.example", "closed@here.example", "192.0.2.1", "mx.good.example", "REJECT 5.7.1 this mail is not allowed: this mailbox is closed"},
		"a banned domain of the recipient": {"ann@good.example", "bob@spam.example", "192.0.2.1", "mx.good.example", spam},
		"a blocked domain of the sender":   {"ann@blocked.example", "bob@here.example", "192.0.2.1", "mx.good.example", "REJECT 5.7.1 this mail is not allowed"},
		"a block is not about HELO":        {"ann@good.example", "bob@here.example", "192.0.2.1", "mx.blocked.example", "DUNNO"},
		"review":                           {"ann@new.example", "bob@here.example", "192.0.2.1", "mx.good.example", "HOLD this mail has to be approved by a person first: new customer"},
		"a ban beats review":               {"ann@new.example", "closed@here.example", "192.0.2.1", "mx.good.example", "REJECT 5.7.1 this mail is not allowed: this mailbox is closed"},
		"a ban for sign-ups is none here":  {"ann@sign-up-only.example", "bob@here.example", "192.0.2.1", "mx.good.example", "DUNNO"},
		"an exception":                     {"friend@spam.example", "bob@here.example", "192.0.2.1", "mx.good.example", "DUNNO"},
		"a bounce":                         {"", "bob@here.example", "192.0.2.1", "mx.good.example", "DUNNO"},
		"a bounce from a banned client":    {"", "bob@here.example", "203.0.113.9", "mx.good.example", "REJECT 5.7.1 this mail is not allowed"},
		"postmaster":                       {"ann@good.example", "postmaster", "192.0.2.1", "mx.good.example", "DUNNO"},
		"nothing is known":                 {"", "", "", "", "DUNNO"},
		"an unknown client":                {"ann@good.example", "bob@here.example", "unknown", "mx.good.example", "DUNNO"},
		"a client on the local link":       {"ann@good.example", "bob@here.example", "fe80::1%eth0", "mx.good.example", "DUNNO"},
		"a HELO that is an address":        {"ann@good.example", "bob@here.example", "192.0.2.1", "[192.0.2.1]", "DUNNO"},
		"a HELO that is no name":           {"ann@good.example", "bob@here.example", "192.0.2.1", "my_pc", "DUNNO"},
		"a HELO of the form of a rule":     {"ann@good.example", "bob@here.example", "192.0.2.1", "=good.example", "DUNNO"},
		"a strange HELO hides no sender":   {"x@spam.example", "bob@here.example", "192.0.2.1", "my_pc", spam},
		"a quoted local part":              {"two words@good.example", "bob@here.example", "192.0.2.1", "mx.good.example", "DUNNO"},
		"a quoted local part of a ban":     {"two words@spam.example", "bob@here.example", "192.0.2.1", "mx.good.example", spam},
		"a quoted local part of a block":   {"two@words@blocked.example", "bob@here.example", "192.0.2.1", "mx.good.example", "REJECT 5.7.1 this mail is not allowed"},
		"two dots":                         {"a..b@spam.example", "bob@here.example", "192.0.2.1", "mx.good.example", spam},
		"an address literal":               {"ann@[192.0.2.1]", "bob@here.example", "192.0.2.1", "mx.good.example", "DUNNO"},
		"an international domain":          {"ann@bücher.example", "bob@here.example", "192.0.2.1", "mx.good.example", "REJECT 5.7.1 this mail is not allowed"},
		"an international domain, encoded": {"ann@xn--bcher-kva.example", "bob@here.example", "192.0.2.1", "mx.good.example", "REJECT 5.7.1 this mail is not allowed"},
		"an underscore":                    {"a@some_host.good.example", "bob@here.example", "192.0.2.1", "mx.good.example", "DUNNO"},
		"an underscore below a ban":        {"a@x_y.spam.example", "bob@here.example", "192.0.2.1", "mx.good.example", spam},
		"a HELO with an underscore":        {"ann@good.example", "bob@here.example", "192.0.2.1", "x_y.spam.example", spam},
		"a recipient's underscore":         {"ann@good.example", "x@a_b.example", "192.0.2.1", "mx.good.example", "DUNNO"},
		"a recipient's, below a ban":       {"ann@good.example", "x@a_b.spam.example", "192.0.2.1", "mx.good.example", spam},
		"an underscore below a block":      {"a@x_y.blocked.example", "bob@here.example", "192.0.2.1", "mx.good.example", "REJECT 5.7.1 this mail is not allowed"},
		"a HELO in capitals, with a dot":   {"ann@good.example", "bob@here.example", "192.0.2.1", "X_Y.SPAM.EXAMPLE.", spam},
		"a HELO that is a banned address":  {"ann@good.example", "bob@here.example", "192.0.2.1", "[203.0.113.9]", "REJECT 5.7.1 this mail is not allowed"},
		"a literal that is banned":         {"ann@[IPv6:2001:db8::1]", "bob@here.example", "192.0.2.1", "mx.good.example", "REJECT 5.7.1 this mail is not allowed"},
		"a HELO without the brackets":      {"ann@good.example", "bob@here.example", "192.0.2.1", "203.0.113.9", "REJECT 5.7.1 this mail is not allowed"},
		"a sender without them":            {"ann@203.0.113.9", "bob@here.example", "192.0.2.1", "mx.good.example", "REJECT 5.7.1 this mail is not allowed"},
		"a literal that is none":           {"ann@[mail]", "bob@here.example", "192.0.2.1", "mx.good.example", "DUNNO"},
		"brackets around nothing":          {"<>", "<bob@here.example>", "192.0.2.1", "mx.good.example", "DUNNO"},
		"brackets around a ban":            {"<x@spam.example>", "<bob@here.example>", "192.0.2.1", "mx.good.example", spam},
		"quotes that are not needed":       {`"eve"@gmail.com`, "bob@here.example", "192.0.2.1", "mx.good.example", "REJECT 5.7.1 this mail is not allowed: spam"},
		"quotes that are needed":           {`"odd local"@ok.example`, `"odd local"@here.example`, "192.0.2.1", "mx.good.example", "DUNNO"},
		"two dots of nobody banned":        {"a..b@docomo.example", "a..b@docomo.example", "192.0.2.1", "mx.good.example", "DUNNO"},
		"an underscore in a local part":    {"a_b@good.example", "bob@here.example", "192.0.2.1", "mx.good.example", "DUNNO"},
		"a percent hack without @":         {"x%spam.example", "bob@here.example", "192.0.2.1", "mx.good.example", spam},
		"a bang path without @":            {"spam.example!x", "bob@here.example", "192.0.2.1", "mx.good.example", spam},
		"a source route":                   {"@good.example,@ok.example:x@spam.example", "bob@here.example", "192.0.2.1", "mx.good.example", spam},
		"a percent sign before an @":       {"x%spam.example@good.example", "bob@here.example", "192.0.2.1", "mx.good.example", "DUNNO"},
		"a local part that is too long":    {strings.Repeat("a", 300) + "@good.example", "bob@here.example", "192.0.2.1", "mx.good.example", "DUNNO"},
		"a long tag":                       {"eve+" + strings.Repeat("a", 3000) + "@gmail.com", "bob@here.example", "192.0.2.1", "mx.good.example", "REJECT 5.7.1 this mail is not allowed: spam"},
		"a strange tag":                    {"eve+a b@gmail.com", "bob@here.example", "192.0.2.1", "mx.good.example", "REJECT 5.7.1 this mail is not allowed: spam"},
		"letters beyond ASCII":             {"ärger@good.example", "δοκιμή@παράδειγμα.example", "192.0.2.1", "mx.bücher.example", "REJECT 5.7.1 this mail is not allowed"},
		"a domain's dots at the end":       {"x@spam.example..", "bob@here.example", "192.0.2.1", "mx.good.example", spam},
		"no text before the @":             {"@spam.example", "bob@here.example", "192.0.2.1", "mx.good.example", spam},
		"no domain":                        {"ann@", "bob@", "192.0.2.1", "mx.good.example", "DUNNO"},
		"a domain that cannot be read":     {"ann@-", "bob@192.0.2.7", "192.0.2.1", "mx.good.example", "DUNNO"},
		"a client with a port":             {"ann@good.example", "bob@here.example", "203.0.113.9:25", "mx.good.example", "REJECT 5.7.1 this mail is not allowed"},
		"an IPv6 client with a port":       {"ann@good.example", "bob@here.example", "[2001:db8::1]:25", "mx.good.example", "REJECT 5.7.1 this mail is not allowed"},
		"a mapped IPv4 client":             {"ann@good.example", "bob@here.example", "::ffff:203.0.113.9", "mx.good.example", "REJECT 5.7.1 this mail is not allowed"},
		"a HELO of the name unknown":       {"ann@good.example", "bob@here.example", "unknown", "unknown", "DUNNO"},
		"a client that is no address":      {"ann@good.example", "bob@here.example", "1.2.3", "mx.good.example", "DEFER_IF_PERMIT 4.3.0 this mail is not possible with what was entered"},
	} {
		t.Run(rule, func(t *testing.T) {
			p := newPolicy(t, bannedStore(t), postfix.PolicyOptions{})
			got := p.Answer(t.Context(), postfix.Request{
				"sender": c.sender, "recipient": c.recipient, "client_address": c.client, "helo_name": c.helo,
			}).String()
			if got != c.want {
				t.Errorf("Postfix is told %q, want %q", got, c.want)
			}
			reply := p.Reply(t.Context(), postfix.Envelope{Client: c.client, Helo: c.helo, Sender: c.sender, Recipient: c.recipient})
			if want := replyFor(c.want); reply != want {
				t.Errorf("the reply is %q, want %q", reply, want)
			}
		})
	}
}

// replyFor returns the reply that says what an action says.
func replyFor(action string) string {
	for _, c := range []struct{ verb, code string }{
		{"REJECT ", "550 "}, {"DEFER_IF_PERMIT 4.3.0", "451 4.3.0"}, {"DEFER_IF_PERMIT 4.4.3", "451 4.4.3"},
		{"DEFER_IF_PERMIT 4.7.1", "450 4.7.1"}, {"HOLD", "450 4.7.1"}, {"PREPEND X-Ostraka-Review:", "450 4.7.1"},
	} {
		if rest, ok := strings.CutPrefix(action, c.verb); ok {
			return c.code + rest
		}
	}
	return ""
}

// bannedStore has the bans, and a block.
func bannedStore(t *testing.T) *memstore.Store {
	t.Helper()
	st := memstore.New()
	createBans(t, st, bans...)
	admin, err := blocklist.NewAdmin(st, blocklist.AdminOptions{Actor: "alice"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := admin.Create(t.Context(), blocklist.CreateOptions{Domain: "blocked.example"}); err != nil {
		t.Fatal(err)
	}
	return st
}

func createBans(t *testing.T, st ban.AdminStore, bans ...ban.CreateOptions) {
	t.Helper()
	admin, err := ban.NewAdmin(st, ban.AdminOptions{Actor: "alice"})
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range bans {
		if _, err := admin.Create(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
}

func newPolicy(t *testing.T, source ban.Source, opts postfix.PolicyOptions) *postfix.Policy {
	t.Helper()
	p, err := postfix.NewPolicy(newChecker(t, source, ban.CheckerOptions{}), opts)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func newChecker(t *testing.T, source ban.Source, opts ban.CheckerOptions) *ban.Checker {
	t.Helper()
	checker, err := ban.NewChecker(source, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { checker.Close() })
	return checker
}

// outage is a store that is down.
type outage struct{ ban.Source }

func (o outage) Lookup(ctx context.Context, keys []store.Key) ([]store.Rule, error) {
	return nil, errors.New("dial tcp 10.1.2.3:5432: no route to host")
}

func TestWhatIsHeldForReview(t *testing.T) {
	const text = "this mail has to be approved by a person first: new customer"
	for rule, c := range map[string]struct {
		opts          postfix.PolicyOptions
		action, reply string
	}{
		"hold":           {postfix.PolicyOptions{}, "HOLD " + text, "450 4.7.1 " + text},
		"defer":          {postfix.PolicyOptions{Review: postfix.ReviewDefer}, "DEFER_IF_PERMIT 4.7.1 " + text, "450 4.7.1 " + text},
		"prepend":        {postfix.PolicyOptions{Review: postfix.ReviewPrepend}, "PREPEND X-Ostraka-Review: " + text, "450 4.7.1 " + text},
		"another header": {postfix.PolicyOptions{Review: postfix.ReviewPrepend, ReviewHeader: "X-Look"}, "PREPEND X-Look: " + text, "450 4.7.1 " + text},
		"reject":         {postfix.PolicyOptions{Review: postfix.ReviewReject}, "REJECT 5.7.1 " + text, "550 5.7.1 " + text},
	} {
		t.Run(rule, func(t *testing.T) {
			p := newPolicy(t, bannedStore(t), c.opts)
			e := postfix.Envelope{Sender: "ann@new.example", Recipient: "bob@here.example"}
			a := p.Check(t.Context(), e)
			if a.Action().String() != c.action || a.Reply() != c.reply {
				t.Errorf("%q, %q; want %q, %q", a.Action(), a.Reply(), c.action, c.reply)
			}
			if a.Decision.Verdict != ban.NeedsReview || a.Err != nil {
				t.Errorf("the decision is %v, %v", a.Decision.Verdict, a.Err)
			}
		})
	}
}

func TestAnOutageAsksToComeBack(t *testing.T) {
	var log bytes.Buffer
	e := postfix.Envelope{Client: "192.0.2.1", Sender: "ann@good.example", Recipient: "bob@here.example"}
	for rule, c := range map[string]struct {
		onError ban.OnError
		want    string
		logged  string
	}{
		"by default":       {ban.FailClosed, "451 4.3.0 this mail is not possible at the moment, please try again later", "mail not accepted"},
		"or lets everyone": {ban.FailOpen, "", "accepted nevertheless"},
	} {
		t.Run(rule, func(t *testing.T) {
			log.Reset()
			checker := newChecker(t, outage{bannedStore(t)}, ban.CheckerOptions{OnError: c.onError})
			p, err := postfix.NewPolicy(checker, postfix.PolicyOptions{Log: slog.New(slog.NewTextHandler(&log, nil))})
			if err != nil {
				t.Fatal(err)
			}
			if got := p.Reply(t.Context(), e); got != c.want {
				t.Errorf("the reply is %q, want %q", got, c.want)
			}
			for _, want := range []string{c.logged, "sender=ann@good.example", "recipient=bob@here.example", "client=192.0.2.1", "no route to host"} {
				if !strings.Contains(log.String(), want) {
					t.Errorf("the log lacks %q: %s", want, &log)
				}
			}
		})
	}
}

func TestARefusalTellsModeratorsTheReasonAndNobodyElse(t *testing.T) {
	var log bytes.Buffer
	p := newPolicy(t, bannedStore(t), postfix.PolicyOptions{Log: slog.New(slog.NewTextHandler(&log, nil))})
	e := postfix.Envelope{Sender: "x@spam.example", Recipient: "bob@here.example"}
	if reply := p.Reply(t.Context(), e); strings.Contains(reply, "4711") || !strings.Contains(log.String(), "ticket 4711") {
		t.Errorf("the reply is %q, the log has %s", reply, &log)
	}
}

func TestAReplyIsOneLineOfASCII(t *testing.T) {
	for rule, c := range map[string]struct{ reason, want string }{
		"a line break":     {"spam\r\n250 2.0.0 Ok", "550 5.7.1 this mail is not allowed: spam 250 2.0.0 Ok"},
		"control":          {"spam\x1b[31m", "550 5.7.1 this mail is not allowed: spam?[31m"},
		"a line separator": {"a\u2028b\u0085c", "550 5.7.1 this mail is not allowed: a b c"},
		"beyond ASCII":     {"für immer", "550 5.7.1 this mail is not allowed: f?r immer"},
	} {
		t.Run(rule, func(t *testing.T) {
			d := ban.Decision{Verdict: ban.Denied, Match: ban.Match{Kind: ban.KindDomain, PublicReason: c.reason}}
			p, err := postfix.NewPolicy(says{decision: d}, postfix.PolicyOptions{})
			if err != nil {
				t.Fatal(err)
			}
			reply := p.Reply(t.Context(), postfix.Envelope{Sender: "x@spam.example"})
			if strings.Replace(reply, "signing up", "this mail", 1) != c.want {
				t.Errorf("the reply is %q, want %q", reply, c.want)
			}
			if len(p.Check(t.Context(), postfix.Envelope{Sender: "x@spam.example"}).Reply()) > 500 {
				t.Error("it is too long")
			}
		})
	}
	d := ban.Decision{Verdict: ban.Denied, Match: ban.Match{Kind: ban.KindDomain, PublicReason: strings.Repeat("spam ", 1000)}}
	p, _ := postfix.NewPolicy(says{decision: d}, postfix.PolicyOptions{})
	if reply := p.Reply(t.Context(), postfix.Envelope{Sender: "x@spam.example"}); len(reply) > 500 || !strings.HasSuffix(reply, "...") {
		t.Errorf("a long reason gives %d bytes: %q", len(reply), reply)
	}
}

// says is a Checker that gives one decision.
type says struct{ decision ban.Decision }

func (s says) Check(context.Context, ban.Subject) (ban.Decision, error) { return s.decision, nil }

func TestPolicyOptionsOutOfRange(t *testing.T) {
	for field, opts := range map[string]postfix.PolicyOptions{
		"Review":       {Review: 9},
		"ReviewHeader": {ReviewHeader: "X-A\r\nX-B"},
	} {
		_, err := postfix.NewPolicy(says{}, opts)
		if bad, ok := errors.AsType[*postfix.OptionError](err); !ok || bad.Field != field || bad.Hint == "" {
			t.Errorf("%s: %v", field, err)
		}
	}
	if _, err := postfix.NewPolicy(nil, postfix.PolicyOptions{}); err == nil {
		t.Error("a policy without a checker is made")
	}
}

// FuzzSubjects checks that nothing a client says keeps a check from being made, and
// that no local part and no label hides a banned domain.
func FuzzSubjects(f *testing.F) {
	for _, s := range []string{"", "a", "a..b", `"odd local"`, "x_y", "[192.0.2.1]", "<", "a@b", "a%b", "ärger", "\xff", "a\x00", "@a:b", strings.Repeat("a", 300)} {
		f.Add(s, s, s)
	}
	checker, err := ban.NewChecker(memstore.New(), ban.CheckerOptions{})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { checker.Close() })
	f.Fuzz(func(t *testing.T, local, label, helo string) {
		for _, e := range []postfix.Envelope{
			{Helo: helo, Sender: local, Recipient: label},
			{Helo: helo, Sender: local + "@" + label, Recipient: label},
			{Helo: helo, Sender: local + "@" + label + ".spam.example", Recipient: label},
		} {
			for _, s := range e.Subjects() {
				if _, err := checker.Check(t.Context(), s); err != nil {
					t.Fatalf("%q gives %+v: %v", e, s, err)
				}
			}
		}
		if strings.ContainsAny(label, "<>@") {
			return // another address
		}
		s := postfix.Envelope{Sender: local + "@" + label + ".spam.example"}.Subjects()
		if len(s) == 0 || !strings.HasSuffix(s[0].Email, ".spam.example") {
			t.Fatalf("%q at %q gives %+v, which evades the rules for spam.example", local, label, s)
		}
	})
}

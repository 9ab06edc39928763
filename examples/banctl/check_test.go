package main

import (
	"strings"
	"syscall"
	"testing"
)

func TestExitStatusOfACheckIsItsVerdict(t *testing.T) {
	c := newCLI(t)
	c.seed()
	c.ok("add", "admin", "--scope", "sign_up")
	c.ok("add", "198.51.100.0/24", "--shadow", "--reason", "hosting")
	for name, test := range map[string]struct {
		args    []string
		status  int
		verdict string
		want    string // in the text
	}{
		"nobody's":                {[]string{"--email", "ann@example.org"}, 0, "allowed", "allowed: no rule decided"},
		"banned domain":           {[]string{"--email", "bob@mail.spam.example"}, statusDenied, "denied", "denied: deny domain spam.example via parent-domain (ban)"},
		"exception":               {[]string{"--email", "bob@good.spam.example"}, 0, "allowed", "allowed: allow domain good.spam.example via exact (ban)"},
		"under review":            {[]string{"--domain", "fresh.example"}, statusReview, "review", "approved by a person"},
		"of a list":               {[]string{"--ip", "203.0.113.9"}, statusDenied, "denied", "mine.txt, line 3"},
		"block":                   {[]string{"--email", "x@blocked.example"}, statusDenied, "denied", "(block)"},
		"denied before review":    {[]string{"--domain", "fresh.example", "--name", "admin"}, statusDenied, "denied", "deny name admin"},
		"action out of scope":     {[]string{"--name", "admin", "--action", "mail"}, 0, "allowed", "no rule decided"},
		"digits for letters":      {[]string{"--name", "4dmin", "--leet"}, statusDenied, "denied", "via leet"},
		"digits, without --leet":  {[]string{"--name", "4dmin"}, 0, "allowed", ""},
		"free, taken for nothing": {[]string{"--email", "ann@gmx.de"}, 0, "allowed", "no rule decided"},
		"free":                    {[]string{"--email", "ann@gmx.de", "--free", "deny"}, statusDenied, "denied", "deny email gmx.de via trait free"},
		"tagged":                  {[]string{"--email", "a.nn@gmail.com", "--tagged", "review"}, statusReview, "review", "via trait tagged"},
		"role":                    {[]string{"--email", "Info@example.org", "--role", "review"}, statusReview, "review", "via trait role"},
		"shadow":                  {[]string{"--ip", "198.51.100.7"}, 0, "allowed", "in shadow:"},
	} {
		t.Run(name, func(t *testing.T) {
			c := &cli{T: t, db: c.db}
			args := append([]string{"check"}, test.args...)
			r := c.run(args...)
			if r.code != test.status || r.errors != "" {
				t.Errorf("exit status %d, %s, want %d", r.code, r.errors, test.status)
			}
			contains(t, r.out, test.want)
			r = c.run(append(args, "--json", "--no-count")...)
			if r.code != test.status {
				t.Errorf("exit status %d, %s, want %d", r.code, r.errors, test.status)
			}
			doc := document(t, r.out)
			wants(t, doc, "verdict", test.verdict)
			if refused := test.verdict != "allowed"; (doc["message"] != nil) != refused {
				t.Errorf("message %v of %s", doc["message"], test.verdict)
			}
			explained := append([]string{"explain"}, test.args...)
			wants(t, c.json(explained...), "verdict", test.verdict)
		})
	}
}

func TestCheckCountsAHitUnlessToldNotTo(t *testing.T) {
	c := newCLI(t)
	c.ok("add", "spam.example")
	for _, step := range []struct {
		args []string
		want float64
	}{
		{[]string{"explain"}, 0},
		{[]string{"check", "--no-count"}, 0},
		{[]string{"check"}, 1},
		{[]string{"check", "--ip", "203.0.113.7"}, 2},
	} {
		c.run(append(step.args, "--email", "bob@spam.example")...)
		doc := c.json("show", "1")
		wants(t, doc, "ban.hits", step.want)
		today := doc["days"].([]any)[0].(map[string]any)
		wants(t, today, "uses", step.want)
	}
	today := c.json("show", "1")["days"].([]any)[0].(map[string]any)
	wants(t, today, "clients", 1.0)
}

func TestExplainShowsEveryRule(t *testing.T) {
	c := newCLI(t)
	c.seed()
	doc := c.json("explain", "--email", "bob@good.spam.example", "--ip", "203.0.113.9")
	var got []string
	for _, rule := range doc["considered"].([]any) {
		m := rule.(map[string]any)
		got = append(got, m["outcome"].(string)+" "+m["matched"].(string))
	}
	if want := "overruled good.spam.example, less-specific spam.example, decided 203.0.113.0/24"; strings.Join(got, ", ") != want {
		t.Errorf("considered %s, want %s", strings.Join(got, ", "), want)
	}
	contains(t, c.ok("explain", "--email", "bob@good.spam.example"), "OUTCOME", "less-specific", "waves")
	contains(t, c.ok("explain", "--email", "ann@example.org"), "no rule matches")
}

func TestPersonIsToldThePublicReasonOnly(t *testing.T) {
	c := newCLI(t)
	c.seed()
	doc := document(t, c.run("check", "--email", "bob@spam.example", "--json").out)
	wants(t, doc, "message", "signing up is not allowed: we had spam", "match.reason", "waves")
}

// gone is a pipe that nobody reads any more.
type gone struct{}

func (gone) Write([]byte) (int, error) { return 0, syscall.EPIPE }

func TestReaderThatHasSeenEnoughIsNoTrouble(t *testing.T) {
	c := newCLI(t)
	c.seed()
	for _, test := range []struct {
		args []string
		want int
	}{
		{[]string{"list"}, 0},
		{[]string{"export", "mine"}, 0},
		{[]string{"check", "--email", "bob@spam.example"}, statusDenied},
	} {
		var errors strings.Builder
		got := run(t.Context(), append([]string{"--db", c.db}, test.args...), nil, gone{}, &errors, c.now)
		if got != test.want || errors.Len() > 0 {
			t.Errorf("%q: exit status %d, %s, want %d", test.args, got, errors.String(), test.want)
		}
	}
}

func TestWhatTheStateOfMXRecordsIsTakenFor(t *testing.T) {
	c := newCLI(t)
	c.ok("add", "spam.example")
	// Nobody answers at this port: the mail hosts are not known.
	ask := []string{"check", "--email", "ann@good.example", "--mx", "--dns", "127.0.0.1:1"}
	for _, test := range []struct {
		rule   string
		args   []string
		status int
		want   string // in what it says
	}{
		{"by default nothing", ask, 0, "allowed"},
		{"review", append(ask, "--mx-unknown", "review"), statusReview, "the DNS did not answer"},
		{"deny", append(ask, "--mx-unknown", "deny"), statusDenied, "the DNS did not answer"},
		{"a policy that there is not", append(ask, "--mx-none", "maybe"), statusTrouble, "use ignore, review, deny"},
		{"without --mx", []string{"check", "--email", "ann@good.example", "--mx-null", "deny"}, statusTrouble, "give --mx too"},
		{"no server", []string{"check", "--email", "ann@good.example", "--mx", "--dns", "nowhere"}, statusTrouble, "HOST:PORT"},
	} {
		r := c.run(test.args...)
		if r.code != test.status || !strings.Contains(r.out+r.errors, test.want) {
			t.Errorf("%s: exit status %d, %s%s; want %d and %q", test.rule, r.code, r.out, r.errors, test.status, test.want)
		}
	}
}

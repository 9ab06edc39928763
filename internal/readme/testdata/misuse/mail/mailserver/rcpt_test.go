package mailserver

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"regexp"
	"strings"
	"testing"

	"example.com/ostraka/ban"
	"example.com/ostraka/memstore"
	"example.com/ostraka/store"
)

var client = &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 1025}

// oneLine is what an SMTP server may send as it is.
var oneLine = regexp.MustCompile(`^[245]\d\d [245]\.\d+\.\d+ [\x20-\x7e]+$`)

func newGate(t *testing.T, st store.Store, o ban.CheckerOptions) (*Gate, *bytes.Buffer) {
	t.Helper()
	checker, err := ban.NewChecker(st, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { checker.Close() })
	var log bytes.Buffer
	g, err := NewGate(checker, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	return g, &log
}

func create(t *testing.T, st store.Store, all ...ban.CreateOptions) {
	t.Helper()
	admin, err := ban.NewAdmin(st, ban.AdminOptions{Actor: "test"})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range all {
		if _, err := admin.Create(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
}

// withReason is a store whose rules have a public reason that Admin would not take.
type withReason struct {
	store.Store
	reason string
}

func (w withReason) Lookup(ctx context.Context, keys []store.Key) ([]store.Rule, error) {
	rules, err := w.Store.Lookup(ctx, keys)
	for i := range rules {
		rules[i].PublicReason = w.reason
	}
	return rules, err
}

func TestAPublicReasonDoesNotSplitTheReply(t *testing.T) {
	for name, reason := range map[string]string{
		"line break":   "spam\r\n250 2.1.5 OK",
		"line feed":    "spam\n250 OK",
		"return":       "spam\r250 OK",
		"control":      "spam\x00\x07\x1b[31m\x7f",
		"NEL and LS":   "spam\u0085\u2028250 OK",
		"not ASCII":    "für Müll gesperrt",
		"very long":    strings.Repeat("spam ", 190),
		"only a break": "\r\n",
	} {
		st := memstore.New()
		create(t, st, ban.CreateOptions{Kind: ban.KindDomain, Value: "spam.example", Reason: "ticket 4711"})
		g, _ := newGate(t, withReason{st, reason}, ban.CheckerOptions{})
		reply := g.Rcpt(t.Context(), client, "mail.example.org", "eve@spam.example", "me@here.example")
		if !oneLine.MatchString(reply) || !strings.HasPrefix(reply, "550 5.7.1 ") || len(reply) > 510 || strings.Contains(reply, "4711") {
			t.Errorf("%s: %q", name, reply)
		}
		if strings.HasPrefix(reason, "spam") && !strings.Contains(reply, "spam") {
			t.Errorf("%s: %q lacks the public reason", name, reply)
		}
	}
}

func TestNoMailIsRefusedForItsForm(t *testing.T) {
	st := memstore.New()
	create(t, st, ban.CreateOptions{Kind: ban.KindDomain, Value: "spam.example"}, ban.CreateOptions{Kind: ban.KindIP, Value: "198.51.100.7"})
	g, _ := newGate(t, st, ban.CheckerOptions{})
	for from, refused := range map[string]bool{
		"":                               false,
		"<>":                             false,
		"postmaster":                     false,
		`"odd local"@ok.example`:         false,
		"a@[192.0.2.9]":                  false,
		"a..b@docomo.example":            false,
		"a@x_y.ok.example":               false,
		"@":                              false,
		"\xff@ok.example":                false,
		strings.Repeat("a", 1000) + "@b": false,
		`"odd local"@spam.example`:       true,
		"a..b@spam.example":              true,
		"a@x_y.spam.example":             true,
		"a@[198.51.100.7]":               true,
		"a@SPAM.example.":                true,
	} {
		reply := g.Rcpt(t.Context(), client, "mail.example.org", from, "me@here.example")
		if (reply != "") != refused || refused && !oneLine.MatchString(reply) {
			t.Errorf("<%.40s>: %q, want refused: %t", from, reply, refused)
		}
	}
}

func TestMailIsTheAction(t *testing.T) {
	for action, refused := range map[ban.Action]bool{ban.Mail: true, ban.SignUp: false, ban.Alias: false} {
		st := memstore.New()
		create(t, st, ban.CreateOptions{Kind: ban.KindIP, Value: "192.0.2.1", Scope: ban.ScopeOf(action)})
		g, _ := newGate(t, st, ban.CheckerOptions{})
		if reply := g.Rcpt(t.Context(), client, "", "ann@example.org", "me@here.example"); (reply != "") != refused {
			t.Errorf("banned for %v: %q", action, reply)
		}
	}
}

type outage struct{ store.Store }

func (outage) Lookup(context.Context, []store.Key) ([]store.Rule, error) {
	return nil, errors.New("disk on fire")
}

func TestInAnOutageMailComesBackLater(t *testing.T) {
	for onError, want := range map[ban.OnError]string{ban.FailClosed: "451 4.3.0 ", ban.FailOpen: ""} {
		g, log := newGate(t, outage{memstore.New()}, ban.CheckerOptions{OnError: onError})
		reply := g.Rcpt(t.Context(), client, "mail.example.org", "ann@example.org", "me@here.example")
		if !strings.HasPrefix(reply, want) || (reply == "") != (want == "") || strings.Contains(reply, "fire") {
			t.Errorf("%v: %q, want %q", onError, reply, want)
		}
		if !strings.Contains(log.String(), "fire") {
			t.Errorf("%v: the log does not say why: %s", onError, log)
		}
	}
}

func TestMailForReviewIsDeferred(t *testing.T) {
	st := memstore.New()
	create(t, st, ban.CreateOptions{Kind: ban.KindDomain, Value: "new.example", Effect: ban.Review})
	g, _ := newGate(t, st, ban.CheckerOptions{})
	if reply := g.Rcpt(t.Context(), client, "", "ann@new.example", "me@here.example"); !strings.HasPrefix(reply, "450 4.7.1 ") {
		t.Errorf("%q", reply)
	}
}

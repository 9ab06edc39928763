package main

import (
	"context"
	"errors"
	"net"
	"net/textproto"
	"path/filepath"
	"strings"
	"testing"

	"example.com/ostraka/ban"
	"example.com/ostraka/ban/postfix"
)

// wantRefused checks that an error is a refusal at RCPT, with the code and text.
func wantRefused(t *testing.T, err error, code int, text string) {
	t.Helper()
	refusal, ok := errors.AsType[*textproto.Error](err)
	if !ok || refusal.Code != code || !strings.Contains(refusal.Msg, text) {
		t.Errorf("the answer is %v, want %d with %q", err, code, text)
	}
	if err != nil && strings.Contains(err.Error(), "4711") {
		t.Errorf("the answer has the moderators' reason: %v", err)
	}
}

var postfixBans = []ban.CreateOptions{
	{Kind: ban.KindEmail, Value: "eve@gmail.com", Reason: "ticket 4711", PublicReason: "spam since May"},
	{Kind: ban.KindDomain, Value: "spam.example", Reason: "ticket 4711", PublicReason: "we had spam from there"},
	{Kind: ban.KindIP, Value: "127.0.0.2", Reason: "ticket 4711", PublicReason: "your server is infected"},
	{Kind: ban.KindDomain, Value: "new.example", Effect: ban.Review, Reason: "ticket 4711"},
	{Kind: ban.KindEmail, Value: "closed@here.example", PublicReason: "this mailbox is closed"},
}

func TestPostfixRefusesTheBannedAndDeliversTheRest(t *testing.T) {
	t.Parallel()
	for name, addr := range map[string]string{"TCP": "127.0.0.1:0", "Unix socket": "unix"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			service := ""
			if addr == "unix" {
				dir := postfixDir(t)
				addr = "unix:" + filepath.Join(dir, "policy")
				service = addr
			}
			policy := start(t, "-addr", addr, "-db", database(t, postfixBans...), "-socket-mode", "666")
			if service == "" {
				service = "inet:" + policy.addr
			}
			p := startPostfix(t, service)
			for _, c := range []struct {
				rule                            string
				client, helo, sender, recipient string
				text                            string
			}{
				{"a banned sender", "127.0.0.1", "mx.good.example", "e.ve+x@googlemail.com", "bob@here.example", "this mail is not allowed: spam since May"},
				{"a banned domain", "127.0.0.1", "mx.good.example", "x@mail.spam.example", "bob@here.example", "this mail is not allowed: we had spam from there"},
				{"a banned client", "127.0.0.2", "mx.good.example", "ann@good.example", "bob@here.example", "this mail is not allowed: your server is infected"},
				{"a banned client's bounce", "127.0.0.2", "mx.good.example", "", "bob@here.example", "this mail is not allowed: your server is infected"},
				{"a banned HELO", "127.0.0.1", "mx.spam.example", "ann@good.example", "bob@here.example", "this mail is not allowed: we had spam from there"},
				{"a banned recipient", "127.0.0.1", "mx.good.example", "ann@good.example", "closed@here.example", "this mail is not allowed: this mailbox is closed"},
				{"a quoted local part", "127.0.0.1", "mx.good.example", `"two words"@spam.example`, "bob@here.example", "this mail is not allowed: we had spam from there"},
			} {
				t.Run(c.rule, func(t *testing.T) {
					wantRefused(t, p.send(c.client, c.helo, c.sender, c.recipient, c.rule), 554, c.text)
				})
			}
			if err := p.send("127.0.0.1", "[127.0.0.1]", "ann@good.example", "bob@here.example", "the mail of ann"); err != nil {
				t.Errorf("mail of nobody banned: %v", err)
			}
			if err := p.send("127.0.0.1", "mx.good.example", "", "bob@here.example", "a bounce"); err != nil {
				t.Errorf("a bounce: %v", err)
			}
			p.wantFile("mail", "the mail of ann")
			p.wantFile("mail", "a bounce")
			if p.find("mail", "4711") != "" || p.find("mail", "a banned") != "" {
				t.Error("what was refused is delivered")
			}
		})
	}
}

func TestPostfixHoldsMailForReview(t *testing.T) {
	t.Parallel()
	policy := start(t, "-addr", "127.0.0.1:0", "-db", database(t, postfixBans...))
	p := startPostfix(t, "inet:"+policy.addr)
	if err := p.send("127.0.0.1", "mx.good.example", "ann@new.example", "bob@here.example", "held mail"); err != nil {
		t.Fatal(err)
	}
	p.wantFile("queue/hold", "held mail")
	if p.find("mail", "held mail") != "" {
		t.Error("it is delivered")
	}
}

func TestPostfixMarksMailForReview(t *testing.T) {
	t.Parallel()
	policy := start(t, "-addr", "127.0.0.1:0", "-db", database(t, postfixBans...), "-review", "prepend")
	p := startPostfix(t, "inet:"+policy.addr)
	if err := p.send("127.0.0.1", "mx.good.example", "ann@new.example", "bob@here.example", "marked mail"); err != nil {
		t.Fatal(err)
	}
	mail := p.wantFile("mail", "marked mail")
	if want := "\nX-Ostraka-Review: this mail has to be approved by a person first\n"; !strings.Contains(mail, want) {
		t.Errorf("the mail lacks %q:\n%s", want, mail)
	}
}

func TestPostfixAsksToComeBackDuringTrouble(t *testing.T) {
	t.Parallel()
	source := &outage{Source: bannedStore(t)}
	p := startPostfix(t, "inet:"+servePolicy(t, newPolicy(t, source)))
	source.down.Store(true)
	send := func() error {
		return p.send("127.0.0.1", "mx.good.example", "ann@good.example", "bob@here.example", "patient mail")
	}
	wantRefused(t, send(), 450, "this mail is not possible at the moment, please try again later")
	source.down.Store(false)
	if err := send(); err != nil {
		t.Errorf("once the store is back: %v", err)
	}
	p.wantFile("mail", "patient mail")
}

func TestPostfixAsksToComeBackWithoutPolicyServer(t *testing.T) {
	t.Parallel()
	policy := start(t, "-addr", "127.0.0.1:0", "-db", database(t))
	p := startPostfix(t, "inet:"+policy.addr)
	policy.stop()
	err := p.send("127.0.0.1", "mx.good.example", "ann@good.example", "bob@here.example", "lost mail")
	wantRefused(t, err, 451, "Server configuration problem")
}

// servePolicy serves the policy until the test ends, and returns the address.
func servePolicy(t *testing.T, p *postfix.Policy) string {
	t.Helper()
	server, err := postfix.NewServer(p.Answer, postfix.ServerOptions{})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

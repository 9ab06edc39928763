package main

import (
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"

	"example.com/ostraka/ban"
	"example.com/ostraka/examples/internal/dnsclient"
	"example.com/ostraka/memstore"
)

// records are those of the DNS server of the tests.
var records = []string{
	"fresh.example. 60 IN MX 10 mx.spam.example.",
	"other.example. 60 IN MX 10 mx.other.example.",
	"good.example. 60 IN MX 10 mx.good.example.",
	"shared.example. 60 IN MX 1 smtp.google.com.",
	"null.example. 60 IN MX 0 .",
	"under_score.example. 60 IN MX 10 mx.spam.example.",
	"bare.example. 60 IN A 203.0.113.9",
	"mx.spam.example. 60 IN A 192.0.2.1",
	"mx.other.example. 60 IN AAAA 2001:db8::25",
	"mx.good.example. 60 IN A 192.0.2.2",
	"smtp.google.com. 60 IN A 203.0.113.10",
}

// dnsServer is a real DNS server on loopback.
type dnsServer struct {
	t    *testing.T
	addr string

	mu      sync.Mutex
	running []*dns.Server
	dies    uint16 // the type of the question at which it dies
}

func startDNS(t *testing.T) *dnsServer {
	t.Helper()
	s := &dnsServer{t: t, addr: "127.0.0.1:0"}
	s.start()
	t.Cleanup(s.stop)
	return s
}

// start serves, on the same port as before if there is one.
func (s *dnsServer) start() {
	s.t.Helper()
	conn, err := net.ListenPacket("udp", s.addr)
	if err != nil {
		s.t.Fatal(err)
	}
	s.addr = conn.LocalAddr().String()
	server := &dns.Server{PacketConn: conn, Handler: dns.HandlerFunc(s.answer)}
	ready := make(chan struct{})
	server.NotifyStartedFunc = func() { close(ready) }
	go server.ActivateAndServe()
	<-ready
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running = append(s.running, server)
}

func (s *dnsServer) stop() {
	s.mu.Lock()
	running := s.running
	s.running = nil
	s.mu.Unlock()
	for _, server := range running {
		if err := server.Shutdown(); err != nil {
			s.t.Error(err)
		}
	}
}

// dieAt has the server die when it is asked for records of the type.
func (s *dnsServer) dieAt(kind uint16) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dies = kind
}

func (s *dnsServer) answer(w dns.ResponseWriter, q *dns.Msg) {
	question := q.Question[0]
	s.mu.Lock()
	dies := s.dies != 0 && s.dies == question.Qtype
	s.mu.Unlock()
	if dies {
		go s.stop() // which waits for this handler
		return
	}
	m := new(dns.Msg)
	m.SetReply(q)
	m.RecursionAvailable = true // as servers do that machines are told to ask
	for _, text := range records {
		rr, err := dns.NewRR(text)
		if err != nil {
			s.t.Errorf("%s: %v", text, err)
		} else if rr.Header().Rrtype == question.Qtype && strings.EqualFold(rr.Header().Name, question.Name) {
			m.Answer = append(m.Answer, rr)
		}
	}
	if len(m.Answer) == 0 && !s.exists(question.Name) {
		m.Rcode = dns.RcodeNameError
	}
	if err := w.WriteMsg(m); err != nil {
		s.t.Logf("answer %s: %v", question.Name, err)
	}
}

func (s *dnsServer) exists(name string) bool {
	for _, text := range records {
		if strings.HasPrefix(text, name+" ") {
			return true
		}
	}
	return false
}

var mxBans = []ban.CreateOptions{
	{Kind: ban.KindDomain, Value: "spam.example", PublicReason: "spam"},
	{Kind: ban.KindIP, Value: "2001:db8::/32", PublicReason: "network of spammers"},
	{Kind: ban.KindIP, Value: "203.0.113.0/24", PublicReason: "infected"},
	{Kind: ban.KindDomain, Value: "google.com", Effect: ban.Deny},
}

func TestMailHostsAreRefused(t *testing.T) {
	server := startDNS(t)
	p := start(t, "-addr", "127.0.0.1:0", "-db", database(t, mxBans...), "-mx", "-dns", server.addr)
	c := dial(t, "tcp", p.addr)
	for sender, want := range map[string]string{
		"ann@fresh.example":  "REJECT 5.7.1 this mail is not allowed: spam",
		"ann@other.example":  "REJECT 5.7.1 this mail is not allowed: network of spammers",
		"ann@bare.example":   "REJECT 5.7.1 this mail is not allowed: infected",
		"ann@good.example":   "DUNNO",
		"ann@shared.example": "DUNNO",
		"ann@null.example":   "DUNNO",
		"ann@void.example":   "DUNNO",
	} {
		if got, err := c.ask(map[string]string{"sender": sender}); err != nil || got != want {
			t.Errorf("%s: %q, %v, want %q", sender, got, err, want)
		}
	}
}

func resolver(t *testing.T, server string) *net.Resolver {
	t.Helper()
	r, err := dnsclient.New(server)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestWhatTheStateOfMXRecordsIsTakenFor(t *testing.T) {
	server := startDNS(t)
	p := start(t, "-addr", "127.0.0.1:0", "-db", database(t, mxBans...), "-mx", "-dns", server.addr,
		"-mx-unknown", "deny", "-mx-none", "review", "-mx-null", "deny")
	c := dial(t, "tcp", p.addr)
	ask := func(sender, want string) {
		t.Helper()
		if got, err := c.ask(map[string]string{"sender": sender}); err != nil || got != want {
			t.Errorf("%s: %q, %v, want %q", sender, got, err, want)
		}
	}
	ask("ann@good.example", "DUNNO")
	ask("ann@null.example", "REJECT 5.7.1 this mail is not allowed: the domain of the e-mail address accepts no mail")
	ask("ann@void.example", "HOLD this mail has to be approved by a person first: the domain of the e-mail address has no mail server")
	// The DNS is asked for a name with an underscore as it is, and no form is refused
	// for what the DNS cannot be asked for.
	ask("ann@under_score.example", "REJECT 5.7.1 this mail is not allowed: spam")
	ask("ann@a b.example", "DUNNO")
	server.stop()
	ask("ann@late.example", "DEFER_IF_PERMIT 4.4.3 this mail is not allowed: the mail server of the e-mail address cannot be found at the moment, please try again later")
}

func TestTheStateOfMXRecordsFromARealServer(t *testing.T) {
	server := startDNS(t)
	c := mxChecker(t, ban.MXOptions{Resolver: resolver(t, server.addr)})
	for domain, want := range map[string]ban.MXState{
		"good.example":   ban.MXFound,
		"shared.example": ban.MXFound,
		"null.example":   ban.MXNull,
		"bare.example":   ban.MXNone,
		"void.example":   ban.MXNone,
	} {
		if d, err := c.Check(t.Context(), ban.Subject{Email: "ann@" + domain}); err != nil || d.MX != want {
			t.Errorf("%s: %s, %v, want %s", domain, d.MX, err, want)
		}
	}
}

func mxChecker(t *testing.T, opts ban.MXOptions) *ban.Checker {
	t.Helper()
	st := memstore.New()
	createBans(t, st, mxBans...)
	c, err := ban.NewChecker(st, ban.CheckerOptions{MX: opts})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestTheDNSServerDiesDuringACheck(t *testing.T) {
	for name, c := range map[string]struct {
		dies   uint16
		domain string
		want   ban.Verdict // while it is dead
		then   ban.Verdict // when it is back
	}{
		"before anything is known":    {dns.TypeMX, "fresh.example", ban.Allowed, ban.Denied},
		"when the host is known":      {dns.TypeA, "fresh.example", ban.Denied, ban.Denied},
		"before its address is known": {dns.TypeAAAA, "other.example", ban.Allowed, ban.Denied},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := startDNS(t)
			server.dieAt(c.dies)
			checker := mxChecker(t, ban.MXOptions{Resolver: resolver(t, server.addr), Timeout: time.Second, TTL: time.Millisecond})
			subject := ban.Subject{Email: "ann@" + c.domain}
			d, err := checker.Check(t.Context(), subject)
			if err != nil || d.Verdict != c.want || d.MX != ban.MXUnknown {
				t.Errorf("without the DNS: %s with the MX %s, %v; want %s", d.Verdict, d.MX, err, c.want)
			}
			server.stop()
			server.dieAt(0)
			server.start()
			for began := time.Now(); ; time.Sleep(5 * time.Millisecond) {
				d, err := checker.Check(t.Context(), subject)
				if err != nil || time.Since(began) > waitFor {
					t.Fatalf("with the DNS back: %s with the MX %s, %v", d.Verdict, d.MX, err)
				}
				if d.Verdict == c.then && d.MX == ban.MXFound {
					return
				}
			}
		})
	}
}

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"

	"example.com/ostraka/ban/banhttp"
	"example.com/ostraka/ban/postfix"
)

// measureServed times what stands between a mirror and those who ask over HTTP and
// Postfix's protocol.
func (b *bench) measureServed(ctx context.Context) error {
	b.say("the guard of a handler, the policy of Postfix, and a check with an API token")
	if err := b.measureGuard(); err != nil {
		return err
	}
	if err := b.measurePostfix(ctx); err != nil {
		return err
	}
	return b.measureToken(ctx)
}

func (b *bench) measureGuard() error {
	s := b.largest()
	guard, err := banhttp.Guard(s.mirror, banhttp.GuardOptions{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	bare := http.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	guarded := guard(bare)
	serve := func(h http.Handler) work {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = "198.51.100.77:4711"
		w := new(discardedResponse)
		return func(n int) error {
			for range n {
				if h.ServeHTTP(w, r); w.status != http.StatusNoContent {
					return fmt.Errorf("the guard answers %d", w.status)
				}
			}
			return nil
		}
	}
	times, err := alternate(b.rounds, b.slice, serve(guarded), serve(bare))
	if err != nil {
		return err
	}
	allocs, err := allocations(serve(guarded)) // the handler itself allocates nothing
	if err != nil {
		return err
	}
	added := round(times[0] - times[1])
	b.rows = append(b.rows,
		row{What: "what banhttp.Guard adds to a request", Figure: added, Unit: "ns", Baseline: 400, Ratio: round(added / 400), Bar: "≤ 400 ns", Holds: added <= 400},
		row{What: "what banhttp.Guard adds, allocations", Figure: allocs, Unit: "allocs", Baseline: 2, Ratio: round(allocs / 2), Bar: "≤ 2", Holds: allocs <= 2})
	return nil
}

// discardedResponse is a response that nobody reads.
type discardedResponse struct {
	header http.Header
	status int
}

func (w *discardedResponse) Header() http.Header {
	if w.header == nil {
		w.header = make(http.Header)
	}
	return w.header
}
func (w *discardedResponse) Write(p []byte) (int, error) { return len(p), nil }
func (w *discardedResponse) WriteHeader(status int)      { w.status = status }

// measurePostfix asks a policy over one connection, and a server that reads as far
// as the empty line and always says DUNNO.
func (b *bench) measurePostfix(ctx context.Context) error {
	policy, err := postfix.NewPolicy(b.largest().mirror, postfix.PolicyOptions{})
	if err != nil {
		return err
	}
	server, err := postfix.NewServer(policy.Answer, postfix.ServerOptions{})
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	asked, err := listen(func(l net.Listener) { _ = server.Serve(ctx, l) })
	if err != nil {
		return err
	}
	defer asked.Close()
	unread, err := listen(serveDunno)
	if err != nil {
		return err
	}
	defer unread.Close()
	times, err := alternate(b.rounds, b.slice, askPostfix(asked), askPostfix(unread))
	if err != nil {
		return err
	}
	rate := func(ns float64) float64 { return 1e9 / ns }
	b.rows = append(b.rows, compare("requests of Postfix, one connection", rate(times[0]), rate(times[1]), "requests/s", atLeast(0.7, "DUNNO unread")))
	return nil
}

// listen serves on a listener on the loopback address, and connects to it.
func listen(serve func(net.Listener)) (net.Conn, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	go func() {
		defer l.Close()
		serve(l)
	}()
	return net.Dial("tcp", l.Addr().String())
}

// serveDunno answers the requests of one connection.
func serveDunno(l net.Listener) {
	conn, err := l.Accept()
	if err != nil {
		return
	}
	defer conn.Close()
	r := bufio.NewReaderSize(conn, postfix.MaxLine)
	for {
		for {
			line, err := r.ReadSlice('\n')
			if err != nil {
				return
			}
			if len(line) == 1 {
				break
			}
		}
		if _, err := io.WriteString(conn, dunno); err != nil {
			return
		}
	}
}

const dunno = "action=DUNNO\n\n"

// askPostfix asks as Postfix 3.10 does of a recipient that it knows.
func askPostfix(conn net.Conn) work {
	request := []byte(strings.Join([]string{
		"request=smtpd_access_policy", "protocol_state=RCPT", "protocol_name=ESMTP", "client_address=198.51.100.77",
		"client_name=mail.stranger.test", "client_port=42424", "reverse_client_name=mail.stranger.test", "server_address=192.0.2.25",
		"server_port=25", "helo_name=mail.stranger.test", "sender=somebody@stranger.test", "recipient=you@site.test", "recipient_count=0",
		"queue_id=", "instance=1a2b.6650.0", "size=4711", "etrn_domain=", "stress=", "sasl_method=", "sasl_username=", "sasl_sender=",
		"ccert_subject=", "ccert_issuer=", "ccert_fingerprint=", "ccert_pubkey_fingerprint=", "encryption_protocol=TLSv1.3",
		"encryption_cipher=TLS_AES_256_GCM_SHA384", "encryption_keysize=256", "policy_context=", "", "",
	}, "\n"))
	answer := make([]byte, len(dunno))
	return func(n int) error {
		for range n {
			if _, err := conn.Write(request); err != nil {
				return err
			}
			if _, err := io.ReadFull(conn, answer); err != nil {
				return err
			}
			if string(answer) != dunno {
				return errors.New("the policy answers " + string(answer))
			}
		}
		return nil
	}
}

package postfix_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"strings"

	"example.com/ostraka/ban"
	"example.com/ostraka/ban/postfix"
	"example.com/ostraka/memstore"
)

// exampleChecker has a ban of a domain, and of an address to review.
func exampleChecker() *ban.Checker {
	st := memstore.New()
	admin, err := ban.NewAdmin(st, ban.AdminOptions{Actor: "alice"})
	if err != nil {
		log.Fatal(err)
	}
	for _, o := range []ban.CreateOptions{
		{Kind: ban.KindDomain, Value: "spam.example", Reason: "ticket 4711", PublicReason: "we had spam from there"},
		{Kind: ban.KindDomain, Value: "new.example", Effect: ban.Review},
	} {
		if _, err := admin.Create(context.Background(), o); err != nil {
			log.Fatal(err)
		}
	}
	checker, err := ban.NewChecker(st, ban.CheckerOptions{})
	if err != nil {
		log.Fatal(err)
	}
	return checker
}

// A policy server for Postfix.
func Example() {
	checker := exampleChecker()
	defer checker.Close()
	policy, err := postfix.NewPolicy(checker, postfix.PolicyOptions{})
	if err != nil {
		log.Fatal(err)
	}
	server, err := postfix.NewServer(policy.Answer, postfix.ServerOptions{})
	if err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0") // in main.cf: check_policy_service inet:127.0.0.1:PORT
	if err != nil {
		log.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- server.Serve(ctx, listener) }()

	conn, err := net.Dial("tcp", listener.Addr().String()) // as Postfix does
	if err != nil {
		log.Fatal(err)
	}
	if _, err := io.WriteString(conn, "request=smtpd_access_policy\nsender=eve@mail.spam.example\n\n"); err != nil {
		log.Fatal(err)
	}
	reply := make([]byte, 256)
	n, err := conn.Read(reply)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%q\n", reply[:n])
	conn.Close()
	stop()
	fmt.Println(<-ended)
	// Output:
	// "action=REJECT 5.7.1 this mail is not allowed: we had spam from there\n\n"
	// <nil>
}

// The reply to RCPT, in an SMTP server of one's own.
func ExamplePolicy_Reply() {
	checker := exampleChecker()
	defer checker.Close()
	policy, err := postfix.NewPolicy(checker, postfix.PolicyOptions{})
	if err != nil {
		log.Fatal(err)
	}
	for _, sender := range []string{
		"ann@good.example", "eve@spam.example", `"odd local"@spam.example`, "eve@x_y.spam.example", "bob@new.example", "",
	} {
		reply := policy.Reply(context.Background(), postfix.Envelope{
			Client: "192.0.2.1", Helo: "mail.good.example", Sender: sender, Recipient: "me@here.example",
		})
		fmt.Printf("<%s>: %q\n", sender, reply)
	}
	// Output:
	// <ann@good.example>: ""
	// <eve@spam.example>: "550 5.7.1 this mail is not allowed: we had spam from there"
	// <"odd local"@spam.example>: "550 5.7.1 this mail is not allowed: we had spam from there"
	// <eve@x_y.spam.example>: "550 5.7.1 this mail is not allowed: we had spam from there"
	// <bob@new.example>: "450 4.7.1 this mail has to be approved by a person first"
	// <>: ""
}

func ExampleEnvelope_Subjects() {
	e := postfix.Envelope{Client: "192.0.2.1:1025", Helo: "[198.51.100.7]", Sender: "a..b@docomo.example", Recipient: "postmaster"}
	for _, s := range e.Subjects() {
		fmt.Printf("email %q ip %q domain %q\n", s.Email, s.IP, s.Domain)
	}
	// Output:
	// email "�@docomo.example" ip "192.0.2.1" domain ""
	// email "" ip "198.51.100.7" domain ""
}

// A handler of one's own, for what has nothing to do with bans.
func ExampleServer() {
	answer := func(_ context.Context, r postfix.Request) postfix.Action {
		if strings.HasSuffix(r["sender"], ".invalid") {
			return postfix.Reject("5.1.8", "this domain does not exist")
		}
		return postfix.Dunno
	}
	_, err := postfix.NewServer(answer, postfix.ServerOptions{MaxConns: 100})
	fmt.Println(err)
	// Output: <nil>
}

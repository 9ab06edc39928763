package policyproto_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"strings"

	"example.com/ostraka/examples/internal/policyproto"
)

func Example() {
	answer := func(_ context.Context, r policyproto.Request) policyproto.Action {
		if strings.HasSuffix(r["sender"], "@spam.example") {
			return policyproto.Reject("5.7.1", "no spam, please")
		}
		return policyproto.Dunno
	}
	server, err := policyproto.NewServer(answer, policyproto.Options{})
	if err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
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
	if _, err := io.WriteString(conn, "request=smtpd_access_policy\nsender=eve@spam.example\n\n"); err != nil {
		log.Fatal(err)
	}
	reply := make([]byte, 64)
	n, err := conn.Read(reply)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%q\n", reply[:n])
	conn.Close()
	stop()
	fmt.Println(<-ended)
	// Output:
	// "action=REJECT 5.7.1 no spam, please\n\n"
	// <nil>
}

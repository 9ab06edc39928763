// Package policyproto is the server's side of Postfix's SMTP access policy
// delegation protocol (https://www.postfix.org/SMTPD_POLICY_README.html).
//
//	server, err := policyproto.NewServer(answer, policyproto.Options{})
//	if err != nil {
//		return err
//	}
//	listener, err := net.Listen("tcp", "127.0.0.1:10040")
//	if err != nil {
//		return err
//	}
//	return server.Serve(ctx, listener) // until ctx ends
//
// Postfix asks by a sequence of lines, name=value, that an empty line ends, and
// is answered by one line and an empty one. It keeps the connection for the next
// question. A server that cannot answer says nothing and hangs up: Postfix then
// asks again, and after that tells its client to come back later.
package policyproto

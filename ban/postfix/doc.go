// Package postfix answers mail servers by the bans of package ban: Postfix, by its
// policy protocol, and an SMTP server of one's own in Go, by the reply to RCPT.
//
//	policy, err := postfix.NewPolicy(checker, postfix.PolicyOptions{})
//	if err != nil {
//		return err
//	}
//	server, err := postfix.NewServer(policy.Answer, postfix.ServerOptions{})
//	if err != nil {
//		return err
//	}
//	listener, err := net.Listen("tcp", "127.0.0.1:10040")
//	if err != nil {
//		return err
//	}
//	return server.Serve(ctx, listener) // until ctx ends
//
// In main.cf: check_policy_service inet:127.0.0.1:10040. In a server of one's own:
//
//	reply := policy.Reply(ctx, postfix.Envelope{Client: ip, Helo: helo, Sender: from, Recipient: to})
//	if reply != "" {
//		return reply // such as "550 5.7.1 this mail is not allowed: spam"
//	}
//
// Both have the same verdict, text and enhanced status code for the same mail: see
// [Answer.Action] and [Answer.Reply]. [Envelope.Subjects] says what is checked. Mail
// is never refused for the form of an address or of a name in HELO.
//
// # The protocol
//
// A [Server] speaks Postfix's SMTP access policy delegation protocol
// (https://www.postfix.org/SMTPD_POLICY_README.html) for any [Handler]. Postfix asks
// by a sequence of lines, name=value, that an empty line ends, and is answered by
// one line and an empty one. It keeps the connection for the next question. A server
// that cannot answer says nothing and hangs up: Postfix then asks again, and after
// that tells its client to come back later. What is read is bounded (see [MaxLine]),
// as are connections and times ([ServerOptions]).
package postfix

package main

import (
	"context"
	"log/slog"
)

// mailer sends a message to an address. It is where a host has its own: the page
// tells people to look at their mail, since it must look the same whether or not
// their address has an account. A host that confirms addresses puts the link into
// that message, and calls account.Admin.VerifyEmail when it is followed.
type mailer func(ctx context.Context, to, text string) error

// The messages.
const (
	mailWelcome = "Welcome! Your account is ready."
	mailPending = "A person will look at your sign-up, and you will hear from us."
	mailTaken   = "Somebody, perhaps you, signed up with your address. You have an account already, which is as it was."
)

// logMail writes to the log what would be sent.
func logMail(log *slog.Logger) mailer {
	return func(ctx context.Context, to, text string) error {
		log.InfoContext(ctx, "mail", "to", to, "text", text)
		return nil
	}
}

package main

import (
	"time"

	"example.com/ostraka/ban"
	"example.com/ostraka/ban/ratelimit"
)

// tellOnce is how often the owner of an address is told that somebody signed up
// with it: else a stranger could fill their mailbox.
var tellOnce = ratelimit.Rate{Burst: 1, Every: 24 * time.Hour}

// tellNow reports whether the mailbox of an address was not told for a day, and
// counts that it is told now.
func (h *host) tellNow(address string) bool {
	mailbox, err := ban.Mailbox(address)
	return err == nil && h.told.Take(mailbox) == 0
}

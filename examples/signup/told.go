package main

import (
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"example.com/ostraka/ban"
)

// tellEvery is how often the owner of an address is told that somebody signed up
// with it: else a stranger could fill their mailbox.
const tellEvery = 24 * time.Hour

// told keeps in mind who was told, up to a number of mailboxes. Of those it
// forgets the ones that were told first; a limiter bounds how many a stranger can
// add.
type told struct {
	now func() time.Time

	mu   sync.Mutex
	when *simplelru.LRU[string, time.Time]
}

func newTold(now func() time.Time) (*told, error) {
	when, err := simplelru.NewLRU[string, time.Time](maxClients, nil)
	if err != nil {
		return nil, err
	}
	return &told{now: now, when: when}, nil
}

// first reports whether the mailbox of an address was not told for a day, and
// notes that it is told now.
func (t *told) first(address string) bool {
	mailbox, err := ban.Mailbox(address)
	if err != nil {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	if last, ok := t.when.Peek(mailbox); ok && now.Before(last.Add(tellEvery)) {
		return false
	}
	t.when.Add(mailbox, now)
	return true
}
